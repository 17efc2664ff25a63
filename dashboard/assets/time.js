// Times as the site reads them: its own zone, 24 hours, and durations that people say.
import { t, language } from "./i18n.js";

let zone = "Asia/Shanghai";
let offset = 0;
const offsets = [];
const formats = new Map();
const shifts = new Map();

export function setZone(name) {
  zone = name || zone;
  formats.clear();
  shifts.clear();
}

/** Learns the server's clock from a frame that came at `arrived` here; the least delayed of the last ten counts. */
export function learnServerTime(at, arrived) {
  const time = parse(at);
  if (time === null) return;
  offsets.push(time - arrived);
  if (offsets.length > 10) offsets.shift();
  offset = Math.max(...offsets);
}

/** The server's time now, in ms since 1970. A wrong clock in the wall's computer does not matter. */
export const serverNow = () => Date.now() + offset;

/** RFC 3339 text or epoch seconds → ms, else null. */
export function parse(value) {
  if (value === null || value === undefined || value === "" || value === 0) return null;
  const ms = typeof value === "number" ? value * 1000 : Date.parse(value);
  return Number.isFinite(ms) ? ms : null;
}

function parts(ms) {
  if (!formats.has("parts")) {
    formats.set("parts", new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit",
      hour: "2-digit", minute: "2-digit", second: "2-digit",
    }));
  }
  return Object.fromEntries(formats.get("parts").formatToParts(ms).map((part) => [part.type, part.value]));
}

/** How far the site's zone is from UTC at a moment, in ms. */
export function zoneShift(ms) {
  const hour = Math.floor(ms / 3600000);
  if (!shifts.has(hour)) {
    const p = parts(hour * 3600000);
    if (shifts.size > 5000) shifts.clear();
    shifts.set(hour, Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day), Number(p.hour), Number(p.minute), Number(p.second)) - hour * 3600000);
  }
  return shifts.get(hour);
}

/** 2026-11-22 */
export function day(ms) {
  const p = parts(ms);
  return `${p.year}-${p.month}-${p.day}`;
}

/** 14:05:09 */
export function clock(ms) {
  const p = parts(ms);
  return `${p.hour}:${p.minute}:${p.second}`;
}

/** 14:05, with the date before it when it is another day than now. */
export function shortTime(ms) {
  const p = parts(ms);
  const time = `${p.hour}:${p.minute}`;
  return day(ms) === day(serverNow()) ? time : `${p.month}-${p.day} ${time}`;
}

/** 2026-11-22 14:05:09 */
export const stamp = (ms) => `${day(ms)} ${clock(ms)}`;

export function weekday(ms) {
  const name = `weekday.${language()}`;
  if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat(language(), { timeZone: zone, weekday: "long" }));
  return formats.get(name).format(ms);
}

const two = (n) => String(n).padStart(2, "0");

/** 2:14, 18:40, 1:12:40; from two days on "3 天 4 时". */
export function duration(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s >= 172800) return t("time.days", { d: Math.floor(s / 86400), h: Math.floor((s % 86400) / 3600) });
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor((s % 3600) / 60);
  return hours ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** "12 分": a length in its largest unit. */
export function span(ms) {
  const s = Math.max(0, ms / 1000);
  if (s < 60) return t("time.s", { n: Math.floor(s) });
  if (s < 3600) return t("time.min", { n: Math.floor(s / 60) });
  if (s < 172800) return t("time.h", { n: Math.floor(s / 3600) });
  return t("time.d", { n: Math.floor(s / 86400) });
}

/** "0.4 秒前", "12 秒前", "3 分前". */
export function ago(ms) {
  const s = Math.max(0, ms / 1000);
  return t("time.ago", { span: s < 3 ? t("time.s", { n: s.toFixed(1) }) : span(ms) });
}

/** "15:30" → the next such moment (ms), "+30" → in 30 minutes, "11-25 08:00" or "2027-11-25 08:00" → then, "" → null; else throws RangeError. */
export function parseClock(text, now = serverNow()) {
  const value = text.trim();
  if (!value) return null;
  const plus = /^\+(\d{1,4})$/.exec(value);
  if (plus) return now + Number(plus[1]) * 60000;
  const dated = /^(\d{1,2})-(\d{1,2}) +(\d{1,2})[:：](\d{2})$/.exec(value);
  if (dated) return datedClock(dated.slice(1).map(Number), now, value);
  const full = /^(\d{4})-(\d{1,2})-(\d{1,2}) +(\d{1,2})[:：](\d{2})$/.exec(value);
  if (full) return wallClock(full.slice(1).map(Number), value);
  const match = /^(\d{1,2})[:：](\d{2})$/.exec(value);
  if (!match || Number(match[1]) > 23 || Number(match[2]) > 59) throw new RangeError(value);
  const p = parts(now);
  const midnight = now - (Number(p.hour) * 3600 + Number(p.minute) * 60 + Number(p.second)) * 1000 - (now % 1000);
  const ms = midnight + (Number(match[1]) * 60 + Number(match[2])) * 60000;
  return ms > now ? ms : ms + 86400000;
}

/** The next such day and time in the site's own zone. */
function datedClock(parts4, now, value) {
  const year = Number(parts(now).year);
  const ms = wallClock([year, ...parts4], value);
  return ms > now ? ms : wallClock([year + 1, ...parts4], value);
}

/** A date and time as the site's own clock shows it → ms; throws RangeError for what is on no calendar. */
export function wallClock([year, month, date, hour, minute], value = "") {
  const wall = Date.UTC(year, month - 1, date, hour, minute);
  const real = new Date(wall);
  if (real.getUTCMonth() !== month - 1 || real.getUTCDate() !== date || hour > 23 || minute > 59) throw new RangeError(value);
  return wall - zoneShift(wall - zoneShift(wall));
}

const painters = { duration, ago, span };

/** Marks an element as a running age: `kind` is duration, ago or span; `since` is ms. */
export function running(node, since, kind = "duration", key = "") {
  if (since === null) {
    delete node.dataset.since;
    return;
  }
  node.dataset.since = String(since);
  node.dataset.run = kind;
  if (key) node.dataset.runKey = key;
  paint(node, serverNow());
}

function paint(node, now) {
  const text = painters[node.dataset.run](now - Number(node.dataset.since));
  const full = node.dataset.runKey ? t(node.dataset.runKey, { span: text }) : text;
  if (node.textContent !== full) node.textContent = full;
}

const tickers = new Set();

/** Calls `fn(now)` each second; returns how to stop it. */
export function everySecond(fn) {
  tickers.add(fn);
  return () => tickers.delete(fn);
}

function tick() {
  const now = serverNow();
  for (const node of document.querySelectorAll("[data-since]")) paint(node, now);
  for (const fn of [...tickers]) fn(now);
  setTimeout(tick, 1000 - (serverNow() % 1000) + 5);
}

export const startTicking = () => tick();
