// The network page's left side: health by county, unit and layer; each line narrows what the page shows.
import { h, reconcile, render, setText } from "./dom.js";
import { t, language } from "./i18n.js";
import { HEALTHS } from "./derive.js";
import { figure } from "./feeds.js";
import { parse, serverNow, ago, everySecond } from "./time.js";
import { healthIcon } from "./shapes.js";
import { healthName } from "./say.js";
import { inScope, layerName, layerOf, layerRank, placeOf, tally, unitOf } from "./netmodel.js";

const MOST = 120;

/** How much of the network is well, layer by layer and place by place; each line narrows the scope. */
export function netScope(node, app) {
  const view = new ScopeView(node, app);
  return { dispose: () => view.dispose() };
}

class ScopeView {
  constructor(node, app) {
    Object.assign(this, { node, app, hovered: false, orders: {} });
    app.scope.read();
    this.age = h("span", { class: "feed-age" });
    this.figure = h("div", { class: "figure" });
    this.parts = Object.fromEntries(["county", "unit", "layer"].map((name) => [name, this.part(name)]));
    node.append(h("header", { class: "feed-head" }, h("h2", {}, t("feed.network")), this.age), this.figure, ...Object.values(this.parts).map((part) => part.node));
    node.addEventListener("pointerenter", () => (this.hovered = true));
    node.addEventListener("pointerleave", () => {
      this.hovered = false;
      this.paint();
    });
    this.stops = [
      app.store.listen((changed) => (changed.reset || this.seen !== app.topology.version) && this.paint()),
      app.scope.listen(() => this.paint()),
      everySecond(() => this.tick()),
    ];
    if (app.store.ready) this.paint();
  }

  dispose() {
    for (const stop of this.stops) stop();
  }

  part(name) {
    const title = h("span", {});
    const list = h("ul", { class: "health-rows" });
    const rest = h("p", { class: "quiet", hidden: true });
    return { node: h("section", { class: "scope-part", "data-part": name }, h("h2", {}, title), list, rest), title, list, rest };
  }

  tick() {
    let newest = null;
    for (const asset of this.app.store.asset.values()) {
      const at = parse(asset.seen_at);
      if (at !== null && (newest === null || at > newest)) newest = at;
    }
    setText(this.age, newest === null ? t("feed.none") : t("net.age", { ago: ago(serverNow() - newest) }));
  }

  paint() {
    const { app } = this;
    const { topology, store, scope } = app;
    this.seen = topology.version;
    const all = [...store.asset.values()];
    const inside = all.filter((asset) => inScope(asset, scope, app));
    const [sum] = tally(inside, topology, () => "");
    this.paintFigure(sum);
    const of = (field) => all.filter((asset) => inScope(asset, scope, app, field));
    this.fill("county", tally(of("county"), topology, (asset) => placeOf(asset, app)), (key) => (key === app.site.region ? t("region.own") : app.countyName(key, key)), t("net.counties"));
    const place = scope.county === null ? app.site.region : scope.county;
    const units = tally(of("unit").filter((asset) => placeOf(asset, app) === place), topology, unitOf);
    this.fill("unit", scope.county === null ? [] : units, (key) => key || t("net.nounit"), t("net.units", { place: app.regionName(place) }));
    this.fill("layer", tally(of("layer"), topology, (asset) => layerOf(asset, topology), layerRank), layerName, t("net.layers"));
    this.tick();
  }

  paintFigure(sum) {
    const { count, total } = sum ?? { count: { down: 0, degraded: 0, ok: 0, under: 0, unknown: 0 }, total: 0 };
    render(this.figure, JSON.stringify([count, language()]), () => [...figure(count, total).children]);
  }

  fill(field, groups, name, title) {
    const part = this.parts[field];
    part.node.hidden = groups.length === 0;
    setText(part.title, title);
    // Nothing may move under a hand: the order of what is already there stands until it leaves.
    const before = this.hovered && this.orders[field];
    if (before) groups.sort((a, b) => (before.get(a.key) ?? Infinity) - (before.get(b.key) ?? Infinity));
    this.orders[field] = new Map(groups.map((group, index) => [group.key, index]));
    const shown = groups.slice(0, MOST);
    reconcile(part.list, shown, (group) => `k${group.key}`, (group) => this.create(field, group.key), (row, group) => this.update(row, field, group, name(group.key)));
    const rest = groups.length - shown.length;
    part.rest.hidden = rest === 0;
    setText(part.rest, t("net.rest", { n: rest, bad: groups.slice(MOST).filter((group) => group.worst !== "ok").length }));
  }

  create(field, key) {
    const onclick = () => this.choose(field, key);
    return h("li", {}, h("button", { type: "button", class: "health-row", "data-key": key, onclick }, h("span", { class: "health-mark" }), h("span", { class: "health-name" }), h("span", { class: "health-bar", "aria-hidden": "true" }), h("span", { class: "health-count" })));
  }

  choose(field, key) {
    const { scope, site } = this.app;
    const on = scope[field] !== key;
    const patch = { [field]: on ? key : null };
    if (field === "county") patch.unit = null;
    if (field === "unit" && on && scope.county === null) patch.county = site.region;
    scope.set(patch);
  }

  update(item, field, group, name) {
    const button = item.firstElementChild;
    const [mark, label, bar, number] = button.children;
    const on = this.app.scope[field] === group.key;
    const { count, total, bad, worst } = group;
    button.setAttribute("aria-pressed", String(on));
    render(mark, worst, () => (worst === "ok" ? "" : healthIcon(worst)));
    setText(label, name);
    button.title = `${name} · ${HEALTHS.filter((state) => count[state]).map((state) => `${healthName(state)} ${count[state]}`).join(" · ")}`;
    render(bar, JSON.stringify([count, total]), () => HEALTHS.filter((state) => count[state]).map((state) => {
      const part = h("i", { class: `part-${state}` });
      part.style.flexGrow = String(count[state]);
      return part;
    }));
    const abnormal = bad + count.unknown;
    render(number, `${abnormal}/${total}`, () => [abnormal ? h("b", { class: bad ? "is-bad" : "" }, abnormal) : "", abnormal ? ` / ${total}` : String(total)]);
  }
}
