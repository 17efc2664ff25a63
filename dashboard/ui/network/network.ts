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

const isSame = (a: readonly string[], b: readonly string[]): boolean => a === b || a.join("\n") === b.join("\n");

/** Nodes by id, and the children of each, worst first; the children of "" stand on top. */
export class Network {
  readonly nodes: Map<string, NetNode>;
  readonly below: Map<string, string[]>;
  /** All nodes from the top down. */
  private readonly order: readonly NetNode[];

  /** Of `before`, nodes are taken over when nothing has come, gone or been hung elsewhere: they show what is new. */
  constructor(
    assets: readonly AssetRecord[], facts: ReadonlyMap<string, NodeFacts>, before: Network | null = null,
  ) {
    const kept = before?.isShaped(assets) ? before : null;
    this.nodes = kept?.nodes ?? new Map<string, NetNode>();
    this.below = kept?.below ?? new Map<string, string[]>();
    if (kept) for (const asset of assets) renew(this.nodes.get(asset.id)!, asset, facts.get(asset.id));
    else this.hang(assets, facts);
    this.order = kept?.order ?? this.inOrder();
    this.weigh();
    for (const node of this.nodes.values()) node.layer ||= this.layerOf(node);
    for (const [up, ids] of this.below) this.below.set(up, this.worstFirst(ids));
  }

  /** True when these assets hang as the nodes do. */
  private isShaped(assets: readonly AssetRecord[]): boolean {
    return assets.length === this.nodes.size && assets.every(({ id, parents }) => {
      const node = this.nodes.get(id);
      return node !== undefined && isSame(node.asset.parents, parents);
    });
  }

  private hang(assets: readonly AssetRecord[], facts: ReadonlyMap<string, NodeFacts>): void {
    const all = new Set(assets.map(({ id }) => id));
    for (const asset of assets) {
      const { id } = asset;
      const up = asset.parents.find((parent) => parent !== id && all.has(parent)) ?? "";
      const known = facts.get(id);
      const unit = unitOf(asset, known);
      this.nodes.set(id, { id, asset, facts: known, state: stateOf(asset), up, layer: "", unit, weight: weightless() });
      this.childrenOf(up).push(id);
    }
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
    for (let at = this.order.length - 1; at >= 0; at -= 1) {
      const node = this.order[at]!;
      const { weight, state } = node;
      weight.total = 1;
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

  private worstFirst(ids: readonly string[]): string[] {
    return ids.map((id) => this.nodes.get(id)!).sort(compare).map(({ id }) => id);
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

const weightless = (): Weight => ({ total: 1, bad: 0, unknown: 0, causes: 0, rank: STATES.length - 1 });

/** Puts what is known now into a node that stands where it stood. */
function renew(node: NetNode, asset: AssetRecord, facts: NodeFacts | undefined): void {
  if (node.asset === asset && node.facts === facts) return;
  const state = stateOf(asset);
  Object.assign(node, { asset, facts, state, unit: unitOf(asset, facts), layer: facts?.labels?.layer ?? "" });
}

function compare(one: NetNode, two: NetNode): number {
  return one.weight.rank - two.weight.rank || two.weight.bad - one.weight.bad ||
    two.asset.importance - one.asset.importance || (one.id < two.id ? -1 : 1);
}

function add(sum: Weight, below: Weight): void {
  sum.total += below.total;
  sum.bad += below.bad;
  sum.unknown += below.unknown;
  sum.causes += below.causes;
  sum.rank = Math.min(sum.rank, below.rank);
}
