import assert from "node:assert/strict";
import { test } from "node:test";
import { get, ProblemError, send } from "../../dashboard/ui/core/api";

Object.assign(globalThis, { document: { documentElement: { lang: "en" } } });

test("an answer that breaks off half way is a problem of status 0 like no answer", async () => {
  const text = (): Promise<string> => Promise.reject(new DOMException("", "AbortError"));
  Object.assign(globalThis, { fetch: () => Promise.resolve({ ok: true, status: 200, text }) });
  const refused = (error: unknown): boolean => error instanceof ProblemError && error.status === 0;
  await assert.rejects(get("/api/v1/availability"), refused);
});

/** The keys of the orders that a server with these answers (status; 0: none) saw, and whether each was refused. */
async function keysSeen(statuses: number[], bodies: unknown[]): Promise<string[]> {
  const keys: string[] = [];
  const answers = [...statuses];
  Object.assign(globalThis, {
    fetch: (_path: string, options: { headers: Headers }) => {
      keys.push(options.headers.get("Idempotency-Key") ?? "");
      const status = answers.shift() ?? 200;
      if (status === 0) return Promise.reject(new TypeError("no connection"));
      const text = (): Promise<string> => Promise.resolve("{}");
      return Promise.resolve({ ok: status < 300, status, text, headers: new Headers() });
    },
  });
  for (const body of bodies) await send("POST", "/api/v1/tasks", body).catch(() => undefined);
  return keys;
}

test("an order whose outcome is not known keeps its key until it is answered", async () => {
  const task = { title: "封路" };
  const [first, second, third, anew] = await keysSeen([0, 503, 201, 201], [task, task, task, task]);
  assert.ok(first);
  assert.deepEqual([second, third], [first, first]);
  assert.notEqual(anew, first);
});

test("an order that was refused or changed is another one", async () => {
  const [refused, again] = await keysSeen([409, 201], [{ rev: 1 }, { rev: 1 }]);
  assert.notEqual(refused, again);
  const [unanswered, changed] = await keysSeen([503, 201], [{ text: "甲" }, { text: "乙" }]);
  assert.notEqual(unanswered, changed);
});
