/** One asset with all that is known of it: the picture has its face, the API the rest. */
import { useEffect, useState } from "preact/hooks";
import { get, ProblemError } from "../core/api";
import { store } from "../core/picture";
import type { AssetRecord } from "../records";

const AGAIN = 10_000;

/** The asset with its last readings, read again every ten seconds and when its face changes; undefined for none. */
export function useWholeAsset(id: string | null): AssetRecord | undefined {
  const face = id ? store.all("asset").get(id) : undefined;
  const [whole, setWhole] = useState<AssetRecord | null>(null);
  useEffect(() => {
    if (!id) return undefined;
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const record = await get<AssetRecord>(`/api/v1/assets/${encodeURIComponent(id)}`, stop.signal);
        if (!stop.signal.aborted) setWhole(record);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
      }
    };
    void ask();
    const timer = setInterval(() => void ask(), AGAIN);
    return () => {
      stop.abort();
      clearInterval(timer);
    };
  }, [id, face?.health, face?.stale_since]);
  if (!face) return undefined;
  return whole?.id === id ? { ...whole, ...face } : face;
}
