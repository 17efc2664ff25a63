// How the map looks: sources, layers and images; no glyphs and no outside URL, labels from local fonts.
import { kindShape } from "./shapes.js";

export const INK = {
  ground: "#0e1216", land: "#161d24", edge: "#4a5a67", outer: "#2b3640", water: "#1d3347", road: "#27323b",
  text: "#d5dce3", quiet: "#9aa7b3", ok: "#7d8d9b", down: "#ff5a5f", degraded: "#f2a33c", unknown: "#a3afba",
  under: "#a8585c", selection: "#6fa8dc",
};
export const WARNING_INK = { red: "#e5484d", orange: "#e8833a", yellow: "#f2c53c", blue: "#4f88c6" };
export const STATES = ["ok", "under", "unknown", "degraded", "down"];
const SHAPES = ["circle", "square", "hexagon", "pentagon"];
const FONT = ["Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", "sans-serif"];
export const FONT_CSS = FONT.map((name) => (name.includes(" ") ? `"${name}"` : name)).join(",");

const empty = () => ({ type: "FeatureCollection", features: [] });
const source = (extra) => ({ type: "geojson", data: empty(), ...extra });
/** 1 where the feature's state is `name`: paint only, so no tile is made again when a state changes. */
const when = (name, value = 1) => ["case", ["==", ["feature-state", "s"], name], value, 0];

const LINK = {
  ok: { color: INK.ok, width: 1.1, opacity: 0.5 },
  under: { color: INK.under, width: 1, opacity: 0.7, dash: [2, 2] },
  unknown: { color: INK.unknown, width: 1.2, opacity: 0.8, dash: [1, 2.4] },
  degraded: { color: INK.degraded, width: 2.2, opacity: 1, dash: [4, 2] },
  down: { color: INK.down, width: 2.6, opacity: 1 },
};

function base(k) {
  const line = (id, from, color, width, extra = {}) => ({
    id, type: "line", source: from, paint: { "line-color": color, "line-width": width * k, ...extra },
  });
  return [
    { id: "ground", type: "background", paint: { "background-color": INK.ground } },
    line("neighbour-edges", "neighbours", INK.outer, 0.8, { "line-dasharray": [4, 3] }),
    { id: "land", type: "fill", source: "counties", paint: { "fill-color": INK.land } },
    { id: "lakes", type: "fill", source: "lakes", paint: { "fill-color": INK.water, "fill-opacity": 0.55 } },
    { id: "river_areas", type: "fill", source: "river_areas", maxzoom: 11.5, paint: { "fill-color": INK.water, "fill-opacity": 0.8 } },
    line("rivers", "rivers", INK.water, 1.2),
    line("roads", "roads", INK.road, 0.8),
    {
      id: "county-silent", type: "fill", source: "counties",
      paint: { "fill-pattern": "hatch", "fill-opacity": ["case", ["boolean", ["feature-state", "silent"], false], 0.8, 0] },
    },
    line("county-edges", "counties", INK.edge, 0.8, { "line-opacity": 0.7 }),
    line("prefecture-edge", "prefecture", INK.edge, 1.8),
  ];
}

function warnings(k) {
  const colour = ["match", ["get", "colour"], ...Object.entries(WARNING_INK).flat(), "#8794a1"];
  const real = ["!", ["get", "exercise"]];
  return [
    { id: "warning-fill", type: "fill", source: "warnings", filter: real, paint: { "fill-color": colour, "fill-opacity": 0.17 } },
    {
      id: "warning-edge", type: "line", source: "warnings", filter: real,
      paint: { "line-color": colour, "line-width": 2 * k, "line-dasharray": [3, 1.6] },
    },
    // An exercise never looks like the real thing: no fill, the stamp's blue, and the word on it.
    {
      id: "warning-exercise", type: "line", source: "warnings", filter: ["!", real],
      paint: { "line-color": INK.selection, "line-width": 1.6 * k, "line-dasharray": [0.8, 2.2] },
    },
    {
      id: "warning-stamp", type: "symbol", source: "warnings", filter: ["!", real],
      layout: { "text-field": ["get", "stamp"], "text-font": FONT, "text-size": 13 * k, "text-allow-overlap": true },
      paint: { "text-color": INK.selection, "text-halo-color": INK.ground, "text-halo-width": 1.6 * k },
    },
  ];
}

function links(k) {
  return STATES.map((state) => {
    const look = LINK[state];
    const paint = { "line-color": look.color, "line-width": look.width * k, "line-opacity": when(state, look.opacity) };
    if (look.dash) paint["line-dasharray"] = look.dash;
    return { id: `links-${state}`, type: "line", source: "links", layout: { "line-cap": look.dash ? "butt" : "round" }, paint };
  });
}

function nodes(k) {
  const layers = STATES.map((state) => ({
    id: `nodes-${state}`, type: "symbol", source: "nodes",
    layout: {
      "icon-image": ["concat", `${state}-`, ["get", "shape"]],
      "icon-size": ["*", k, ["get", state === "ok" || state === "under" ? "size" : "bigsize"]],
      "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["get", "order"],
    },
    paint: { "icon-opacity": when(state) },
  }));
  layers.push({
    id: "nodes-selected", type: "circle", source: "nodes",
    paint: {
      "circle-radius": 13 * k, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": INK.selection,
      "circle-stroke-width": 2 * k, "circle-stroke-opacity": ["case", ["boolean", ["feature-state", "selected"], false], 1, 0],
    },
  });
  return layers;
}

function labels(k) {
  const halo = { "text-halo-color": INK.ground, "text-halo-width": 1.6 * k };
  return [
    {
      id: "node-labels", type: "symbol", source: "nodes", minzoom: 10.2 + Math.log2(k),
      filter: ["!=", ["get", "seat"], true],
      layout: {
        "text-field": ["get", "name"], "text-font": FONT, "text-size": 11.5 * k, "text-anchor": "left",
        "text-offset": [0.9, 0], "text-optional": true, "symbol-sort-key": ["get", "order"],
      },
      paint: { "text-color": INK.quiet, "text-opacity": ["case", ["boolean", ["feature-state", "stacked"], false], 0, 1], ...halo },
    },
    {
      id: "county-labels", type: "symbol", source: "seats",
      layout: {
        "text-field": ["get", "label"], "text-font": FONT, "text-size": 14 * k, "text-anchor": "left",
        "text-offset": ["literal", [1.0, 0]], "text-allow-overlap": true, "text-ignore-placement": false,
      },
      paint: {
        "text-color": ["match", ["coalesce", ["feature-state", "s"], "ok"], "down", "#ffb3b5", "degraded", "#ffd9a0", INK.text], ...halo,
      },
    },
  ];
}

/** The whole style; `k` scales lines, icons and text (2 on a wall of 3840 points). */
export function mapStyle(k) {
  const named = ["neighbours", "prefecture", "counties", "rivers", "river_areas", "roads", "lakes", "warnings", "links", "nodes", "seats"];
  return {
    version: 8,
    sources: Object.fromEntries(named.map((name) => [name, source({ tolerance: name === "roads" ? 0.6 : 0.375 })])),
    layers: [...base(k), ...warnings(k), ...links(k), ...nodes(k), ...labels(k)],
  };
}

function trace(ctx, shape, c, r) {
  ctx.beginPath();
  if (shape === "square") ctx.rect(c - r * 0.88, c - r * 0.88, r * 1.76, r * 1.76);
  else if (shape === "circle") ctx.arc(c, c, r, 0, Math.PI * 2);
  else {
    const [count, turn] = { hexagon: [6, 0], pentagon: [5, -Math.PI / 2], diamond: [4, -Math.PI / 2], triangle: [3, -Math.PI / 2] }[shape];
    for (let i = 0; i < count; i += 1) {
      const angle = turn + (i * Math.PI * 2) / count;
      const drop = shape === "triangle" ? r * 0.14 : 0;
      ctx[i ? "lineTo" : "moveTo"](c + r * Math.cos(angle), c + drop + r * Math.sin(angle));
    }
    ctx.closePath();
  }
}

/** State outside, kind inside: a red diamond that holds the silhouette of what has failed. */
function draw(state, shape) {
  const size = 64;
  const canvas = new OffscreenCanvas(size, size);
  const ctx = canvas.getContext("2d");
  const c = size / 2;
  const cut = (outer, r) => {
    ctx.lineWidth = 5;
    ctx.strokeStyle = INK.ground;
    trace(ctx, outer, c, r);
    ctx.stroke();
    ctx.fillStyle = INK[state];
    ctx.fill();
    ctx.fillStyle = INK.ground;
    trace(ctx, shape, c, outer === "triangle" ? r * 0.27 : r * 0.32);
    ctx.fill();
  };
  if (state === "down") cut("diamond", 29);
  else if (state === "degraded") cut("triangle", 30);
  else {
    trace(ctx, shape, c, state === "ok" ? 16 : 18);
    ctx.fillStyle = state === "ok" ? INK.ok : INK.ground;
    ctx.fill();
    ctx.lineWidth = state === "ok" ? 4 : 6;
    ctx.strokeStyle = state === "ok" ? INK.ground : INK[state];
    if (state === "unknown") ctx.setLineDash([9, 7]);
    ctx.stroke();
  }
  return ctx.getImageData(0, 0, size, size);
}

function hatch() {
  const size = 24;
  const canvas = new OffscreenCanvas(size, size);
  const ctx = canvas.getContext("2d");
  ctx.strokeStyle = "#3d4954";
  ctx.lineWidth = 5;
  for (const shift of [-size, 0, size]) {
    ctx.beginPath();
    ctx.moveTo(shift - 4, size + 4);
    ctx.lineTo(shift + size + 4, -4);
    ctx.stroke();
  }
  return ctx.getImageData(0, 0, size, size);
}

export function addImages(map, k) {
  for (const state of STATES) {
    for (const shape of SHAPES) map.addImage(`${state}-${shape}`, draw(state, shape), { pixelRatio: 2 });
  }
  map.addImage("hatch", hatch(), { pixelRatio: 2 / k });
}

/** The static part of a node's feature: shape of its kind, size by its place in the tree. */
export function nodeLook(asset, childCount) {
  const size = childCount > 8 ? 0.85 : childCount > 0 || (asset.importance ?? 0) > 1 ? 0.62 : 0.4;
  return { shape: kindShape(asset.kind), size, bigsize: Math.max(0.62, size), order: -childCount };
}

/** West, south, east, north of a layer, else of the assets, else of Yunnan. */
export function extent(layer, assets) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (part) => {
    if (typeof part[0] !== "number") return part.forEach(walk);
    box[0] = Math.min(box[0], part[0]);
    box[1] = Math.min(box[1], part[1]);
    box[2] = Math.max(box[2], part[0]);
    box[3] = Math.max(box[3], part[1]);
  };
  for (const feature of layer.features) if (feature.geometry) walk(feature.geometry.coordinates);
  if (!layer.features.length) for (const asset of assets) if (asset.lon) walk([asset.lon, asset.lat]);
  return Number.isFinite(box[0]) ? box : [97, 21, 106, 29];
}
