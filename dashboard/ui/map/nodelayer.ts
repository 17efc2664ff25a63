/** Nodes, clusters and links on the map: what has changed is sent to the library, and of nodes what is in view. */
import type { Feature } from "geojson";
import type { Map as LibraryMap } from "maplibre-gl";
import type { AlertRecord, AssetRecord } from "../records";
import { Clusters, type Box } from "./clusters";
import { collection, Network, severities } from "./features";
import { followSectors } from "./sectors";
import type { Sources } from "./sources";

const RADIUS = 36;
/** How far beyond each edge of the view nodes are drawn, as a share of the view. */
const MARGIN = 0.5;

export class NodeLayer {
  private readonly network = new Network();
  private readonly clusters: Clusters;
  private drawn: { depth: number; box: Box } | null = null;

  /** `k` scales what is drawn, 2 on a wall of 3840 points. */
  constructor(private readonly map: LibraryMap, private readonly sources: Sources, k: number) {
    this.clusters = new Clusters(Math.round(RADIUS * k));
    map.on("move", () => this.follow());
    map.on("resize", () => this.follow());
    followSectors(map, k);
  }

  /** Takes the picture as it is now, and draws what of it has changed. */
  update(assets: ReadonlyMap<string, AssetRecord>, alerts: Iterable<AlertRecord>): void {
    const { places, looks } = this.network.update(assets, severities(alerts));
    if (places) {
      this.clusters.load(this.network.nodes);
      this.sources.set("links", this.network.links());
    } else if (looks.length) {
      const update = this.network.linkStates(looks).map(({ id, s }) => {
        return { id, addOrUpdateProperties: [{ key: "s", value: s }] };
      });
      if (update.length) this.sources.change("links", { update });
    }
    if (places || looks.length) this.draw();
  }

  /** Where an asset stands, or null. */
  at(id: string): [number, number] | null {
    return (this.network.nodes.get(id)?.geometry.coordinates as [number, number] | undefined) ?? null;
  }

  /** The nodes in a cluster, at most so many. */
  members(id: number, most: number): Feature[] {
    return this.clusters.members(id, most).map((key) => this.network.nodes.get(key)!);
  }

  /** Draws again when the view has come to another depth, or to the edge of what is drawn. */
  private follow(): void {
    const view = this.view();
    const { depth, box } = this.drawn ?? { depth: NaN, box: view };
    const within = view[0] >= box[0] && view[1] >= box[1] && view[2] <= box[2] && view[3] <= box[3];
    if (!within || depth !== Math.floor(this.map.getZoom())) this.draw();
  }

  private draw(): void {
    const depth = Math.floor(this.map.getZoom());
    const [west, south, east, north] = this.view();
    const [wide, high] = [(east - west) * MARGIN, (north - south) * MARGIN];
    const box: Box = [west - wide, south - high, east + wide, north + high];
    this.drawn = { depth, box };
    this.sources.set("nodes", collection(this.clusters.features(this.network.nodes, depth, box)));
  }

  private view(): Box {
    const bounds = this.map.getBounds();
    return [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  }
}
