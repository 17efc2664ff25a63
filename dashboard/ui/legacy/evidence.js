// The evidence for one asset: where its path fails, and the raw answers behind its state; before one is chosen, the causes.
import { h, render } from "./dom.js";
import { t, tOr, language } from "./i18n.js";
import { clock, day, parse, running, serverNow, stamp } from "./time.js";
import { HEALTHS } from "./derive.js";
import { calmWords } from "./feeds.js";
import { alertIcon, healthIcon } from "./shapes.js";
import { alertHolder, alertTitle, failure, healthName, kindName, metricName, readingText, reasonText, sourceName } from "./say.js";
import { inScope, layerName, layerOf, unitOf } from "./netmodel.js";

/** The panel beside the tree. */
export function netEvidence(node, app) {
  const head = h("header", { class: "detail-head" });
  const way = h("section", {});
  const raw = h("section", {});
  const alerts = h("section", {});
  node.append(head, way, raw, alerts);
  const paint = () => {
    const asset = app.store.asset.get(app.context.asset);
    if (!asset) {
      paintCauses(head, app);
      for (const part of [way, raw, alerts]) render(part, "", () => "");
      return;
    }
    const state = app.topology.state(asset.id);
    render(head, JSON.stringify([asset.id, state, asset.since, asset.stale_since, asset.name, language()]), () => headline(asset, state, app));
    paintWay(way, asset.id, app);
    paintObservations(raw, asset);
    paintAlerts(alerts, app, asset.id);
  };
  const stops = [
    app.store.listen((changed) => (changed.reset || changed.alert.size || changed.asset.size) && paint()),
    app.context.listen(() => {
      node.scrollTop = 0;
      paint();
    }),
    app.scope.listen(paint),
  ];
  if (app.store.ready) paint();
  return { dispose: () => stops.forEach((stop) => stop()) };
}

function paintCauses(head, app) {
  const { store, topology, scope } = app;
  // Below something that nobody hears from, silence is no cause of its own.
  const own = (id) => !["ok", "under"].includes(topology.state(id)) && !(topology.state(id) === "unknown" && topology.states.get(topology.parent(id)) === "unknown");
  const causes = [...store.asset.values()].filter((asset) => own(asset.id) && inScope(asset, scope, app));
  const behind = (id) => topology.below(id).filter((one) => ["under", "unknown"].includes(topology.state(one))).length;
  const rows = causes.map((asset) => ({ asset, state: topology.state(asset.id), reach: topology.state(asset.id) === "degraded" ? 0 : behind(asset.id) }));
  rows.sort((a, b) => HEALTHS.indexOf(a.state) - HEALTHS.indexOf(b.state) || b.reach - a.reach || (a.asset.id < b.asset.id ? -1 : 1));
  const inside = [...store.asset.values()].filter((asset) => inScope(asset, scope, app));
  const calm = calmWords(inside.filter((asset) => topology.state(asset.id) === "unknown").length, inside.length, "feed.calm");
  const signature = JSON.stringify([calm.words, rows.slice(0, 60).map((row) => [row.asset.id, row.state, row.reach, failure(row.asset, row.state)]), rows.length, language()]);
  render(head, signature, () => [
    h("h2", {}, t("net.causes", { n: rows.length })),
    rows.length ? "" : h("p", { class: "quiet" }, h("span", { class: calm.hatched ? "is-hatched" : "" }, calm.words)),
    h("ul", { class: "causes" }, ...rows.slice(0, 60).map(({ asset, state, reach }) => {
      const time = h("time", {});
      running(time, parse(asset.since));
      return h("li", {}, h("button", { type: "button", class: `cause is-${state}`, "data-id": asset.id, onclick: () => app.context.selectAsset(asset.id) },
        healthIcon(state), h("span", { class: "cause-name" }, asset.name), time,
        h("small", {}, [app.regionName(asset.region), failure(asset, state), reach ? t("alert.reach", { n: reach }) : ""].filter(Boolean).join(" · "))));
    })),
    rows.length > 60 ? h("p", { class: "quiet" }, t("net.rest", { n: rows.length - 60, bad: rows.length - 60 })) : "",
    h("p", { class: "quiet" }, t("net.hint")),
  ]);
}

function headline(asset, state, app) {
  const time = h("time", {});
  running(time, parse(asset.since));
  const stale = h("time", {});
  if (parse(asset.stale_since) !== null) running(stale, parse(asset.stale_since), "span", "asset.stale");
  const facts = [kindName(asset.kind), layerName(layerOf(asset, app.topology)), app.regionName(asset.region), unitOf(asset) && unitOf(asset) !== asset.name ? t("detail.owner", { name: unitOf(asset) }) : ""];
  return [
    h("p", { class: "kicker" }, asset.id),
    h("h1", { class: `is-${state}` }, healthIcon(state), h("span", {}, asset.name), " ", h("em", {}, healthName(state)), " ", time),
    h("p", { class: "quiet" }, facts.filter(Boolean).join(" · ")),
    parse(asset.stale_since) === null ? "" : h("p", { class: "stale-note" }, stale),
    h("p", {}, h("a", { href: `/assets/${encodeURIComponent(asset.id)}`, "data-inside": "" }, t("net.open"))),
  ];
}

/** The way from the top down to the asset; what fails on it is bright, what hangs behind that is hollow. */
export function paintWay(node, id, app) {
  const { topology, store } = app;
  const steps = [...topology.path(id), id].filter((one) => store.asset.has(one)).map((one) => [store.asset.get(one), topology.state(one)]);
  const others = (store.asset.get(id)?.parents ?? []).filter((one) => one !== topology.parent(id) && store.asset.has(one)).map((one) => [store.asset.get(one), topology.state(one)]);
  const signature = JSON.stringify([steps.map(([asset, state]) => [asset.id, asset.name, state]), others.map(([asset, state]) => [asset.id, state]), language()]);
  const link = (asset) => (asset.id === id ? h("b", {}, asset.name) : h("a", { href: `/assets/${encodeURIComponent(asset.id)}`, "data-inside": "" }, asset.name));
  render(node, signature, () => [
    h("h2", {}, t("net.way")),
    h("ol", { class: "way" }, ...steps.map(([asset, state]) => h("li", { class: `way-step is-${state}` }, healthIcon(state), link(asset), state === "ok" ? "" : h("small", {}, healthName(state))))),
    others.length ? h("ul", { class: "way-others" }, ...others.map(([asset, state]) => h("li", { class: `is-${state}` }, t("net.also"), " ", healthIcon(state), " ", link(asset), " ", h("small", {}, healthName(state))))) : "",
  ]);
}

/** Every reading as it came: value, words, when it was seen and received, by which probe of which source. */
export function paintObservations(node, asset) {
  const rows = Object.entries(asset.readings ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const silent = (asset.probes ?? []).filter((uri) => !rows.some(([, reading]) => reading.probe === uri));
  render(node, JSON.stringify([rows, asset.probes, language()]), () => [
    h("h2", {}, t("net.raw")),
    rows.length ? h("ul", { class: "raw" }, ...rows.map(([key, reading]) => observation(key, reading))) : h("p", { class: "quiet" }, t("asset.noanswers")),
    silent.length && rows.some(([, reading]) => reading.probe) ? h("p", { class: "quiet mono" }, t("net.noanswer", { list: silent.join("  ") })) : "",
  ]);
}

function observation(key, reading) {
  const age = h("time", {});
  const at = parse(reading.observed_at);
  running(age, at, "ago");
  const fresh = parse(reading.fresh_until);
  const late = fresh !== null && fresh < serverNow();
  const bad = reading.value === false || reading.quality === "bad";
  const came = parse(reading.received_at);
  const when = at === null ? "" : day(at) === day(serverNow()) ? clock(at) : stamp(at);
  const lag = at !== null && came !== null ? t("net.lag", { s: Math.max(0, (came - at) / 1000).toFixed(2) }) : "";
  const quality = reading.quality && reading.quality !== "good" ? tOr(`quality.${reading.quality}`, reading.quality) : "";
  return h("li", { class: late ? "is-old" : bad ? "is-bad" : "" },
    h("div", { class: "raw-line" }, h("span", { class: "raw-name" }, metricName(key)), h("strong", {}, readingText(reading)), age),
    reading.text ? h("p", { class: "raw-text" }, reasonText(reading.text)) : "",
    h("p", { class: "quiet mono" }, [key, when, lag, quality, reading.source ? sourceName(reading.source) : "", reading.probe].filter(Boolean).join("  ")));
}

/** The open alerts on the asset, with who has them. */
export function paintAlerts(node, app, id) {
  const mine = app.alertsOf(id);
  render(node, JSON.stringify([mine.map((alert) => [alert.id, alert.rev, alertHolder(alert).text]), language()]), () => [
    h("h2", {}, t("asset.alerts")), mine.length ? "" : h("p", { class: "quiet" }, t("detail.noalert")),
    h("ul", { class: "asset-alerts" }, ...mine.map((alert) => {
      const time = h("time", {});
      running(time, parse(alert.raised_at));
      const who = alertHolder(alert);
      return h("li", {}, alertIcon(alert), h("a", { href: `/alerts?alert=${encodeURIComponent(alert.id)}`, "data-inside": "" }, alertTitle(alert, app)), time, h("span", { class: who.open ? "is-open" : "quiet" }, who.text));
    })),
  ]);
}
