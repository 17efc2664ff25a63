/** What forms about incidents choose from, as the server has it. */
import { get } from "../core/api";
import { pick, type ByLanguage } from "../core/i18n";
import type { Option } from "../forms/field";

export interface Choices {
  classes: { slug: string; parent: string; name: ByLanguage }[];
  figures: string[];
  posts: string[];
  grades: string[];
  reasoned: string[];
}

export const choices = (): Promise<Choices> => get<Choices>("/api/v1/incident_choices");

/** The classes that a person chooses from, none first. */
export const classOptions = ({ classes }: Choices): Option[] => [
  ["", "—"], ...classes.filter(({ parent }) => parent).map(({ slug, name }): Option => [slug, pick(name)]),
];
