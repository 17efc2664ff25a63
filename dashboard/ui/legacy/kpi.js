// The load figures for widgets that have not moved yet.
import { effect, untracked } from "@preact/signals";
import { h, svg } from "./dom.js";
import { t } from "./i18n.js";
import { parse, shortTime } from "./time.js";
import { icon } from "./shapes.js";
import { kpi as figures, outs, readKpi } from "../alerts/load";
export { length, number, percent } from "../core/format";
export { outs };

/** `listen(fn)` gives the last answer and every new one. */
export const kpi = () => ({
  get value() { return figures.peek(); },
  listen(fn) {
    const rest = readKpi();
    const stop = effect(() => {
      const value = figures.value;
      untracked(() => fn(value));
    });
    return () => {
      stop();
      rest();
    };
  },
});

/** A figure with its name and target; colour and shape only when it is out of it. `out`: "" | "degraded" | "down". */
export function figure(name, value, note, out = "", extra = {}) {
  return h("div", { class: `kpi${out ? ` is-out is-${out}` : ""}`, ...extra },
    h("span", { class: "kpi-name" }, name), h("strong", {}, out ? icon(out === "down" ? "diamond" : "triangle", `is-${out}`) : "", out ? " " : "", value), h("small", {}, note));
}

/** Times of taking or mending that are over their target, where the site has set one. */
export const late = (times) => (times?.target && times.median_s > times.target ? "degraded" : "");

/** The last day hour by hour: what was shown to people, and behind it what was raised at all. */
export function hourBars(load, { width = 480, height = 96 } = {}) {
  const rows = load.per_hour ?? [];
  const limit = load.peak.hour_target;
  const top = Math.max(limit * 1.25, ...rows.map((row) => row.shown));
  const step = width / Math.max(1, rows.length);
  const y = (n) => height - 2 - (Math.min(n, top) / top) * (height - 6);
  return svg("svg", { class: "load-chart", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": t("load.hours") },
    svg("line", { x1: 0, x2: width, y1: y(limit), y2: y(limit), class: "load-limit" }), svg("line", { x1: 0, x2: width, y1: height - 1.5, y2: height - 1.5, class: "load-axis" }),
    ...rows.map((row, i) => [
      row.raised > row.shown ? svg("rect", { x: i * step + step * 0.12, y: y(row.raised), width: step * 0.76, height: height - 2 - y(row.raised), class: "load-hidden" }) : null,
      row.shown ? svg("rect", { x: i * step + step * 0.12, y: y(row.shown), width: step * 0.76, height: height - 2 - y(row.shown), class: row.shown > limit ? "load-over" : "load-bar" }, svg("title", {}, `${shortTime(parse(row.at))}  ${row.shown} / ${row.raised}`)) : null,
    ]));
}
