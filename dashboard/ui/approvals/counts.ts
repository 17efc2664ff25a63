/** Counts of the boards of open cases, added up by department. Groups of kinds are never added together. */
import { covers } from "../core/site";
import { parse } from "../core/time";
import type { CaseBoardRecord, SourceRecord } from "../records";

/** Groups of kinds; the routes of cases and figures take their names as kinds. */
export const GROUPS = ["permit", "disclosure", "question", "publication", "column"] as const;
export type Group = (typeof GROUPS)[number];
/** In the order in which one of them is that of a whole department. */
const LIGHTS = ["red", "grey", "yellow", "green"] as const;
export const STEPS = ["受理", "承办", "审批", "批准", "办结"] as const;

/** Open cases of one department, or of all. `silent` is the oldest moment up to which a silent source has reported. */
export interface Backlog {
  department: string;
  name: string;
  open: number;
  red: number;
  yellow: number;
  green: number;
  grey: number;
  paused: number;
  dueToday: number;
  unverified: number;
  steps: Record<string, number>;
  /** The lights of its boards. */
  lights: ReadonlySet<string>;
  silent: string | null;
  asOf: string | null;
}

export const groupOf = (name: string | null): Group => GROUPS.find((group) => group === name) ?? "permit";

export function emptyBacklog(department = "", name = ""): Backlog {
  return {
    department, name, open: 0, red: 0, yellow: 0, green: 0, grey: 0, paused: 0, dueToday: 0, unverified: 0, steps: {},
    lights: new Set(), silent: null, asOf: null,
  };
}

function add(sum: Backlog, board: CaseBoardRecord): void {
  sum.open += board.open;
  sum.red += board.lights.red ?? 0;
  sum.yellow += board.lights.yellow ?? 0;
  sum.green += board.lights.green ?? 0;
  sum.grey += board.lights.grey ?? 0;
  sum.paused += board.paused;
  sum.dueToday += board.due_today;
  sum.unverified += board.unverified;
  sum.lights = new Set([...sum.lights, board.light]);
  for (const [step, n] of Object.entries(board.steps)) sum.steps[step] = (sum.steps[step] ?? 0) + n;
  if (board.silent_since && (!sum.silent || board.silent_since < sum.silent)) sum.silent = board.silent_since;
  if (board.as_of && (!sum.asOf || board.as_of > sum.asOf)) sum.asOf = board.as_of;
}

/** The backlog of a group in a region ("" for the whole site): of all departments together, or of one. */
export function totalOf(boards: Iterable<CaseBoardRecord>, group: Group, region = "", department = ""): Backlog {
  const sum = emptyBacklog(department);
  for (const board of boards) {
    if (!counts(board, group, region)) continue;
    if (!department || board.department === department) add(sum, board);
  }
  return sum;
}

const counts = (board: CaseBoardRecord, group: Group, region: string): boolean =>
  board.group === group && (!region || covers(region, board.region));

/** The backlogs of a group in a region ("" for the whole site) by department. */
export function byDepartment(boards: Iterable<CaseBoardRecord>, group: Group, region = ""): Map<string, Backlog> {
  const sums = new Map<string, Backlog>();
  for (const board of boards) {
    if (!counts(board, group, region)) continue;
    const sum = sums.get(board.department) ?? emptyBacklog(board.department, board.name);
    add(sum, board);
    sums.set(board.department, sum);
  }
  return sums;
}

/** Worst first: red, then yellow, then the lower share in time, then the name. */
export function inOrder<T extends Backlog & { share: number | null }>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) =>
    b.red - a.red || b.yellow - a.yellow || (a.share ?? 2) - (b.share ?? 2) || a.name.localeCompare(b.name, "zh-CN"));
}

/** The worst of the lights that the server gives the boards of a department, "" where it has none. */
export const worst = (backlog: Backlog): string => LIGHTS.find((light) => backlog.lights.has(light)) ?? "";

/** Up to when (ms, 0 for never) the sources that work have told, and those that do not.
 * A source that fails still sends heartbeats: only its last valid answer says how far it has told. */
export function heardOf(sources: readonly SourceRecord[]): { newest: number; stale: SourceRecord[] } {
  const working = sources.filter((source) => source.state === "ok");
  return {
    newest: Math.max(0, ...working.map((source) => parse(source.valid_at) ?? 0)),
    stale: sources.filter((source) => source.state !== "ok"),
  };
}
