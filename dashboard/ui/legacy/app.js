// What the widgets that have not moved yet know as `app`: the core, in the form that they were written for.
import { effect, untracked } from "@preact/signals";
import { navigate, path } from "../core/address";
import { store } from "../core/picture";
import { counties, countyName, geometry, mayAct, me, regionName, site } from "../core/site";
import { Topology, compareAlerts } from "./derive.js";
import { Context } from "./context.js";
import { Scope } from "./netmodel.js";

const picture = {
  get asset() { return store.peek("asset"); },
  get alert() { return store.peek("alert"); },
  get warning() { return store.peek("warning"); },
  get source() { return store.peek("source"); },
  get ready() { return store.ready.peek(); },
  get hidden() { return store.hidden.peek(); },
  get version() { return store.moment; },
  listen: (fn) => store.listen(fn),
};

class App {
  constructor() {
    this.store = picture;
    this.topology = new Topology(picture);
    this.context = new Context();
    this.scope = new Scope();
    this.context.alertOf = (id) => this.alertsOf(id)[0];
    this.navigate = navigate;
    this.geometry = geometry;
    this.regionName = regionName;
    this.countyName = countyName;
    this.mayAct = mayAct;
    store.listen((changed) => (changed.reset || changed.asset.size) && this.topology.follow(changed));
    let last = path();
    effect(() => {
      if (path() === last) return;
      last = path();
      untracked(() => {
        this.context.dirty = false;
        this.scope.clear();
      });
    });
  }

  get me() { return me.peek(); }
  get site() { return site.peek(); }
  get counties() { return counties.peek(); }

  alertsOf(id) {
    return [...this.store.alert.values()].filter((alert) => alert.asset === id && alert.subject_kind === "asset").sort(compareAlerts);
  }
}

let app = null;
/** The one of this page, made when the first widget asks. */
export const legacyApp = () => (app ??= new App());
