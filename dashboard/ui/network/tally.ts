/** Nodes counted by state, in groups. Pure. */
import type { State } from "../map/ink";
import { rankOf, states, type NetNode } from "./network";

export interface Tally {
  key: string;
  count: Record<State, number>;
  total: number;
  /** Down, degraded or explained by a root. */
  bad: number;
  worst: State;
}

/** A group in which nothing has been counted. */
export const emptyTally = (key: string): Tally =>
  ({ key, count: { down: 0, degraded: 0, unknown: 0, under: 0, ok: 0 }, total: 0, bad: 0, worst: "ok" });

/** Groups of nodes by `keyOf`, worst first; `rank` decides between equals. */
export function tally(
  nodes: readonly NetNode[], keyOf: (node: NetNode) => string, rank: (key: string) => number = () => 0,
): Tally[] {
  const groups = new Map<string, Tally>();
  for (const node of nodes) {
    const key = keyOf(node);
    let group = groups.get(key);
    if (!group) groups.set(key, (group = emptyTally(key)));
    group.count[node.state] += 1;
    group.total += 1;
  }
  for (const group of groups.values()) {
    group.bad = group.count.down + group.count.degraded + group.count.under;
    group.worst = states.find((state) => group.count[state]) ?? "ok";
  }
  return [...groups.values()].sort((a, b) => {
    return rankOf(a.worst) - rankOf(b.worst) || b.bad - a.bad || b.count.unknown - a.count.unknown ||
      rank(a.key) - rank(b.key) || (a.key < b.key ? -1 : 1);
  });
}

/** The sum over all nodes. */
export const total = (nodes: readonly NetNode[]): Tally =>
  tally(nodes, () => "")[0] ?? emptyTally("");
