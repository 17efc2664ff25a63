// Drilling on the map: a press on a county narrows the page's scope to it, and the camera follows the scope.
import { extent } from "./mapstyle.js";

export class Drill {
  constructor(view) {
    Object.assign(this, { view, county: null });
    view.stops.push(view.app.scope.listen(() => this.follow()));
    this.follow();
  }

  click(point) {
    const [found] = this.view.map.queryRenderedFeatures(point, { layers: ["land"] });
    const code = String(found?.properties.adcode ?? "");
    const { scope } = this.view.app;
    if (code) scope.set({ county: scope.county === code ? null : code, unit: null });
  }

  follow() {
    const { scope } = this.view.app;
    if (scope.county === this.county) return;
    this.county = scope.county;
    const feature = this.view.geo.counties.features.find((one) => String(one.properties.adcode) === this.county);
    if (!feature) {
      this.view.home();
      return;
    }
    this.view.moved = true;
    this.view.map.fitBounds(extent({ features: [feature] }, []), { padding: 60, duration: 300 });
  }
}
