// The tree of uplinks, as rows: what fails stands first, and only what is in view exists.
import { h, render, setText } from "./dom.js";
import { t, language } from "./i18n.js";
import { parse, running } from "./time.js";
import { healthIcon, icon } from "./shapes.js";
import { failure, healthName, kindName, latency } from "./say.js";
import { layerName, UplinkTree } from "./netmodel.js";
import { VirtualList } from "./virtual.js";

/** The tree of uplinks: open down to every cause, worst first, only what is in view exists. */
export function netTree(node, app) {
  const view = new TreeView(node, app);
  return { dispose: () => view.dispose() };
}

class TreeView {
  constructor(node, app) {
    Object.assign(this, { node, app, hovered: false, tree: new UplinkTree(app) });
    this.crumbs = h("nav", { class: "crumbs", "aria-label": t("net.crumbs") });
    this.search = h("input", { type: "search", class: "search", placeholder: t("net.search"), "aria-label": t("net.search"), oninput: (event) => app.scope.set({ query: event.target.value.trim() }) });
    this.onlyBad = h("button", { type: "button", class: "chip", "data-only-bad": "", onclick: () => app.scope.set({ bad: !app.scope.bad }) }, t("net.onlybad"));
    this.body = h("div", { class: "node-rows", role: "tree", tabindex: "0", "aria-label": t("net.tree"), onkeydown: (event) => this.onkey(event) });
    this.empty = h("p", { class: "rows-empty", hidden: true });
    this.scroller = h("div", { class: "node-scroll" }, this.body, this.empty);
    const heads = h("div", { class: "node-heads", "aria-hidden": "true" }, h("span", {}, t("net.tree")), h("span", {}, t("net.below")), h("span", {}, t("net.answer")), h("span", {}, t("list.lasts")));
    node.append(h("div", { class: "list-top" }, this.crumbs, this.onlyBad, this.search), heads, this.scroller);
    this.list = new VirtualList(this.scroller, this.body, { key: (row) => row.id, create: (row) => this.create(row), update: (element, row) => this.update(element, row) });
    this.scroller.addEventListener("pointerenter", () => (this.hovered = true));
    this.scroller.addEventListener("pointerleave", () => {
      this.hovered = false;
      this.paint();
    });
    this.stops = [app.store.listen((changed) => this.changed(changed)), app.scope.listen(() => this.scoped()), app.context.listen(() => this.selected())];
    if (app.store.ready) this.paint();
  }

  dispose() {
    this.list.dispose();
    for (const stop of this.stops) stop();
  }

  /** Readings alone touch only the rows in view; the tree is laid out again when a state or an uplink changed. */
  changed(changed) {
    if (changed.reset || this.seen !== this.app.topology.version) this.paint();
    else if (changed.asset.size) this.list.touch(changed.asset);
  }

  scoped() {
    this.scroller.scrollTop = 0;
    this.paint();
  }

  paint() {
    const { app, tree } = this;
    this.seen = app.topology.version;
    tree.refresh(this.hovered);
    this.way = new Set(app.context.asset ? app.topology.path(app.context.asset) : []);
    const rows = tree.rows(app.scope);
    this.list.set(rows);
    this.node.dataset.rows = String(rows.length);
    this.empty.hidden = rows.length > 0;
    setText(this.empty, t(app.scope.bad && !app.scope.query ? "feed.calm" : "net.nomatch"));
    this.onlyBad.setAttribute("aria-pressed", String(app.scope.bad));
    if (document.activeElement !== this.search && this.search.value !== app.scope.query) this.search.value = app.scope.query;
    this.paintCrumbs();
  }

  paintCrumbs() {
    const { scope, site } = this.app;
    const clear = { county: null, layer: null, unit: null };
    const steps = [[t("net.all"), clear]];
    if (scope.county !== null) steps.push([scope.county === site.region ? t("region.own") : this.app.countyName(scope.county, scope.county), { ...clear, county: scope.county }]);
    if (scope.unit !== null) steps.push([scope.unit || t("net.nounit"), { ...clear, county: scope.county, unit: scope.unit }]);
    if (scope.layer !== null) steps.push([layerName(scope.layer), {}]);
    render(this.crumbs, JSON.stringify([steps, language()]), () => steps.map(([name, patch], index) => [
      index ? h("span", { "aria-hidden": "true" }, "›") : "",
      index === steps.length - 1 ? h("b", { "aria-current": "location" }, name) : h("button", { type: "button", class: "link", onclick: () => scope.set(patch) }, name),
    ]));
  }

  selected() {
    const id = this.app.context.asset;
    if (id && this.list.index.get(id) === undefined) this.tree.reveal(id);
    this.paint();
    if (id) this.list.show(id);
  }

  create(row) {
    if (row.rest) return this.createRest(row);
    return h("div", { class: "node-row", role: "treeitem", "data-id": row.id, onclick: () => this.app.context.selectAsset(row.id), ondblclick: () => this.open(row.id) },
      h("span", { class: "node-guides", "aria-hidden": "true" }),
      h("button", { type: "button", class: "twist", tabindex: "-1", "aria-label": t("net.fold"), onclick: (event) => this.twist(event, row.id), ondblclick: (event) => event.stopPropagation() }, icon("chevron")),
      h("span", { class: "node-mark" }), h("span", { class: "node-name" }, h("span", {}), h("small", {})),
      h("span", { class: "node-below" }), h("span", { class: "node-answer" }), h("time", { class: "node-time" }));
  }

  createRest(row) {
    return h("div", { class: "node-row is-rest", role: "treeitem" }, h("span", { class: "node-guides", "aria-hidden": "true" }), h("span", {}), h("span", {}),
      h("button", { type: "button", class: "link", onclick: () => this.fold(row.parent, true) }));
  }

  updateRest(element, row) {
    const [guides, , , button] = element.children;
    element.setAttribute("aria-level", row.depth + 1);
    render(guides, String(row.depth), () => Array.from({ length: row.depth }, () => h("i", {})));
    setText(button, t("net.healthy", { n: row.rest }));
  }

  update(element, row) {
    if (row.rest) {
      this.updateRest(element, row);
      return;
    }
    const asset = this.app.store.asset.get(row.id);
    if (!asset) return;
    const state = this.app.topology.state(row.id);
    const here = this.app.context.asset === row.id;
    const name = `node-row is-${state}${row.context ? " is-context" : ""}${row.onPath ? " on-path" : ""}${here ? " is-selected" : this.way.has(row.id) ? " is-way" : ""}`;
    if (element.className !== name) element.className = name;
    element.setAttribute("aria-level", row.depth + 1);
    element.setAttribute("aria-selected", String(here));
    if (row.kids) element.setAttribute("aria-expanded", String(row.open));
    else element.removeAttribute("aria-expanded");
    element.setAttribute("aria-posinset", row.place);
    element.setAttribute("aria-setsize", row.of);
    const [guides, twist, mark, title, below, answer, time] = element.children;
    const failing = state !== "ok" || row.onPath;
    render(guides, `${row.depth} ${failing}`, () => Array.from({ length: row.depth }, (_, at) => h("i", { class: at === row.depth - 1 && failing ? "is-failing" : "" })));
    twist.classList.toggle("is-none", row.kids === 0);
    render(mark, state, () => healthIcon(state));
    setText(title.children[0], asset.name);
    render(title.children[1], this.uplinks(asset), () => this.uplinks(asset) || kindName(asset.kind));
    this.paintBelow(below, row);
    setText(answer, state === "ok" ? latency(asset) : failure(asset, state));
    if (state === "ok") {
      delete time.dataset.since;
      setText(time, "");
    } else running(time, parse(asset.since));
    element.classList.toggle("is-stale", parse(asset.stale_since) !== null);
  }

  /** What else it hangs on: a tree can draw one uplink only. */
  uplinks(asset) {
    const { topology, store } = this.app;
    const own = topology.parent(asset.id);
    const others = (asset.parents ?? []).filter((id) => id !== own && store.asset.has(id));
    return others.map((id) => t("net.uplink", { name: store.asset.get(id).name, state: healthName(topology.state(id)) })).join(" ");
  }

  paintBelow(node, row) {
    const { weight } = row;
    const bad = weight.bad + weight.unknown - Number(this.app.topology.state(row.id) !== "ok");
    render(node, `${bad} ${weight.total} ${row.kids}`, () => (row.kids ? [bad ? h("b", {}, bad) : "", bad ? ` / ${weight.total - 1}` : weight.total - 1] : ""));
  }

  twist(event, id) {
    event.stopPropagation();
    this.fold(id, !this.row(id)?.open);
  }

  row(id) {
    return this.list.rows[this.list.index.get(id)];
  }

  fold(id, open) {
    this.tree.folds.set(id, open);
    this.paint();
  }

  open(id) {
    this.app.navigate(`/assets/${encodeURIComponent(id)}`);
  }

  onkey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = this.row(this.app.context.asset);
    const at = this.list.rows.filter((one) => !one.rest).indexOf(row);
    const go = (to) => {
      const rows = this.list.rows.filter((one) => !one.rest);
      const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
      if (next) this.app.context.selectAsset(next.id);
    };
    const parent = row && this.app.topology.parent(row.id);
    const actions = {
      ArrowDown: () => go(at + 1), ArrowUp: () => go(at - 1), j: () => go(at + 1), k: () => go(at - 1), Home: () => go(0), End: () => go(this.list.rows.length - 1),
      ArrowRight: () => row?.kids && (row.open ? go(at + 1) : this.fold(row.id, true)),
      ArrowLeft: () => (row?.open ? this.fold(row.id, false) : parent && this.app.context.selectAsset(parent)),
      Enter: () => row && this.open(row.id),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
}
