import assert from "node:assert/strict";
import { test } from "node:test";
import { addMonths } from "../../dashboard/ui/core/days";
import { byDepartment, heardOf, inOrder, totalOf, worst } from "../../dashboard/ui/approvals/counts";
import { sumOf, weeksOf, type Clock, type ClockDay } from "../../dashboard/ui/approvals/detail";
import type { CaseBoardRecord, SourceRecord } from "../../dashboard/ui/records";

const board = (department: string, group: string, lights: Record<string, number>, more = {}): CaseBoardRecord => ({
  id: `${department}/532301/${group}`, department, name: department, region: "532301", group,
  open: Object.values(lights).reduce((sum, n) => sum + n, 0), lights, steps: {}, paused: 0, due_today: 0,
  unverified: 0, as_of: null, silent_since: null, light: "green", ...more,
});

test("groups of kinds are never added together", () => {
  const boards = [
    board("a", "permit", { red: 2 }), board("a", "disclosure", { red: 5 }), board("b", "permit", { green: 1 }),
  ];
  assert.deepEqual([totalOf(boards, "permit").open, totalOf(boards, "permit").red], [3, 2]);
  assert.equal(totalOf(boards, "disclosure", "", "b").open, 0);
  assert.deepEqual([...byDepartment(boards, "permit").keys()], ["a", "b"]);
});

test("a source that fails has told up to its last valid answer, not up to its heartbeat", () => {
  const at = "2026-05-20T02:00:00Z";
  const of = (id: string, state: string, valid: string): SourceRecord =>
    ({ id, state, at, valid_at: valid, kind: "approvals.rest" }) as unknown as SourceRecord;
  const sources = [of("a", "failing", "2026-05-20T01:40:00Z"), of("b", "ok", "2026-05-20T01:50:00Z")];
  const { newest, stale } = heardOf(sources);
  assert.deepEqual([newest, stale.map((source) => source.id)], [Date.parse("2026-05-20T01:50:00Z"), ["a"]]);
  assert.equal(heardOf(sources.slice(0, 1)).newest, 0);
});

test("the backlog of a county leaves out the others", () => {
  const boards = [board("a", "permit", { red: 2 }), board("a", "permit", { red: 1 }, { region: "532302" })];
  assert.deepEqual([totalOf(boards, "permit", "532302").red, totalOf(boards, "permit", "5323").red], [1, 3]);
  assert.equal(byDepartment(boards, "permit", "532302").get("a")?.red, 1);
});

test("a department has the worst light that the server gives its boards, and the oldest silence counts", () => {
  const [early, late] = ["2026-05-20T01:00:00Z", "2026-05-20T02:00:00Z"];
  const silent = [
    board("a", "permit", { yellow: 1 }, { silent_since: late, light: "grey" }),
    board("a", "permit", {}, { silent_since: early, light: "grey" }),
  ];
  const sum = totalOf(silent, "permit");
  assert.equal(sum.silent, early);
  assert.equal(worst(sum), "grey");
  const red = board("a", "permit", { red: 1 }, { silent_since: late, light: "red" });
  assert.equal(worst(totalOf([...silent, red], "permit")), "red");
  assert.equal(worst(totalOf([], "permit")), "");
});

test("departments are in the order of red, yellow, then the lower share in time", () => {
  const shares: Record<string, number | null> = { a: 1, b: 0.9, c: null, d: 0.5 };
  const boards = [
    board("a", "permit", { yellow: 1 }), board("b", "permit", { red: 1 }), board("c", "permit", {}),
    board("d", "permit", {}),
  ];
  const backlogs = [...byDepartment(boards, "permit").values()];
  const rows = backlogs.map((row) => ({ ...row, share: shares[row.department] ?? null }));
  assert.deepEqual(inOrder(rows).map((row) => row.department), ["b", "a", "d", "c"]);
});

test("months before a month cross the year", () => {
  assert.equal(addMonths("2026-01", -1), "2025-12");
  assert.equal(addMonths("2026-11", -12), "2025-11");
});

const day = (date: string, mark: ClockDay["mark"], number = 0, name = ""): ClockDay =>
  ({ day: date, mark, number, makeup: false, name, provisional: false });
const days = [
  day("2026-09-29", "start"), day("2026-09-30", "counted", 1), day("2026-10-01", "off", 0, "国庆节"),
  day("2026-10-02", "off", 0, "国庆节"), day("2026-10-03", "off"), day("2026-10-04", "excluded"),
  day("2026-10-05", "due", 2),
];
const clock = { day0: "2026-09-29", due: "2026-10-05", n: 2, days } as unknown as Clock;

test("the account of a limit takes off what does not count, and ends at the days of the limit", () => {
  const lines = sumOf(clock).map((line) => [line.name, line.days]);
  assert.deepEqual(lines, [["natural", 6], ["off", -1], ["holiday", -2], ["excluded", -1], ["counted", 2]]);
});

test("a sheet has whole weeks from Monday", () => {
  const weeks = weeksOf(days);
  assert.deepEqual(weeks.map((week) => week.length), [7, 7]);
  assert.equal(weeks[0]![0]!.day, "2026-09-28");
  assert.equal(weeks[0]![0]!.shown, null);
  assert.equal(weeks[0]![1]!.shown?.mark, "start");
});
