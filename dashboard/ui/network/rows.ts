/** The rows of the tree: open down to every cause, worst first, the healthy neighbours behind one line. Pure. */
import { isCause, rankOf, type NetNode, type Network } from "./network";

/** Fewer healthy neighbours than this are listed one by one. */
const FEW = 4;
const OK = rankOf("ok");

export interface NodeRow {
  id: string;
  node: NetNode;
  depth: number;
  open: boolean;
  /** How many rows hang directly below it. */
  kids: number;
  /** True for what only leads to what the scope means. */
  context: boolean;
  /** True where a cause lies below. */
  onPath: boolean;
  place: number;
  of: number;
}
/** Stands for the healthy neighbours below `parent`. */
export interface RestRow {
  id: string;
  parent: string;
  rest: number;
  depth: number;
}
export type TreeRow = NodeRow | RestRow;
/** What somebody has opened (true) or closed. Everything else opens by itself. */
export type Folds = ReadonlyMap<string, boolean>;

export const isRest = (row: TreeRow): row is RestRow => "rest" in row;

/** Rows from top to bottom; `meant`: what the scope means, null for all. */
export function treeRows(network: Network, meant: ReadonlySet<string> | null, folds: Folds): TreeRow[] {
  const shown = meant && new Set(meant);
  for (const id of meant ?? []) for (const up of network.way(id)) shown!.add(up);
  const calm = !(network.below.get("") ?? []).some((id) => network.nodes.get(id)!.weight.causes);
  const listed = (id: string): string[] => (network.below.get(id) ?? []).filter((child) => !shown || shown.has(child));
  const rows: TreeRow[] = [];
  const rowOf = (id: string, depth: number, place: number, of: number): NodeRow => {
    const node = network.nodes.get(id)!;
    const onPath = node.weight.causes > Number(isCause(node));
    const kids = listed(id).length;
    const opens = Boolean(meant) || depth === 0 || (calm && depth === 1) || onPath;
    const open = kids > 0 && (folds.get(id) ?? opens);
    return { id, node, depth, open, kids, context: Boolean(meant && !meant.has(id)), onPath, place, of };
  };
  const walk = (parent: string, depth: number): void => {
    const ids = listed(parent);
    const wrong = ids.filter((id) => network.nodes.get(id)!.weight.rank < OK);
    // Where something is wrong the healthy ones stand behind one line: the next cause must not be pages away.
    const every = Boolean(meant) || folds.get(parent) === true || !wrong.length || ids.length - wrong.length < FEW;
    (every ? ids : wrong).forEach((id, index) => {
      const row = rowOf(id, depth, index + 1, ids.length);
      rows.push(row);
      if (row.open) walk(id, depth + 1);
    });
    if (!every) rows.push({ id: `${parent}/`, parent, rest: ids.length - wrong.length, depth });
  };
  walk("", 0);
  return rows;
}
