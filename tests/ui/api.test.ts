import assert from "node:assert/strict";
import { test } from "node:test";
import { get, ProblemError } from "../../dashboard/ui/core/api";

Object.assign(globalThis, { document: { documentElement: { lang: "en" } } });

test("an answer that breaks off half way is a problem of status 0 like no answer", async () => {
  const text = (): Promise<string> => Promise.reject(new DOMException("", "AbortError"));
  Object.assign(globalThis, { fetch: () => Promise.resolve({ ok: true, status: 200, text }) });
  const refused = (error: unknown): boolean => error instanceof ProblemError && error.status === 0;
  await assert.rejects(get("/api/v1/availability"), refused);
});
