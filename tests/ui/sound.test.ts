import assert from "node:assert/strict";
import { test } from "node:test";
import { Tones, type Waiting } from "../../dashboard/ui/shell/tones";

type Words = Record<string, string>;

/** Alerts by id ("critical", "major" …; "-" before it: taken), warnings ("red", "red exercise") and receipts. */
function picture(alerts: Words, warnings: Words = {}, receipts: string[] = []): Waiting {
  const alert = Object.entries(alerts).map(([id, severity]) =>
    [id, { id, state: severity.startsWith("-") ? "ACKED" : "UNACK", severity: severity.replace("-", "") }]);
  const warning = Object.entries(warnings).map(([id, text]) => {
    const [colour, mode] = text.split(" ");
    return [id, { id, state: "active", colour, status: mode === "exercise" ? "Exercise" : "Actual" }];
  });
  const receipt = receipts.map((id) => [id, { id, mode: "real" }]);
  return { alert: new Map(alert as never), warning: new Map(warning as never), receipt: new Map(receipt as never) };
}

test("what was there before sounds never, what comes sounds once by its severity", () => {
  const tones = new Tones();
  assert.equal(tones.follow(picture({ a: "critical" }), "all", 0), null);
  assert.equal(tones.follow(picture({ a: "critical", b: "minor" }), "all", 1), "minor");
  assert.equal(tones.follow(picture({ a: "critical", b: "minor" }), "all", 20_000), null);
  assert.equal(tones.follow(picture({ a: "critical", b: "minor" }, { w: "red" }, ["r"]), "all", 40_000), "critical");
});

test("an alert that becomes graver sounds again, one that is taken does not", () => {
  const tones = new Tones();
  tones.follow(picture({ a: "major", b: "major" }), "all", 0);
  assert.equal(tones.follow(picture({ a: "critical", b: "-major" }), "all", 1), "critical");
});

test("in a flood one tone is enough until something graver comes", () => {
  const tones = new Tones();
  tones.follow(picture({}), "all", 0);
  assert.equal(tones.follow(picture({ a: "major" }), "all", 1000), "major");
  assert.equal(tones.follow(picture({ a: "major", b: "major" }), "all", 2000), null);
  assert.equal(tones.follow(picture({ a: "major", c: "critical" }), "all", 3000), "critical");
  assert.equal(tones.follow(picture({ a: "major", d: "major" }), "all", 14_000), "major");
});

test("a person hears no less than what was chosen, and an exercise in its own tone", () => {
  const heard = (loudness: "off" | "critical" | "major" | "all", warning: string) => {
    const tones = new Tones();
    tones.follow(picture({}), loudness, 0);
    return tones.follow(picture({}, { w: warning }), loudness, 1);
  };
  assert.deepEqual(["off", "critical", "major", "all"].map((each) => heard(each as "off", "orange")),
    [null, null, "major", "major"]);
  assert.equal(heard("all", "red exercise"), "exercise");
  assert.equal(heard("major", "red exercise"), null);
});

test("a critical alert that nobody takes is told again each minute", () => {
  const tones = new Tones();
  tones.follow(picture({}), "critical", 0);
  tones.follow(picture({ a: "critical" }), "critical", 1000);
  assert.equal(tones.remind("critical", 60_000), null);
  assert.equal(tones.remind("critical", 61_000), "critical");
  tones.follow(picture({ a: "-critical" }), "critical", 62_000);
  assert.equal(tones.remind("critical", 200_000), null);
});
