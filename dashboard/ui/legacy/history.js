// An asset's charts: one metric over a day, a week or a quarter, with its gaps, the alerts then, and the limits of rules.
import { h, render, setText } from "./dom.js";
import { t, language } from "./i18n.js";
import { get, Refused } from "./api.js";
import { parse, serverNow, stamp } from "./time.js";
import { has } from "./features.js";
import { metricName } from "./say.js";
import { draw, forget } from "./chart.js";
import { limits, RANGES, readSeries, spans } from "./series.js";

/** The chart panel of the asset `id`; `paint(asset)` follows the readings, `dispose()` ends it. */
export class HistoryPanel {
  constructor(node, app, id) {
    Object.assign(this, { node, app, id, recorded: null, rules: [] });
    const query = new URLSearchParams(location.search);
    this.metric = query.get("metric");
    this.asked = query.get("range") in RANGES;
    this.range = this.asked ? query.get("range") : "24h";
    this.metrics = h("div", { class: "chart-metrics", role: "group", "aria-label": t("chart.metric") });
    this.ranges = h("div", { class: "chart-ranges", role: "group", "aria-label": t("chart.range") });
    this.plot = h("div", { class: "chart-plot" });
    this.words = h("p", { class: "chart-message", role: "status" });
    this.foot = h("p", { class: "chart-foot quiet" });
    node.append(h("header", { class: "chart-head" }, h("h2", {}, t("chart.title")), this.metrics, this.ranges), h("div", { class: "chart-box" }, this.plot, this.words), this.foot);
    this.say(t("chart.loading"));
    this.begin();
  }

  dispose() {
    this.over = true;
    clearTimeout(this.timer);
    this.request?.abort();
    forget(this.plot);
  }

  say(text) {
    this.words.hidden = !text;
    setText(this.words, text);
    this.node.classList.toggle("is-blank", Boolean(text));
  }

  path(name) {
    return `/api/v1/assets/${encodeURIComponent(this.id)}/${name}`;
  }

  async begin() {
    const [known, rules] = await Promise.all([this.ask(this.path("metrics")), (await has(this.app, "GET /api/v1/rules")) ? this.ask("/api/v1/rules") : null]);
    if (this.over) return;
    this.recorded = known ? (known.items ?? []).map((one) => one.metric) : [];
    this.rules = rules?.items ?? [];
    this.paint(this.app.store.asset.get(this.id));
    this.load();
  }

  /** The answer, or null when there is none to be had. */
  async ask(path) {
    try {
      return await get(path);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return null;
    }
  }

  /** What may be chosen: everything recorded, and each number among the present readings. */
  choices(asset) {
    const numbers = Object.entries(asset?.readings ?? {}).filter(([, one]) => typeof one.value === "number" || typeof one.value === "boolean").map(([key]) => key);
    return [...new Set([...this.recorded, ...numbers])].sort((a, b) => Number(/\.up/.test(a)) - Number(/\.up/.test(b)) || (a < b ? -1 : 1));
  }

  paint(asset) {
    if (this.recorded === null) return;
    const choices = this.choices(asset);
    if (!choices.includes(this.metric)) this.metric = choices.find((one) => /ms$/.test(one)) ?? choices[0] ?? null;
    const chip = (name, on, words, pick) => h("button", { type: "button", class: "chip", "aria-pressed": String(on), [`data-${name}`]: pick, onclick: () => this.choose(name, pick) }, words);
    render(this.metrics, JSON.stringify([choices, this.metric, language()]), () => (choices.length > 7 ? this.select(choices) : choices.map((one) => chip("metric", one === this.metric, metricName(one), one))));
    render(this.ranges, `${this.range} ${language()}`, () => Object.keys(RANGES).map((one) => chip("range", one === this.range, t(`chart.${one}`), one)));
  }

  select(choices) {
    return h("select", { "aria-label": t("chart.metric"), "data-metrics": "", onchange: (event) => this.choose("metric", event.target.value) }, ...choices.map((one) => h("option", { value: one, selected: one === this.metric }, metricName(one))));
  }

  choose(name, value) {
    this[name] = value;
    this.asked ||= name === "range";
    const query = new URLSearchParams({ metric: this.metric ?? "", range: this.range });
    history.replaceState(history.state, "", `${location.pathname}?${query}`);
    this.paint(this.app.store.asset.get(this.id));
    this.load();
  }

  async load() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    const { length, again } = RANGES[this.range];
    this.timer = setTimeout(() => this.load(), again);
    if (!this.metric) {
      this.blank(t("chart.none"));
      return;
    }
    const end = serverNow();
    const query = new URLSearchParams({ metric: this.metric, from: new Date(end - length).toISOString(), to: new Date(end).toISOString() });
    const [answer, past, uptime] = await Promise.all([
      get(`${this.path("history")}?${query}`, signal).catch((error) => error), this.alerts(signal),
      get(`${this.path("availability")}?from=${query.get("from")}&to=${query.get("to")}`, signal).catch(() => null),
    ]);
    if (signal.aborted || this.over) return;
    if (answer instanceof Error) {
      this.blank(t(answer.status === 404 ? "chart.none" : answer.status === 503 ? "chart.notready" : "chart.failed"));
      return;
    }
    await this.show(answer, past, uptime);
  }

  blank(words) {
    forget(this.plot);
    this.plot.removeAttribute("data-drawn");
    setText(this.foot, "");
    this.say(words);
  }

  /** Open and closed alerts of the asset; without the closed ones the chart still stands. */
  async alerts(signal) {
    const path = `/api/v1/alerts?asset=${encodeURIComponent(this.id)}&limit=200`;
    const answers = await Promise.all([path, `${path}&open=false`].map((one) => get(one, signal).catch(() => ({ items: [] }))));
    const found = new Map(answers.flatMap((answer) => answer.items ?? []).map((alert) => [alert.id, alert]));
    for (const alert of this.app.alertsOf(this.id)) found.set(alert.id, alert);
    return [...found.values()].filter((alert) => alert.asset === this.id);
  }

  async show(answer, past, uptime) {
    const [start, end] = [parse(answer.from), parse(answer.to)];
    const one = readSeries((answer.series ?? [])[0] ?? { metric: this.metric }, start, end, answer.step);
    if (!one.known) {
      this.blank(t("chart.empty", { range: t(`chart.${this.range}`) }));
      return;
    }
    // What began within the hour would be a line of no width in a day: unless a day was asked for, the hour is shown.
    const first = one.at.find((_, index) => one.value[index] !== null);
    if (!this.asked && this.range === "24h" && end - first < RANGES["1h"].length) {
      this.range = "1h";
      this.paint(this.app.store.asset.get(this.id));
      await this.load();
      return;
    }
    const health = (uptime?.spans ?? []).map((span) => ({ from: Math.max(start, parse(span.from)), to: Math.min(end, parse(span.to)), health: span.health })).filter((span) => span.to > span.from);
    const picture = { one, start, end, spans: spans(past, start, end), limits: limits(this.rules, one.metric, this.app.store.asset.get(this.id)), health };
    // The box has its height before the library measures it.
    this.say("");
    try {
      await draw(this.plot, picture);
    } catch (error) {
      this.blank(t("chart.failed"));
      console.warn("chart", error.message);
      return;
    }
    Object.assign(this.plot.dataset, { gaps: one.gaps.length, spans: picture.spans.length, limits: picture.limits.length });
    const percent = (share) => `${(share * 100).toFixed(share > 0.999 && share < 1 ? 3 : 1)}%`;
    const notes = [
      t("chart.until", { at: stamp(end) }), answer.step === "raw" ? t("chart.raw", { n: one.known }) : t("chart.step", { step: answer.step }),
      first - start > (end - start) / 20 ? t("chart.since", { at: stamp(first) }) : "",
      one.gaps.length ? t("chart.gaps", { n: one.gaps.length }) : "", picture.spans.length ? t("chart.spans", { n: picture.spans.length }) : "",
      uptime && uptime.up !== null && health.length ? t("chart.uptime", { up: percent(uptime.up), known: percent(uptime.known) }) : "",
    ];
    setText(this.foot, notes.filter(Boolean).join(" · "));
  }
}
