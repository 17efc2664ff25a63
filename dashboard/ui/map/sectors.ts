/** What cameras see, drawn near by: an outline where their records say so, dashed where they do not. */
import type { FeatureCollection } from "geojson";
import type { Map as LibraryMap } from "maplibre-gl";
import { get } from "../core/api";
import { INK } from "./ink";

const SOURCE = "sectors";
/** The depth from which on sectors are drawn: farther away they are dots. */
const NEAR = 14;
/** Ms after which they are asked for again. */
const KEPT = 600_000;

/** Adds the layers below the nodes, and asks for the areas when somebody comes near. Ends with the map. */
export function followSectors(map: LibraryMap, k: number): void {
  let askedAt = -Infinity;
  const look = (): void => {
    if (map.getZoom() < NEAR || performance.now() - askedAt < KEPT) return;
    askedAt = performance.now();
    get<FeatureCollection>("/api/v1/video/sectors").then((areas) => draw(map, areas, k), () => (askedAt = -Infinity));
  };
  map.on("moveend", look);
  look();
}

function draw(map: LibraryMap, areas: FeatureCollection, k: number): void {
  if (!map.style) return; // the page has gone meanwhile
  const source = map.getSource(SOURCE);
  if (source) return void (source as import("maplibre-gl").GeoJSONSource).setData(areas);
  map.addSource(SOURCE, { type: "geojson", data: areas });
  const below = map.getLayer("nodes") ? "nodes" : undefined;
  const common = { source: SOURCE, minzoom: NEAR } as const;
  const color = INK.selection;
  map.addLayer({ ...common, id: "sectors", type: "fill", filter: ["get", "is_known"],
    paint: { "fill-color": color, "fill-opacity": 0.12 } }, below);
  map.addLayer({ ...common, id: "sectors-known", type: "line", filter: ["get", "is_known"],
    paint: { "line-color": color, "line-width": k, "line-opacity": 0.7 } }, below);
  map.addLayer({ ...common, id: "sectors-unknown", type: "line", filter: ["!", ["get", "is_known"]],
    paint: { "line-color": color, "line-width": k, "line-opacity": 0.5, "line-dasharray": [3, 3] } }, below);
}
