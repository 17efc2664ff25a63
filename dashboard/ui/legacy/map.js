// The map: MapLibre over the site's own geometry; the live picture moves as feature state, once a painted frame.
import { loadMapLibre } from "../core/vendor";
import { h, render, setText } from "./dom.js";
import { t, language, onLanguage } from "./i18n.js";
import { covers, warningsNow, warningRegions } from "./derive.js";
import { addImages, extent, FONT_CSS, mapStyle, nodeLook } from "./mapstyle.js";
import { healthIcon, icon } from "./shapes.js";
import { Stacks, Pulses } from "./markers.js";
import { Drill } from "./mapdrill.js";

const LAYERS = ["counties", "prefecture", "neighbours", "rivers", "river_areas", "roads", "lakes"];
const GROUPS = {
  nodes: ["nodes-", "node-labels"], links: ["links-"], warnings: ["warning-"], roads: ["roads"], water: ["rivers", "river_areas", "lakes"],
};

export function webglWorks() {
  try {
    return Boolean(document.createElement("canvas").getContext("webgl2"));
  } catch {
    return false;
  }
}

/** One map in `element`; `wall` means that nobody touches it. */
export class MapView {
  constructor(element, app, wall) {
    Object.assign(this, { element, app, wall, k: parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 });
    this.ids = new Map();
    this.names = [];
    this.geo = {};
    this.ready = false;
    this.moved = false;
    this.stops = [];
    this.canvas = h("div", { class: "map-canvas" });
    this.legend = h("div", { class: "map-legend" });
    this.credits = h("div", { class: "map-credits" });
    element.append(this.canvas, this.legend, this.credits);
    this.words();
    this.stops.push(onLanguage(() => this.words()));
  }

  async start() {
    if (!webglWorks()) {
      this.element.classList.add("map-none");
      this.element.append(h("div", { class: "map-message", role: "status" }, t("map.nowebgl")));
      return;
    }
    const [gl] = await Promise.all([loadMapLibre(), this.loadGeometry()]);
    if (this.disposed) return;
    this.gl = gl;
    this.map = new gl.Map({
      container: this.canvas, style: mapStyle(this.k), localIdeographFontFamily: FONT_CSS, attributionControl: false,
      interactive: !this.wall, dragRotate: false, pitchWithRotate: false, touchPitch: false, fadeDuration: 0,
      bounds: this.bounds(), fitBoundsOptions: { padding: this.padding() }, renderWorldCopies: false, maxZoom: 16, minZoom: 5,
      canvasContextAttributes: { antialias: true },
    });
    this.map.touchZoomRotate?.disableRotation();
    this.map.keyboard?.disableRotation?.();
    this.stacks = new Stacks(this);
    this.pulses = new Pulses(this);
    this.map.on("error", (event) => console.warn("map", event.error?.message));
    this.map.on("load", () => this.loaded());
    this.map.on("resize", () => !this.moved && this.home(false));
    for (const kind of ["dragstart", "wheel"]) this.map.on(kind, () => (this.moved = true));
    if (!this.wall) this.listen();
  }

  dispose() {
    this.disposed = true;
    for (const stop of this.stops) stop();
    this.pulses?.clear();
    this.stacks?.clear();
    this.map?.remove();
  }

  async loadGeometry() {
    const answers = await Promise.allSettled(LAYERS.map((name) => this.app.geometry(name)));
    answers.forEach((answer, index) => {
      if (answer.status === "fulfilled") this.geo[LAYERS[index]] = answer.value;
    });
    if (!this.geo.counties) this.geo.counties = { type: "FeatureCollection", features: [] };
  }

  bounds() {
    const layer = this.geo.prefecture?.features.length ? this.geo.prefecture : this.geo.counties;
    return extent(layer, this.app.store.asset.values());
  }

  padding() {
    const k = this.k;
    return this.wall ? { top: 34 * k, bottom: 56 * k, left: 30 * k, right: 30 * k } : { top: 52, bottom: 56, left: 20, right: 56 };
  }

  home(animate = true) {
    this.moved = false;
    this.map?.fitBounds(this.bounds(), { padding: this.padding(), animate: animate && !this.wall, duration: 300 });
  }

  loaded() {
    addImages(this.map, this.k);
    for (const name of LAYERS) {
      if (!this.geo[name]) continue;
      this.geo[name].features.forEach((feature, index) => (feature.id = index + 1));
      this.map.getSource(name).setData(this.geo[name]);
    }
    this.setSeats();
    this.ready = true;
    this.structure();
    this.drawWarnings();
    this.stops.push(this.app.store.listen((changed) => this.changed(changed)));
    this.map.once("idle", () => (this.element.dataset.ready = "true"));
  }

  setSeats() {
    const features = this.geo.counties.features.map((feature, index) => {
      const p = feature.properties;
      return {
        type: "Feature", id: index + 1, properties: { label: this.countyName(p) },
        geometry: { type: "Point", coordinates: [Number(p.seat_lon ?? p.clon), Number(p.seat_lat ?? p.clat)] },
      };
    });
    this.map.getSource("seats").setData({ type: "FeatureCollection", features });
  }

  countyName(p) {
    return this.app.countyName(p.adcode, p.name);
  }

  changed(changed) {
    const structural = changed.reset || [...changed.asset].some((id) => this.shapeOf(id) !== this.ids.get(id)?.shape);
    if (structural) this.structure();
    else if (changed.asset.size && this.painted !== this.app.topology.version) this.paintStates();
    if (changed.reset || changed.warning.size) this.drawWarnings();
    if (changed.reset || changed.alert.size) this.pulses.update();
  }

  /** What of an asset makes a feature: when this changes the sources are made again. */
  shapeOf(id) {
    const a = this.app.store.asset.get(id);
    return a && a.lat !== null && a.lat !== undefined ? `${a.lat},${a.lon},${a.kind},${a.name},${(a.parents ?? []).join()}` : undefined;
  }

  structure() {
    const { store, topology } = this.app;
    const nodes = [];
    const links = [];
    this.ids.clear();
    this.links = [];
    for (const asset of store.asset.values()) {
      const shape = this.shapeOf(asset.id);
      if (shape) this.ids.set(asset.id, { n: this.ids.size + 1, shape });
    }
    for (const [id, entry] of this.ids) {
      const asset = store.asset.get(id);
      const at = [asset.lon, asset.lat];
      const look = nodeLook(asset, topology.children.get(id)?.length ?? 0);
      nodes.push({ type: "Feature", id: entry.n, properties: { key: id, name: asset.name, ...look }, geometry: { type: "Point", coordinates: at } });
      for (const parent of asset.parents ?? []) {
        const above = store.asset.get(parent);
        if (!this.ids.has(parent) || (above.lon === asset.lon && above.lat === asset.lat)) continue;
        this.links.push({ n: this.links.length + 1, parent, child: id });
        links.push({
          type: "Feature", id: this.links.length, properties: {}, geometry: { type: "LineString", coordinates: [[above.lon, above.lat], at] },
        });
      }
    }
    this.map.getSource("nodes").setData({ type: "FeatureCollection", features: nodes });
    this.map.getSource("links").setData({ type: "FeatureCollection", features: links });
    this.map.removeFeatureState({ source: "nodes" });
    this.map.removeFeatureState({ source: "links" });
    this.stacks.recompute();
    this.paintStates();
    this.pulses.update();
  }

  paintStates() {
    const { topology, store } = this.app;
    this.painted = topology.version;
    for (const [id, entry] of this.ids) {
      const s = topology.state(id);
      this.map.setFeatureState({ source: "nodes", id: entry.n }, { s: entry.stacked ? "" : s, stacked: Boolean(entry.stacked) });
    }
    for (const link of this.links) {
      const [a, b] = [topology.state(link.parent), topology.state(link.child)];
      const s = b === "ok" && (a === "down" || a === "under") ? "degraded" : b;
      this.map.setFeatureState({ source: "links", id: link.n }, { s });
    }
    this.geo.counties.features.forEach((feature, index) => {
      const inside = [...store.asset.values()].filter((asset) => covers(feature.properties.adcode, asset.region));
      const states = new Set(inside.map((asset) => topology.state(asset.id)));
      const silent = inside.length > 0 && states.size === 1 && states.has("unknown");
      const s = states.has("down") ? "down" : states.has("degraded") ? "degraded" : "ok";
      this.map.setFeatureState({ source: "counties", id: index + 1 }, { silent });
      this.map.setFeatureState({ source: "seats", id: index + 1 }, { s });
    });
    this.stacks.paint();
  }

  drawWarnings() {
    const { real, exercise } = warningsNow(this.app.store);
    const features = [];
    // Worst last, so that it lies on top.
    for (const warning of [...exercise, ...real].reverse()) {
      const shapes = (warning.areas ?? []).map((area) => area.geometry).filter(Boolean);
      if (!shapes.length) {
        const codes = warningRegions(warning);
        for (const county of this.geo.counties.features) {
          if (codes.some((code) => covers(code, county.properties.adcode))) shapes.push(county.geometry);
        }
      }
      for (const geometry of shapes) features.push({ type: "Feature", properties: { colour: warning.colour, exercise: warning.status === "Exercise", stamp: t("warning.exercise") }, geometry });
    }
    this.map.getSource("warnings").setData({ type: "FeatureCollection", features });
  }

  listen() {
    const at = (event) => {
      const r = 9;
      const { x, y } = event.point;
      const found = this.map.queryRenderedFeatures([[x - r, y - r], [x + r, y + r]], { layers: ["nodes-ok"] });
      const free = found.filter((feature) => !this.ids.get(feature.properties.key)?.stacked);
      free.sort((a, b) => this.distance(a, event.point) - this.distance(b, event.point));
      return free[0]?.properties.key ?? null;
    };
    this.map.on("click", (event) => {
      const key = at(event);
      if (key) this.app.context.selectAsset(key);
      else this.drill?.click(event.point);
    });
    this.map.on("mousemove", (event) => {
      const key = at(event);
      this.map.getCanvas().style.cursor = key ? "pointer" : "";
      this.hint(key, event.point);
    });
    this.map.on("mouseout", () => this.hint(null));
    this.stops.push(this.app.context.listen(() => this.showSelection()));
    this.element.append(this.switches());
    this.drill = this.element.dataset.drill ? new Drill(this) : null;
    this.showSelection();
  }

  distance(feature, point) {
    const p = this.map.project(feature.geometry.coordinates);
    return Math.hypot(p.x - point.x, p.y - point.y);
  }

  hint(key, point) {
    this.tip ??= this.element.appendChild(h("div", { class: "map-tip", hidden: true }));
    this.tip.hidden = !key;
    if (!key) return;
    const asset = this.app.store.asset.get(key);
    setText(this.tip, `${asset?.name ?? key} · ${t(`health.${this.app.topology.state(key)}`)}`);
    this.tip.style.transform = `translate(${Math.round(point.x + 14)}px, ${Math.round(point.y + 10)}px)`;
  }

  showSelection() {
    const entry = this.ids.get(this.app.context.asset);
    if (!this.ready || entry === this.selected) return;
    if (this.selected) this.map.setFeatureState({ source: "nodes", id: this.selected.n }, { selected: false });
    if (entry) this.map.setFeatureState({ source: "nodes", id: entry.n }, { selected: true });
    this.selected = entry;
  }

  switches() {
    const button = (name) =>
      h("button", {
        type: "button", class: "chip", "aria-pressed": "true", "data-text": `layer.${name}`, "data-layer": name,
        onclick: (event) => {
          const on = event.currentTarget.getAttribute("aria-pressed") !== "true";
          event.currentTarget.setAttribute("aria-pressed", String(on));
          this.toggle(name, on);
        },
      }, t(`layer.${name}`));
    const home = h("button", { type: "button", class: "chip", "data-text": "map.home", onclick: () => this.home() }, t("map.home"));
    return h("div", { class: "map-switches", role: "group" }, ...Object.keys(GROUPS).map(button), home);
  }

  toggle(name, on) {
    for (const layer of this.map.getStyle().layers) {
      if (GROUPS[name].some((prefix) => layer.id.startsWith(prefix)) && layer.id !== "county-labels") {
        this.map.setLayoutProperty(layer.id, "visibility", on ? "visible" : "none");
      }
    }
    if (name === "nodes") this.element.classList.toggle("without-nodes", !on);
  }

  words() {
    render(this.legend, language(), () => [
      ...["ok", "down", "degraded", "unknown", "under"].map((state) => h("span", { class: "legend-item" }, healthIcon(state), t(`health.${state}`))),
      h("span", { class: "legend-item" }, h("i", { class: "swatch-warning" }), t("legend.warning")),
      h("span", { class: "legend-item" }, h("i", { class: "swatch-hatch" }), t("legend.silent")),
      h("span", { class: "legend-item legend-kinds" }, icon("circle"), t("shape.circle"), icon("square"), t("shape.square"), icon("hexagon"), t("shape.hexagon"), icon("pentagon"), t("shape.pentagon")),
    ]);
    setText(this.credits, t("map.credits"));
    for (const message of this.element.querySelectorAll(".map-message")) setText(message, t("map.nowebgl"));
    if (this.ready) {
      this.setSeats();
      this.drawWarnings();
    }
  }
}
