/** A record with the fields that lists do not have, asked of the server while its panel is there. */
import { useEffect, useState } from "preact/hooks";
import { get } from "./api";

interface DetailAnswer<T> {
  detail: T | null;
  /** True when the server has refused, and nothing is shown. */
  missing: boolean;
}

/** The answer of a GET route, asked for again whenever one of `versions` changes; the last one stays until then. */
export function useDetail<T>(path: string, versions: readonly unknown[]): DetailAnswer<T> {
  const [detail, setDetail] = useState<T | null>(null);
  const [missing, setMissing] = useState(false);
  useEffect(() => {
    const aborter = new AbortController();
    get<T>(path, aborter.signal).then(setDetail, () => void (!aborter.signal.aborted && setMissing(true)));
    return () => aborter.abort();
  }, [path, ...versions]);
  return { detail, missing };
}
