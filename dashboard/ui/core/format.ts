/** Durations, ages and numbers in the one form that every page uses. */
import { t } from "./i18n";

const two = (n: number): string => String(n).padStart(2, "0");
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

/** 2:14, 18:40, 1:12:40; from one day on "2 天 3 时". For how long something has lasted, in ms. */
export function duration(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s >= DAY) return t("time.days", { d: Math.floor(s / DAY), h: Math.floor((s % DAY) / HOUR) });
  const hours = Math.floor(s / HOUR);
  const minutes = Math.floor((s % HOUR) / MINUTE);
  return hours ? `${hours}:${two(minutes)}:${two(s % MINUTE)}` : `${minutes}:${two(s % MINUTE)}`;
}

/** "12 分": a length of time, in ms, in its largest unit. */
export function span(ms: number): string {
  const s = Math.max(0, ms / 1000);
  if (s < MINUTE) return t("time.s", { n: Math.floor(s) });
  if (s < HOUR) return t("time.min", { n: Math.floor(s / MINUTE) });
  if (s < 2 * DAY) return t("time.h", { n: Math.floor(s / HOUR) });
  return t("time.d", { n: Math.floor(s / DAY) });
}

/** "0.4 秒前", "12 秒前", "3 分前": the age of data, in ms. */
export function ago(ms: number): string {
  const s = Math.max(0, ms / 1000);
  return t("time.ago", { span: s < 3 ? t("time.s", { n: s.toFixed(1) }) : span(ms) });
}

/** 1,203 */
export const count = (n: number): string => n.toLocaleString("en-US");

/** 97.5%, or "—" for what is not known. */
export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? "—" : `${(share * 100).toFixed(digits)}%`;
}

/** One decimal where it is needed: 4, 2.5, or "—" for what is not known. */
export function number(value: number | null | undefined): string {
  return value === null || value === undefined ? "—" : String(Math.round(value * 10) / 10);
}

/** Seconds as people read them: 45 秒, 1:48 分, 2:05 时, 3.2 天; "—" for what is not known. */
export function length(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "—";
  const s = Math.round(seconds);
  if (s < MINUTE) return t("load.s", { n: s });
  if (s < HOUR && s % MINUTE === 0) return t("time.min", { n: s / MINUTE });
  if (s < HOUR) return t("load.ms", { n: `${Math.floor(s / MINUTE)}:${two(s % MINUTE)}` });
  if (s < 2 * DAY) return t("load.hm", { n: `${Math.floor(s / HOUR)}:${two(Math.floor((s % HOUR) / MINUTE))}` });
  return t("load.d", { n: (s / DAY).toFixed(1) });
}
