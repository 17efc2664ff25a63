/** How the live picture looks on the map: its sources and layers. No glyphs: labels are drawn from local fonts. */
import type {
  ExpressionSpecification, LayerSpecification, SourceSpecification, StyleSpecification, SymbolLayerSpecification,
} from "maplibre-gl";
import { FONT, INK, STATES, WARNING_INK, type State } from "./ink";

/** Layers that can be switched off, by the beginnings of their names. */
export const GROUPS: Readonly<Record<string, string[]>> = {
  nodes: ["nodes-", "node-labels", "clusters", "rings"],
  links: ["links-"],
  warnings: ["warning-"],
  roads: ["roads"],
  water: ["rivers", "river_areas", "lakes"],
};
/** Sources of the live picture. */
export const LIVE = ["warnings", "links", "nodes", "seats", "selected", "marks", "draft"] as const;

const is = (state: State): ExpressionSpecification => ["==", ["get", "s"], state];
const CLUSTER: ExpressionSpecification = ["has", "point_count"];
const NODE: ExpressionSpecification = ["!", ["has", "point_count"]];

/** The worst state of a cluster, from the counts of its members. */
export const CLUSTER_STATE: ExpressionSpecification = [
  "case", [">", ["get", "down"], 0], "down", [">", ["get", "degraded"], 0], "degraded",
  [">", ["get", "unknown"], 0], "unknown", [">", ["get", "under"], 0], "under", "ok",
];
const BAD: ExpressionSpecification = ["+", ["get", "down"], ["get", "degraded"], ["get", "unknown"], ["get", "under"]];
/** "5 / 43" where something is not well, else "43". */
const CLUSTER_TEXT: ExpressionSpecification = [
  "case", [">", BAD, 0], ["concat", ["to-string", BAD], " / ", ["to-string", ["get", "point_count"]]],
  ["to-string", ["get", "point_count"]],
];
const LOOK: Readonly<Record<State, { width: number; opacity: number; dash?: number[] }>> = {
  ok: { width: 1.1, opacity: 0.5 },
  under: { width: 1, opacity: 0.7, dash: [2, 2] },
  unknown: { width: 1.2, opacity: 0.8, dash: [1, 2.4] },
  degraded: { width: 2.2, opacity: 1, dash: [4, 2] },
  down: { width: 2.6, opacity: 1 },
};

function warnings(k: number): LayerSpecification[] {
  const colour = ["match", ["get", "colour"], ...Object.entries(WARNING_INK).flat(), "#8794a1"] as unknown as
    ExpressionSpecification;
  const exercise: ExpressionSpecification = ["==", ["get", "exercise"], true];
  const real: ExpressionSpecification = ["!", exercise];
  const edge = { "line-color": colour, "line-width": 2 * k, "line-dasharray": [3, 1.6] };
  const apart = { "line-color": INK.exercise, "line-width": 1.6 * k, "line-dasharray": [0.8, 2.2] };
  return [
    {
      id: "warning-fill", type: "fill", source: "warnings", filter: real,
      // From near, an area is all ground there is: it must not outshine what is drawn on it.
      paint: { "fill-color": colour, "fill-opacity": ["interpolate", ["linear"], ["zoom"], 9.5, 0.17, 12, 0.04] },
    },
    { id: "warning-edge", type: "line", source: "warnings", filter: real, paint: edge },
    {
      id: "warning-chosen", type: "line", source: "warnings", filter: ["==", ["get", "chosen"], true],
      paint: { "line-color": INK.selection, "line-width": 3 * k },
    },
    // An exercise never looks like the real thing: no fill, a colour of its own, and the word on it.
    { id: "warning-exercise", type: "line", source: "warnings", filter: exercise, paint: apart },
    {
      id: "warning-stamp", type: "symbol", source: "warnings", filter: exercise,
      layout: { "text-field": ["get", "stamp"], "text-font": FONT, "text-size": 13 * k },
      paint: { "text-color": INK.exercise, "text-halo-color": INK.ground, "text-halo-width": 1.6 * k },
    },
  ];
}

function links(k: number): LayerSpecification[] {
  return STATES.map((state) => {
    const { width, opacity, dash } = LOOK[state];
    const paint = { "line-color": INK[state], "line-width": width * k, "line-opacity": opacity };
    const dashed = dash ? { ...paint, "line-dasharray": dash } : paint;
    return { id: `links-${state}`, type: "line", source: "links", filter: is(state), paint: dashed };
  });
}

/** Labels lie below the marks: what is placed first is what lies on top, and labels give way to marks. */
function labels(k: number): LayerSpecification[] {
  const halo = { "text-halo-color": INK.ground, "text-halo-width": 1.8 * k };
  const around: SymbolLayerSpecification["layout"] = {
    "text-variable-anchor": ["left", "right", "top", "bottom", "top-left", "bottom-left", "top-right", "bottom-right"],
    "text-radial-offset": 1.4, "text-justify": "auto", "text-font": FONT,
  };
  const tone: ExpressionSpecification = ["match", ["get", "s"], "down", "#ffb3b5", "degraded", "#f3c68a", INK.text];
  return [
    {
      id: "node-labels", type: "symbol", source: "nodes", minzoom: 10.2 + Math.log2(k), filter: NODE,
      layout: { ...around, "text-field": ["get", "name"], "text-size": 11.5 * k, "text-optional": true },
      paint: { "text-color": INK.quiet, ...halo },
    },
    {
      id: "county-labels", type: "symbol", source: "seats",
      layout: { ...around, "text-field": ["get", "label"], "text-size": 14 * k },
      paint: { "text-color": tone, ...halo },
    },
  ];
}

/** Marks of an incident: colour by kind and always its word; one that is stale is faint. */
function marks(k: number): LayerSpecification[] {
  const colour: ExpressionSpecification = [
    "match", ["get", "kind"], ["hot", "hazard", "closure", "no-entry", "fire-line"], INK.down,
    ["warm", "circle", "sector", "affected", "evacuation"], INK.degraded, INK.selection,
  ];
  const faint: ExpressionSpecification = ["case", ["get", "stale"], 0.35, 0.95];
  return [
    {
      id: "marks-fill", type: "fill", source: "marks", filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": colour, "fill-opacity": ["case", ["get", "stale"], 0.05, 0.16] },
    },
    {
      id: "marks-line", type: "line", source: "marks", filter: ["!=", ["geometry-type"], "Point"],
      paint: { "line-color": colour, "line-width": 2.4 * k, "line-dasharray": [4, 1.5], "line-opacity": faint },
    },
    {
      id: "marks-point", type: "circle", source: "marks", filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-color": INK.ground, "circle-radius": 6 * k, "circle-stroke-color": colour,
        "circle-stroke-width": 3 * k, "circle-stroke-opacity": faint,
      },
    },
    {
      id: "marks-labels", type: "symbol", source: "marks",
      layout: {
        "text-field": ["get", "label"], "text-font": FONT, "text-size": 13 * k, "text-offset": [0, 1.2],
        "text-allow-overlap": true,
      },
      paint: {
        "text-color": INK.text, "text-halo-color": INK.ground, "text-halo-width": 1.6 * k, "text-opacity": faint,
      },
    },
  ];
}

/** What is being drawn, and what the server does not have yet: dashed. */
function draft(k: number): LayerSpecification[] {
  return [
    {
      id: "draft-line", type: "line", source: "draft", filter: ["!=", ["geometry-type"], "Point"],
      paint: { "line-color": INK.text, "line-width": 2 * k, "line-dasharray": [2, 2] },
    },
    {
      id: "draft-point", type: "circle", source: "draft", filter: ["==", ["geometry-type"], "Point"],
      paint: {
        "circle-color": INK.ground, "circle-radius": 4 * k, "circle-stroke-color": INK.text,
        "circle-stroke-width": 2 * k,
      },
    },
  ];
}

function nodes(k: number): LayerSpecification[] {
  const severity: ExpressionSpecification = [
    "match", ["get", "sev"], 3, INK.down, 2, INK.degraded, 1, INK.minor, "rgba(0,0,0,0)",
  ];
  const ring = { "circle-color": "rgba(0,0,0,0)", "circle-stroke-width": 1.6 * k } as const;
  return [
    {
      id: "rings", type: "circle", source: "nodes", filter: ["all", NODE, [">", ["get", "sev"], 0]],
      paint: { ...ring, "circle-radius": 13 * k, "circle-stroke-color": severity, "circle-stroke-opacity": 0.7 },
    },
    {
      id: "nodes-marks", type: "symbol", source: "nodes", filter: NODE,
      layout: {
        "icon-image": ["concat", ["get", "s"], "-", ["get", "shape"]],
        "icon-size": ["*", k, ["get", "size"]], "icon-allow-overlap": true, "icon-padding": 0,
        "symbol-sort-key": ["get", "order"],
      },
    },
    {
      id: "clusters", type: "symbol", source: "nodes", filter: CLUSTER,
      layout: {
        "icon-image": ["concat", "cluster-", CLUSTER_STATE], "icon-text-fit": "both", "icon-allow-overlap": true,
        "text-field": CLUSTER_TEXT, "text-font": FONT, "text-size": 12.5 * k, "text-allow-overlap": true,
      },
      paint: { "text-color": ["match", CLUSTER_STATE, "down", "#ffb3b5", "degraded", "#f3c68a", INK.text] },
    },
    {
      id: "nodes-selected", type: "circle", source: "selected",
      paint: { ...ring, "circle-radius": 15 * k, "circle-stroke-color": INK.selection, "circle-stroke-width": 2.4 * k },
    },
  ];
}

const empty = { type: "FeatureCollection" as const, features: [] };

/** The style of the live picture; `k` scales lines, marks and text (2 on a wall of 3840 points). */
export function liveStyle(k: number): StyleSpecification {
  const source: SourceSpecification = { type: "geojson", data: empty };
  return {
    version: 8,
    sources: Object.fromEntries(LIVE.map((name) => [name, source])),
    layers: [...warnings(k), ...links(k), ...labels(k), ...nodes(k), ...marks(k), ...draft(k)],
  };
}
