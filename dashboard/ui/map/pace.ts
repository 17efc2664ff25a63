/** How often a map may be drawn again: the slower drawing is, the less often, as without a graphics card. */
import type { Map as LibraryMap } from "maplibre-gl";

const SOONEST = 500;
const LATEST = 2000;
/** Time from one drawing to the next over the time that its frames take. */
const REST = 4;
const WEIGHT = 0.5;

export class Pace {
  /** Milliseconds that the frames of the last drawings took, one drawing with another. */
  private cost = 0;
  private spent = 0;

  constructor(map: LibraryMap) {
    map.on("render", () => {
      const began = performance.now();
      // The next frame begins when this one is on the screen.
      requestAnimationFrame(() => (this.spent += performance.now() - began));
    });
  }

  /** Says that something new is drawn now, which may take several frames. */
  begin(): void {
    this.cost += WEIGHT * (this.spent - this.cost);
    this.spent = 0;
  }

  /** Milliseconds from one drawing to the next. */
  get interval(): number {
    return Math.min(LATEST, Math.max(SOONEST, REST * Math.max(this.cost, this.spent)));
  }
}
