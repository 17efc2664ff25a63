/** Times as the site reads them: its own zone, 24 hours, and the server's clock. */
import { computed, signal } from "@preact/signals";
import { language } from "./i18n";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
let zone = "Asia/Shanghai";
let offset = 0;
const offsets: number[] = [];
const formats = new Map<string, Intl.DateTimeFormat>();
const shifts = new Map<number, number>();

type Parts = Record<"year" | "month" | "day" | "hour" | "minute" | "second", string>;

export function setZone(name: string): void {
  zone = name || zone;
  formats.clear();
  shifts.clear();
}

/** Learns the server's clock from a frame that came at `arrived` here. The least delayed of the last ten counts. */
export function learnServerTime(at: string, arrived: number): void {
  const time = parse(at);
  if (time === null) return;
  offsets.push(time - arrived);
  if (offsets.length > 10) offsets.shift();
  offset = Math.max(...offsets);
}

/** The server's time now, in ms since 1970. A wrong clock in this computer does not matter. */
export const serverNow = (): number => Date.now() + offset;

const ticked = signal(serverNow());
const tickers = new Set<(now: number) => void>();

/** The server's time as of the last whole second. A component that reads it is rendered each second. */
export const now = (): number => ticked.value;

/** The site's day as of now, 2026-11-22. A component that reads it is rendered when the day changes. */
export const today = computed(() => day(now()));

/** The last whole minute in ms. A component that reads it is rendered each minute. */
export const minute = computed(() => Math.floor(now() / MINUTE) * MINUTE);

/** Calls `fn(now)` each second. Returns how to stop it. */
export function everySecond(fn: (now: number) => void): () => void {
  tickers.add(fn);
  return () => void tickers.delete(fn);
}

export function startTicking(): void {
  ticked.value = serverNow();
  for (const fn of [...tickers]) fn(ticked.value);
  setTimeout(startTicking, 1000 - (serverNow() % 1000) + 5);
}

/** RFC 3339 text or epoch seconds as ms since 1970, else null. */
export function parse(value: string | number | null | undefined): number | null {
  if (value === null || value === undefined || value === "" || value === 0) return null;
  const ms = typeof value === "number" ? value * 1000 : Date.parse(value);
  return Number.isFinite(ms) ? ms : null;
}

function parts(ms: number): Parts {
  let format = formats.get("parts");
  if (!format) {
    const two = "2-digit";
    format = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: two, day: two, hour: two, minute: two, second: two,
    });
    formats.set("parts", format);
  }
  return Object.fromEntries(format.formatToParts(ms).map((part) => [part.type, part.value])) as Parts;
}

/** How far the site's zone is from UTC at a moment, in ms. */
export function zoneShift(ms: number): number {
  const hour = Math.floor(ms / HOUR);
  let shift = shifts.get(hour);
  if (shift === undefined) {
    const p = parts(hour * HOUR);
    const wall = Date.UTC(+p.year, +p.month - 1, +p.day, +p.hour, +p.minute, +p.second);
    shift = wall - hour * HOUR;
    if (shifts.size > 5000) shifts.clear();
    shifts.set(hour, shift);
  }
  return shift;
}

/** 2026-11-22 */
export function day(ms: number): string {
  const p = parts(ms);
  return `${p.year}-${p.month}-${p.day}`;
}

/** 14:05:09 */
export function clock(ms: number): string {
  const p = parts(ms);
  return `${p.hour}:${p.minute}:${p.second}`;
}

/** 14:05, with the date before it when it is another day than now. */
export function shortTime(ms: number | null): string {
  if (ms === null) return "";
  const p = parts(ms);
  const time = `${p.hour}:${p.minute}`;
  return day(ms) === day(serverNow()) ? time : `${p.month}-${p.day} ${time}`;
}

/** 2026-11-22 14:05:09 */
export const stamp = (ms: number): string => `${day(ms)} ${clock(ms)}`;

export function weekday(ms: number): string {
  const name = `weekday.${language()}`;
  let format = formats.get(name);
  if (!format) {
    format = new Intl.DateTimeFormat(language(), { timeZone: zone, weekday: "long" });
    formats.set(name, format);
  }
  return format.format(ms);
}

/**
 * A time that a person typed, as ms: "15:30" is the next such moment, "+30" is in 30 minutes, "11-25 08:00" and
 * "2027-11-25 08:00" are that moment, "" is null. Throws RangeError for anything else.
 */
export function parseClock(text: string, from = serverNow()): number | null {
  const value = text.trim();
  if (!value) return null;
  const plus = /^\+(\d{1,4})$/.exec(value);
  if (plus) return from + Number(plus[1]) * 60_000;
  const match = /^(?:(?:(\d{4})-)?(\d{1,2})-(\d{1,2}) +)?(\d{1,2})[:：](\d{2})$/.exec(value);
  if (!match) throw new RangeError(value);
  const [year, month, date, hour, minute] = match.slice(1).map((part) => (part ? Number(part) : undefined));
  if (year !== undefined) return wallClock([year, month!, date!, hour!, minute!], value);
  const today = parts(from);
  if (month === undefined) {
    const ms = wallClock([+today.year, +today.month, +today.day, hour!, minute!], value);
    return ms > from ? ms : ms + DAY;
  }
  const ms = wallClock([+today.year, month, date!, hour!, minute!], value);
  return ms > from ? ms : wallClock([+today.year + 1, month, date!, hour!, minute!], value);
}

/** A date and time of the site's own clock as ms. Throws RangeError for what is on no calendar. */
export function wallClock(fields: [number, number, number, number, number], text = ""): number {
  const [year, month, date, hour, minute] = fields;
  const wall = Date.UTC(year, month - 1, date, hour, minute);
  const real = new Date(wall);
  const exists = real.getUTCMonth() === month - 1 && real.getUTCDate() === date && hour <= 23 && minute <= 59;
  if (!exists) throw new RangeError(text);
  return wall - zoneShift(wall - zoneShift(wall));
}
