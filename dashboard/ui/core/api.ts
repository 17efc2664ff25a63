/** Requests to the site's own server: session cookie or the wall's token, CSRF on writes, problems as errors. */

/** RFC 9457 problem details. `type` is stable; `title` and `detail` are for people. */
export interface Problem {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  [extension: string]: unknown;
}

/** The server refused, or did not answer (`status` 0). */
export class ProblemError extends Error {
  readonly status: number;
  readonly problem: Problem;
  /** The header Retry-After: seconds after which it may be tried again, or "". */
  readonly retryAfter: string;

  constructor(status: number, problem: Problem, retryAfter = "") {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** True for the problem type urn:watchfloor:problem:`slug`. */
  is(slug: string): boolean {
    return this.problem.type === `urn:watchfloor:problem:${slug}`;
  }
}

let csrf = "";
/** The token of a wall's address, or "". */
export const token: string = new URLSearchParams(globalThis.location?.search ?? "").get("token") ?? "";

export function setCsrf(value: string | undefined): void {
  csrf = value ?? "";
}

let kept = false;
/** True when an answer was not the server's but the one that this device had kept of it (core/offline.worker.ts). */
export const startedKept = (): boolean => kept;

async function call<T>(path: string, options: RequestInit): Promise<T> {
  const headers = new Headers(options.headers);
  headers.set("Accept", "application/json");
  headers.set("Accept-Language", document.documentElement.lang);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(path, { ...options, headers, credentials: "same-origin" });
    text = await answer.text();
  } catch {
    // No connection, or it broke off in the middle of the answer.
    throw new ProblemError(0, {});
  }
  kept ||= answer.headers.has("X-Kept");
  const body = decode(text);
  if (!answer.ok) throw new ProblemError(answer.status, body as Problem, answer.headers.get("Retry-After") ?? "");
  return body as T;
}

function decode(text: string): unknown {
  try {
    return text ? JSON.parse(text) : {};
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

export function get<T = unknown>(path: string, signal?: AbortSignal): Promise<T> {
  return call<T>(path, { method: "GET", signal: signal ?? null });
}

/** Keys of orders whose outcome is not known, by order: one that is given again unchanged is the same one. */
const unsettled = new Map<string, string>();

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

/** Gives an order. After a failure without an answer the same order keeps its key: the server carries it out once. */
export async function send<T = unknown>(method: string, path: string, body?: unknown): Promise<T> {
  const text = body === undefined ? null : JSON.stringify(body);
  const order = `${method} ${path} ${text ?? ""}`;
  const key = unsettled.get(order) ?? newKey();
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf, "Idempotency-Key": key };
  try {
    const answer = await call<T>(path, { method, headers, body: text });
    unsettled.delete(order);
    return answer;
  } catch (error) {
    if (error instanceof ProblemError && (error.status === 0 || error.status >= 500)) unsettled.set(order, key);
    else unsettled.delete(order);
    throw error;
  }
}

/** Sends a body that is no JSON, such as a CSV file. */
export function raw<T = unknown>(method: string, path: string, body: BodyInit, type: string): Promise<T> {
  return call<T>(path, { method, headers: { "Content-Type": type, "X-CSRF-Token": csrf }, body });
}

/** Every row of a list that pages by cursor, of at most `limit` pages. */
export async function list<T>(path: string, limit = 20): Promise<T[]> {
  const items: T[] = [];
  let next: string | null | undefined = "";
  for (let page = 0; page < limit; page += 1) {
    const glue = path.includes("?") ? "&" : "?";
    const address: string = next ? `${path}${glue}cursor=${encodeURIComponent(next)}` : path;
    const body: { items?: T[]; next?: string | null } = await get(address);
    items.push(...(body.items ?? []));
    next = body.next;
    if (!next) break;
  }
  return items;
}

/** Asks until there is an answer, so that a page that starts while the server does heals by itself. */
export async function patiently<T>(path: string): Promise<T> {
  for (let delay = 500; ; delay = Math.min(5000, delay * 1.6)) {
    try {
      return await get<T>(path);
    } catch (error) {
      if (!(error instanceof ProblemError) || [401, 403, 404].includes(error.status)) throw error;
      await new Promise((done) => setTimeout(done, delay * (0.8 + 0.4 * Math.random())));
    }
  }
}
