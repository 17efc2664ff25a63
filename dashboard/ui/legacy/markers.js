// What lies over the map as elements: stacks of nodes in one place, and the pulses of unacknowledged alerts.
import { h, render } from "./dom.js";
import { t } from "./i18n.js";
import { arrange, HEALTHS } from "./derive.js";
import { healthIcon } from "./shapes.js";

const NEAR = 15;
const PULSES = 12;

/** Nodes that would lie on each other at this zoom stand as one mark: how many, and the worst of them. */
export class Stacks {
  constructor(view) {
    this.view = view;
    this.marks = new Map();
    this.stacks = [];
    this.computedAt = 0;
    view.map.on("zoomend", () => this.again());
    view.map.on("resize", () => this.again());
  }

  again() {
    if (!this.view.ready || this.view.map.getZoom() === this.zoom) return;
    this.recompute();
    this.view.paintStates();
  }

  recompute() {
    const { view } = this;
    this.zoom = view.map.getZoom();
    const near = NEAR * view.k;
    const scale = 512 * 2 ** this.zoom;
    const groups = [];
    for (const [id, entry] of view.ids) {
      const asset = view.app.store.asset.get(id);
      const sin = Math.sin((asset.lat * Math.PI) / 180);
      const x = (asset.lon / 360 + 0.5) * scale;
      const y = (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)) * scale;
      const group = groups.find((one) => Math.hypot(one.x - x, one.y - y) < near);
      if (group) group.members.push(id);
      else groups.push({ x, y, lon: asset.lon, lat: asset.lat, members: [id] });
      entry.stacked = null;
    }
    this.stacks = groups.filter((group) => group.members.length > 2);
    for (const stack of this.stacks) {
      stack.key = `${stack.lon},${stack.lat}`;
      for (const id of stack.members) view.ids.get(id).stacked = stack;
    }
  }

  paint() {
    const wanted = new Set(this.stacks.map((stack) => stack.key));
    for (const [key, mark] of this.marks) {
      if (!wanted.has(key)) {
        mark.marker.remove();
        this.marks.delete(key);
      }
    }
    for (const stack of this.stacks) this.paintOne(stack);
  }

  paintOne(stack) {
    let mark = this.marks.get(stack.key);
    if (!mark) {
      const node = h("button", { type: "button", class: "stack", tabindex: this.view.wall ? "-1" : "0" });
      mark = { node, marker: new this.view.gl.Marker({ element: node, anchor: "right", offset: [9 * this.view.k, 0] }).setLngLat([stack.lon, stack.lat]).addTo(this.view.map) };
      node.addEventListener("click", (event) => {
        event.stopPropagation();
        this.open(mark.stack);
      });
      this.marks.set(stack.key, mark);
    }
    mark.stack = stack;
    const states = stack.members.map((id) => this.view.app.topology.state(id));
    const state = HEALTHS.find((one) => states.includes(one)) ?? "ok";
    const bad = states.filter((one) => one !== "ok").length;
    render(mark.node, `${state} ${bad} ${states.length} ${document.documentElement.lang}`, () => {
      mark.node.className = `stack maplibregl-marker maplibregl-marker-anchor-right is-${state}`;
      mark.node.setAttribute("aria-label", t("map.stack", { n: states.length, bad }));
      mark.node.title = t("map.stack", { n: states.length, bad });
      return [state === "ok" ? "" : healthIcon(state), state === "ok" ? "" : h("b", {}, bad), h("span", {}, state === "ok" ? states.length : `/ ${states.length}`)];
    });
  }

  open(stack) {
    const { view } = this;
    const lons = stack.members.map((id) => view.app.store.asset.get(id)?.lon ?? stack.lon);
    const lats = stack.members.map((id) => view.app.store.asset.get(id)?.lat ?? stack.lat);
    const box = [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
    view.app.context.selectPlace(stack.members);
    if (box[2] - box[0] + box[3] - box[1] < 0.002 || view.map.getZoom() > 14) return;
    view.moved = true;
    view.map.fitBounds(box, { padding: 90, maxZoom: 15, duration: 400 });
  }

  clear() {
    for (const mark of this.marks.values()) mark.marker.remove();
    this.marks.clear();
  }
}

/** Rings around what is critical and nobody has taken: CSS animation, which costs the map nothing. */
export class Pulses {
  constructor(view) {
    this.view = view;
    this.marks = new Map();
  }

  update() {
    const { store } = this.view.app;
    const wanted = new Map();
    for (const { alert } of arrange(store).shown) {
      if (wanted.size >= PULSES || !alert.active || alert.acked || alert.severity !== "critical") continue;
      const asset = store.asset.get(alert.asset);
      if (asset && asset.lat !== null && asset.lat !== undefined) wanted.set(`${asset.lon},${asset.lat}`, asset);
    }
    for (const [key, marker] of this.marks) {
      if (!wanted.has(key)) {
        marker.remove();
        this.marks.delete(key);
      }
    }
    for (const [key, asset] of wanted) {
      if (this.marks.has(key)) continue;
      const node = h("div", { class: "pulse", "aria-hidden": "true" }, h("i"), h("i"));
      this.marks.set(key, new this.view.gl.Marker({ element: node }).setLngLat([asset.lon, asset.lat]).addTo(this.view.map));
    }
  }

  clear() {
    for (const marker of this.marks.values()) marker.remove();
    this.marks.clear();
  }
}
