// One asset's own page: what it is, its last answers with their age, its neighbours, its alerts.
import { h, render } from "./dom.js";
import { t, language } from "./i18n.js";
import { parse, running, stamp } from "./time.js";
import { healthIcon, alertIcon } from "./shapes.js";
import { alertHolder, alertTitle, alertValue, healthName, kindName } from "./say.js";
import { live } from "./feeds.js";
import { readings } from "./detail.js";

export function assetPage(node, app) {
  const id = decodeURIComponent(location.pathname.replace(/^\/assets\//, ""));
  const head = h("header", { class: "page-head asset-head" });
  const left = h("section", { class: "panel" });
  const right = h("section", { class: "panel" });
  const alerts = h("section", { class: "panel" });
  node.append(head, h("div", { class: "asset-grid" }, left, right, alerts));
  app.context.set(null, id, null);
  const paint = () => {
    const asset = app.store.asset.get(id);
    if (!asset) {
      render(head, `missing ${language()}`, () => h("h1", {}, t("asset.missing", { id })));
      return;
    }
    const state = app.topology.state(id);
    render(head, JSON.stringify([asset.name, state, asset.since, asset.stale_since, asset.owner, language()]), () => headline(asset, state, app));
    render(left, JSON.stringify([asset.readings, asset.probes, language()]), () => [
      h("h2", {}, t("asset.probes")), h("ul", { class: "probe-list mono" }, ...(asset.probes ?? []).map((uri) => h("li", {}, uri))),
      h("h2", {}, t("asset.answers")), Object.keys(asset.readings ?? {}).length ? readings(asset) : h("p", { class: "quiet" }, t("asset.noanswers")),
    ]);
    const around = [app.topology.path(id), [id], app.topology.children.get(id) ?? []];
    render(right, JSON.stringify([around, around.flat().map((one) => app.topology.state(one)), language()]), () => [
      h("h2", {}, t("detail.topology")), h("ol", { class: "tree" }, ...around.flatMap((ids, index) => ids.map((one) => neighbour(app, one, ["up", "self", "down"][index])))),
    ]);
    paintAlerts(alerts, app, id);
  };
  return { dispose: live(app, ["asset", "alert"], paint) };
}

function headline(asset, state, app) {
  const time = h("time", {});
  running(time, parse(asset.since));
  const stale = h("time", {});
  if (parse(asset.stale_since) !== null) running(stale, parse(asset.stale_since), "span", "asset.stale");
  const facts = [kindName(asset.kind), app.regionName(asset.region), asset.owner ? t("detail.owner", { name: asset.owner }) : "", asset.redundancy_group ? t("asset.group", { name: asset.redundancy_group }) : ""];
  return [
    h("p", { class: "kicker" }, asset.id),
    h("h1", { class: `is-${state}` }, healthIcon(state), h("span", {}, asset.name), " ", h("em", {}, healthName(state)), " ", time),
    h("p", { class: "quiet" }, facts.filter(Boolean).join(" · "), parse(asset.since) === null ? "" : ` · ${t("detail.since", { at: stamp(parse(asset.since)) })}`, " "),
    parse(asset.stale_since) === null ? "" : h("p", { class: "stale-note" }, stale),
    Object.keys(asset.labels ?? {}).length ? h("p", { class: "quiet" }, Object.entries(asset.labels).map(([key, value]) => `${key}=${value}`).join("  ")) : "",
  ];
}

function neighbour(app, id, place) {
  const asset = app.store.asset.get(id);
  if (!asset) return "";
  const state = app.topology.state(id);
  return h("li", { class: `tree-row at-${place} is-${state}` }, healthIcon(state),
    place === "self" ? h("span", {}, asset.name) : h("a", { href: `/assets/${encodeURIComponent(id)}`, "data-inside": "" }, asset.name), h("small", {}, healthName(state)));
}

function paintAlerts(node, app, id) {
  const mine = app.alertsOf(id);
  render(node, JSON.stringify([mine.map((alert) => [alert.id, alert.rev]), language()]), () => [
    h("h2", {}, t("asset.alerts")), mine.length ? "" : h("p", { class: "quiet" }, t("detail.noalert")),
    h("ul", { class: "asset-alerts" }, ...mine.map((alert) => {
      const time = h("time", {});
      running(time, parse(alert.raised_at));
      const who = alertHolder(alert);
      return h("li", {}, alertIcon(alert), h("span", {}, alertTitle(alert, app)), h("em", {}, alertValue(alert, app)), time, h("span", { class: who.open ? "is-open" : "quiet" }, who.text));
    })),
  ]);
}
