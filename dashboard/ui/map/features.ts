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
type Node = Feature<Point, NodeProperties>;

export const collection = (features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });

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
  private readonly nodes = new Map<string, Node>();
  private children = new Map<string, number>();

  /** Takes the assets as they are now. True when something that is drawn has changed. */
  update(assets: ReadonlyMap<string, AssetRecord>, severity: ReadonlyMap<string, number>): boolean {
    let changed = false;
    this.children = new Map();
    for (const asset of assets.values()) {
      for (const parent of asset.parents) this.children.set(parent, (this.children.get(parent) ?? 0) + 1);
    }
    for (const asset of assets.values()) {
      if (asset.lat === null || asset.lon === null) continue;
      const old = this.nodes.get(asset.id);
      const properties = this.look(asset, severity.get(asset.id) ?? 0);
      if (old && same(old, asset, properties)) continue;
      changed = true;
      const geometry: Point = { type: "Point", coordinates: [asset.lon, asset.lat] };
      this.nodes.set(asset.id, { type: "Feature", properties, geometry });
    }
    for (const id of this.nodes.keys()) {
      if (assets.has(id)) continue;
      this.nodes.delete(id);
      changed = true;
    }
    return changed;
  }

  private look(asset: AssetRecord, sev: number): NodeProperties {
    const below = this.children.get(asset.id) ?? 0;
    const s = stateOf(asset);
    const calm = below > 8 ? 0.85 : below > 0 || asset.importance > 1 ? 0.62 : 0.4;
    const size = s === "ok" || s === "under" ? calm : Math.max(0.62, calm);
    return { key: asset.id, name: asset.name, s, shape: kindShape(asset.kind), size, order: -below, sev };
  }

  features(): FeatureCollection {
    return collection([...this.nodes.values()]);
  }

  /** Where an asset stands, or null. */
  at(id: string): [number, number] | null {
    return (this.nodes.get(id)?.geometry.coordinates as [number, number] | undefined) ?? null;
  }

  /** Lines from assets to what they hang on, where the two stand in different places. */
  links(assets: ReadonlyMap<string, AssetRecord>): FeatureCollection {
    const lines: Feature[] = [];
    for (const [id, node] of this.nodes) {
      for (const parent of assets.get(id)?.parents ?? []) {
        const above = this.nodes.get(parent);
        if (!above) continue;
        const [from, to] = [above.geometry.coordinates, node.geometry.coordinates];
        if (from[0] === to[0] && from[1] === to[1]) continue;
        lines.push({
          type: "Feature", properties: { s: node.properties.s },
          geometry: { type: "LineString", coordinates: [from, to] },
        });
      }
    }
    return collection(lines);
  }
}

function same(old: Node, asset: AssetRecord, next: NodeProperties): boolean {
  const p = old.properties;
  const [lon, lat] = old.geometry.coordinates;
  return (
    p.s === next.s && p.sev === next.sev && p.name === next.name && p.shape === next.shape && p.size === next.size &&
    lon === asset.lon && lat === asset.lat
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
