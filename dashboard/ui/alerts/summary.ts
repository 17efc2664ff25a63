/** Sources, warnings and receipts in the order of lists, made once for each new picture. */
import { computed } from "@preact/signals";
import { store } from "../core/picture";
import { settled } from "../core/settled";
import type { SourceRecord, WarningRecord } from "../records";
import { WARNING_COLOURS } from "../vocabulary";

export type SourceState = SourceRecord["state"];

/** The data sources, worst first. */
export const sources = computed(() => {
  const list = [...store.all("source").values()].filter((source) => !source.is_role);
  const rank = { silent: 0, failing: 1, ok: 2 };
  return list.sort((a, b) => rank[a.state] - rank[b.state] || (a.id < b.id ? -1 : 1));
});

const COLOURS: readonly string[] = WARNING_COLOURS;
export const colourRank = (colour: string): number => (COLOURS.indexOf(colour) + 1 || COLOURS.length + 1) - 1;

/** All warnings on the screens, in no order: also exercises, tests, and those that have ended. */
export const allWarnings = settled("warning");
/** The receipts that nobody has answered, exercises too. */
export const newReceipts = settled("receipt");
/** Of those the real ones, and how many of them wait too long. */
export const openReceipts = computed(() => {
  const real = newReceipts.value.filter((receipt) => receipt.mode === "real");
  return { real, late: real.filter((receipt) => receipt.unanswered).length };
});

/** The warnings in force, worst first: real ones, exercises apart, tests only to be counted. */
export const warnings = computed(() => {
  const active = allWarnings.value.filter((warning) => warning.state === "active");
  active.sort((a, b) => colourRank(a.colour) - colourRank(b.colour) || (a.sent < b.sent ? 1 : -1));
  const by = (status: string): WarningRecord[] => active.filter((warning) => warning.status === status);
  const real = by("Actual");
  const exercise = by("Exercise");
  return { real, exercise, others: active.length - real.length - exercise.length };
});

/** The regions that a warning touches, as codes. */
export function warningRegions(warning: Pick<WarningRecord, "regions">): string[] {
  return warning.regions;
}
