import assert from "node:assert/strict";
import { test } from "node:test";
import type { WarningRecord } from "../../dashboard/ui/records";
import { inOrder, lanes, stacked, matching } from "../../dashboard/ui/warnings/order";

const HOUR = 3_600_000;
const at = (hours: number): string => new Date(hours * HOUR).toISOString();
const warning = (id: string, more: Partial<WarningRecord> = {}): WarningRecord =>
  ({
    id, state: "active", colour: "yellow", event: "rain", sent: at(1), onset: null, expires: at(5), ended_at: null,
    regions: ["532322"], lapsed: false, ...more,
  }) as unknown as WarningRecord;

test("warnings in force come first, then the worse colour, then the newer", () => {
  const list = [warning("old"), warning("new", { sent: at(2) }), warning("red", { colour: "red" }),
    warning("ended", { state: "cancelled", colour: "red" })];
  assert.deepEqual(inOrder(list).map((each) => each.id), ["red", "new", "old", "ended"]);
});

test("a cell of the matrix gives what is in force there, a warning of the prefecture too", () => {
  const list = [warning("here"), warning("whole", { regions: ["532300"] }), warning("there", { regions: ["532301"] }),
    warning("over", { state: "expired" })];
  const chosen = matching(list, { county: "532322", colour: "yellow", state: null });
  assert.deepEqual(chosen.map((each) => each.id), ["here", "whole"]);
  assert.deepEqual(matching(list, { county: null, colour: null, state: "expired" }).map((each) => each.id), ["over"]);
});

test("a lane has the warnings of one event and colour that touch the time shown, and none that was superseded", () => {
  const list = [warning("a"), warning("b", { ended_at: at(3) }), warning("gone", { state: "superseded" }),
    warning("before", { expires: at(1.5) }), warning("red", { colour: "red" })];
  const rows = lanes(list, 2 * HOUR, 10 * HOUR);
  assert.deepEqual(rows.map((lane) => [lane.colour, lane.bars.map((bar) => bar.id)]),
    [["red", ["red"]], ["yellow", ["a", "b"]]]);
  assert.equal(rows[1]!.bars[1]!.end, 3 * HOUR);
});

test("bars that overlap lie in rows of their own, up to a depth", () => {
  const bar = (id: string, start: number, end: number) => ({ id, start, end, state: "active", lapsed: false });
  assert.deepEqual(stacked([bar("a", 0, 10), bar("b", 5, 15), bar("c", 10, 20)], 3), [0, 1, 0]);
  assert.equal(Math.max(...stacked([bar("a", 0, 9), bar("b", 0, 9), bar("c", 0, 9)], 2)), 1);
});
