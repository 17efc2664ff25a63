// Requests to the site's own server: session cookie or the wall's token, CSRF on writes, problems as errors.
let csrf = "";
export const token = new URLSearchParams(location.search).get("token") ?? "";

/** A refusal: `status` (0 when there was no answer), `problem` as RFC 9457 or {}. */
export class Refused extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || String(status));
    this.status = status;
    this.problem = problem;
  }
}

export function setCsrf(value) {
  csrf = value ?? "";
}

async function call(path, options) {
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang, ...(options.headers ?? {}) };
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer, text;
  try {
    answer = await fetch(path, { ...options, headers, credentials: "same-origin" });
    text = await answer.text(); // it may break off, or be given up, in the middle
  } catch {
    throw new Refused(0, {});
  }
  let body = {};
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    body = { detail: text.slice(0, 200) };
  }
  if (!answer.ok) throw new Refused(answer.status, body);
  return body;
}

/** A body that is no JSON, such as a CSV. */
export const raw = (method, path, body, type) => call(path, { method, headers: { "Content-Type": type, "X-CSRF-Token": csrf }, body });

export const get = (path, signal) => call(path, { method: "GET", signal });

export const send = (method, path, body) =>
  call(path, {
    method,
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

/** Every row of a paged list, at most `limit` pages: lists page by cursor. */
export async function list(path, limit = 20) {
  const items = [];
  let next = "";
  for (let page = 0; page < limit; page += 1) {
    const glue = path.includes("?") ? "&" : "?";
    const body = await get(next ? `${path}${glue}cursor=${encodeURIComponent(next)}` : path);
    items.push(...(body.items ?? []));
    next = body.next ?? "";
    if (!next) break;
  }
  return items;
}
