/** Counts that the server's boards will give; until they are subscribed to, counted once for each new picture. */
import { computed } from "@preact/signals";
import { store } from "../core/picture";
import { settled } from "../core/settled";
import type { SourceRecord, WarningRecord } from "../records";

/** The processes of Watchfloor speak as sources too; they are not data sources. */
export const isRole = (source: SourceRecord): boolean => source.kind === "role" || source.id.startsWith("role.");

export type SourceState = "silent" | "failing" | "ok";

/** How a source does: silent (no sign of life), failing, or ok. */
export function sourceState(source: SourceRecord): SourceState {
  if (source.silent_since) return "silent";
  return !source.ok || source.failing_since ? "failing" : "ok";
}

/** The data sources, worst first. */
export const sources = computed(() => {
  const list = [...store.all("source").values()].filter((source) => !isRole(source));
  const rank = { silent: 0, failing: 1, ok: 2 };
  return list.sort((a, b) => rank[sourceState(a)] - rank[sourceState(b)] || (a.id < b.id ? -1 : 1));
});

const COLOURS = ["red", "orange", "yellow", "blue"];
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
