// What the running server can do: asked once of its own description, so that no button leads nowhere.
import { get, Refused } from "./api.js";

const bare = (path) => path.replace(/\{[^}]*\}/g, "{}");

async function load() {
  try {
    const description = await get("/api/openapi.json");
    return new Set(Object.entries(description.paths ?? {}).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${bare(path)}`)));
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return new Set();
  }
}

/** True when the server has the route, such as "POST /api/v1/alerts/{id}/shelve". */
export async function has(app, route) {
  app.routes ??= load();
  return (await app.routes).has(bare(route));
}
