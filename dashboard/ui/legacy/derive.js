// What follows from the picture: who hangs below whom, what is the root of it, which county it is in.
export const SEVERITIES = ["critical", "major", "minor", "warning", "info"];
export const HEALTHS = ["down", "degraded", "unknown", "under", "ok"];
const BAD = new Set(["down", "degraded", "unknown", "under"]);
export const isBad = (state) => BAD.has(state);
export const rank = (severity) => Math.max(0, SEVERITIES.indexOf(severity));
export const worst = (states) => HEALTHS.find((state) => states.has(state)) ?? "ok";

/** GB/T 2260: "532300" covers "532323" and all below; "" covers everything. */
export function covers(region, thing) {
  if (!region) return true;
  let significant = region;
  while (significant.length > 2 && significant.endsWith("00")) significant = significant.slice(0, -2);
  return (thing ?? "").startsWith(significant);
}

/** The county (adcode) of a region, or the prefecture's own code for what belongs to no county. */
export function countyOf(region, counties, site) {
  const code = (region ?? "").slice(0, 6);
  return counties.some((county) => county.adcode === code) ? code : site;
}

/** What of an asset decides its place and its state among the others. */
function face(asset) {
  if (!asset) return undefined;
  const { health, parents, redundancy_group: group, region, name, owner, kind, labels, since } = asset;
  return JSON.stringify([health, parents, group, region, name, owner, kind, labels, since]);
}

/** Parents, children, and each asset's shown state: its health, or "under" below a failed parent. */
export class Topology {
  constructor(store) {
    this.store = store;
    this.version = 0;
    this.faces = new Map();
    this.refresh();
  }

  /** Follows the picture; a change of readings alone costs nothing. `version` moves with every real change. */
  follow(changed) {
    if (changed.reset || [...changed.asset].some((id) => this.faces.get(id) !== face(this.store.asset.get(id)))) this.refresh();
  }

  refresh() {
    this.version += 1;
    this.faces = new Map([...this.store.asset].map(([id, asset]) => [id, face(asset)]));
    this.children = new Map();
    for (const asset of this.store.asset.values()) {
      for (const parent of asset.parents ?? []) {
        if (!this.children.has(parent)) this.children.set(parent, []);
        this.children.get(parent).push(asset.id);
      }
    }
    this.states = new Map();
    for (const id of this.store.asset.keys()) this.state(id);
  }

  /** ok, degraded, down, unknown or under (what an asset shows when the path to it has failed above). */
  state(id, trail = new Set()) {
    const known = this.states.get(id);
    if (known) return known;
    const asset = this.store.asset.get(id);
    if (!asset) return "unknown";
    const health = asset.health ?? "unknown";
    if (trail.has(id)) return health;
    trail.add(id);
    const state = (health === "down" || health === "unknown") && this.cut(asset, trail) ? "under" : health;
    trail.delete(id);
    this.states.set(id, state);
    return state;
  }

  /** True when an essential parent has failed, or every parent of one redundancy group. */
  cut(asset, trail) {
    const groups = new Map();
    for (const id of asset.parents ?? []) {
      const parent = this.store.asset.get(id);
      if (!parent) continue;
      const group = parent.redundancy_group ? `group ${parent.redundancy_group}` : id;
      const state = this.state(id, trail);
      groups.set(group, (groups.get(group) ?? true) && (state === "down" || state === "under"));
    }
    return [...groups.values()].some(Boolean);
  }

  /** Everything below `id`, as ids, nearest first. */
  below(id) {
    const seen = new Set([id]);
    const queue = [id];
    for (const current of queue) {
      for (const child of this.children.get(current) ?? []) {
        if (!seen.has(child)) {
          seen.add(child);
          queue.push(child);
        }
      }
    }
    return queue.slice(1);
  }

  /** The parent under which `id` stands in the tree: the first that is known, or null. */
  parent(id) {
    return (this.store.asset.get(id)?.parents ?? []).find((one) => one !== id && this.store.asset.has(one)) ?? null;
  }

  /** The way up from `id` to the top, top first, without `id`. */
  path(id) {
    const way = [];
    let current = this.store.asset.get(id)?.parents?.[0];
    while (current && !way.includes(current) && way.length < 16) {
      way.unshift(current);
      current = this.store.asset.get(current)?.parents?.[0];
    }
    return way;
  }
}

/** Worst first, unacknowledged before acknowledged, newest first; the id decides the rest. */
export function compareAlerts(a, b) {
  return (
    Number(b.active) - Number(a.active) ||
    rank(a.severity) - rank(b.severity) ||
    Number(a.acked) - Number(b.acked) ||
    (Date.parse(b.raised_at) || 0) - (Date.parse(a.raised_at) || 0) ||
    (a.id < b.id ? -1 : 1)
  );
}

/**
 * The open alerts as people meet them. The server decides what is hidden (`suppressed_by`) and by what (`cut_by`).
 * `shown`: [{alert, below: [alert]}] sorted: all that the server does not hide; `folded`: those below a shown one;
 * `shelved`: the other hidden ones. Nothing is dropped: the three add up to all.
 */
export function arrange(store) {
  // Header, list, board and stage ask for the same arrangement of the same picture: in a storm it is made once.
  const moment = store.version;
  if (store.arranged?.moment !== moment) store.arranged = { moment, ...arrangeNow(store) };
  return store.arranged;
}

function arrangeNow(store) {
  const all = [...store.alert.values()].sort(compareAlerts);
  const below = new Map();
  const open = [];
  const folded = [];
  const shelved = [];
  for (const alert of all) {
    const root = rootOf(alert, store);
    if (root) {
      if (!below.has(root)) below.set(root, []);
      below.get(root).push(alert);
      folded.push(alert);
    } else (alert.suppressed_by?.length ? shelved : open).push(alert);
  }
  const shown = open.map((alert) => ({ alert, below: below.get(alert.id) ?? [] }));
  return { shown, folded, shelved, all };
}

/** The id of the open row under which the server has put an alert (`cut_by`), or null when there is none in sight. */
function rootOf(alert, store) {
  let root = alert;
  for (let steps = 0; root?.cut_by && steps < 16; steps += 1) root = store.alert.get(root.cut_by);
  return root && root !== alert && !root.suppressed_by?.length ? root.id : null;
}

/** Warnings that hold now: real ones, exercises apart, the rest (tests, drafts) only counted. */
export function warningsNow(store) {
  const active = [...store.warning.values()].filter((warning) => warning.state === "active");
  active.sort((a, b) => colourRank(a.colour) - colourRank(b.colour) || (a.sent < b.sent ? 1 : -1));
  return {
    real: active.filter((warning) => warning.status === "Actual"),
    exercise: active.filter((warning) => warning.status === "Exercise"),
    hidden: active.filter((warning) => !["Actual", "Exercise"].includes(warning.status)),
  };
}

export const COLOURS = ["red", "orange", "yellow", "blue"];
export const colourRank = (colour) => (COLOURS.includes(colour) ? COLOURS.indexOf(colour) : COLOURS.length);

/** The regions that a warning touches, as adcodes. */
export function warningRegions(warning) {
  const codes = new Set(warning.regions ?? []);
  for (const area of warning.areas ?? []) for (const code of area.regions ?? []) codes.add(code);
  return [...codes];
}

/** Our own processes speak as sources too; they are not data sources. */
export const isRole = (source) => source.kind === "role" || source.id.startsWith("role.");

/** How a source does: silent (no sign of life), failing, or ok. */
export function sourceState(source) {
  if (source.silent_since) return "silent";
  if (!source.ok || source.failing_since) return "failing";
  return "ok";
}
