/** The tree of uplinks: what is counted below what, which rows stand open, and what a scope means. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Network, type NodeFacts } from "../../dashboard/ui/network/network";
import { isRest, treeRows } from "../../dashboard/ui/network/rows";
import { tally } from "../../dashboard/ui/network/tally";
import type { AssetRecord, Health } from "../../dashboard/ui/records";

const LIKE = { kind: "switch", region: "532300", importance: 0 };
const asset = (id: string, parents: string[], health: Health = "ok", cut_by = ""): AssetRecord =>
  ({ ...LIKE, id, name: id, parents, health, cut_by }) as unknown as AssetRecord;
const none = new Map<string, NodeFacts>();
const tree = (...assets: AssetRecord[]): Network => new Network(assets, none);
const ids = (network: Network, folds = new Map<string, boolean>()): string[] =>
  treeRows(network, null, folds).map((row) => row.id);

test("what lies below is counted, and what the server explains by a root is no cause", () => {
  const network = tree(asset("core", []), asset("a", ["core"], "down"), asset("a1", ["a"], "unknown", "alert-1"));
  const { total, bad, unknown, causes } = network.nodes.get("core")!.weight;
  assert.deepEqual({ total, bad, unknown, causes }, { total: 3, bad: 2, unknown: 0, causes: 1 });
  assert.equal(network.nodes.get("a1")!.state, "under");
});

test("parents in a ring hang below nobody: the first stands on top, and everything is there once", () => {
  const network = tree(asset("a", ["b"]), asset("b", ["a"]), asset("c", ["b"]));
  assert.deepEqual(network.below.get(""), ["a"]);
  assert.deepEqual(network.way("c"), ["a", "b"]);
  assert.equal(network.nodes.get("a")!.weight.total, 3);
});

test("a network that stands as before shows what is known now, as one that is made anew", () => {
  const first = [asset("core", []), asset("a", ["core"], "down"), asset("a1", ["a"]), asset("b", ["core"])];
  const facts = (unit: string) => new Map([["b", { owner: unit, labels: {}, since: null } as unknown as NodeFacts]]);
  const before = new Network(first, none);
  const changes: [AssetRecord[], Map<string, NodeFacts>][] = [
    [[first[0]!, asset("a", ["core"]), first[2]!, asset("b", ["core"], "degraded")], facts("水务局")],
    [[first[0]!, asset("a", ["core"]), asset("a1", ["b"], "unknown"), asset("b", ["core"])], facts("")],
    [[asset("a", ["core"], "down"), asset("b", ["a"])], none],
  ];
  changes.reduce((old, [assets, known]) => {
    const [now, anew] = [new Network(assets, known, old), new Network(assets, known)];
    assert.deepEqual([now.below, now.nodes], [anew.below, anew.nodes]);
    return now;
  }, before);
});

test("the tree is open down to every cause, and healthy neighbours stand behind one line", () => {
  const healthy = Array.from({ length: 5 }, (_, n) => asset(`ok${n}`, ["core"]));
  const network = tree(asset("core", []), asset("bad", ["core"]), asset("leaf", ["bad"], "down"), ...healthy);
  assert.deepEqual(ids(network), ["core", "bad", "leaf", "core/"]);
  assert.deepEqual(treeRows(network, null, new Map()).filter(isRest).map((row) => row.rest), [5]);
  assert.equal(ids(network, new Map([["core", true]])).length, 8);
  assert.deepEqual(ids(network, new Map([["bad", false]])), ["core", "bad", "core/"]);
});

test("what a scope means keeps its way up as context", () => {
  const network = tree(asset("core", []), asset("a", ["core"]), asset("a1", ["a"]), asset("b", ["core"]));
  const rows = treeRows(network, new Set(["a1"]), new Map());
  assert.deepEqual(rows.map((row) => [row.id, !isRest(row) && row.context]), [
    ["core", true], ["a", true], ["a1", false],
  ]);
});

test("groups stand worst first, and one that is wholly explained comes after unknown ones", () => {
  const network = tree(
    asset("ok", []), asset("under", [], "down", "alert-1"), asset("unknown", [], "unknown"), asset("down", [], "down"),
  );
  const groups = tally([...network.nodes.values()], (node) => node.id);
  assert.deepEqual(groups.map((group) => group.key), ["down", "unknown", "under", "ok"]);
});
