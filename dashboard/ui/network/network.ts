/** The assets as a tree of uplinks: what hangs on what, and how much below each is wrong. Pure. */
import { stateOf } from "../map/features";
import { STATES, type State } from "../map/ink";
import type { AssetRecord } from "../records";

/** What the network's lists know of an asset beside its place on the map (the face `tree`). */
export type NodeFacts = Pick<AssetRecord, "since" | "owner" | "labels">;

/** Counts of a node and everything below it. */
export interface Weight {
  total: number;
  /** Down, degraded or explained by a root. */
  bad: number;
  unknown: number;
  /** How many are wrong by themselves, the node itself included. */
  causes: number;
  /** The worst state: 0 is down. */
  rank: number;
}

export interface NetNode {
  id: string;
  asset: AssetRecord;
  facts: NodeFacts | undefined;
  state: State;
  /** The uplink that the tree draws: the first that is known. "" on top. */
  up: string;
  layer: string;
  unit: string;
  weight: Weight;
}

/** An asset of these kinds is a unit by itself when nobody is named as its owner. */
const UNITS = new Set(["department", "site", "building"]);
const DEPTH = 16;
const WORST_FIRST = [...STATES].reverse();

export const rankOf = (state: State): number => WORST_FIRST.indexOf(state);
/** States from the worst. */
export const states: readonly State[] = WORST_FIRST;

/** Wrong by itself: the server names no root for it. */
export const isCause = (node: NetNode): boolean => node.state !== "ok" && node.state !== "under";

const unitOf = (asset: AssetRecord, facts: NodeFacts | undefined): string =>
  facts?.owner || facts?.labels?.unit || (UNITS.has(asset.kind) ? asset.name : "");

/** Nodes by id, and the children of each, worst first; the children of "" stand on top. */
export class Network {
  readonly nodes = new Map<string, NetNode>();
  readonly below = new Map<string, string[]>();

  constructor(assets: Iterable<AssetRecord>, facts: ReadonlyMap<string, NodeFacts>) {
    const all = new Map([...assets].map((asset) => [asset.id, asset]));
    for (const asset of all.values()) {
      const up = asset.parents.find((id) => id !== asset.id && all.has(id)) ?? "";
      const known = facts.get(asset.id);
      const weight = { total: 1, bad: 0, unknown: 0, causes: 0, rank: STATES.length - 1 };
      const node = { id: asset.id, asset, facts: known, state: stateOf(asset), up, layer: "", weight };
      this.nodes.set(asset.id, { ...node, unit: unitOf(asset, known) });
      this.childrenOf(up).push(asset.id);
    }
    this.weigh();
    for (const node of this.nodes.values()) node.layer = this.layerOf(node);
    for (const ids of this.below.values()) ids.sort((a, b) => this.compare(a, b));
  }

  /** The ids below `id`, made where there are none. */
  private childrenOf(id: string): string[] {
    let ids = this.below.get(id);
    if (!ids) this.below.set(id, (ids = []));
    return ids;
  }

  /** Everything from the top down. Parents in a ring hang below nobody: the first of each ring stands on top. */
  private inOrder(): NetNode[] {
    const order: NetNode[] = [];
    const seen = new Set<string>();
    const reach = (tops: readonly string[]): void => {
      const queue = [...tops];
      for (const id of queue) {
        if (seen.has(id)) continue;
        seen.add(id);
        order.push(this.nodes.get(id)!);
        queue.push(...(this.below.get(id) ?? []));
      }
    };
    reach(this.childrenOf(""));
    for (const node of this.nodes.values()) {
      if (seen.has(node.id)) continue;
      this.below.set(node.up, this.below.get(node.up)!.filter((id) => id !== node.id));
      node.up = "";
      this.childrenOf("").push(node.id);
      reach([node.id]);
    }
    return order;
  }

  private weigh(): void {
    for (const node of this.inOrder().reverse()) {
      const { weight, state } = node;
      weight.bad = Number(state === "down" || state === "degraded" || state === "under");
      weight.unknown = Number(state === "unknown");
      weight.causes = Number(isCause(node));
      weight.rank = rankOf(state);
      for (const child of this.below.get(node.id) ?? []) add(weight, this.nodes.get(child)!.weight);
    }
  }

  private layerOf(node: NetNode): string {
    return node.facts?.labels?.layer || `depth-${this.way(node.id).length + 1}`;
  }

  private compare(a: string, b: string): number {
    const [one, two] = [this.nodes.get(a)!, this.nodes.get(b)!];
    return one.weight.rank - two.weight.rank || two.weight.bad - one.weight.bad ||
      two.asset.importance - one.asset.importance || (a < b ? -1 : 1);
  }

  /** The ids from the top down to an asset, without its own. */
  way(id: string): string[] {
    const way: string[] = [];
    let up = this.nodes.get(id)?.up;
    while (up && !way.includes(up) && way.length < DEPTH) {
      way.unshift(up);
      up = this.nodes.get(up)?.up;
    }
    return way;
  }
}

function add(sum: Weight, below: Weight): void {
  sum.total += below.total;
  sum.bad += below.bad;
  sum.unknown += below.unknown;
  sum.causes += below.causes;
  sum.rank = Math.min(sum.rank, below.rank);
}
