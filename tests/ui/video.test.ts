import assert from "node:assert/strict";
import { test } from "node:test";
import type { AssetRecord } from "../../dashboard/ui/records";
import { groupOf, inOrder, rungState } from "../../dashboard/ui/video/states";

const camera = (id: string, health: string, fails = "", importance = 0): AssetRecord =>
  ({
    id, name: id, kind: "camera", health, importance, readings: { "camera.fails": { value: fails } },
  }) as unknown as AssetRecord;

test("a camera is grouped by the rung that the server names", () => {
  const groups = ["path", "signalling", "described", "frames", "picture", "clock"].map((rung) =>
    groupOf(camera("a", "degraded", rung)));
  assert.deepEqual(groups, ["offline", "offline", "signalling", "frames", "picture", "other"]);
  assert.equal(groupOf(camera("a", "unknown", "frames")), "unknown");
  assert.equal(groupOf(camera("a", "ok")), "ok");
  assert.equal(groupOf(camera("a", "degraded")), "other");
});

test("failing cameras come first, the important ones before the others", () => {
  const cameras = [camera("a", "ok"), camera("b", "degraded", "picture", 1), camera("c", "degraded", "picture", 9),
    camera("d", "down", "path")];
  assert.deepEqual(inOrder(cameras).map((each) => each.id), ["d", "c", "b", "a"]);
});

test("a rung without a reading is not checked", () => {
  assert.equal(rungState(camera("a", "ok"), "frames"), "not-checked");
});
