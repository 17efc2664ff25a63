// The load on the people: how many alerts each has, floods, what is stale or chatters, how fast they are taken and mended.
import { h, render, svg } from "./dom.js";
import { t, pick, language } from "./i18n.js";
import { clock, day, parse, serverNow, shortTime } from "./time.js";
import { severityName, sourceName, warningTitle } from "./say.js";
import { SEVERITIES } from "./derive.js";
import { figure, kpi, late, length, number, outs, percent } from "./kpi.js";

export function loadView(node, app) {
  const head = h("header", { class: "page-head" });
  const body = h("div", { class: "load-body" });
  node.append(head, body);
  const paint = (value) => {
    const { load } = value ?? {};
    if (!load) {
      render(body, `none ${language()}`, () => h("p", { class: "rows-empty" }, t("load.none")));
      return;
    }
    render(head, JSON.stringify([load.since, load.operators, load.operators_from, load.complete, language()]), () => [
      h("h1", {}, t("alerts.view.load")),
      h("span", { class: "quiet" }, [t("load.operators", { n: load.operators }), t(`load.from.${load.operators_from}`), load.complete ? "" : t("load.since", { at: shortTime(parse(load.since)) })].filter(Boolean).join(" · ")),
    ]);
    // What stands still is not built again: `at` and `rev` move with every answer.
    const { at: _at, rev: _rev, ...rest } = value;
    render(body, JSON.stringify([rest, language()]), () => [figures(load, value), hours(load), times(value), mix(load), frequent(load, app), lists(load, app)]);
  };
  return { dispose: kpi(app).listen(paint) };
}

function figures(load, value) {
  const out = outs(load);
  const { rate, flood, peak, stale, chattering } = load;
  const state = flood.on ? t("load.flood.on", { at: shortTime(parse(flood.since)) }) : t("load.flood.off");
  return h("div", { class: "kpis" },
    figure(t("load.rate"), number(rate.per_operator), t("load.rate.note", { target: rate.target, n: rate.ten_minutes }), out.rate, { "data-kpi": "rate" }),
    figure(t("load.flood"), state, t("load.flood.note", { n: flood.in_ten_minutes, above: flood.starts_above, below: flood.ends_below, share: percent(flood.share_of_day) }), out.flood, { "data-kpi": "flood" }),
    figure(t("load.day"), number(rate.day_per_operator), t("load.day.note", { n: rate.day, target: rate.day_target, raised: rate.raised_day }), out.day, { "data-kpi": "day" }),
    figure(t("load.peak.hour"), peak.hour, t("load.target", { n: peak.hour_target }), out.peakHour),
    figure(t("load.peak.minute"), peak.minute, t("load.target", { n: peak.minute_target }), out.peakMinute),
    figure(t("load.stale"), stale.count, t("load.stale.note", { limit: stale.limit }), out.stale, { "data-kpi": "stale" }),
    figure(t("load.chattering"), chattering.count, t("load.chattering.note", { n: chattering.changes_a_minute }), out.chattering, { "data-kpi": "chattering" }),
    figure(t("load.mtta"), length(value.mtta?.median_s), t("load.p90", { p90: length(value.mtta?.p90_s), n: value.mtta?.count ?? 0 }), late(value.mtta), { "data-kpi": "mtta" }),
    figure(t("load.mttr"), length(value.mttr?.median_s), t("load.p90", { p90: length(value.mttr?.p90_s), n: value.mttr?.count ?? 0 }), late(value.mttr), { "data-kpi": "mttr" }));
}

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

function hours(load) {
  const first = parse(load.per_hour?.[0]?.at);
  return h("section", { class: "load-part is-wide" }, h("h2", {}, t("load.hours")), hourBars(load, { width: 960, height: 120 }),
    h("p", { class: "load-axis-words quiet" }, h("span", {}, first === null ? "" : shortTime(first)), h("span", {}, t("load.hours.note", { n: load.peak.hour_target })), h("span", {}, t("load.nowword"))));
}

function times(value) {
  const heads = ["shift", "from", "shown", "per", "mtta", "mttr", "waiting", "floods"];
  const rows = value.shifts ?? [];
  return h("section", { class: "load-part is-wide" }, h("h2", {}, t("load.shifts")),
    rows.length ? h("div", { class: "table-scroll" }, h("table", { class: "table", "data-shifts": "" }, h("thead", {}, h("tr", {}, ...heads.map((name) => h("th", { scope: "col" }, t(`load.shift.${name}`))))),
      h("tbody", {}, ...rows.map((row) => h("tr", { class: row.current ? "is-current" : "" },
        h("th", { scope: "row" }, pick(row.name) || row.id, row.current ? h("span", { class: "tag" }, t("load.shift.current")) : ""), h("td", {}, `${moment(row.from)} – ${row.current ? "" : moment(row.to)}`), h("td", {}, row.shown),
        h("td", { class: row.per_operator_10min > 1 ? "is-bad" : "" }, number(row.per_operator_10min)), h("td", { class: late(row.mtta) && "is-bad" }, pair(row.mtta)), h("td", { class: late(row.mttr) && "is-bad" }, pair(row.mttr)), h("td", {}, row.mtta?.waiting ?? 0), h("td", {}, row.flood_s ? length(row.flood_s) : "—")))))) : h("p", { class: "quiet" }, t("load.noshifts")));
}

const moment = (text) => {
  const at = parse(text);
  return at === null ? "" : day(at) === day(serverNow()) ? clock(at).slice(0, 5) : shortTime(at);
};
const pair = (one) => (one?.count ? `${length(one.median_s)} / ${length(one.p90_s)}` : "—");

/** Low, medium and high beside what they should be. */
function mix(load) {
  const { priorities } = load;
  const out = outs(load).priorities;
  const rows = [["low", priorities.low], ["medium", priorities.medium], ["high", priorities.high]];
  return h("section", { class: "load-part" }, h("h2", {}, t("load.mix")),
    h("ul", { class: "mix" }, ...rows.map(([name, share]) => h("li", { class: name === "high" && out ? "is-bad" : "" }, h("span", {}, t(`load.mix.${name}`)), bar(share, priorities.target[name]), h("b", {}, percent(share, 0)), h("small", {}, t("load.mix.target", { n: percent(priorities.target[name], 0) }))))),
    h("p", { class: "quiet" }, SEVERITIES.map((one) => `${severityName(one)} ${priorities.counts?.[one] ?? 0}`).join(" · ")));
}

function bar(share, target) {
  const of = (value) => `${Math.min(100, Math.max(0, (value ?? 0) * 100))}%`;
  return h("span", { class: "share" }, h("i", { style: `width:${of(share)}` }), target === undefined ? "" : h("em", { style: `left:${of(target)}` }));
}

function frequent(load, app) {
  const { items = [], share, target } = load.frequent;
  return h("section", { class: "load-part" }, h("h2", {}, t("load.frequent"), h("small", { class: outs(load).frequent ? "is-bad" : "" }, ` ${t("load.frequent.note", { share: percent(share), target: percent(target, 0) })}`)),
    items.length ? h("ol", { class: "frequent" }, ...items.map((one) => h("li", {}, h("span", {}, nameOf(one, app)), bar(one.share), h("b", {}, one.count), h("small", {}, percent(one.share, 0))))) : h("p", { class: "quiet" }, t("load.calm")));
}

/** The alert's own words, or its rule and asset. */
function nameOf(one, app) {
  const asset = app.store.asset.get(one.asset);
  const words = pick(one.title);
  const warning = app.store.warning.get(one.asset);
  if (warning) return warningTitle(warning, app);
  const name = asset?.name ?? sourceName(one.asset);
  const text = words && !words.includes(name) ? `${name} ${words}` : words || `${name} ${one.rule}`;
  return asset ? h("a", { href: `/assets/${encodeURIComponent(one.asset)}`, "data-inside": "" }, text) : text;
}

function lists(load, app) {
  const part = (name, items, note) => h("section", { class: "load-part" }, h("h2", {}, t(`load.list.${name}`)),
    items.length ? h("ul", { class: "frequent" }, ...items.map((one) => h("li", {}, h("a", { href: `/alerts?alert=${encodeURIComponent(one.id)}`, "data-inside": "" }, app.store.asset.get(one.asset)?.name ?? one.asset, " ", h("small", {}, one.rule)), h("b", {}, note(one))))) : h("p", { class: "quiet" }, t("load.calm")));
  return [part("stale", load.stale.items ?? [], (one) => shortTime(parse(one.raised_at))), part("chattering", load.chattering.items ?? [], (one) => t("load.changes", { n: one.changes }))];
}
