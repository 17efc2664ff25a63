/** What the page of warnings shows of a list of warnings. Pure. */
import { colourRank } from "../alerts/summary";
import { covers } from "../core/site";
import { parse } from "../core/time";
import type { WarningRecord } from "../records";
import { WARNING_COLOURS, WARNING_STATES } from "../vocabulary";

export const STATES = WARNING_STATES;
export const COLOURS = [...WARNING_COLOURS, "none"] as const;
export const colourOf = (warning: WarningRecord): string => warning.colour || "none";

/** What is asked for: a county's code, a colour, a state; null is all. */
export interface WarningFilter {
  county: string | null;
  colour: string | null;
  state: string | null;
}

const rank = (warning: WarningRecord): number => STATES.indexOf(warning.state as (typeof STATES)[number]);

/** In force first, then by colour, then the newest. */
export function inOrder(warnings: readonly WarningRecord[]): WarningRecord[] {
  return [...warnings].sort((a, b) => {
    return rank(a) - rank(b) || colourRank(a.colour) - colourRank(b.colour) || (a.sent < b.sent ? 1 : -1);
  });
}

/** True where a warning touches a county: it names the county, or a region around it. */
export const touches = (warning: WarningRecord, county: string): boolean => {
  return warning.regions.some((region) => covers(region, county));
};

/** The warnings that a filter takes. By county or colour without a state only those in force. */
export function matching(warnings: readonly WarningRecord[], filter: WarningFilter): WarningRecord[] {
  const { county, colour, state } = filter;
  return warnings.filter((warning) => {
    if (colour && (colourOf(warning) !== colour || (!state && warning.state !== "active"))) return false;
    if (county && (!touches(warning, county) || (!state && warning.state !== "active"))) return false;
    return !state || warning.state === state;
  });
}

export type Counts = ReadonlyMap<string, Readonly<Record<string, number>>>;

/** Warnings in force by county and colour; "" has those of all counties and of none, each once. */
export function countByCounty(warnings: readonly WarningRecord[], counties: readonly string[]): Counts {
  const counts = new Map<string, Record<string, number>>(["", ...counties].map((code) => [code, {}]));
  const add = (code: string, colour: string): void => {
    const row = counts.get(code)!;
    row[colour] = (row[colour] ?? 0) + 1;
  };
  const places = new Map<string, string[]>();
  for (const warning of warnings) {
    const colour = colourOf(warning);
    add("", colour);
    // Thousands of warnings name few sets of regions.
    const key = warning.regions.join();
    let codes = places.get(key);
    if (!codes) places.set(key, (codes = counties.filter((code) => touches(warning, code))));
    for (const code of codes) add(code, colour);
  }
  return counts;
}

/** A bar of the time line, in ms. `end` is when it ended, else when it will. */
export interface Bar {
  id: string;
  start: number;
  end: number;
  state: string;
  lapsed: boolean;
}

/** A row of the time line: warnings of one event and colour. */
export interface Lane {
  key: string;
  event: string;
  colour: string;
  active: number;
  bars: Bar[];
  /** Bars that are left out because there are too many. */
  cut: number;
}

const MOST_BARS = 120;

/** Rows by event and colour of what stands between two moments, those in force and the worst first. */
export function lanes(warnings: readonly WarningRecord[], from: number, to: number): Lane[] {
  const byKey = new Map<string, Lane>();
  for (const warning of warnings) {
    if (warning.state === "superseded") continue;
    const start = parse(warning.onset) ?? parse(warning.sent) ?? 0;
    const end = parse(warning.ended_at) ?? parse(warning.expires) ?? to;
    if (end < from || start > to || end <= start) continue;
    const { event } = warning;
    const colour = colourOf(warning);
    const key = `${colour} ${event}`;
    const lane = byKey.get(key) ?? { key, event, colour, active: 0, bars: [], cut: 0 };
    byKey.set(key, lane);
    if (warning.state === "active") lane.active += 1;
    if (lane.bars.length >= MOST_BARS) lane.cut += 1;
    else lane.bars.push({ id: warning.id, start, end, state: warning.state, lapsed: warning.lapsed });
  }
  return [...byKey.values()].sort((a, b) => {
    return Number(b.active > 0) - Number(a.active > 0) || colourRank(a.colour) - colourRank(b.colour) ||
      b.active - a.active || (a.key < b.key ? -1 : 1);
  });
}

/** The rows in which bars do not overlap: the index of the row of each bar. */
export function stacked(bars: readonly Bar[], most: number): number[] {
  const ends: number[] = [];
  const order = bars.map((_, index) => index).sort((a, b) => bars[a]!.start - bars[b]!.start);
  const rows = new Array<number>(bars.length).fill(0);
  for (const index of order) {
    const bar = bars[index]!;
    let row = ends.findIndex((end) => end <= bar.start);
    if (row < 0) row = ends.length < most ? ends.length : index % most;
    ends[row] = Math.max(ends[row] ?? 0, bar.end);
    rows[index] = row;
  }
  return rows;
}
