/** What the running server can do: asked once of its own description, so that no button leads nowhere. */
import { useEffect, useState } from "preact/hooks";
import { get, ProblemError } from "./api";

interface Description {
  paths?: Record<string, Record<string, unknown>>;
}

let routes: Promise<ReadonlySet<string>> | null = null;
const bare = (path: string): string => path.replace(/\{[^}]*\}/g, "{}");

async function load(): Promise<ReadonlySet<string>> {
  try {
    const { paths } = await get<Description>("/api/openapi.json");
    const named = Object.entries(paths ?? {}).flatMap(([path, methods]) => {
      return Object.keys(methods).map((method) => `${method.toUpperCase()} ${bare(path)}`);
    });
    return new Set(named);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return new Set();
  }
}

/** True when the server has the route, such as "POST /api/v1/alerts/{id}/shelve". */
export async function serverHas(route: string): Promise<boolean> {
  routes ??= load();
  return (await routes).has(bare(route));
}

/** The routes of `wanted` that the server has; none until it has said so. */
export function useRoutes(wanted: readonly string[]): ReadonlySet<string> {
  const [has, setHas] = useState<ReadonlySet<string>>(new Set());
  const key = wanted.join("\n");
  useEffect(() => {
    let mounted = true;
    const ask = async (): Promise<void> => {
      const answers = await Promise.all(wanted.map(async (route) => ((await serverHas(route)) ? route : "")));
      if (mounted) setHas(new Set(answers.filter(Boolean)));
    };
    void ask();
    return () => void (mounted = false);
  }, [key]);
  return has;
}
