/** The data of a map's sources, and which of its layers are shown. */
import type { FeatureCollection } from "geojson";
import type { GeoJSONSource, GeoJSONSourceDiff, Map as LibraryMap } from "maplibre-gl";
import { GROUPS } from "./style";

/**
 * A layer is shown where people have not switched it off and its source has something to draw: for each source the
 * library makes two passes over the whole map, which a browser without a graphics card feels.
 */
export class Sources {
  private readonly filled: Set<string>;
  private readonly off = new Set<string>();
  private readonly idle = new Set<string>();

  /** `filled` names the sources that have something to draw from the beginning. */
  constructor(private readonly map: LibraryMap, filled: readonly string[] = []) {
    this.filled = new Set(["", ...filled]);
    this.show();
  }

  /** Draws this instead of what a source has had. */
  set(name: string, data: FeatureCollection): void {
    void this.map.getSource<GeoJSONSource>(name)?.setData(data);
    const isFilled = data.features.length > 0;
    if (this.filled.has(name) === isFilled) return;
    if (isFilled) this.filled.add(name);
    else this.filled.delete(name);
    this.show();
  }

  /** Changes some features of a source by their ids. */
  change(name: string, difference: GeoJSONSourceDiff): void {
    void this.map.getSource<GeoJSONSource>(name)?.updateData(difference);
  }

  /** Switches a group of layers on or off, as people wish. */
  toggle(group: string, on: boolean): void {
    if (on) this.off.delete(group);
    else this.off.add(group);
    this.show();
  }

  /** Says whether a layer whose source is never empty has something to draw. */
  use(layer: string, used: boolean): void {
    if (this.idle.has(layer) !== used) return;
    if (used) this.idle.delete(layer);
    else this.idle.add(layer);
    this.show();
  }

  /** Calls `then` once, after a frame in which these sources were drawn with what they had. */
  whenDrawn(names: readonly string[], then: () => void): void {
    const look = (): void => {
      if (!names.every((name) => this.map.isSourceLoaded(name))) return;
      this.map.off("render", look);
      then();
    };
    this.map.on("render", look);
  }

  private show(): void {
    const hidden = [...this.off].flatMap((group) => GROUPS[group] ?? []);
    for (const id of this.map.getLayersOrder()) {
      const isFilled = this.filled.has(this.map.getLayer(id)?.source ?? "");
      const isShown = isFilled && !this.idle.has(id) && !hidden.some((prefix) => id.startsWith(prefix));
      const next = isShown ? "visible" : "none";
      if ((this.map.getLayoutProperty(id, "visibility") ?? "visible") === next) continue;
      this.map.setLayoutProperty(id, "visibility", next);
    }
  }
}
