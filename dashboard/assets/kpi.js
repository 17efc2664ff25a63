// The load figures: asked for all who show them together, every ten seconds and soon after an alert has changed.
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { get, Refused } from "./api.js";
import { icon } from "./shapes.js";

const AGAIN = 10000;
const SOON = 2000;

/** One for the app; `listen(fn)` gives every new answer, and null when there is none to be had. */
export class Kpi {
  constructor(app) {
    Object.assign(this, { app, value: null, listeners: new Set(), askedAt: 0, timer: null });
    app.store.listen((changed) => (changed.reset || changed.alert.size) && this.listeners.size && this.soon(SOON));
  }

  listen(fn) {
    this.listeners.add(fn);
    if (Date.now() - this.askedAt > SOON) this.ask();
    else fn(this.value);
    return () => this.listeners.delete(fn);
  }

  soon(wait) {
    const due = Math.max(Date.now() + 50, this.askedAt + wait);
    if (this.timer && this.due <= due) return;
    clearTimeout(this.timer);
    this.due = due;
    this.timer = setTimeout(() => this.ask(), due - Date.now());
  }

  async ask() {
    clearTimeout(this.timer);
    this.timer = null;
    this.askedAt = Date.now();
    if (!this.listeners.size) return;
    try {
      this.value = await get("/api/v1/kpi");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if ([403, 404].includes(error.status)) this.value = null;
    }
    for (const fn of [...this.listeners]) fn(this.value);
    this.soon(AGAIN);
  }
}

/** The one of this page. */
export const kpi = (app) => (app.kpi ??= new Kpi(app));

/** Seconds as people read them: 45 秒, 1:48 分, 2:05 时; "—" for null. */
export function length(seconds) {
  if (seconds === null || seconds === undefined) return "—";
  const s = Math.round(seconds);
  const two = (n) => String(n).padStart(2, "0");
  if (s < 60) return t("load.s", { n: s });
  if (s < 3600 && s % 60 === 0) return t("time.min", { n: s / 60 });
  if (s < 3600) return t("load.ms", { n: `${Math.floor(s / 60)}:${two(s % 60)}` });
  if (s < 172800) return t("load.hm", { n: `${Math.floor(s / 3600)}:${two(Math.floor((s % 3600) / 60))}` });
  return t("load.d", { n: (s / 86400).toFixed(1) });
}

export const percent = (share, digits = 1) => (share === null || share === undefined ? "—" : `${(share * 100).toFixed(digits)}%`);
export const number = (value) => (value === null || value === undefined ? "—" : String(Math.round(value * 10) / 10));

/** A figure with its name and target; colour and shape only when it is out of it. `out`: "" | "degraded" | "down". */
export function figure(name, value, note, out = "", extra = {}) {
  return h("div", { class: `kpi${out ? ` is-out is-${out}` : ""}`, ...extra },
    h("span", { class: "kpi-name" }, name), h("strong", {}, out ? icon(out === "down" ? "diamond" : "triangle", `is-${out}`) : "", out ? " " : "", value), h("small", {}, note));
}

/** Times of taking or mending that are over their target, where the site has set one. */
export const late = (times) => (times?.target && times.median_s > times.target ? "degraded" : "");

/** How the load stands against its targets: {rate, flood, stale, chattering, frequent, peak, day} → "" | degraded | down. */
export function outs(load) {
  if (!load) return {};
  const over = (value, target, far) => (value > far ? "down" : value > target ? "degraded" : "");
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
    priorities: many ? over(priorities.high, high * 2, Infinity) : "",
  };
}
