/** One case as `GET /api/v1/approvals/cases/{key}` gives it. */
import { addDays, mondayOf, weekdayOf } from "../core/days";
import type { CaseRow } from "./data";

export interface ClockDay {
  day: string;
  mark: "start" | "counted" | "due" | "off" | "local_holiday" | "excluded" | "rolled" | "unpublished";
  number: number;
  makeup: boolean;
  name: string;
  provisional: boolean;
}
export interface Clock {
  day0: string;
  n: number;
  promised: number | null;
  extended_by: number;
  unit: string;
  due: string | null;
  limit_at: string | null;
  yellow_at: string | null;
  paused: boolean;
  if_resumed_today: string | null;
  unpublished: number | null;
  left: number;
  left_most: number;
  overdue: number;
  days: ClockDay[];
}
export interface StepVisit {
  seq: number;
  name: string;
  five: string;
  owner: string;
  started: string | null;
  ended: string | null;
  end_unknown: boolean;
  limit: number | null;
}
export interface Suspension {
  kind: string;
  notice: string;
  started: string;
  ended: string | null;
  stated_days: number | null;
  told_at: string | null;
  excluded: boolean;
  flaw: string;
}
export interface CaseEvent {
  name: string;
  at: string;
  seen: string;
  cause: string;
  body: Record<string, unknown>;
}
export interface CaseDetail extends CaseRow {
  system: string;
  parent: string;
  used: number | null;
  accepted: string | null;
  applied: string | null;
  decided: string | null;
  delivered: string | null;
  channel: string;
  systems: string[];
  aliases: Record<string, string>;
  due_source: string;
  disagreements: Record<string, Record<string, string>>;
  steps: StepVisit[];
  suspensions: Suspension[];
  extensions: { days: number; by: string; approver: string; notice: string; decided: string | null }[];
  supplements: { notified: string | null; received: string | null }[];
  fees: { name: string; amount: number; paid: string | null }[];
  clock: Clock | null;
  events: CaseEvent[];
  parts: CaseRow[];
  applicant: { name: string; company: boolean; has_id: boolean; has_phone: boolean };
}

/** One line of the account of how the due day came about: natural days, and what was taken off them. */
export interface SumLine {
  name: "natural" | "off" | "holiday" | "local" | "excluded" | "counted";
  label: string;
  days: number;
}

/** From the days after day 0 to the due day (or today): all of them, less those that do not count. */
export function sumOf(clock: Clock): SumLine[] {
  const until = clock.due ?? clock.days.at(-1)?.day ?? clock.day0;
  const days = clock.days.filter((day) => day.day > clock.day0 && day.day <= until);
  const lines: SumLine[] = [{ name: "natural", label: until, days: days.length }];
  const group = (name: SumLine["name"], marks: (day: ClockDay) => boolean, label: (day: ClockDay) => string): void => {
    const counts = new Map<string, number>();
    for (const day of days.filter(marks)) counts.set(label(day), (counts.get(label(day)) ?? 0) + 1);
    for (const [text, n] of counts) lines.push({ name, label: text, days: -n });
  };
  const off: readonly string[] = ["off", "rolled", "unpublished"];
  group("off", (day) => off.includes(day.mark) && !day.name, () => "");
  group("holiday", (day) => day.mark === "off" && day.name !== "", (day) => day.name);
  group("local", (day) => day.mark === "local_holiday", (day) => day.name);
  group("excluded", (day) => day.mark === "excluded", () => "");
  lines.push({ name: "counted", label: "", days: lines.reduce((sum, line) => sum + line.days, 0) });
  return lines;
}

/** The weeks of a sheet, Monday first: seven days each, null where the sheet has none. */
export function weeksOf(days: readonly ClockDay[]): { day: string; shown: ClockDay | null }[][] {
  const [first] = days;
  const last = days.at(-1);
  if (!first || !last) return [];
  const byDay = new Map(days.map((day) => [day.day, day]));
  const to = addDays(mondayOf(last.day), 6);
  const weeks: { day: string; shown: ClockDay | null }[][] = [];
  for (let day = mondayOf(first.day); day <= to; day = addDays(day, 1)) {
    if (weekdayOf(day) === 1) weeks.push([]);
    weeks.at(-1)!.push({ day, shown: byDay.get(day) ?? null });
  }
  return weeks;
}
