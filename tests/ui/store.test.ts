import assert from "node:assert/strict";
import { test } from "node:test";
import { Store, merge } from "../../dashboard/ui/core/store";

Object.assign(globalThis, {
  document: { hidden: false },
  requestAnimationFrame: (fn: () => void) => setTimeout(fn, 0),
});
const frame = (): Promise<void> => new Promise((done) => setTimeout(done, 5));
const alert = (id: string): Record<string, unknown> => ({ id, severity: "major", rev: 1 });

test("readings merge by key, and null takes one away", () => {
  const asset = { id: "a", readings: { up: { value: true }, rtt: { value: 1 } } };
  const next = merge(asset, { health: "down", readings: { rtt: null, loss: { value: 3 } } });
  assert.deepEqual(next, { id: "a", health: "down", readings: { up: { value: true }, loss: { value: 3 } } });
  assert.deepEqual(Object.keys(asset.readings), ["up", "rtt"]);
});

test("many changes in one frame are told once, with every id", async () => {
  const store = new Store();
  store.snapshot({ rev: "e.1-0", alert: { x: alert("x") } });
  await frame();
  const told: string[][] = [];
  store.listen((changed) => told.push([...changed.alert].sort()));
  for (const id of ["x", "y", "y", "z"]) {
    store.changes({ rev: "e.2-0", items: [{ kind: "alert", id, set: { rev: 2 } }] });
  }
  store.changes({ rev: "e.3-0", items: [{ kind: "alert", id: "z", gone: true }] });
  assert.deepEqual(told, []);
  await frame();
  assert.deepEqual(told, [["x", "y", "z"]]);
  assert.deepEqual([...store.peek("alert").keys()], ["x", "y"]);
  assert.equal(store.rev, "e.3-0");
});

test("a new snapshot leaves nothing of the old one", async () => {
  const store = new Store();
  store.snapshot({ rev: "e.1-0", alert: { x: alert("x") }, hidden: { alert: 2 } });
  store.invalidate();
  assert.equal(store.ready.value, false);
  store.snapshot({ rev: "f.1-0", alert: { y: alert("y") } });
  await frame();
  assert.deepEqual([...store.peek("alert").keys()], ["y"]);
  assert.deepEqual(store.hidden.value, {});
  assert.equal(store.ready.value, true);
});

test("a kind that this page does not know is left alone", () => {
  const store = new Store();
  store.changes({ rev: "e.1-0", items: [{ kind: "case", id: "c", set: {} }] });
  assert.equal(store.rev, "e.1-0");
});
