// Availability by month: what was up, what was down, what nobody knew and what was maintenance, each apart.
import { h, render } from "./dom.js";
import { t, language } from "./i18n.js";
import { get, Refused } from "./api.js";
import { day, serverNow, wallClock } from "./time.js";
import { kindName } from "./say.js";
import { select } from "./forms.js";
import { length, percent } from "./kpi.js";

const BY = ["unit", "asset", "region", "kind", "month"];
const PARTS = ["up", "degraded", "down", "unknown", "maintenance"];
const PATH = "/api/v1/availability";

export function availabilityView(node, app) {
  const view = new Availability(node, app);
  return { dispose: () => view.dispose() };
}

class Availability {
  constructor(node, app) {
    const query = new URLSearchParams(location.search);
    Object.assign(this, { node, app, rows: [], next: null, answer: null });
    this.month = h("input", { type: "month", "data-month": "", value: day(serverNow()).slice(0, 7), max: day(serverNow()).slice(0, 7), "aria-label": t("avail.month"), onchange: () => this.load() });
    this.by = select("by", BY.map((one) => [one, t(`avail.by.${one}`)]), BY.includes(query.get("by")) ? query.get("by") : usual(app), { "data-by": "", "aria-label": t("avail.by"), onchange: () => this.load() });
    this.sort = select("sort", [["worst", t("avail.sort.worst")], ["key", t("avail.sort.key")]], "worst", { "aria-label": t("avail.sort"), onchange: () => this.load() });
    const step = (by, name) => h("button", { type: "button", class: "chip", "aria-label": t(`avail.${name}`), onclick: () => this.step(by) }, by < 0 ? "‹" : "›");
    this.file = h("a", { class: "chip", "data-csv": "", download: "" }, "CSV");
    this.head = h("p", { class: "avail-total" });
    this.body = h("div", {});
    this.more = h("button", { type: "button", class: "rows-more", hidden: true, onclick: () => this.load(this.next) }, t("form.more"));
    node.append(h("header", { class: "page-head" }, h("h1", {}, t("alerts.view.availability")), h("span", { class: "head-actions" }, step(-1, "before"), this.month, step(1, "after"), this.by, this.sort, this.file)), this.head,
      h("ul", { class: "avail-legend" }, ...PARTS.map((part) => h("li", {}, h("i", { class: `part-${part}` }), t(`avail.part.${part}`)))), this.body, this.more);
    this.load();
  }

  dispose() {
    this.request?.abort();
  }

  /** The month's first and last moment in the site's own zone, as the address wants them; the last is never ahead of now. */
  interval() {
    const [year, month] = this.month.value.split("-").map(Number);
    const end = month === 12 ? [year + 1, 1] : [year, month + 1];
    const to = Math.min(wallClock([...end, 1, 0, 0]), Math.floor(serverNow() / 60000) * 60000);
    return { from: new Date(wallClock([year, month, 1, 0, 0])).toISOString(), to: new Date(to).toISOString() };
  }

  step(by) {
    const [year, month] = this.month.value.split("-").map(Number);
    const moved = new Date(Date.UTC(year, month - 1 + by, 1)).toISOString().slice(0, 7);
    if (moved > this.month.max) return;
    this.month.value = moved;
    this.load();
  }

  async load(cursor = null) {
    if (!this.month.value) return;
    this.request?.abort();
    this.request = new AbortController();
    const query = new URLSearchParams({ ...this.interval(), by: this.by.value, sort: this.sort.value });
    // A year's months need the whole year.
    if (this.by.value === "month") query.set("from", new Date(wallClock([Number(this.month.value.slice(0, 4)), 1, 1, 0, 0])).toISOString());
    this.file.href = `${PATH}?${query}&format=csv&limit=1000`;
    query.set("limit", "100");
    if (cursor) query.set("cursor", cursor);
    try {
      this.answer = await get(`${PATH}?${query}`, this.request.signal);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.status) render(this.body, `error ${error.status} ${language()}`, () => h("p", { class: "rows-empty" }, error.status === 404 ? t("avail.none") : error.message));
      return;
    }
    this.rows = cursor ? [...this.rows, ...this.answer.items] : this.answer.items;
    this.next = this.answer.next;
    this.paint();
  }

  paint() {
    const { total, hidden, complete } = this.answer;
    this.more.hidden = !this.next;
    const words = [total ? t("avail.total", { up: percent(total.availability, 3), known: percent(total.of_known, 3), coverage: percent(total.coverage, 1), n: total.assets }) : "", complete === false ? t("avail.partly") : "", hidden ? t("filter.hidden", { n: hidden }) : ""];
    render(this.head, JSON.stringify([words, language()]), () => words.filter(Boolean).join(" · "));
    const heads = ["key", "assets", "availability", "bar", "down", "unknown", "maintenance", "coverage"];
    render(this.body, JSON.stringify([this.rows, language()]), () => (this.rows.length ? h("div", { class: "table-scroll" }, h("table", { class: "table avail", "data-availability": "" },
      h("thead", {}, h("tr", {}, ...heads.map((name) => h("th", { scope: "col" }, t(`avail.head.${name}`))))), h("tbody", {}, ...this.rows.map((row) => this.row(row))))) : h("p", { class: "rows-empty" }, t("avail.none"))));
  }

  row(row) {
    const { seconds } = row;
    const known = row.availability === null ? "none" : row.availability < 0.99 ? "bad" : "good";
    return h("tr", { "data-key": Object.values(row.key).join("/") },
      h("th", { scope: "row" }, this.name(row)), h("td", {}, row.assets), h("td", { class: `avail-number is-${known}`, title: t("avail.ofknown", { n: percent(row.of_known, 3) }) }, percent(row.availability, 3)), h("td", { class: "avail-cell" }, stretch(seconds)),
      h("td", { class: seconds.down ? "" : "quiet" }, seconds.down ? length(seconds.down) : "—"), h("td", { class: seconds.unknown ? "is-unknown-part" : "quiet" }, seconds.unknown ? length(seconds.unknown) : "—"),
      h("td", { class: "quiet" }, seconds.maintenance ? length(seconds.maintenance) : "—"), h("td", { class: "quiet" }, percent(row.coverage, 1)));
  }

  name({ key, name }) {
    const { app } = this;
    const shown = {
      asset: (id) => h("a", { href: `/assets/${encodeURIComponent(id)}`, "data-inside": "" }, name || app.store.asset.get(id)?.name || id),
      unit: (unit) => unit || t("net.nounit"), region: (code) => app.regionName(code) || code || "—", kind: kindName, month: (month) => month,
    };
    return Object.entries(key).map(([by, value], index) => [index ? " · " : "", (shown[by] ?? String)(value)]);
  }
}

/** By unit where the inventory names units; else every asset for itself. */
const usual = (app) => ([...app.store.asset.values()].some((asset) => asset.owner) ? "unit" : "asset");

/** One bar of the whole time; `degraded` is a part of `up`. */
function stretch(seconds) {
  const parts = { ...seconds, up: Math.max(0, seconds.up - (seconds.degraded ?? 0)) };
  const all = PARTS.reduce((sum, part) => sum + (parts[part] ?? 0), 0) || 1;
  const words = PARTS.filter((part) => parts[part]).map((part) => `${t(`avail.part.${part}`)} ${length(parts[part])}`).join(" · ");
  return h("span", { class: "avail-bar", role: "img", "aria-label": words, title: words }, ...PARTS.filter((part) => parts[part]).map((part) => h("i", { class: `part-${part}`, style: `flex-grow:${Math.max(parts[part] / all, 0.006)}` })));
}
