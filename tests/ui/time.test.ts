import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, duration, length, number, percent, span } from "../../dashboard/ui/core/format";
import { useTexts } from "../../dashboard/ui/core/i18n";
import * as time from "../../dashboard/ui/core/time";

const { clock, day, learnServerTime, parse, parseClock, serverNow, setZone, wallClock } = time;
useTexts("zh-CN", {
  "time.days": "{d} 天 {h} 时", "time.s": "{n} 秒", "time.min": "{n} 分", "time.h": "{n} 时", "time.d": "{n} 天",
  "time.ago": "{span}前", "load.s": "{n} 秒", "load.ms": "{n} 分", "load.hm": "{n} 时", "load.d": "{n} 天",
});
setZone("Asia/Shanghai");
const NOON = Date.parse("2026-11-27T12:00:00+08:00");

test("durations have one form: m:ss, h:mm:ss, days and hours", () => {
  assert.equal(duration(134_000), "2:14");
  assert.equal(duration(4_360_000), "1:12:40");
  assert.equal(duration(86_399_000), "23:59:59");
  assert.equal(duration(183_600_000), "2 天 3 时");
  assert.equal(duration(-5), "0:00");
});

test("ages say tenths below three seconds and then their largest unit", () => {
  assert.equal(ago(600), "0.6 秒前");
  assert.equal(ago(12_900), "12 秒前");
  assert.equal(span(723_000), "12 分");
  assert.equal(span(172_800_000), "2 天");
});

test("what is not known is a dash", () => {
  assert.deepEqual([length(null), percent(undefined), number(null)], ["—", "—", "—"]);
  assert.deepEqual([length(108), length(120), percent(0.975), number(2.04)], ["1:48 分", "2 分", "97.5%", "2"]);
});

test("times are those of the site's zone, not of this computer", () => {
  assert.equal(`${day(NOON)} ${clock(NOON)}`, "2026-11-27 12:00:00");
  assert.equal(wallClock([2026, 11, 27, 12, 0]), NOON);
});

test("a typed time is the next such moment", () => {
  assert.equal(parseClock("12:30", NOON), NOON + 1_800_000);
  assert.equal(parseClock("11:30", NOON), NOON + 84_600_000);
  assert.equal(parseClock("+30", NOON), NOON + 1_800_000);
  assert.equal(parseClock("11-25 08:00", NOON), wallClock([2027, 11, 25, 8, 0]));
  assert.equal(parseClock("2027-11-25 08：00", NOON), wallClock([2027, 11, 25, 8, 0]));
  assert.equal(parseClock("  ", NOON), null);
});

test("a typed time that is none is refused", () => {
  for (const text of ["soon", "25:00", "12:60", "02-30 08:00", "12"]) {
    assert.throws(() => parseClock(text, NOON), RangeError, text);
  }
});

test("the server's clock is learnt from the frame that was least delayed", () => {
  const here = Date.now();
  learnServerTime(new Date(here + 60_000).toISOString(), here + 900);
  learnServerTime(new Date(here + 60_000).toISOString(), here + 20);
  assert.ok(Math.abs(serverNow() - Date.now() - 59_980) < 50);
  assert.equal(parse("no time"), null);
});
