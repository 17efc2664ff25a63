/** Escalation policies as the server gives and takes them. */
import { send } from "../core/api";
import { t } from "../core/i18n";
import { omit } from "../core/omit";
import { rosterPeople, type Entry, type EntryList } from "./scope";
import type { AdminView } from "./view";

export const PATH = "/api/v1/escalations";

/**
 * A step of a policy. `after` and `repeat` are seconds; `who` is duty, leader, unit-head, person:<id> or
 * receiver:<id>.
 */
export interface EscalationStep {
  after: number;
  who: string[];
  channels?: string[];
  repeat: number | null;
  times: number;
}
export interface Policy extends Entry {
  steps: EscalationStep[];
}
export type Policies = EntryList<Policy>;

/** The policies that were made here, as a change sends them. */
export function writable(answer: Policies): Policy[] {
  return answer.items.filter((policy) => !policy.readonly).map((policy) => omit(policy, ["origin", "readonly"]));
}

/** Puts the list in the place of the present one; a refusal throws. */
export async function put(view: AdminView<Policies>, items: Policy[], comment = ""): Promise<boolean> {
  view.take(await send<Policies>("PUT", PATH, { rev: view.answer?.rev, comment, items }));
  return true;
}

/** Who is meant, in words: "值班员", a person's name, "接收方 wecom". */
export function whoName(who: string): string {
  const [kind = "", ...rest] = who.split(":");
  const id = rest.join(":");
  if (kind === "person") return rosterPeople().find((person) => person.id === id)?.name ?? id;
  return kind === "receiver" ? t("esc.receiver", { id }) : t(`esc.who.${kind}`);
}
