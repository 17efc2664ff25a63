/** How often a map may be drawn again: the slower one drawing is, the less often, as without a graphics card. */
import type { Map as LibraryMap } from "maplibre-gl";

const SOONEST = 500;
const LATEST = 2000;
/** Time between two drawings over the time that one takes. */
const REST = 6;
const WEIGHT = 0.3;

export class Pace {
  private cost = 0;

  constructor(map: LibraryMap) {
    map.on("render", () => {
      const began = performance.now();
      // The next frame begins when this one is on the screen.
      requestAnimationFrame(() => (this.cost += WEIGHT * (performance.now() - began - this.cost)));
    });
  }

  /** Milliseconds from one drawing to the next. */
  get interval(): number {
    return Math.min(LATEST, Math.max(SOONEST, REST * this.cost));
  }
}
