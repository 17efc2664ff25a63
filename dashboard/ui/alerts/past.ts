/** What is over, newest first, from the journal: read when somebody looks at it. */
import { useEffect, useState } from "preact/hooks";
import { get, ProblemError } from "../core/api";
import type { AlertRecord } from "../records";

const MOST = 200;

export interface Past {
  alerts: readonly AlertRecord[];
  state: "" | "loading" | "failed";
}
const NONE: Past = { alerts: [], state: "" };

export function usePast(wanted: boolean): Past {
  const [past, setPast] = useState<Past>(NONE);
  useEffect(() => {
    if (!wanted) return undefined;
    let mounted = true;
    const ask = async (): Promise<void> => {
      try {
        const { items = [] } = await get<{ items?: AlertRecord[] }>(`/api/v1/alerts?open=false&limit=${MOST}`);
        if (mounted) setPast({ alerts: items, state: "" });
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        if (mounted) setPast({ alerts: [], state: "failed" });
      }
    };
    setPast((old) => ({ ...old, state: "loading" }));
    void ask();
    return () => void (mounted = false);
  }, [wanted]);
  return past;
}
