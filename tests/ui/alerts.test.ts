/** The rows of the list of alerts. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { alertRow, left, listing } from "../../dashboard/ui/alerts/rows";
import type { AlertFilter } from "../../dashboard/ui/alerts/filter";
import type { AlertRecord, GroupRecord } from "../../dashboard/ui/records";

const EVERY: AlertFilter = { scope: "all", severity: "", what: "", state: "", region: "", text: "" };
const alert = (id: string, more: Partial<AlertRecord> = {}): AlertRecord => ({
  id, rule: id, severity: "critical", acked: false, active: true, suppressed_by: [], cut_by: "", region: "532300",
  raised_at: "2026-11-30T00:00:00Z", asset: id, ...more,
}) as unknown as AlertRecord;

test("a row that left its list shows its alert as it is now, and is greyed when the alert is over", () => {
  const row = alertRow(alert("a"));
  const taken = left(row, new Map([["a", alert("a", { acked: true })]]));
  assert.deepEqual([taken.type === "alert" && taken.alert.acked, taken.type === "alert" && taken.gone], [true, false]);
  const over = left(row, new Map());
  assert.deepEqual([over.type === "alert" && over.alert.acked, over.type === "alert" && over.gone], [false, true]);
});

test("in a flood an alert that needs a person stands once: above, and not as a group of its own", () => {
  const group = (by: string, key: string, alerts: string[], count: number): GroupRecord =>
    ({ id: `${by}:${key}`, by, key, alerts, count, needs: {}, severity: "critical" }) as unknown as GroupRecord;
  const groups = [group("all", "", ["a"], 2), group("rule", "a", [], 1), group("rule", "b", [], 1)];
  const alerts = [alert("a"), alert("b", { acked: true })];
  const arrangement = { shown: [], folded: [], hidden: [] } as unknown as Parameters<typeof listing>[1];
  const { rows } = listing(alerts, arrangement, {
    tab: "groups", filter: EVERY, unfolded: new Set(), past: [],
    flood: { groups: new Map(groups.map((each) => [each.id, each])), by: "rule", owners: new Map() },
  });
  assert.deepEqual(rows.map(({ key }) => key), ["a", "rule:b b"]);
});
