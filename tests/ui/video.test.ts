import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssetRecord } from "../../dashboard/ui/records";
import { factsOf, verdict } from "../../dashboard/ui/video/facts";
import { inOrder, inScope, rungState, tree, type Camera, type Scope } from "../../dashboard/ui/video/states";

const ALL: Scope = {
  group: "", region: "", unit: "", recorder: "", fault: "", maker: "", key: false, conflict: false,
};

function camera(id: string, group: string, more: Partial<Camera> = {}, status: Partial<Camera["camera"]> = {}): Camera {
  const base = { fails: "", why: "", conflict: "", rungs: "ooooo--", faults: "", maker: "", key_point: false };
  return {
    id, name: id, region: "532302", owner: "a", parents: [], importance: 0, health: "ok", since: "2026-11-29T00:00:00Z",
    stale_since: null,
    ...more, camera: { ...base, group, ...status } as Camera["camera"],
  };
}

test("failing cameras come first, the important ones before the others", () => {
  const cameras = [camera("a", "ok"), camera("b", "picture", { importance: 1 }),
    camera("c", "picture", { importance: 9 }), camera("d", "offline")];
  assert.deepEqual(inOrder(cameras).map((each) => each.id), ["d", "c", "b", "a"]);
});

test("the letters of the ladder are its rungs, lowest first", () => {
  const states = (["path", "frames", "picture", "clock", "recording"] as const).map((rung) =>
    rungState({ rungs: "ooofu--" }, rung));
  assert.deepEqual(states, ["ok", "failed", "unknown", "not-checked", "not-checked"]);
});

test("filters narrow the list together", () => {
  const one = camera("a", "picture", { parents: ["nvr"] }, { faults: "black,frozen", maker: "M", key_point: true });
  const takes = (scope: Partial<Scope>): boolean => inScope(one, { ...ALL, ...scope });
  assert.ok(takes({ group: "picture", fault: "frozen", maker: "M", key: true, recorder: "nvr", region: "532302" }));
  assert.ok(!takes({ fault: "dark" }));
  assert.ok(!takes({ group: "ok" }));
  assert.ok(!takes({ conflict: true }));
  assert.ok(!takes({ unit: "b" }));
});

test("the tree has the worst group and the number that is not well of each county, unit and recorder", () => {
  const cameras = [camera("a", "ok", { parents: ["n"] }), camera("b", "offline", { parents: ["n"] }),
    camera("c", "picture", { owner: "b" }), camera("d", "ok", { region: "532301" })];
  const [first, second] = tree(cameras, (each) => each.parents[0] ?? "");
  assert.deepEqual([first!.region, first!.bad, first!.total, first!.worst], ["532301", 0, 1, "ok"]);
  assert.deepEqual([second!.region, second!.bad, second!.total, second!.worst], ["532302", 2, 3, "offline"]);
  assert.deepEqual(second!.below.map((unit) => [unit.unit, unit.worst]), [["a", "offline"], ["b", "picture"]]);
  assert.deepEqual(second!.below[0]!.below.map((place) => [place.recorder, place.total]), [["n", 2]]);
});

test("a rung names the reading that decided it and why", () => {
  const reading = (value: unknown, text = ""): unknown => ({ value, text, observed_at: "2026-11-29T00:00:00Z" });
  const readings = {
    "camera.rung[frames]": reading("failed", "rtsp.frames[10.0.0.1:554]: 无数据 | no data"),
    "rtsp.frames[10.0.0.1:554]": reading(false),
    "rtsp.fps": reading(25),
  };
  const asset = { id: "a", readings } as unknown as AssetRecord;
  const { state, by, why } = verdict(asset, "frames");
  assert.deepEqual([state, by, why], ["failed", "rtsp.frames[10.0.0.1:554]", "无数据 | no data"]);
  assert.equal(verdict(asset, "clock").state, "not-checked");
  assert.deepEqual(factsOf(asset, "frames").map((fact) => fact.key), ["rtsp.frames[10.0.0.1:554]", "rtsp.fps"]);
});
