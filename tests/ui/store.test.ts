import assert from "node:assert/strict";
import { test } from "node:test";
import { ExtraView } from "../../dashboard/ui/core/extraview";
import { KINDS, Store, type Kind } from "../../dashboard/ui/core/store";
import { applyItem } from "../../dashboard/ui/core/view";
import type { ViewsMessage } from "../../dashboard/ui/records";

Object.assign(globalThis, {
  document: { hidden: false },
  requestAnimationFrame: (fn: () => void) => setTimeout(fn, 0),
});
const frame = (): Promise<void> => new Promise((done) => setTimeout(done, 5));
const at = "2026-11-29T00:00:00Z";

interface Sent {
  rows?: unknown[][];
  fields?: string[];
  part?: number;
  more?: boolean;
  rev?: string;
}

function snapshot(store: Store, kind: Kind, sent: Sent = {}): void {
  const { rows = [], fields = ["id", "rev"], part = 0, more = false, rev = "e.1-0" } = sent;
  store.take({ type: "snapshot", view: `${kind}!`, rev, at, part, more, fields, rows, hidden: more ? null : 0 });
}

/** A store with a view of each kind; only alerts have records. */
function complete(rows: unknown[][]): Store {
  const store = new Store();
  store.take({ type: "views", views: Object.fromEntries(KINDS.map((kind) => [kind, `${kind}!`])), errors: {} });
  for (const kind of KINDS) snapshot(store, kind, { rows: kind === "alert" ? rows : [] });
  return store;
}

test("readings merge by key and field, and null takes one away", () => {
  const asset = { id: "a", readings: { up: { value: true, unit: "" }, rtt: { value: 1 } } };
  const merge = { readings: { rtt: null, up: { value: false }, loss: { value: 3 } } };
  const next = applyItem(asset, { set: { health: "down" }, merge });
  const readings = { up: { value: false, unit: "" }, loss: { value: 3 } };
  assert.deepEqual(next, { id: "a", health: "down", readings });
  assert.deepEqual(Object.keys(asset.readings), ["up", "rtt"]);
});

test("many changes in one frame are told once, with every id", async () => {
  const store = complete([["x", 1]]);
  await frame();
  const told: string[][] = [];
  store.listen((changed) => told.push([...changed.alert].sort()));
  for (const id of ["x", "y", "y", "z"]) {
    store.take({ type: "changes", view: "alert!", rev: "e.2-0", at, items: [{ id, set: { rev: 2 } }] });
  }
  store.take({ type: "changes", view: "alert!", rev: "e.3-0", at, items: [{ id: "z", gone: true }] });
  assert.deepEqual(told, []);
  await frame();
  assert.deepEqual(told, [["x", "y", "z"]]);
  assert.deepEqual([...store.peek("alert").keys()], ["x", "y"]);
});

test("a view in parts is shown when its last part is here, and leaves nothing of the old one", () => {
  const store = complete([["old", 1]]);
  store.take({ type: "resync", view: "alert!", reason: "slow" });
  assert.equal(store.ready.value, false);
  snapshot(store, "alert", { rows: [["a", 1]], more: true });
  assert.deepEqual([...store.peek("alert").keys()], ["old"]);
  snapshot(store, "alert", { rows: [["b", 1]], part: 1 });
  assert.deepEqual([...store.peek("alert").keys()], ["a", "b"]);
  assert.equal(store.ready.value, true);
});

test("after a break each complete view goes on from its last revision", () => {
  const store = complete([]);
  store.take({ type: "heartbeat", rev: "e.7-0", at, ages: {}, conditions: [] });
  store.take({ type: "resync", view: "asset!", reason: "slow" });
  const { asset, alert, warning } = store.requests();
  assert.deepEqual(asset, { kind: "asset", face: "map" });
  assert.deepEqual(alert, { kind: "alert", face: "row", since: "e.7-0" });
  assert.deepEqual(warning?.filter, { status: "*" });
});

const refusal = [{ field: "face", code: "enum", allowed: ["full"] }];

test("a view that the server refuses holds up no page, and is told until a snapshot of it comes", (context) => {
  context.mock.method(console, "error", () => undefined);
  const store = new Store();
  store.begin();
  const keys = Object.fromEntries(KINDS.filter((kind) => kind !== "warning").map((kind) => [kind, `${kind}!`]));
  store.take({ type: "views", views: keys, errors: { warning: refusal } });
  assert.deepEqual([store.ready.value, store.refused.value], [false, ["warning"]]);
  for (const kind of KINDS) if (kind !== "warning") snapshot(store, kind);
  assert.equal(store.ready.value, true);
  store.begin();
  store.take({ type: "views", views: { ...keys, warning: "warning!" }, errors: {} });
  assert.deepEqual([store.ready.value, store.refused.value], [false, []]);
  snapshot(store, "warning");
  assert.equal(store.ready.value, true);
});

test("a view of its own is asked for while a panel needs it, and again after a break", async () => {
  const store = complete([]);
  const sent: ViewsMessage[] = [];
  store.onask = (message) => sent.push(message);
  const view = new ExtraView("cameras", { kind: "asset", face: "camera", filter: { kind: "camera" } });
  store.need(view);
  assert.deepEqual(sent, [{ subscribe: { cameras: { kind: "asset", face: "camera", filter: { kind: "camera" } } } }]);
  const keys = Object.fromEntries(KINDS.map((kind) => [kind, `${kind}!`]));
  store.take({ type: "views", views: { ...keys, cameras: "c!" }, errors: {} });
  const rows = [["c1", "a"]];
  store.take({
    type: "snapshot", view: "c!", rev: "e.5-0", at, part: 0, more: false, fields: ["id", "name"], rows, hidden: 0,
  });
  store.take({ type: "changes", view: "c!", rev: "e.6-0", at, items: [{ id: "c1", set: { name: "b" } }] });
  assert.equal(view.version.peek(), 0);
  await frame();
  assert.deepEqual([view.ready.peek(), view.version.peek(), view.all().get("c1")?.name], [true, 1, "b"]);
  assert.equal(store.begin().subscribe?.cameras?.since, "e.6-0");
  store.take({ type: "resync", view: "c!", reason: "slow" });
  assert.equal(store.begin().subscribe?.cameras?.since, undefined);
});
