/** Nodes that stand close together, as one feature. Gathered when places change; states are counted at each draw. */
import type { Feature, Point, Position } from "geojson";
import Supercluster from "supercluster";
import type { Node } from "./features";
import { STATES, type State } from "./ink";

/** West, south, east, north in degrees. */
export type Box = [number, number, number, number];

const WORLD: Box = [-180, -85, 180, 85];
const SHALLOWEST = 5;
/** The deepest zoom at which nodes are gathered; beyond it each stands alone. */
const DEEPEST = 17;
const FEWEST = 3;

interface Leaf {
  /** Place of the node in the list that was gathered. */
  index: number;
}

/** The clusters of one zoom, and for each node the place of its cluster in them, -1 for one that stands alone. */
interface Level {
  clusters: { id: number; at: Position }[];
  of: Int32Array;
}

export class Clusters {
  private readonly tree: Supercluster<Leaf>;
  private keys: string[] = [];
  private levels = new Map<number, Level>();

  /** `radius` in points: nodes closer than this become one. */
  constructor(radius: number) {
    this.tree = new Supercluster({ radius, minPoints: FEWEST, minZoom: SHALLOWEST, maxZoom: DEEPEST });
  }

  /** Gathers the nodes anew. Needed when nodes come, go or move. */
  load(nodes: ReadonlyMap<string, Node>): void {
    this.keys = [...nodes.keys()];
    this.levels = new Map();
    const leaves = [...nodes.values()].map(({ geometry }, index) => {
      return { type: "Feature" as const, properties: { index }, geometry };
    });
    this.tree.load(leaves);
  }

  /** What is drawn at a zoom inside a box: clusters with the counts of their members' states, and single nodes. */
  features(nodes: ReadonlyMap<string, Node>, zoom: number, box: Box): Feature<Point>[] {
    const level = this.level(zoom);
    const counts = level.clusters.map(() => ({ ok: 0, under: 0, unknown: 0, degraded: 0, down: 0, sev: 0 }));
    const drawn: Feature<Point>[] = [];
    this.keys.forEach((key, index) => {
      const node = nodes.get(key)!;
      const count = counts[level.of[index]!];
      if (count) {
        count[node.properties.s] += 1;
        count.sev = Math.max(count.sev, node.properties.sev);
      } else if (isInside(node.geometry.coordinates, box)) drawn.push(node);
    });
    level.clusters.forEach(({ id, at }, index) => {
      if (!isInside(at, box)) return;
      const count = counts[index]!;
      const members = STATES.reduce((sum, state: State) => sum + count[state], 0);
      const properties = { cluster_id: id, point_count: members, ...count };
      drawn.push({ type: "Feature", properties, geometry: { type: "Point", coordinates: at } });
    });
    return drawn;
  }

  /** The keys of the nodes in a cluster, at most so many. */
  members(id: number, most: number): string[] {
    return this.tree.getLeaves(id, most).map((leaf) => this.keys[leaf.properties.index]!);
  }

  private level(zoom: number): Level {
    const depth = Math.min(Math.max(Math.floor(zoom), SHALLOWEST), DEEPEST + 1);
    const gathered = this.levels.get(depth);
    if (gathered) return gathered;
    const level: Level = { clusters: [], of: new Int32Array(this.keys.length).fill(-1) };
    for (const { properties, geometry } of this.keys.length ? this.tree.getClusters(WORLD, depth) : []) {
      if (!("cluster_id" in properties)) continue;
      for (const leaf of this.tree.getLeaves(properties.cluster_id, Infinity)) {
        level.of[leaf.properties.index] = level.clusters.length;
      }
      level.clusters.push({ id: properties.cluster_id, at: geometry.coordinates });
    }
    this.levels.set(depth, level);
    return level;
  }
}

const isInside = ([lon, lat]: Position, [west, south, east, north]: Box): boolean =>
  lon! >= west && lon! <= east && lat! >= south && lat! <= north;
