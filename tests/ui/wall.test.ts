/** The wall: which scene is in turn, what calls one, and how its right column is shared out. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { HOLD, sceneAt, type Call, type Scene } from "../../dashboard/ui/wall/scene";

const none = () => null;
const scene = (name: string, seconds: number, more: Partial<Scene> = {}): Scene =>
  ({ name, seconds, Left: none, Right: none, ...more });
const AT = 1_000_000_000_000;

test("scenes take turns by the clock, so that two walls show the same", () => {
  const scenes = [scene("all", 60), scene("network", 30), scene("video", 30)];
  const names = [0, 59, 60, 89, 90, 119, 120].map((second) => sceneAt(scenes, null, second * 1000).name);
  assert.deepEqual(names, ["all", "all", "network", "network", "video", "video", "all"]);
});

test("a scene with nothing to show is passed over", () => {
  const scenes = [scene("all", 60), scene("network", 30, { present: () => false }), scene("video", 30)];
  assert.equal(sceneAt(scenes, null, 60_000).name, "video");
});

test("a new grave thing calls its scene and holds it for three minutes", () => {
  const calls: Call[] = [{ at: AT }];
  const scenes = [scene("all", 60), scene("command", 1, { calls: () => calls })];
  assert.equal(sceneAt(scenes, null, AT).name, "command");
  assert.equal(sceneAt(scenes, null, AT + HOLD - 1).name, "command");
  const turn = Math.ceil((AT + HOLD) / 61_000) * 61_000;
  assert.equal(sceneAt(scenes, null, turn).name, "all");
});

test("the newest of two calls has the stage", () => {
  const scenes = [scene("a", 60, { calls: () => [{ at: AT }] }), scene("b", 60, { calls: () => [{ at: AT + 1000 }] })];
  assert.equal(sceneAt(scenes, null, AT + 2000).name, "b");
});

test("a scene that the address pins stays, whatever calls", () => {
  const scenes = [scene("all", 60, { calls: () => [{ at: AT }] }), scene("video", 30)];
  assert.equal(sceneAt(scenes, "video", AT).name, "video");
  assert.equal(sceneAt(scenes, "nonsense", AT).name, "all");
});
