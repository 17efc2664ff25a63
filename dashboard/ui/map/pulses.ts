/** Rings around what is critical and nobody has taken: CSS animation, which costs the map nothing. */
import type { Map as LibraryMap, Marker } from "maplibre-gl";
import type { AlertRecord } from "../records";

const MOST = 12;

export class Pulses {
  private readonly marks = new Map<string, Marker>();

  constructor(private readonly library: typeof import("maplibre-gl"), private readonly map: LibraryMap) {}

  update(alerts: Iterable<AlertRecord>, at: (asset: string) => [number, number] | null): void {
    const wanted = new Map<string, [number, number]>();
    for (const alert of alerts) {
      const place = alert.need === "critical" && alert.subject_kind === "asset" ? at(alert.asset) : null;
      if (place && wanted.size < MOST) wanted.set(place.join(), place);
    }
    for (const [key, marker] of this.marks) {
      if (wanted.has(key)) continue;
      marker.remove();
      this.marks.delete(key);
    }
    for (const [key, place] of wanted) {
      if (this.marks.has(key)) continue;
      const element = document.createElement("div");
      element.className = "pulse";
      element.setAttribute("aria-hidden", "true");
      element.append(document.createElement("i"), document.createElement("i"));
      this.marks.set(key, new this.library.Marker({ element }).setLngLat(place).addTo(this.map));
    }
  }

  clear(): void {
    for (const marker of this.marks.values()) marker.remove();
    this.marks.clear();
  }
}
