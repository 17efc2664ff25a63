// The load figures for widgets that have not moved yet.
import { effect, untracked } from "@preact/signals";
import { h } from "./dom.js";
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
