// One asset's own page: what it is, its charts, its raw answers, the way up and its neighbours, its alerts.
import { h, render } from "./dom.js";
import { t, language } from "./i18n.js";
import { parse, running, stamp } from "./time.js";
import { healthIcon } from "./shapes.js";
import { failure, healthName, kindName } from "./say.js";
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
    render(head, JSON.stringify([asset.name, state, asset.since, asset.stale_since, asset.owner, asset.labels, app.topology.root(id), language()]), () => headline(asset, state, app));
    paintObservations(raw, asset);
    paintWay(way, id, app);
    paintAround(around, id, app);
    paintAlerts(alerts, app, id);
    render(probes, JSON.stringify([asset.probes, language()]), () => [
      h("h2", {}, t("asset.probes")), h("ul", { class: "probe-list mono" }, ...(asset.probes ?? []).map((uri) => h("li", {}, uri))),
    ]);
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
  const cause = state === "under" ? app.store.asset.get(app.topology.root(asset.id)) : null;
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

/** What hangs directly below, worst first. */
function paintAround(node, id, app) {
  const { topology, store } = app;
  const below = (topology.children.get(id) ?? []).map((one) => [one, topology.state(one)]);
  below.sort((a, b) => Number(a[1] === "ok") - Number(b[1] === "ok"));
  const rest = below.slice(MOST);
  render(node, JSON.stringify([below, language()]), () => (below.length ? [
    h("h2", {}, t("asset.below", { n: below.length })),
    h("ol", { class: "tree" }, ...below.slice(0, MOST).map(([one, state]) => h("li", { class: `tree-row at-child is-${state}` }, healthIcon(state),
      h("a", { href: `/assets/${encodeURIComponent(one)}`, "data-inside": "" }, store.asset.get(one)?.name ?? one), h("small", {}, state === "ok" ? "" : healthName(state))))),
    rest.length ? h("p", { class: "quiet" }, t("detail.more", { n: rest.length, bad: rest.filter(([, state]) => state !== "ok").length })) : "",
  ] : ""));
}
