/** Answers of the routes of approvals, asked again when the live boards, cards or orders change. */
import { computed, signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { query } from "../core/address";
import { get, ProblemError } from "../core/api";
import { store } from "../core/picture";
import { groupOf, type Group } from "./counts";

const SOON = 300;
const AGAIN = 60_000;

/** Grows when something about cases has changed. */
const revision = signal(0);
let timer: ReturnType<typeof setTimeout> | undefined;
let readers = 0;
let following = false;

function follow(): () => void {
  readers += 1;
  if (!following) {
    following = true;
    store.listen((changed) => {
      const moved = changed.reset || changed.case_board.size || changed.card.size || changed.order.size;
      if (moved && readers && timer === undefined) timer = setTimeout(askAgain, SOON);
    });
    setInterval(() => readers && askAgain(), AGAIN);
  }
  return () => void (readers -= 1);
}

/** Asks all that is shown anew. */
export function askAgain(): void {
  clearTimeout(timer);
  timer = undefined;
  revision.value += 1;
}

/** The last answer, which stays while the next is on its way, and why the last question failed. */
export interface Answer<T> {
  value: T | null;
  failed: ProblemError | null;
}

/** The answer of a GET route in a component. A null path asks nothing. */
export function useAnswer<T>(path: string | null): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T> & { path: string | null }>({ value: null, failed: null, path });
  useEffect(follow, []);
  const asked = revision.value;
  useEffect(() => {
    if (path === null) return undefined;
    const control = new AbortController();
    get<T>(path, control.signal).then(
      (value) => setAnswer({ value, failed: null, path }),
      (error: unknown) => {
        if (control.signal.aborted) return;
        const failed = error instanceof ProblemError ? error : new ProblemError(0, { detail: String(error) });
        setAnswer((old) => ({ value: old.path === path ? old.value : null, failed, path }));
      },
    );
    return () => control.abort();
  }, [path, asked]);
  return answer.path === path ? answer : { value: answer.value, failed: null };
}

/** The path of a route with those values that are not empty. */
export function route(path: string, values: Readonly<Record<string, string | number | null | undefined>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== "" && value !== null && value !== undefined) search.set(name, String(value));
  }
  return `/api/v1/approvals/${path}${search.size ? `?${search}` : ""}`;
}

/** The group of kinds that the page shows: the first filter. */
export const group = computed<Group>(() => groupOf(query("group")));

/** The region that the address chooses, "" for the whole site. */
export const region = computed<string>(() => query("region") ?? "");

export interface PeriodFigures {
  accepted: number;
  done: number;
  due: number;
  in_time: number;
  in_time_share: number | null;
  settled_in_time_share: number | null;
  promised_in_time_share: number | null;
  mean_days: number | null;
}
export interface Compared {
  from: string;
  to: string;
  accepted: number;
  done: number;
  in_time_share: number | null;
  mean_days: number | null;
  working_days: number | null;
  change: { accepted: number | null; done: number | null };
}
export interface Summary extends PeriodFigures {
  from: string;
  to: string;
  as_of: string;
  open_end: number;
  working_days: number | null;
  median_days: number | null;
  p90_days: number | null;
  few: boolean;
  compared: { previous: Compared; year_before: Compared };
}
export interface FigureRow extends PeriodFigures {
  key: string;
  name: string;
}
export interface Table {
  items: FigureRow[];
}
export interface Ageing {
  left: Record<string, number>;
  due: Record<string, [string, string]>;
  /** Cases that fall due within so many working days; the backlog in months of work. */
  forecast: { due: Record<string, number | null>; months: number | null };
}
export interface SlowStep {
  item: string;
  item_name: string;
  step: string;
  n: number;
  /** Working days. */
  median_days: number | null;
  p90_days: number | null;
  over_limit: number;
}
export interface CaseRow {
  id: string;
  key: number;
  number: string;
  item: string;
  item_name: string;
  kind: string;
  department: string;
  department_name: string;
  region: string;
  state: string;
  result: string;
  light: string;
  step: string;
  flags: string[];
  n: number | null;
  unit: string;
  left: number | null;
  due: string | null;
  limit_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  in_time: boolean | null;
}
export interface Window {
  items: CaseRow[];
  total: number;
  next: string | null;
}
