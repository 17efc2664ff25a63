/** The figures of the alert load (EEMUA 191, ISA-18.2): asked for all who show them together. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, ProblemError } from "../core/api";
import { store } from "../core/picture";

const AGAIN = 10_000;
const SOON = 2000;

/** Figures as `GET /api/v1/kpi` gives them; only what pages show at a glance is typed here. */
export interface AlertLoad {
  operators: number;
  rate: { per_operator: number; target: number; ten_minutes: number; day_per_operator: number } & Targets;
  flood: { on: boolean; since: string | null; in_ten_minutes: number; target: number; share_of_day: number };
  stale: { count: number; target: number; limit: number };
  chattering: { count: number; target: number };
  frequent: { share: number; target: number };
  priorities?: { counts?: Record<string, number>; high?: number; target?: { high?: number } };
  peak: { hour: number; hour_target: number; minute: number; minute_target: number };
  per_hour: { at: string; shown: number; raised: number }[];
}
interface Targets {
  day_target: number;
  day_too_many: number;
}
export interface Times {
  median_s: number | null;
  p90_s: number | null;
  target: number | null;
}
export interface Kpi {
  load?: AlertLoad;
  mtta?: Times;
  mttr?: Times;
}

/** The last answer, or null while there is none or it may not be seen. */
export const kpi = signal<Kpi | null>(null);

let readers = 0;
let askedAt = 0;
let due = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let following = false;

function soon(wait: number): void {
  const next = Math.max(Date.now() + 50, askedAt + wait);
  if (timer !== undefined && due <= next) return;
  clearTimeout(timer);
  due = next;
  timer = setTimeout(() => void ask(), next - Date.now());
}

async function ask(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  askedAt = Date.now();
  if (!readers) return;
  try {
    kpi.value = await get<Kpi>("/api/v1/kpi");
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if ([403, 404].includes(error.status)) kpi.value = null;
  }
  soon(AGAIN);
}

/** Keeps `kpi` fresh until the returned function is called. */
export function readKpi(): () => void {
  readers += 1;
  if (!following) {
    following = true;
    store.listen((changed) => void ((changed.reset || changed.alert.size) && readers && soon(SOON)));
  }
  if (Date.now() - askedAt > SOON) void ask();
  return () => void (readers -= 1);
}

/** The load figures in a component, kept fresh while it is shown. */
export function useKpi(): Kpi | null {
  useEffect(readKpi, []);
  return kpi.value;
}

export type Out = "" | "degraded" | "down";
export type Outs = Partial<Record<"rate" | "day" | "flood" | "share" | "peakHour" | "peakMinute", Out>> &
  Partial<Record<"stale" | "chattering" | "frequent" | "priorities", Out>>;

/** Which figures are out of their target: degraded, or down far beyond it. */
export function outs(load: AlertLoad | null | undefined): Outs {
  if (!load) return {};
  const over = (value: number, target: number, far: number): Out => {
    return value > far ? "down" : value > target ? "degraded" : "";
  };
  const { rate, flood, stale, chattering, peak, frequent, priorities } = load;
  const many = Object.values(priorities?.counts ?? {}).reduce((a, b) => a + b, 0) >= 20;
  const high = priorities?.target?.high ?? 0.05;
  return {
    rate: over(rate.per_operator, rate.target, rate.target * 10),
    day: over(rate.day_per_operator, rate.day_target, rate.day_too_many),
    flood: flood.on ? "down" : "",
    share: over(flood.share_of_day, flood.target, 1),
    peakHour: over(peak.hour, peak.hour_target, Infinity),
    peakMinute: over(peak.minute, peak.minute_target, Infinity),
    stale: over(stale.count, stale.target, stale.limit),
    chattering: over(chattering.count, chattering.target, Infinity),
    // Few alerts make no mix: a share is judged from twenty on.
    frequent: many ? over(frequent.share, frequent.target, Infinity) : "",
    priorities: many ? over(priorities?.high ?? 0, high * 2, Infinity) : "",
  };
}
