/** The map: nodes gathered by place, what of them has changed, and which layers are shown. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Map as LibraryMap } from "maplibre-gl";
import { Clusters } from "../../dashboard/ui/map/clusters";
import { collection, Network } from "../../dashboard/ui/map/features";
import { Sources } from "../../dashboard/ui/map/sources";
import type { AssetRecord, Health } from "../../dashboard/ui/records";

const BOX: [number, number, number, number] = [100, 24, 102, 26];
const asset = (id: string, lon: number, lat: number, health: Health = "ok", parents: string[] = []): AssetRecord =>
  ({ id, name: id, kind: "router", lon, lat, health, parents, cut_by: "", importance: 1 }) as unknown as AssetRecord;
const byId = (...assets: AssetRecord[]): Map<string, AssetRecord> => new Map(assets.map((one) => [one.id, one]));
const many = (count: number): AssetRecord[] =>
  Array.from({ length: count }, (_, n) => asset(`n${n}`, 101 + (n % 90) / 100, 25 + (n % 100) / 100));

function drawn(assets: Map<string, AssetRecord>, zoom: number, severity = new Map<string, number>()) {
  const network = new Network();
  const clusters = new Clusters(26);
  network.update(assets, severity);
  clusters.load(network.nodes);
  return clusters.features(network.nodes, zoom, BOX).map(({ properties }) => properties!);
}

test("a cluster counts the states of its members and the gravest alert, and two nodes are no cluster", () => {
  const near = byId(
    asset("a", 101, 25), asset("b", 101.001, 25, "down"), asset("c", 101, 25.001, "unknown"),
    asset("d", 101.9, 25.9), asset("e", 101.901, 25.9),
  );
  const features = drawn(near, 8, new Map([["b", 3]]));
  const clusters = features.filter((one) => one.point_count);
  assert.equal(clusters.length, 1);
  const { point_count, ok, down, unknown, degraded, under, sev } = clusters[0]!;
  assert.deepEqual([point_count, ok, down, unknown, degraded, under, sev], [3, 1, 1, 1, 0, 0, 3]);
  assert.deepEqual(features.filter((one) => !one.point_count).map((one) => String(one.key)), ["d", "e"]);
});

test("at every depth each node is drawn once, alone or in a cluster", () => {
  const all = byId(...many(2000));
  for (let zoom = 4; zoom <= 19; zoom += 1) {
    const features = drawn(all, zoom);
    assert.equal(features.reduce((sum, one) => sum + Number(one.point_count ?? 1), 0), 2000, `zoom ${zoom}`);
  }
});

test("what lies outside the box is not drawn", () => {
  const features = drawn(byId(asset("far", 110, 30), asset("near", 101, 25)), 12);
  assert.deepEqual(features.map((one) => String(one.key)), ["near"]);
});

test("a change of health is a change of looks; coming, going, moving and other parents are one of places", () => {
  const network = new Network();
  const two = byId(asset("a", 101, 25), asset("b", 101.1, 25, "ok", ["a"]));
  const update = (assets: Map<string, AssetRecord>) => network.update(assets, new Map());
  assert.deepEqual(update(two), { places: true, looks: [] });
  assert.deepEqual(update(two), { places: false, looks: [] });
  const sick = byId(two.get("a")!, asset("b", 101.1, 25, "down", ["a"]));
  assert.deepEqual(update(sick), { places: false, looks: ["b"] });
  assert.deepEqual(network.linkStates(["b"]), [{ id: "b a", s: "down" }]);
  assert.equal(update(byId(sick.get("a")!, asset("b", 101.2, 25, "down", ["a"]))).places, true);
  assert.equal(update(byId(sick.get("a")!, asset("b", 101.2, 25, "down"))).places, true);
  assert.equal(update(byId(sick.get("a")!)).places, true);
  assert.deepEqual([...network.nodes.keys()], ["a"]);
});

test("members of a cluster are named, as many as are asked for", () => {
  const network = new Network();
  const clusters = new Clusters(26);
  network.update(byId(...many(500)), new Map());
  clusters.load(network.nodes);
  const first = clusters.features(network.nodes, 6, [90, 20, 110, 30]).find(({ properties }) => properties!.cluster_id);
  const id = Number(first!.properties!.cluster_id);
  assert.equal(clusters.members(id, 10).length, 10);
  assert.equal(clusters.members(id, 1000).length, first!.properties!.point_count);
});

test("a layer is shown when its source has something, and nobody has switched it off", () => {
  const layers = new Map([["warning-fill", "warnings"], ["roads", "ground"], ["county-silent", "ground"]]);
  const shown = new Map<string, string>();
  const map = {
    getLayersOrder: () => [...layers.keys()],
    getLayer: (id: string) => ({ source: layers.get(id) }),
    getLayoutProperty: (id: string) => shown.get(id),
    setLayoutProperty: (id: string, _name: string, value: string) => void shown.set(id, value),
    getSource: () => undefined,
  };
  const sources = new Sources(map as unknown as LibraryMap, ["ground"]);
  const state = () => [...layers.keys()].map((id) => shown.get(id) ?? "visible");
  assert.deepEqual(state(), ["none", "visible", "visible"]);
  const area = { type: "Feature" as const, properties: {}, geometry: { type: "Point" as const, coordinates: [0, 0] } };
  sources.set("warnings", collection([area]));
  sources.use("county-silent", false);
  assert.deepEqual(state(), ["visible", "visible", "none"]);
  sources.toggle("warnings", false);
  sources.toggle("roads", false);
  assert.deepEqual(state(), ["none", "none", "none"]);
  sources.toggle("warnings", true);
  sources.set("warnings", collection([]));
  assert.deepEqual(state(), ["none", "none", "none"]);
});
