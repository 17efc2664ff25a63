/** One thing done to many alerts: the request, its trial, and the words for what became of each. */
import { ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import { parse, shortTime } from "../core/time";
import type { AlertRecord } from "../records";
import { isShelved } from "./hidden";
import { hiderOf } from "./hiders";
import { refusal } from "./refusal";

export const VERBS = ["ack", "shelve", "comment", "unack", "unshelve"] as const;
export type BulkVerb = (typeof VERBS)[number];

/** What takes an action back, where the life of an alert knows that. */
export const UNDO: Partial<Record<BulkVerb, BulkVerb>> = { ack: "unack", shelve: "unshelve" };
export const needsComment = (verb: BulkVerb): boolean => verb === "shelve" || verb === "comment";

export interface BulkResult {
  id: string;
  status: number;
  problem?: string;
  code?: string;
  errors?: { message: string }[];
  alert?: AlertRecord;
}
export interface BulkWish {
  ids: string[];
  action: BulkVerb;
  comment?: string;
  until?: string;
  estimated_restoration?: string;
  revs?: Record<string, number>;
  dry_run?: boolean;
}
export interface BulkAnswer {
  results: BulkResult[];
  /** Why the server would do nothing at all, or "". */
  refused: string;
}

const HOUR = 3_600_000;
const CODES = ["closed", "not_acked", "not_shelved", "rev"];
const PROBLEMS = ["outside-region", "not-found", "conflict"];

export async function carryOut(wish: BulkWish): Promise<BulkAnswer> {
  try {
    const { results } = await send<{ results: BulkResult[] }>("POST", "/api/v1/alerts:bulk", wish);
    return { results, refused: "" };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const errors = (error.problem.errors ?? []) as { message: string }[];
    const faults = errors.map((fault) => fault.message);
    return { results: [], refused: [refusal(error), ...faults].filter(Boolean).join(" ") };
  }
}

/** Asks what would become of each. A trial must be sayable: what is not yet written is filled in. */
export function trial(action: BulkVerb, ids: string[]): Promise<BulkAnswer> {
  const comment = needsComment(action) ? { comment: "?" } : {};
  const until = action === "shelve" ? { until: new Date(Date.now() + HOUR).toISOString() } : {};
  return carryOut({ ids, action, dry_run: true, ...comment, ...until });
}

/** Why one could not be done. */
export function why(result: BulkResult): string {
  const known = [result.code ?? "", result.problem ?? ""].find((word) => [...CODES, ...PROBLEMS].includes(word));
  const faults = (result.errors ?? []).map((fault) => fault.message);
  return [t(`bulk.not.${known ?? "other"}`), ...faults].join(" ");
}

/** What would become of an alert. */
export function would(verb: BulkVerb, alert: AlertRecord): string {
  const name = alert.ack?.by || t("alert.acked");
  if (verb === "ack" && alert.ack) return t("bulk.over", { name });
  if (verb === "unack") return t("bulk.will.unack", { name });
  const { until } = hiderOf(alert, "shelved");
  const at = until === null ? "—" : shortTime(until);
  if (verb === "shelve" && isShelved(alert)) return t("bulk.will.reshelve", { at });
  return t(`bulk.will.${verb}`, { at });
}

/** What became of all. */
export function outcome(verb: BulkVerb, wish: BulkWish, results: BulkResult[]): string {
  const failed = results.filter((result) => result.status !== 200).length;
  const n = results.length - failed;
  if (failed) return t("bulk.part", { n, failed });
  const at = parse(verb === "shelve" ? wish.until : wish.estimated_restoration);
  if (at === null) return t("bulk.done", { n });
  return t(verb === "shelve" ? "bulk.done.shelve" : "bulk.done.until", { n, at: shortTime(at) });
}
