/** How the ground looks on the map: what does not change with the live picture. No outside address. */
import type { FeatureCollection } from "geojson";
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from "maplibre-gl";
import { INK } from "./ink";

export const GEOMETRY = ["counties", "prefecture", "neighbours", "rivers", "river_areas", "roads", "lakes"] as const;
/** The source of everything that does not change; each layer takes its features by their property `layer`. */
export const GROUND = "ground";

const from = (layer: (typeof GEOMETRY)[number]) => {
  return { source: GROUND, filter: ["==", ["get", "layer"], layer] as ExpressionSpecification };
};

/** The style of the ground; `k` scales its lines (2 on a wall of 3840 points). */
export function groundStyle(data: FeatureCollection, k: number): StyleSpecification {
  type Part = (typeof GEOMETRY)[number];
  const line = (id: string, part: Part, color: string, width: number, more = {}): LayerSpecification => {
    return { id, type: "line", ...from(part), paint: { "line-color": color, "line-width": width * k, ...more } };
  };
  const silent: ExpressionSpecification = ["case", ["boolean", ["feature-state", "silent"], false], 0.8, 0];
  const water = (id: Part, opacity: number): LayerSpecification => {
    return { id, type: "fill", ...from(id), paint: { "fill-color": INK.water, "fill-opacity": opacity } };
  };
  const layers: LayerSpecification[] = [
    { id: "ground", type: "background", paint: { "background-color": INK.ground } },
    line("neighbour-edges", "neighbours", INK.outer, 0.8, { "line-dasharray": [4, 3] }),
    { id: "land", type: "fill", ...from("counties"), paint: { "fill-color": INK.land } },
    water("lakes", 0.55),
    { ...water("river_areas", 0.8), maxzoom: 11.5 },
    line("rivers", "rivers", INK.water, 1.2),
    line("roads", "roads", INK.road, 0.8),
    {
      id: "county-silent", type: "fill", ...from("counties"),
      paint: { "fill-pattern": "hatch", "fill-opacity": silent },
    },
    line("county-edges", "counties", INK.edge, 0.8, { "line-opacity": 0.7 }),
    line("prefecture-edge", "prefecture", INK.edge, 1.8),
  ];
  return { version: 8, sources: { [GROUND]: { type: "geojson", data } }, layers };
}
