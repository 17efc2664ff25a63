/** The duty roster as the server gives and takes it. Who is on duty when, the server says (`plan`). */
import { send } from "../core/api";
import type { ByLanguage } from "../core/i18n";
import { pick } from "../core/i18n";
import type { Option } from "../forms/field";
import { askDuty, type Roster, type Shift } from "../shell/duty";
import type { AdminView } from "./view";

export const PATH = "/api/v1/roster";

export interface RosterPerson {
  id: string;
  name: string;
  phone?: string;
  mail?: string;
  contacts?: Record<string, string>;
  language?: string;
  region?: string;
  account?: string;
}
export interface RosterShift {
  id: string;
  name: Record<string, string>;
  /** In the site's own time: 08:00. */
  start: string;
  end: string;
}
/** Two officers and a leader, as ids. */
export interface Team {
  officers: string[];
  leader: string;
}
/** Teams of a shift that take turns, on some days of the week (1 is Monday) or on all. */
export interface Pattern {
  shift: string;
  first: string;
  last: string;
  every: string;
  days: number[];
  teams: Team[];
}
export interface Assignment extends Team {
  date: string;
  shift: string;
}
export interface Substitute {
  date: string;
  shift: string;
  person: string;
  substitute: string;
  reason: string;
}
export interface Leave {
  person: string;
  first: string;
  last: string;
  reason: string;
  /** Who acts for the person meanwhile, "" for nobody. */
  deputy: string;
}
export interface RosterFinding {
  date: string;
  shift: string;
  person: string;
  message: ByLanguage;
}
/** One shift on one date, with substitutes in their places. */
export interface PlannedShift {
  date: string;
  shift: string;
  officers: { id: string; name: string }[];
  leader: { id: string; name: string } | null;
}
export interface RosterLists {
  persons: RosterPerson[];
  shifts: RosterShift[];
  patterns: Pattern[];
  assignments: Assignment[];
  substitutes: Substitute[];
  leave: Leave[];
}
export interface RosterDocument extends RosterLists {
  rev: number;
  now: Shift | null;
  next: (Shift & { begins: string }) | null;
  plan: PlannedShift[];
  findings: RosterFinding[];
}
export type RosterView = AdminView<RosterDocument>;

/** What a change sends: the lists alone. */
const listsOf = ({ persons, shifts, patterns, assignments, substitutes, leave }: RosterDocument): RosterLists => ({
  persons, shifts, patterns, assignments, substitutes, leave,
});

/** Puts other lists in the place of some. A refusal throws. */
export async function keepRoster(view: RosterView, changes: Partial<RosterLists>): Promise<boolean> {
  const { answer } = view;
  if (!answer) return false;
  await send<Roster>("PUT", PATH, { rev: answer.rev, comment: "", ...listsOf(answer), ...changes });
  await refreshRoster(view);
  return true;
}

/** Reads the roster again, for the page and for the line that says who is on duty. */
export async function refreshRoster(view: RosterView): Promise<void> {
  await Promise.all([view.ask(), askDuty()]);
}

export const shiftName = (shift: RosterShift | undefined): string => (shift ? pick(shift.name) || shift.id : "");
export const personName = (roster: RosterLists, id: string): string =>
  roster.persons.find((person) => person.id === id)?.name ?? id;

/** The people as a form offers them; `none` is the word for nobody, null where somebody must be chosen. */
export function personOptions(roster: RosterLists, none: string | null = "—"): Option[] {
  const people = roster.persons.map((person): Option => [person.id, person.name]);
  return none === null ? people : [["", none], ...people];
}

export const shiftOptions = (roster: RosterLists): Option[] =>
  roster.shifts.map((shift): Option => [shift.id, shiftName(shift)]);

/** The person in whose place somebody does a shift, or "". */
export function insteadOf(roster: RosterLists, date: string, shift: string, id: string): string {
  const swaps = roster.substitutes.filter((swap) => swap.date === date && swap.shift === shift);
  return swaps.find((swap) => swap.substitute === id)?.person ?? "";
}

/** The team as it was meant before substitutes, with ids. */
export function meantTeam(roster: RosterDocument, date: string, shift: string): Team {
  const planned = roster.plan.find((duty) => duty.date === date && duty.shift === shift);
  const before = (id: string): string => insteadOf(roster, date, shift, id) || id;
  return {
    officers: (planned?.officers ?? []).map((person) => before(person.id)),
    leader: planned?.leader ? before(planned.leader.id) : "",
  };
}
