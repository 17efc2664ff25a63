// The feeds at a glance: each feed as a row of counties, with the age of its data.
import { h, render, setText } from "./dom.js";
import { t, language } from "./i18n.js";
import { everySecond, parse, serverNow, ago, span } from "./time.js";
import { HEALTHS, countyOf, covers, isRole, sourceState, warningRegions, warningsNow } from "./derive.js";
import { healthIcon } from "./shapes.js";
import { sourceName, warningPlace } from "./say.js";

/** Paints on every change of the kinds named and each second; returns how to stop. */
export function live(app, kinds, paint) {
  const stopStore = app.store.listen((changed) => (changed.reset || kinds.some((kind) => changed[kind].size)) && paint());
  if (app.store.ready) paint();
  return stopStore;
}

const isEmergency = (source) => source.kind.startsWith("emergency");

/** The places a feed is shown by: every county, and the prefecture's own level when it has something. */
function places(app, withOwn) {
  const list = app.counties.map((county) => ({ code: county.adcode, name: short(app, county.adcode) }));
  if (withOwn && app.site.region) list.unshift({ code: app.site.region, name: t("region.own.short") });
  return list;
}

function short(app, code) {
  const name = app.countyName(code, code);
  return language() === "en" ? name.slice(0, 4) : name.replace(/(彝族)?(自治)?[县市区]$/, "");
}

function cell(place, state, text) {
  const label = `${place.name}${text ? ` ${text}` : ""}`;
  return h("li", { class: `cell ${state.startsWith("colour-") ? state : `is-${state}`}`, title: label },
    h("span", { class: "cell-box" }, text ? h("b", {}, text) : ""),
    h("span", { class: "cell-name" }, place.name));
}

/** The line over a feed: its name, and how old its data is or which of its sources is silent. */
function ageLine(app, title, sources, newest) {
  const age = h("span", { class: "feed-age" });
  const paint = () => {
    const list = sources();
    const silent = list.filter((source) => sourceState(source) === "silent");
    silent.sort((a, b) => parse(a.silent_since) - parse(b.silent_since));
    age.classList.toggle("is-silent", silent.length > 0);
    const at = newest(list);
    if (silent.length) setText(age, t("feed.silent", { name: sourceName(silent[0].id), span: span(serverNow() - parse(silent[0].silent_since)) }));
    else setText(age, at === null ? t("feed.none") : ago(serverNow() - at));
  };
  return { node: h("header", { class: "feed-head" }, h("h2", {}, title), age), paint };
}

const newestOf = (values) => values.reduce((best, value) => (value !== null && (best === null || value > best) ? value : best), null);

export function feedNetwork(node, app) {
  const head = ageLine(app, t("feed.network"),
    () => [...app.store.source.values()].filter((source) => !isEmergency(source) && !isRole(source)),
    () => newestOf([...app.store.asset.values()].map((asset) => parse(asset.seen_at))));
  const body = h("div", {});
  node.append(head.node, body);
  const paint = () => {
    const assets = [...app.store.asset.values()];
    const byPlace = new Map();
    const count = { ok: 0, down: 0, degraded: 0, unknown: 0, under: 0 };
    for (const asset of assets) {
      const state = app.topology.state(asset.id);
      count[state] += 1;
      const code = countyOf(asset.region, app.counties, app.site.region);
      if (!byPlace.has(code)) byPlace.set(code, []);
      byPlace.get(code).push(state);
    }
    const cells = places(app, byPlace.has(app.site.region)).map((place) => {
      const states = byPlace.get(place.code) ?? [];
      const state = states.length ? HEALTHS.find((one) => states.includes(one)) : "none";
      const n = states.filter((one) => one !== "ok").length;
      return { place, state, text: n ? String(n) : "" };
    });
    const signature = JSON.stringify([language(), count, cells.map((one) => [one.state, one.text])]);
    render(body, signature, () => [figure(count, assets.length), h("ul", { class: "cells" }, ...cells.map((one) => cell(one.place, one.state, one.text)))]);
    head.paint();
  };
  const stops = [live(app, ["asset", "source"], paint), everySecond(head.paint)];
  return { dispose: () => stops.forEach((stop) => stop()) };
}

/** How many are abnormal, in words: all is well only where everything is known; else nothing was seen, and n unknown. */
export function figure(count, all) {
  const bad = count.down + count.degraded + count.under;
  const { words, hatched } = calmWords(count.unknown, all, "feed.calm");
  const level = count.down ? "down" : count.degraded ? "degraded" : hatched ? "unknown" : "ok";
  const notes = [t("feed.normal", { ok: count.ok, all })];
  if (count.under) notes.push(t("feed.roots", { n: count.down + count.degraded }));
  if (count.unknown && bad) notes.push(t("feed.unknown", { n: count.unknown }));
  return h("div", { class: "figure" },
    h("strong", { class: `is-${level}` }, bad),
    h("span", { class: `figure-word${!bad && hatched ? " is-hatched" : ""}` }, bad ? t("feed.abnormal") : words),
    h("span", { class: "figure-note" }, notes.join(" · ")));
}

/** The words for "nothing is wrong" (`calm`) where `unknown` of `all` are not known, and whether they stand in hatch. */
export function calmWords(unknown, all, calm) {
  if (!all) return { words: t("feed.none"), hatched: true };
  return unknown ? { words: t("feed.unseen", { n: unknown }), hatched: true } : { words: t(calm), hatched: false };
}

/** Says in `node` that there is no alert; in hatch while assets are unknown. */
export function sayCalm(node, app, calm) {
  const assets = [...app.store.asset.values()];
  const { words, hatched } = calmWords(assets.filter((asset) => app.topology.state(asset.id) === "unknown").length, assets.length, calm);
  node.replaceChildren(h("span", { class: hatched ? "is-hatched" : "" }, words));
}

export function feedWarnings(node, app) {
  const sources = () => [...app.store.source.values()].filter(isEmergency);
  const head = ageLine(app, t("feed.emergency"), sources, (list) => newestOf(list.map((source) => parse(source.at))));
  const body = h("div", {});
  node.append(head.node, body);
  const paint = () => {
    const { real, exercise } = warningsNow(app.store);
    // Without a source that speaks, "no warning" is not known: hatched, never calm.
    const blind = !sources().some((source) => sourceState(source) === "ok");
    const cells = places(app, false).map((place) => {
      const mine = real.filter((warning) => warningRegions(warning).some((code) => covers(code, place.code)));
      return { place, state: mine.length ? `colour-${mine[0].colour || "none"}` : blind ? "unknown" : "ok", text: mine.length ? t(`colour.letter.${mine[0].colour || "none"}`) : "" };
    });
    const signature = JSON.stringify([language(), real.map((w) => [w.id, w.colour]), exercise.length, blind, cells.map((one) => one.state)]);
    render(body, signature, () => {
      const top = real[0];
      const note = top ? warningPlace(top, app) : t(blind ? "feed.none" : "feed.nowarning");
      return [
        h("div", { class: "figure" },
          h("strong", { class: top ? `colour-${top.colour || "none"}` : "is-ok" }, blind && !top ? "—" : real.length),
          h("span", { class: "figure-word" }, top?.colour ? t("feed.warnings.worst", { colour: t(`colour.${top.colour}`) }) : t("feed.warnings")),
          h("span", { class: "figure-note" }, note, exercise.length ? ` · ${t("feed.exercise", { n: exercise.length })}` : "")),
        h("ul", { class: "cells" }, ...cells.map((one) => cell(one.place, one.state, one.text))),
      ];
    });
    head.paint();
  };
  const stops = [live(app, ["warning", "source"], paint), everySecond(head.paint)];
  return { dispose: () => stops.forEach((stop) => stop()) };
}

/** The prefecture's own level, which stands on two points of the map: every node as a mark, under what it hangs on. */
export function ownLevel(node, app) {
  const body = h("div", { class: "own" });
  node.append(body);
  const paint = () => {
    const mine = [...app.store.asset.values()].filter((asset) => countyOf(asset.region, app.counties, app.site.region) === app.site.region);
    const groups = new Map();
    for (const asset of mine) {
      const parent = asset.parents?.[0] ?? "";
      if (!groups.has(parent)) groups.set(parent, []);
      groups.get(parent).push(asset);
    }
    const rows = [...groups].filter(([, members]) => members.length > 1).sort((a, b) => b[1].length - a[1].length).slice(0, 8);
    node.hidden = rows.length === 0;
    const signature = JSON.stringify([language(), rows.map(([parent, members]) => [parent, members.map((a) => [a.id, app.topology.state(a.id)])])]);
    render(body, signature, () => [h("h2", {}, t("feed.own", { n: mine.length })), ...rows.map(([parent, members]) => group(app, parent, members))]);
  };
  return { dispose: live(app, ["asset"], paint) };
}

function group(app, parent, members) {
  const states = members.map((asset) => app.topology.state(asset.id));
  const bad = states.filter((state) => state !== "ok").length;
  const shownMembers = members.map((asset, index) => ({ asset, state: states[index] }));
  shownMembers.sort((a, b) => HEALTHS.indexOf(a.state) - HEALTHS.indexOf(b.state));
  return h("div", { class: `own-group${members.length > 7 ? " is-wide" : ""}` },
    h("div", { class: "own-name" }, h("span", {}, app.store.asset.get(parent)?.name ?? t("region.own")), h("b", { class: bad ? "is-bad" : "" }, bad ? `${bad} / ${members.length}` : members.length)),
    h("div", { class: "own-marks" }, ...shownMembers.slice(0, 60).map(({ asset, state }) =>
      h("span", { class: `mark is-${state}`, title: `${asset.name} · ${t(`health.${state}`)}` }, healthIcon(state)))));
}
