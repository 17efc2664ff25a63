import assert from "node:assert/strict";
import { test } from "node:test";
import { begin, deliverWaiting, drawn, place, undo, waiting } from "../../dashboard/ui/incidents/drawing";
import type { MarkRecord } from "../../dashboard/ui/records";

Object.assign(globalThis, { document: { documentElement: { lang: "en" }, cookie: "" } });

interface Sent {
  method: string;
  url: string;
}

/** Answers every request with a mark once it is let go on; notes what was sent. */
function server(incident: string): { sent: Sent[]; go: () => void } {
  const sent: Sent[] = [];
  let go = (): void => undefined;
  const open = new Promise<void>((resolve) => (go = resolve));
  const fetch = async (url: string, { method = "GET" } = {}): Promise<unknown> => {
    sent.push({ method, url });
    await open;
    const mark = { id: `${incident}/new-${sent.length}`, rev: 1, incident };
    return { ok: true, status: 200, headers: new Headers(), text: () => Promise.resolve(JSON.stringify(mark)) };
  };
  Object.assign(globalThis, { fetch });
  return { sent, go };
}

const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

test("a mark that is still on its way is not sent a second time", async () => {
  drawn.value = [];
  const { sent, go } = server("a");
  begin("a", "hazard");
  place([101.5, 25]);
  deliverWaiting();
  go();
  await idle();
  deliverWaiting();
  assert.equal(sent.length, 1);
  assert.deepEqual([waiting.value.length, drawn.value.length], [0, 1]);
});

test("to undo withdraws the own newest mark of that incident only, and none that was drawn again", async () => {
  drawn.value = [{ id: "a/1", rev: 1, incident: "a" }, { id: "b/1", rev: 1, incident: "b" }];
  const { sent, go } = server("a");
  go();
  begin("a", "hazard", "", { id: "a/7", rev: 3 } as MarkRecord);
  place([101.5, 25]);
  await idle();
  await undo("a");
  await undo("a");
  assert.deepEqual(sent.map(({ method, url }) => `${method} ${decodeURIComponent(url.split("?")[0]!)}`), [
    "PUT /api/v1/marks/a/7", "DELETE /api/v1/marks/a/1",
  ]);
  assert.deepEqual(drawn.value.map(({ id }) => id), ["b/1"]);
});
