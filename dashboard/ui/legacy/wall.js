// What stands beside the map on the wall: the alerts by priority, the stage, and the figures at the foot.
import { h, reconcile, render, setText } from "./dom.js";
import { t, language } from "./i18n.js";
import { clock, everySecond, parse, running, serverNow, shortTime, span } from "./time.js";
import { arrange, isRole, sourceState, warningsNow } from "./derive.js";
import { alertIcon, icon } from "./shapes.js";
import { alertHead, alertHolder, alertReach, alertTitle, alertValue, sourceName, warningTitle } from "./say.js";
import { live, sayCalm } from "./feeds.js";
import { reasonCounts } from "./hidden.js";
import { figure, hourBars, kpi, late, length, number, outs } from "./kpi.js";

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
    const { shown, folded, shelved } = arrange(app.store);
    const open = shown.filter(({ alert }) => !alert.acked).length;
    setText(count, t("board.count", { n: shown.length, open }));
    const hidden = [folded.length ? t("board.folded", { n: folded.length }) : "", reasonCounts(shelved), app.store.hidden?.alert ? t("board.outside", { n: app.store.hidden.alert }) : ""];
    setText(note, hidden.filter(Boolean).join(" · "));
    reconcile(rows, shown, (row) => row.alert.id, boardRow, (element, row) => paintRow(element, row, app));
    calm.hidden = shown.length > 0;
    if (!shown.length) sayCalm(calm, app, "board.calm");
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
  const reach = alertReach(alert);
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
    const { shown } = arrange(app.store);
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
    const notes = [t("stage.since", { at: clock(since) }), app.regionName(alert.region), alertReach(alert), waiting.length > 1 ? t("stage.others", { n: waiting.length - 1 }) : ""];
    setText(note, notes.filter(Boolean).join(" · "));
    if (current !== alert.id) {
      current = alert.id;
      node.classList.remove("is-new");
      requestAnimationFrame(() => node.classList.add("is-new"));
    }
  };
  return { dispose: live(app, ["alert", "asset"], paint) };
}

/** The load on the people, hour by hour, and the figures that have a target: bright only when out of it. */
export function loadStrip(node, app) {
  const title = h("h2", {});
  const chart = h("div", { class: "load-plot" });
  const figures = h("div", { class: "strip" });
  node.append(title, h("div", { class: "load" }, chart, figures));
  let value = null;
  const paint = () => {
    const { load, mtta, mttr } = value ?? {};
    const waiting = [...app.store.alert.values()].filter((alert) => alert.active && !alert.acked && !alert.suppressed_by?.length);
    const oldest = waiting.reduce((best, alert) => Math.min(best, parse(alert.raised_at) ?? best), Infinity);
    setText(title, load ? t("load.strip", { n: load.operators }) : t("load.none"));
    render(chart, JSON.stringify([load?.per_hour, load?.peak?.hour_target]), () => (load ? hourBars(load, { width: 240, height: 44 }) : ""));
    const out = outs(load);
    const flood = load?.flood;
    render(figures, JSON.stringify([load && [load.rate, flood, load.stale.count, load.chattering.count], mtta, mttr, oldest, language()]), () => {
      const wait = h("time", {});
      if (Number.isFinite(oldest)) running(wait, oldest);
      const since = figure(t("load.oldest"), Number.isFinite(oldest) ? wait : "—", t("load.waiting", { n: waiting.length }));
      if (!load) return since;
      return [
        figure(t("load.rate.short"), number(load.rate.per_operator), t("load.target", { n: load.rate.target }), out.rate, { "data-kpi": "rate" }),
        figure(t("load.flood"), t(flood.on ? "load.flood.yes" : "load.flood.no"), flood.on ? t("load.flood.since", { at: shortTime(parse(flood.since)) }) : t("load.flood.ten", { n: flood.in_ten_minutes }), out.flood, { "data-kpi": "flood" }),
        figure(t("load.mtta"), length(mtta?.median_s), t("load.p90.short", { p90: length(mtta?.p90_s) }), late(mtta), { "data-kpi": "mtta" }), figure(t("load.mttr"), length(mttr?.median_s), t("load.p90.short", { p90: length(mttr?.p90_s) }), late(mttr), { "data-kpi": "mttr" }),
        figure(t("load.stale.short"), load.stale.count, t("load.stale.note", { limit: load.stale.limit }), out.stale), figure(t("load.chattering"), load.chattering.count, t("load.target", { n: 0 }), out.chattering), since,
      ];
    });
  };
  const stops = [kpi(app).listen((answer) => {
    value = answer;
    paint();
  }), live(app, ["alert"], paint)];
  return { dispose: () => stops.forEach((stop) => stop()) };
}

/** The warnings in force; exercises stamped and apart, tests only counted. What does not fit is counted too. */
export function warningChips(node, app) {
  const title = h("h2", {});
  const note = h("span", { class: "quiet" });
  const list = h("ul", { class: "chips" });
  node.append(h("header", { class: "feed-head" }, title, note), list);
  const paint = () => {
    const { real, exercise, hidden } = warningsNow(app.store);
    const rows = [...real, ...exercise];
    setText(title, t("chips.title", { n: real.length }));
    const signature = JSON.stringify([language(), rows.map((w) => [w.id, w.colour, w.expires, w.state]), innerHeight]);
    render(list, signature, () => (rows.length ? rows.slice(0, 14).map((warning) => chip(warning, app)) : h("li", { class: "quiet" }, t("feed.nowarning"))));
    const cut = rows.length - fit();
    setText(note, [cut > 0 && rows.length ? t("board.more", { n: cut }) : "", hidden.length ? t("chips.hidden", { n: hidden.length }) : ""].filter(Boolean).join(" · "));
  };
  /** Hides the last ones that stand below the edge; how many are in sight. */
  const fit = () => {
    const bottom = node.getBoundingClientRect().bottom - 4;
    const chips = [...list.querySelectorAll(".warning-chip")];
    for (const one of chips) one.hidden = false;
    const seen = chips.filter((one) => one.getBoundingClientRect().bottom <= bottom);
    for (const one of chips) one.hidden = !seen.includes(one);
    return seen.length;
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
