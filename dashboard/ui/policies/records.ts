/** The reporting policies as the server answers them, and what a site may write in a row of its own. */
import { t } from "../core/i18n";
import type { Option } from "../forms/field";

export interface PolicyRow {
  classes: string[];
  grade: string;
  step: string;
  sender: string;
  recipient: string;
  channel: string;
  minutes: number | null;
  slots: string[];
  start: string;
  on_regrade: string;
  source: string;
}

export interface ReportPolicies {
  items: (PolicyRow & { profile: string })[];
  profiles: string[];
  rev: number;
  own: boolean;
  by: string;
  confirmed_by: string;
  confirmed_at: string | null;
  proposed: { rows: PolicyRow[] | null; by: string; at: string; reason: string } | null;
}

export const PATH = "/api/v1/report-policies";
/** The profile of the site's own rows. */
export const OWN = "site";

const GRADES = ["*", "<=I", "<=II", "<=III", "<=IV", "=I", "=II", "=III", "=IV"];
const options = (names: readonly string[], words: (name: string) => string): Option[] =>
  names.map((name): Option => [name, words(name)]);

/** What each field of a row may be. */
export const OFFERED = {
  grade: (): Option[] => options(GRADES, gradeWords),
  step: (): Option[] => options(["first", "follow-up", "supplement", "final"], (name) => t(`incidents.step.${name}`)),
  level: (): Option[] =>
    options(["enterprise", "county", "prefecture", "province"], (name) => t(`incidents.to.${name}`)),
  channel: (): Option[] => options(["phone", "written"], (name) => t(`incidents.by.${name}`)),
  start: (): Option[] =>
    options(["received", "occurred", "ended", "casualties", "slots"], (name) => t(`policies.start.${name}`)),
  regrade: (): Option[] => options(["", "from_regrade", "from_start"], regradeWords),
};

/** "III 级及以上" of "<=III". */
export function gradeWords(grade: string): string {
  if (grade === "*") return t("policies.grade.any");
  const name = grade.replace(/^<?=/, "");
  return t(grade.startsWith("<=") ? "policies.grade.least" : "policies.grade.only", { grade: name });
}

export const regradeWords = (name: string): string => t(`policies.regrade.${name || "none"}`);

/** How long, or at which times of the day; neither: at once. */
export function termWords({ minutes, slots }: PolicyRow): string {
  if (minutes !== null) return t("policies.minutes", { n: minutes });
  return slots.length ? slots.join(t("list.and")) : t("incidents.at-once");
}
