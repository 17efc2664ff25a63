import assert from "node:assert/strict";
import { test } from "node:test";
import { newestWind, windPoint } from "../../dashboard/ui/incidents/wind";
import type { MarkRecord } from "../../dashboard/ui/records";

const mark = (at: string, wind_from: number | null, withdrawn = false): MarkRecord =>
  ({ id: at, at, withdrawn, drawing: { wind_from } }) as unknown as MarkRecord;

test("a wind is named by where it comes from", () => {
  assert.deepEqual([0, 22, 23, 240, 337, 338, 360].map(windPoint), ["n", "n", "ne", "sw", "nw", "n", "n"]);
});

test("the newest statement about the wind counts, of marks that stand", () => {
  const marks = [mark("14:00", 10), mark("14:30", 240), mark("14:40", null), mark("14:50", 90, true)];
  assert.equal(newestWind(marks)?.drawing?.wind_from, 240);
  assert.equal(newestWind([mark("14:40", null)]), undefined);
});
