/** How far one has drilled into the network: county, layer, unit, words, and only what is wrong. In the address. */
import { query, setQuery } from "../core/address";
import { t, tOr } from "../core/i18n";
import { countyOf } from "../core/site";
import type { Network, NetNode } from "./network";

const FIELDS = ["county", "layer", "unit"] as const;
export type ScopeField = (typeof FIELDS)[number];
/** In the address: the assets of no unit. */
export const NO_UNIT = "-";
const LAYERS = ["province", "core", "county", "aggregation", "town", "access", "service", "security"];
const DEEP = "depth-";

/** A field that is null narrows nothing. */
export type Scope = Record<ScopeField, string | null> & { words: string; bad: boolean };

export function readScope(): Scope {
  const [county, layer, unit] = FIELDS.map(query) as [string | null, string | null, string | null];
  return { county, layer, unit, words: (query("q") ?? "").trim().toLowerCase(), bad: query("bad") === "1" };
}

export const narrow = (values: Readonly<Record<string, string | null>>): void => setQuery(values);

export const narrows = (scope: Scope): boolean =>
  FIELDS.some((name) => scope[name] !== null) || scope.words !== "" || scope.bad;

/** The key of a node under a field of the scope. */
export function keyOf(node: NetNode, field: ScopeField): string {
  if (field === "county") return countyOf(node.asset.region);
  return field === "layer" ? node.layer : node.unit || NO_UNIT;
}

/** True when the node lies in the county, layer and unit of the scope; `except` leaves one of them out of account. */
export function isInside(node: NetNode, scope: Scope, except?: ScopeField): boolean {
  return FIELDS.every((name) => scope[name] === null || name === except || keyOf(node, name) === scope[name]);
}

/** The ids that the scope means, or null for all. */
export function meant(network: Network, scope: Scope): Set<string> | null {
  if (!narrows(scope)) return null;
  const ids = new Set<string>();
  for (const node of network.nodes.values()) {
    const words = `${node.asset.name} ${node.id} ${node.unit}`.toLowerCase();
    if (isInside(node, scope) && !(scope.bad && node.state === "ok") && words.includes(scope.words)) ids.add(node.id);
  }
  return ids;
}

export const layerName = (layer: string): string =>
  layer.startsWith(DEEP) ? t("netlayer.depth", { n: layer.slice(DEEP.length) }) : tOr(`netlayer.${layer}`, layer);

/** The order of layers: from the province down, then those that nobody foresaw, then those that are only counted. */
export function layerRank(layer: string): number {
  if (layer.startsWith(DEEP)) return 100 + Number(layer.slice(DEEP.length));
  return LAYERS.includes(layer) ? LAYERS.indexOf(layer) : 50;
}
