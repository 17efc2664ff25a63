// One asset's own page: what it is, its charts, its raw answers, the way up and its neighbours, its alerts.
import { h, render } from "./dom.js";
import { t, language } from "./i18n.js";
import { parse, running, stamp } from "./time.js";
import { healthIcon } from "./shapes.js";
import { failure, healthName, kindName, reasonText } from "./say.js";
import { live } from "./feeds.js";
import { paintAlerts, paintObservations, paintWay } from "./evidence.js";
import { HistoryPanel } from "./history.js";
import { layerName, layerOf } from "./netmodel.js";

const MOST = 60;

export function assetPage(node, app) {
  const id = decodeURIComponent(location.pathname.replace(/^\/assets\//, ""));
  const head = h("header", { class: "page-head asset-head" });
  const chart = h("section", { class: "asset-chart" });
  const [raw, probes, way, around, alerts] = Array.from({ length: 5 }, () => h("section", {}));
  const body = h("div", { class: "asset-grid asset-side", hidden: true }, h("div", {}, raw), h("div", {}, way, around), h("div", {}, alerts, probes));
  node.append(head, chart, body);
  app.context.set(null, id, null);
  let panel = null;
  const paint = () => {
    const asset = app.store.asset.get(id);
    body.hidden = chart.hidden = !asset;
    if (!asset) {
      render(head, `missing ${language()}`, () => h("h1", {}, t("asset.missing", { id })));
      return;
    }
    panel ??= new HistoryPanel(chart, app, id);
    panel.paint(asset);
    const state = app.topology.state(id);
    render(head, JSON.stringify([asset.name, state, asset.since, asset.stale_since, asset.owner, asset.labels, causeOf(id, app)?.id, language()]), () => headline(asset, state, app));
    paintObservations(raw, asset);
    paintWay(way, id, app);
    paintAround(around, id, app);
    paintAlerts(alerts, app, id);
    paintProbes(probes, asset);
  };
  const stop = live(app, ["asset", "alert"], paint);
  return {
    dispose: () => {
      stop();
      panel?.dispose();
    },
  };
}

function headline(asset, state, app) {
  const time = h("time", {});
  running(time, parse(asset.since));
  const stale = h("time", {});
  if (parse(asset.stale_since) !== null) running(stale, parse(asset.stale_since), "span", "asset.stale");
  const facts = [kindName(asset.kind), layerName(layerOf(asset, app.topology)), app.regionName(asset.region), asset.owner ? t("detail.owner", { name: asset.owner }) : "", asset.redundancy_group ? t("asset.group", { name: asset.redundancy_group }) : ""];
  const cause = causeOf(asset.id, app);
  const labels = Object.entries(asset.labels ?? {}).filter(([key]) => key !== "layer");
  return [
    h("p", { class: "kicker" }, h("a", { href: "/network", "data-inside": "" }, t("nav.network")), " › ", asset.id),
    h("h1", { class: `is-${state}` }, healthIcon(state), h("span", {}, asset.name), " ", h("em", {}, healthName(state)), " ", time),
    h("p", { class: "quiet" }, facts.filter(Boolean).join(" · "), parse(asset.since) === null ? "" : ` · ${t("detail.since", { at: stamp(parse(asset.since)) })}`, " "),
    parse(asset.stale_since) === null ? "" : h("p", { class: "stale-note" }, stale),
    cause ? h("p", { class: "cause-note" }, t("asset.cause"), " ", healthIcon("down"), " ", h("a", { href: `/assets/${encodeURIComponent(cause.id)}`, "data-inside": "" }, cause.name), " ", failure(cause, app.topology.state(cause.id))) : "",
    labels.length ? h("p", { class: "quiet" }, labels.map(([key, value]) => `${key}=${value}`).join("  ")) : "",
  ];
}

/** Each probe with what it last said: whether it answered, when, and the failure in words. */
function paintProbes(node, asset) {
  const all = Object.entries(asset.readings ?? {});
  const rows = (asset.probes ?? []).map((uri) => {
    const own = all.filter(([, reading]) => reading.probe === uri);
    const up = own.find(([key]) => /\.up(\[|$)/.test(key))?.[1];
    const newest = own.reduce((best, [, one]) => Math.max(best, parse(one.observed_at) ?? 0), 0);
    return { uri, state: up ? (up.value === false ? "down" : "ok") : own.length ? "ok" : "unknown", text: up?.value === false ? up.text : "", newest, n: own.length };
  });
  render(node, JSON.stringify([rows, language()]), () => [
    h("h2", {}, t("asset.probes")), h("ul", { class: "probe-list" }, ...rows.map((row) => {
      const age = h("time", { class: "quiet" });
      if (row.newest) running(age, row.newest, "ago");
      return h("li", { class: `is-${row.state}` }, healthIcon(row.state), h("span", { class: "mono" }, row.uri), row.newest ? age : h("span", { class: "quiet" }, t("asset.noanswers")), row.text ? h("p", {}, reasonText(row.text)) : h("small", {}, row.n > 1 ? t("asset.readings", { n: row.n }) : ""));
    })),
  ]);
}

/** What hangs directly below, worst first, and what stands beside it under the same parent. */
function paintAround(node, id, app) {
  const { topology, store } = app;
  const beside = (topology.children.get(topology.parent(id)) ?? []).filter((one) => one !== id).map((one) => [one, topology.state(one)]);
  const away = beside.filter(([, state]) => state !== "ok");
  const below = (topology.children.get(id) ?? []).map((one) => [one, topology.state(one)]);
  below.sort((a, b) => Number(a[1] === "ok") - Number(b[1] === "ok"));
  const rest = below.slice(MOST);
  const row = ([one, state]) => h("li", { class: `tree-row at-child is-${state}` }, healthIcon(state),
    h("a", { href: `/assets/${encodeURIComponent(one)}`, "data-inside": "" }, store.asset.get(one)?.name ?? one), h("small", {}, state === "ok" ? "" : healthName(state)));
  render(node, JSON.stringify([below, beside, language()]), () => [below.length ? [
    h("h2", {}, t("asset.below", { n: below.length })),
    h("ol", { class: "tree" }, ...below.slice(0, MOST).map(row)),
    rest.length ? h("p", { class: "quiet" }, t("detail.more", { n: rest.length, bad: rest.filter(([, state]) => state !== "ok").length })) : "",
  ] : "", beside.length ? [
    h("h2", {}, t("asset.beside", { n: beside.length, bad: away.length })),
    away.length ? h("ol", { class: "tree" }, ...away.slice(0, 12).map(row)) : h("p", { class: "quiet" }, t("asset.beside.calm")),
  ] : ""]);
}

/** The asset whose alert explains an alert on this one, as the server decided (`cut_by`), or undefined. */
function causeOf(id, app) {
  const root = app.store.alert.get(app.alertsOf(id).find((alert) => alert.cut_by)?.cut_by);
  return root?.subject_kind === "asset" ? app.store.asset.get(root.asset) : undefined;
}
