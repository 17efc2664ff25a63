/** What lies on the map, as features: nodes, links, warnings, county seats. Pure. */
import type { Feature, FeatureCollection, Point } from "geojson";
import { warningRegions } from "../alerts/summary";
import { kindShape } from "../core/shapes";
import { covers } from "../core/site";
import type { AlertRecord, AssetRecord, BoardRecord, WarningRecord } from "../records";
import type { State } from "./ink";

export interface NodeProperties {
  key: string;
  name: string;
  s: State;
  shape: string;
  size: number;
  order: number;
  /** The gravest open alert: 3 critical, 2 major, 1 less, 0 none. */
  sev: number;
}
export type Node = Feature<Point, NodeProperties>;

/** What `Network.update` found: whether nodes or links came, went or moved, and the nodes that look different. */
export interface Changes {
  places: boolean;
  looks: string[];
}

export const collection = (features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });

/** What does not change, as one collection; each feature says by `layer` what it is. */
export function ground(layers: Readonly<Partial<Record<string, FeatureCollection>>>): FeatureCollection {
  return collection(Object.entries(layers).flatMap(([layer, part]) => {
    return (part?.features ?? []).map((feature) => ({ ...feature, properties: { ...feature.properties, layer } }));
  }));
}

/** What an asset shows: its health, or "under" where the server says that something above it explains its state. */
export function stateOf(asset: AssetRecord): State {
  return asset.cut_by && asset.health !== "ok" ? "under" : asset.health;
}

const SEVERITY: Readonly<Record<string, number>> = { critical: 3, major: 2 };

/** The gravest open alert of each asset that the server does not hide. */
export function severities(alerts: Iterable<AlertRecord>): Map<string, number> {
  const worst = new Map<string, number>();
  for (const alert of alerts) {
    if (!alert.active || alert.subject_kind !== "asset" || alert.suppressed_by.length) continue;
    const rank = SEVERITY[alert.severity] ?? 1;
    if (rank > (worst.get(alert.asset) ?? 0)) worst.set(alert.asset, rank);
  }
  return worst;
}

/** Features of nodes and links, made again only where what is drawn of an asset has changed. */
export class Network {
  readonly nodes = new Map<string, Node>();
  private readonly parents = new Map<string, readonly string[]>();

  /** Takes the assets as they are now. */
  update(assets: ReadonlyMap<string, AssetRecord>, severity: ReadonlyMap<string, number>): Changes {
    const changes: Changes = { places: this.forget(assets), looks: [] };
    const below = childCounts(assets);
    for (const asset of assets.values()) {
      if (asset.lat === null || asset.lon === null) continue;
      const old = this.nodes.get(asset.id);
      const moved = !old || !isThere(old, asset) || !isEqual(this.parents.get(asset.id) ?? [], asset.parents);
      const properties = look(asset, below.get(asset.id) ?? 0, severity.get(asset.id) ?? 0);
      if (old && !moved && isSame(old.properties, properties)) continue;
      if (moved) changes.places = true;
      else changes.looks.push(asset.id);
      const geometry: Point = { type: "Point", coordinates: [asset.lon, asset.lat] };
      this.nodes.set(asset.id, { type: "Feature", properties, geometry });
      this.parents.set(asset.id, asset.parents);
    }
    return changes;
  }

  /** Takes out what is no longer there or has lost its place. True when something was taken out. */
  private forget(assets: ReadonlyMap<string, AssetRecord>): boolean {
    const gone = [...this.nodes.keys()].filter((id) => (assets.get(id)?.lat ?? null) === null);
    for (const id of gone) this.nodes.delete(id);
    return gone.length > 0;
  }

  /** Lines from assets to what they hang on, where the two stand in different places; each has an id. */
  links(): FeatureCollection {
    const lines: Feature[] = [];
    for (const [id, node] of this.nodes) {
      for (const parent of this.parents.get(id) ?? []) {
        const above = this.nodes.get(parent);
        if (!above) continue;
        const [from, to] = [above.geometry.coordinates, node.geometry.coordinates];
        if (from[0] === to[0] && from[1] === to[1]) continue;
        lines.push({
          type: "Feature", id: linkId(id, parent), properties: { s: node.properties.s },
          geometry: { type: "LineString", coordinates: [from, to] },
        });
      }
    }
    return collection(lines);
  }

  /** The states of the links of some nodes, also of links that are not drawn. */
  linkStates(ids: readonly string[]): { id: string; s: State }[] {
    return ids.flatMap((id) => {
      const { s } = this.nodes.get(id)!.properties;
      return (this.parents.get(id) ?? []).map((parent) => ({ id: linkId(id, parent), s }));
    });
  }
}

const linkId = (id: string, parent: string): string => `${id} ${parent}`;

const isEqual = (one: readonly string[], other: readonly string[]): boolean =>
  one === other || (one.length === other.length && one.every((value, index) => value === other[index]));

/** How many assets hang directly on each. */
function childCounts(assets: ReadonlyMap<string, AssetRecord>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { parents } of assets.values()) for (const id of parents) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

function look(asset: AssetRecord, below: number, sev: number): NodeProperties {
  const s = stateOf(asset);
  const calm = below > 8 ? 0.85 : below > 0 || asset.importance > 1 ? 0.62 : 0.4;
  const size = s === "ok" || s === "under" ? calm : Math.max(0.62, calm);
  return { key: asset.id, name: asset.name, s, shape: kindShape(asset.kind), size, order: -below, sev };
}

function isThere(node: Node, asset: AssetRecord): boolean {
  const [lon, lat] = node.geometry.coordinates;
  return lon === asset.lon && lat === asset.lat;
}

function isSame(old: NodeProperties, next: NodeProperties): boolean {
  return (
    old.s === next.s && old.sev === next.sev && old.name === next.name && old.shape === next.shape &&
    old.size === next.size && old.order === next.order
  );
}

/**
 * Areas of warnings, the worst on top; where only codes are known, the counties that they name. Of warnings that cover
 * the same ground in the same colour one is drawn.
 */
export function warningAreas(
  real: readonly WarningRecord[], exercise: readonly WarningRecord[], counties: FeatureCollection, stamp: string,
  chosen: string | null = null,
): FeatureCollection {
  const drawn = new Set<string>();
  const features: Feature[] = [];
  for (const warning of [...exercise, ...real].reverse()) {
    const { shapes } = warning;
    const where = shapes.length ? JSON.stringify(shapes) : warning.regions.join();
    const ground = `${warning.colour} ${warning.status} ${where}`;
    if (warning.id !== chosen && drawn.has(ground)) continue;
    drawn.add(ground);
    const codes = shapes.length ? [] : warningRegions(warning);
    const named = counties.features.filter((county) => {
      return codes.some((code) => covers(code, String(county.properties?.adcode)));
    });
    const { id, colour } = warning;
    const properties = { id, colour, exercise: warning.status === "Exercise", stamp, chosen: id === chosen };
    for (const geometry of [...shapes, ...named.map((county) => county.geometry)]) {
      features.push({ type: "Feature", properties, geometry: geometry as Feature["geometry"] });
    }
  }
  return collection(features);
}

/** The seats of the counties with their names and worst states, as the boards say. */
export function seats(
  counties: FeatureCollection, boards: ReadonlyMap<string, BoardRecord>, nameOf: (code: string) => string,
): FeatureCollection {
  return collection(
    counties.features.map((county) => {
      const p = county.properties ?? {};
      const code = String(p.adcode);
      const at = [Number(p.seat_lon ?? p.clon), Number(p.seat_lat ?? p.clat)];
      const s = boards.get(`region:${code}`)?.worst ?? "ok";
      return { type: "Feature", properties: { label: nameOf(code), s }, geometry: { type: "Point", coordinates: at } };
    }),
  );
}

/** True when nothing of a county is known. */
export function isSilent(board: BoardRecord | undefined): boolean {
  return board !== undefined && board.total > 0 && board.health.unknown === board.total;
}

/** West, south, east, north of some features, else of Yunnan. */
export function extent(features: Feature[]): [number, number, number, number] {
  const box: [number, number, number, number] = [Infinity, Infinity, -Infinity, -Infinity];
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] !== "number") return part.forEach(walk);
    const [lon, lat] = part as [number, number];
    box[0] = Math.min(box[0], lon);
    box[1] = Math.min(box[1], lat);
    box[2] = Math.max(box[2], lon);
    box[3] = Math.max(box[3], lat);
  };
  for (const { geometry } of features) if (geometry && "coordinates" in geometry) walk(geometry.coordinates);
  return Number.isFinite(box[0]) ? box : [97, 21, 106, 29];
}
