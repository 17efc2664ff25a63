/**
 * The service worker of `/leader` and `/m`: it keeps their code and who looks, so that they open without the server.
 * Their data they keep themselves, each under its age. What the server answers always goes before what is kept.
 */
interface Kept {
  build: string;
  /** Paths of the code, which never change for a build. */
  files: string[];
  /** The page that stands in for another one while the server does not answer, by its path. */
  pages: Record<string, string>;
}
interface Lasting extends Event {
  waitUntil: (work: Promise<unknown>) => void;
}
interface Asked extends Lasting {
  request: Request;
  respondWith: (answer: Promise<Response>) => void;
}
interface Scope {
  skipWaiting: () => Promise<void>;
  clients: { claim: () => Promise<void> };
  addEventListener: (name: string, fn: (event: never) => void) => void;
}

/** Set by the server before this text (dashboard/offline.py). */
declare const KEPT: Kept;
const scope = self as unknown as Scope;
const CODE = `code-${KEPT.build}`;
const PERSON = "person";
const ABOUT_PERSON = ["/api/v1/me", "/api/v1/site", "/api/v1/map/counties.geojson"];
/** Ms after which a server that does not answer counts as away. */
const WAIT = 4000;

async function install(): Promise<void> {
  const code = await caches.open(CODE);
  await code.addAll([...KEPT.files, ...Object.values(KEPT.pages)]);
  await scope.skipWaiting();
}

async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CODE && name !== PERSON).map((name) => caches.delete(name)));
  await scope.clients.claim();
  await Promise.allSettled(ABOUT_PERSON.map((path) => person(new Request(path))));
}

/** The server's answer, or undefined when it does not come or is none. */
async function asked(request: Request): Promise<Response | undefined> {
  const late = new Promise<undefined>((done) => setTimeout(done, WAIT));
  const answer = await Promise.race([fetch(request).catch(() => undefined), late]);
  return answer && answer.status < 500 ? answer : undefined;
}

async function page(request: Request, instead: string): Promise<Response> {
  return (await asked(request)) ?? (await caches.match(instead)) ?? Response.error();
}

async function code(path: string, request: Request): Promise<Response> {
  return (await caches.match(path)) ?? fetch(request);
}

/** Who looks. What is kept says that it is kept; it goes as soon as the server no longer knows the person. */
async function person(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  const answer = await asked(request);
  if (answer?.ok) await (await caches.open(PERSON)).put(pathname, answer.clone());
  if (answer && !answer.ok && pathname === ABOUT_PERSON[0]) await caches.delete(PERSON);
  if (answer) return answer;
  const kept = await caches.match(pathname);
  if (!kept) return Response.error();
  const headers = new Headers(kept.headers);
  headers.set("X-Kept", "1");
  return new Response(kept.body, { status: kept.status, headers });
}

function answerOf(request: Request): Promise<Response> | null {
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin || request.method !== "GET") return null;
  if (request.mode === "navigate") {
    const instead = KEPT.pages[pathname];
    return instead ? page(request, instead) : null;
  }
  if (KEPT.files.includes(pathname)) return code(pathname, request);
  return ABOUT_PERSON.includes(pathname) ? person(request) : null;
}

scope.addEventListener("install", (event: Lasting) => event.waitUntil(install()));
scope.addEventListener("activate", (event: Lasting) => event.waitUntil(activate()));
scope.addEventListener("fetch", (event: Asked) => {
  const answer = answerOf(event.request);
  if (answer) event.respondWith(answer);
});
