// What stands beside the map on the wall: the alerts by priority, the stage, and the figures at the foot.
import { h, reconcile, render, setText, svg } from "./dom.js";
import { t, language } from "./i18n.js";
import { clock, everySecond, parse, running, serverNow, shortTime, span } from "./time.js";
import { arrange, isRole, sourceState, warningsNow } from "./derive.js";
import { alertIcon, icon } from "./shapes.js";
import { alertHead, alertHolder, alertReach, alertTitle, alertValue, sourceName, warningTitle } from "./say.js";
import { live } from "./feeds.js";

/** The active alerts: worst first; what does not fit is counted, never silently cut. */
export function alertBoard(node, app) {
  const count = h("h2", {});
  const note = h("span", { class: "quiet" });
  const rows = h("ol", { class: "board" });
  const more = h("p", { class: "board-more quiet", hidden: true });
  const calm = h("p", { class: "board-calm", hidden: true });
  node.append(h("header", { class: "feed-head" }, count, note), rows, more, calm);
  const fit = () => {
    const bottom = node.getBoundingClientRect().bottom - parseFloat(getComputedStyle(document.documentElement).fontSize) * 2.4;
    let cut = 0;
    for (const row of rows.children) {
      row.hidden = false;
      if (row.getBoundingClientRect().bottom > bottom) {
        row.hidden = true;
        cut += 1;
      }
    }
    more.hidden = cut === 0;
    setText(more, t("board.more", { n: cut }));
  };
  const paint = () => {
    const { shown, folded, shelved } = arrange(app.store, app.topology);
    const open = shown.filter(({ alert }) => !alert.acked).length;
    setText(count, t("board.count", { n: shown.length, open }));
    const hidden = [folded.length ? t("board.folded", { n: folded.length }) : "", shelved.length ? t("board.shelved", { n: shelved.length }) : ""];
    setText(note, hidden.filter(Boolean).join(" · "));
    reconcile(rows, shown, (row) => row.alert.id, boardRow, (element, row) => paintRow(element, row, app));
    calm.hidden = shown.length > 0;
    setText(calm, t("board.calm"));
    fit();
  };
  addEventListener("resize", fit);
  const stop = live(app, ["alert", "asset", "warning"], paint);
  return {
    dispose: () => {
      removeEventListener("resize", fit);
      stop();
    },
  };
}

function boardRow() {
  return h("li", { class: "board-row" },
    h("span", { class: "board-mark" }), h("span", { class: "board-title" }), h("time", { class: "board-time" }),
    h("span", { class: "board-note" }), h("span", { class: "board-holder" }));
}

function paintRow(element, { alert, below }, app) {
  const [mark, title, time, note, holder] = element.children;
  const who = alertHolder(alert);
  element.className = `board-row sev-${alert.severity}${who.open && alert.active ? " is-open" : ""}${alert.active ? "" : " is-over"}${alert.acked ? " is-taken" : ""}`;
  element.dataset.id = alert.id;
  render(mark, `${alert.severity} ${alert.active} ${alert.quality}`, () => alertIcon(alert));
  const { name, words } = alertHead(alert, app);
  setText(title, name);
  running(time, parse(alert.raised_at));
  const reach = alertReach(alert, app);
  // What the title has said already is not said again.
  const notes = [alert.active && words ? words : alertValue(alert, app), app.regionName(alert.region)].filter((word) => word && !name.includes(word));
  setText(note, [...notes, reach, below.length ? t("alert.below", { n: below.length }) : ""].filter(Boolean).join(" · "));
  setText(holder, who.text);
  holder.classList.toggle("is-open", who.open);
}

/** A critical alert that nobody has taken stands over the map and says what and since when. */
export function stage(node, app) {
  const title = h("span", {});
  const time = h("time", {});
  const note = h("p", {});
  node.append(h("div", { class: "stage-line" }, icon("diamond", "sev-critical"), title, time), note);
  node.setAttribute("role", "alert");
  let current = null;
  const paint = () => {
    const { shown } = arrange(app.store, app.topology);
    const waiting = shown.filter(({ alert }) => alert.active && !alert.acked && alert.severity === "critical");
    const first = waiting[0];
    node.hidden = !first;
    if (!first) {
      current = null;
      return;
    }
    const { alert } = first;
    const since = parse(alert.raised_at);
    setText(title, alertTitle(alert, app));
    running(time, since);
    const notes = [t("stage.since", { at: clock(since) }), app.regionName(alert.region), alertReach(alert, app), waiting.length > 1 ? t("stage.others", { n: waiting.length - 1 }) : ""];
    setText(note, notes.filter(Boolean).join(" · "));
    if (current !== alert.id) {
      current = alert.id;
      node.classList.remove("is-new");
      requestAnimationFrame(() => node.classList.add("is-new"));
    }
  };
  return { dispose: live(app, ["alert", "asset"], paint) };
}

const BIN = 600000;
const BINS = 36;

/** New alerts per ten minutes since this page was opened: what it saw itself, and it says so. */
export function loadStrip(node, app) {
  const from = serverNow();
  const known = new Set();
  const bins = new Map();
  let started = false;
  const title = h("h2", {});
  const chart = svg("svg", { class: "load-chart", viewBox: "0 0 216 44", preserveAspectRatio: "none" });
  const now = h("div", { class: "stat" }, h("span", { class: "stat-name" }), h("strong", {}));
  const oldest = h("div", { class: "stat" }, h("span", { class: "stat-name" }), h("strong", {}));
  node.append(title, h("div", { class: "load" }, h("div", { class: "load-plot" }, chart), now, oldest));
  const learn = () => {
    for (const alert of app.store.alert.values()) {
      if (known.has(alert.id)) continue;
      known.add(alert.id);
      const at = parse(alert.raised_at);
      if (started && at !== null && at >= from - 60000) bins.set(Math.floor(at / BIN), (bins.get(Math.floor(at / BIN)) ?? 0) + 1);
    }
    // Closed alerts are forgotten, so that 72 hours weigh as much as one.
    for (const id of known) if (!app.store.alert.has(id)) known.delete(id);
    started = true;
    paint();
  };
  const paint = () => {
    const last = Math.floor(serverNow() / BIN);
    for (const bin of bins.keys()) if (bin <= last - BINS) bins.delete(bin);
    setText(title, t("load.title", { at: shortTime(from) }));
    setText(now.children[0], t("load.now"));
    setText(now.children[1], String(bins.get(last) ?? 0));
    const waiting = [...app.store.alert.values()].filter((alert) => alert.active && !alert.acked && !alert.suppressed_by?.length);
    const since = waiting.reduce((best, alert) => Math.min(best, parse(alert.raised_at) ?? best), Infinity);
    setText(oldest.children[0], t("load.oldest"));
    if (Number.isFinite(since)) running(oldest.children[1], since);
    else {
      running(oldest.children[1], null);
      setText(oldest.children[1], "—");
    }
    const counts = Array.from({ length: BINS }, (_, index) => bins.get(last - BINS + 1 + index) ?? 0);
    render(chart, counts.join(), () => bars(counts));
  };
  const stops = [live(app, ["alert"], learn), everySecond(paint)];
  return { dispose: () => stops.forEach((stop) => stop()) };
}

function bars(counts) {
  const top = Math.max(12, ...counts);
  const y = (n) => 42 - (n / top) * 40;
  return [
    svg("line", { x1: 0, x2: 216, y1: y(10), y2: y(10), class: "load-limit" }),
    svg("line", { x1: 0, x2: 216, y1: 42.5, y2: 42.5, class: "load-axis" }),
    ...counts.map((n, i) => (n ? svg("rect", { x: i * 6 + 0.6, y: y(n), width: 4.8, height: 42 - y(n), class: n > 10 ? "load-over" : "load-bar" }) : null)),
  ];
}

/** The warnings in force; exercises stamped and apart, tests only counted. */
export function warningChips(node, app) {
  const title = h("h2", {});
  const list = h("ul", { class: "chips" });
  node.append(title, list);
  const paint = () => {
    const { real, exercise, hidden } = warningsNow(app.store);
    setText(title, t("chips.title", { n: real.length }));
    const rows = [...real, ...exercise].slice(0, 14);
    const signature = JSON.stringify([language(), rows.map((w) => [w.id, w.colour, w.expires, w.state]), hidden.length]);
    render(list, signature, () => [
      ...rows.map((warning) => chip(warning, app)),
      rows.length < real.length + exercise.length ? h("li", { class: "quiet" }, t("board.more", { n: real.length + exercise.length - rows.length })) : "",
      !real.length && !exercise.length ? h("li", { class: "quiet" }, t("feed.nowarning")) : "",
      hidden.length ? h("li", { class: "quiet" }, t("chips.hidden", { n: hidden.length })) : "",
    ]);
  };
  return { dispose: live(app, ["warning"], paint) };
}

function chip(warning, app) {
  const until = parse(warning.expires);
  return h("li", { class: `warning-chip colour-${warning.colour || "none"}${warning.status === "Exercise" ? " is-exercise" : ""}` },
    warning.status === "Exercise" ? h("b", { class: "stamp" }, t("warning.exercise")) : "",
    warningTitle(warning, app), until === null ? "" : h("span", {}, t("warning.until", { at: shortTime(until) })));
}

/** How many sources speak, which are silent, which is slowest. */
export function sourceSummary(node, app) {
  const title = h("h2", {});
  const silentStat = h("div", { class: "stat" }, h("span", { class: "stat-name" }), h("strong", {}));
  const slowStat = h("div", { class: "stat" }, h("span", { class: "stat-name" }), h("strong", {}));
  node.append(title, h("div", { class: "stats" }, silentStat, slowStat));
  const paint = () => {
    const sources = [...app.store.source.values()].filter((source) => !isRole(source));
    const bad = sources.filter((source) => sourceState(source) !== "ok");
    setText(title, t("sources.count", { ok: sources.length - bad.length, all: sources.length }));
    const silent = bad[0];
    silentStat.hidden = !silent;
    if (silent) {
      setText(silentStat.children[0], t(bad.length > 1 ? "sources.off.n" : "sources.off", { n: bad.length }));
      const since = parse(silent.silent_since ?? silent.failing_since ?? silent.at);
      setText(silentStat.children[1], `${sourceName(silent.id)} ${since === null ? "" : span(serverNow() - since)}`);
      silentStat.classList.add("is-off");
    }
    const slowest = sources.filter((source) => sourceState(source) !== "silent" && parse(source.at) !== null).sort((a, b) => parse(a.at) - parse(b.at))[0];
    slowStat.hidden = !slowest;
    if (!slowest) return;
    setText(slowStat.children[0], t("sources.slowest"));
    setText(slowStat.children[1], `${sourceName(slowest.id)} ${span(serverNow() - parse(slowest.at))}`);
  };
  const stops = [live(app, ["source"], paint), everySecond(paint)];
  return { dispose: () => stops.forEach((stop) => stop()) };
}
