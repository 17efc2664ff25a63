/**
 * The ground under the live picture, on a map of its own: it is drawn when the camera moves, and not each time a state
 * changes. Without a graphics card the ground takes four fifths of the time of a frame.
 */
import type { FeatureCollection } from "geojson";
import type { GeoJSONFeature, Map as LibraryMap, PointLike } from "maplibre-gl";
import { GROUND, groundStyle } from "./groundstyle";
import { addHatch } from "./images";
import { Sources } from "./sources";

export class GroundMap {
  /** Fulfilled once the whole ground has been drawn. */
  readonly drawn: Promise<void>;
  private readonly map: LibraryMap;
  private readonly styled: Promise<Sources>;
  private hatched: readonly number[] = [];
  private readonly follow: () => void;

  /** Draws the features in `container` and follows the camera of the map `over` it; `k` scales lines. */
  constructor(
    library: typeof import("maplibre-gl"), container: HTMLElement, over: LibraryMap, features: FeatureCollection,
    k: number,
  ) {
    const map = (this.map = new library.Map({
      container, style: groundStyle(features, k), attributionControl: false, interactive: false, fadeDuration: 0,
      renderWorldCopies: false, center: over.getCenter(), zoom: over.getZoom(),
    }));
    map.on("error", (event) => console.warn("map", event.error?.message));
    this.follow = () => void map.jumpTo({ center: over.getCenter(), zoom: over.getZoom() });
    over.on("move", this.follow);
    map.on("resize", this.follow);
    this.styled = new Promise((then) => {
      map.once("style.load", () => {
        addHatch(map, k);
        const sources = new Sources(map, [GROUND]);
        sources.use("county-silent", false);
        then(sources);
      });
    });
    this.drawn = this.styled.then((sources) => new Promise((then) => sources.whenDrawn([GROUND], then)));
  }

  /** The code of the county at a point of the canvas, or null. */
  countyAt(point: PointLike): string | null {
    const [land]: (GeoJSONFeature | undefined)[] = this.map.queryRenderedFeatures(point, { layers: ["land"] });
    return land ? String(land.properties.adcode) : null;
  }

  /** Hatches these counties, by the ids of their features: nothing is known of them. */
  hatch(ids: readonly number[]): void {
    void this.styled.then((sources) => {
      for (const id of this.hatched) this.map.removeFeatureState({ source: GROUND, id });
      for (const id of ids) this.map.setFeatureState({ source: GROUND, id }, { silent: true });
      this.hatched = ids;
      sources.use("county-silent", ids.length > 0);
    });
  }

  /** Switches a group of layers on or off. */
  toggle(group: string, on: boolean): void {
    void this.styled.then((sources) => sources.toggle(group, on));
  }

  end(): void {
    this.map.remove();
  }
}
