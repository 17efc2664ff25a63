// The network as people drill into it: scope, health by group, and the tree of uplinks as rows.
import { effect, untracked } from "@preact/signals";
import { query, setQuery } from "../core/address";
import { t, tOr } from "./i18n.js";
import { HEALTHS, countyOf } from "./derive.js";

const LAYERS = ["province", "core", "county", "aggregation", "town", "access", "service", "security"];
// An asset of these kinds is a unit by itself when nobody is named as its owner.
const UNITS = new Set(["department", "site", "building"]);
// Fewer healthy neighbours than this are listed one by one.
const FEW = 4;
const OK = HEALTHS.indexOf("ok");
const FIELDS = ["county", "layer", "unit"];

/** How far one has drilled: county, layer, unit ("" is everything), words searched for, and only what is wrong. */
export class Scope {
  constructor() {
    this.listeners = new Set();
    Object.assign(this, { county: null, layer: null, unit: null, query: "", bad: false });
    // The map narrows the page as well: county and unit follow the address.
    effect(() => {
      const asked = Object.fromEntries(FIELDS.map((name) => [name, query(name)]));
      if (FIELDS.every((name) => this[name] === asked[name])) return;
      Object.assign(this, asked);
      untracked(() => this.listeners.forEach((fn) => fn(this)));
    });
  }

  listen(fn) {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  get narrow() {
    return FIELDS.some((name) => this[name] !== null) || this.query !== "" || this.bad;
  }

  /** Takes `patch` over, tells everybody, and keeps the address so that a reload shows the same. */
  set(patch) {
    Object.assign(this, patch);
    setQuery(Object.fromEntries(FIELDS.map((name) => [name, this[name]])));
    for (const fn of [...this.listeners]) fn(this);
  }

  /** What the address asks for. */
  read() {
    for (const name of FIELDS) this[name] = query(name);
  }

  clear() {
    Object.assign(this, { county: null, layer: null, unit: null, query: "", bad: false });
  }
}

export const layerOf = (asset, topology) => asset.labels?.layer || `depth-${topology.path(asset.id).length + 1}`;
export const layerName = (layer) => (layer.startsWith("depth-") ? t("netlayer.depth", { n: layer.slice(6) }) : tOr(`netlayer.${layer}`, layer));
export const unitOf = (asset) => asset.owner || asset.labels?.unit || (UNITS.has(asset.kind) ? asset.name : "");
export const placeOf = (asset, app) => countyOf(asset.region, app.counties, app.site.region);

/** The order in which layers stand: from the province down, then what nobody foresaw. */
export function layerRank(layer) {
  if (layer.startsWith("depth-")) return 100 + Number(layer.slice(6));
  return LAYERS.includes(layer) ? LAYERS.indexOf(layer) : 50;
}

/** True when the asset lies inside the scope; `except` leaves one field out of account. */
export function inScope(asset, scope, app, except = "") {
  return (
    (scope.county === null || except === "county" || placeOf(asset, app) === scope.county) &&
    (scope.layer === null || except === "layer" || layerOf(asset, app.topology) === scope.layer) &&
    (scope.unit === null || except === "unit" || unitOf(asset) === scope.unit)
  );
}

/** [{key, count: {down, …}, bad, total, worst}] of the assets by `keyOf`, worst first; `rank` decides between equals. */
export function tally(assets, topology, keyOf, rank = () => 0) {
  const groups = new Map();
  for (const asset of assets) {
    const key = keyOf(asset);
    if (!groups.has(key)) groups.set(key, { key, count: { down: 0, degraded: 0, unknown: 0, under: 0, ok: 0 }, total: 0 });
    const group = groups.get(key);
    group.count[topology.state(asset.id)] += 1;
    group.total += 1;
  }
  for (const group of groups.values()) {
    group.bad = group.count.down + group.count.degraded + group.count.under;
    group.worst = HEALTHS.find((state) => group.count[state]) ?? "ok";
  }
  return [...groups.values()].sort((a, b) =>
    HEALTHS.indexOf(a.worst) - HEALTHS.indexOf(b.worst) || b.bad - a.bad || b.count.unknown - a.count.unknown ||
    rank(a.key) - rank(b.key) || (a.key < b.key ? -1 : 1));
}

/** The tree of uplinks: made once for each version of the topology, laid out as rows for what is open in it. */
export class UplinkTree {
  constructor(app) {
    this.app = app;
    this.version = -1;
    this.kids = new Map();
    this.folds = new Map();
  }

  /** Brings the tree up to date; while `hold` is set the order of what is known stands. */
  refresh(hold) {
    const { topology, store } = this.app;
    if (this.version === topology.version && (hold || !this.held)) return;
    const before = hold ? this.kids : new Map();
    this.held = hold;
    this.version = topology.version;
    this.kids = new Map([["", []]]);
    for (const id of store.asset.keys()) {
      const parent = topology.parent(id) ?? "";
      if (!this.kids.has(parent)) this.kids.set(parent, []);
      this.kids.get(parent).push(id);
    }
    this.weigh();
    for (const [parent, ids] of this.kids) {
      const place = new Map((before.get(parent) ?? []).map((id, index) => [id, index]));
      ids.sort((a, b) => (place.get(a) ?? Infinity) - (place.get(b) ?? Infinity) || this.compare(a, b));
    }
  }

  /** For each asset what lies in and below it: {total, bad, unknown, causes, rank}. */
  weigh() {
    const { topology, store } = this.app;
    this.weights = new Map();
    const order = [];
    const reach = (tops) => {
      const queue = [...tops];
      for (const id of queue) {
        if (this.weights.has(id)) continue;
        this.weights.set(id, null);
        order.push(id);
        queue.push(...(this.kids.get(id) ?? []));
      }
    };
    reach(this.kids.get(""));
    // Parents in a ring hang below nobody: each of them stands on top rather than nowhere.
    for (const id of store.asset.keys()) {
      if (this.weights.has(id)) continue;
      this.cut(id);
      reach([id]);
    }
    for (const id of order.reverse()) this.weights.set(id, this.weight(id, topology.state(id)));
  }

  cut(id) {
    const parent = this.app.topology.parent(id);
    this.kids.set(parent, this.kids.get(parent).filter((one) => one !== id));
    this.kids.get("").push(id);
  }

  weight(id, state) {
    const sum = { total: 1, bad: Number(["down", "degraded", "under"].includes(state)), unknown: Number(state === "unknown"), causes: Number(state !== "ok" && state !== "under"), rank: HEALTHS.indexOf(state) };
    sum.own = sum.causes;
    for (const child of this.kids.get(id) ?? []) {
      const below = this.weights.get(child);
      sum.total += below.total;
      sum.bad += below.bad;
      sum.unknown += below.unknown;
      sum.causes += below.causes;
      sum.rank = Math.min(sum.rank, below.rank);
    }
    return sum;
  }

  compare(a, b) {
    const [one, two] = [this.weights.get(a), this.weights.get(b)];
    const importance = (id) => this.app.store.asset.get(id)?.importance ?? 0;
    return one.rank - two.rank || two.bad - one.bad || importance(b) - importance(a) || (a < b ? -1 : 1);
  }

  /** The assets that the scope means, with everything above them; null: all. */
  marked(scope) {
    if (!scope.narrow) return null;
    const { app } = this;
    const words = scope.query.toLowerCase();
    const found = new Set();
    for (const asset of app.store.asset.values()) {
      if (!inScope(asset, scope, app)) continue;
      if (scope.bad && app.topology.state(asset.id) === "ok") continue;
      if (words && !`${asset.name} ${asset.id} ${unitOf(asset)} ${(asset.probes ?? []).join(" ")}`.toLowerCase().includes(words)) continue;
      found.add(asset.id);
    }
    return found;
  }

  /** Rows from top to bottom: {id, depth, open, kids, weight, context, onPath, place, of}, or {id, parent, rest, depth}. */
  rows(scope) {
    const found = this.marked(scope);
    const shown = found && new Set(found);
    for (const id of found ?? []) for (const up of this.app.topology.path(id)) shown.add(up);
    const rows = [];
    const walk = (parent, depth, every) => {
      const ids = (this.kids.get(parent) ?? []).filter((id) => !shown || shown.has(id));
      // Where something is wrong the healthy ones stand behind one line: the next cause must not be pages away.
      const wrong = ids.filter((id) => this.weights.get(id).rank < OK);
      const listed = every || !wrong.length || ids.length - wrong.length < FEW ? ids : wrong;
      listed.forEach((id, index) => {
        const row = this.row(id, depth, found, shown);
        rows.push(Object.assign(row, { place: index + 1, of: ids.length }));
        if (row.open) walk(id, depth + 1, Boolean(found) || this.folds.get(id) === true);
      });
      if (listed.length < ids.length) rows.push({ id: `${parent}/`, parent, rest: ids.length - listed.length, depth });
    };
    walk("", 0, Boolean(found) || this.folds.get("") === true);
    return rows;
  }

  row(id, depth, found, shown) {
    const weight = this.weights.get(id);
    const kids = (this.kids.get(id) ?? []).filter((one) => !shown || shown.has(one)).length;
    const open = kids > 0 && (this.folds.get(id) ?? this.opens(weight, depth, found));
    return { id, depth, open, kids, weight, context: Boolean(found && !found.has(id)), onPath: weight.causes > weight.own };
  }

  /** Unless somebody said otherwise: open down to every cause, and no further; in the calm, two steps. */
  opens(weight, depth, found) {
    const calm = !(this.kids.get("") ?? []).some((id) => this.weights.get(id).causes);
    return Boolean(found) || depth === 0 || (calm && depth === 1) || weight.causes > weight.own;
  }

  /** Opens everything above `id`. */
  reveal(id) {
    for (const up of ["", ...this.app.topology.path(id)]) this.folds.set(up, true);
  }
}
