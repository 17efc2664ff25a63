/** Pictures to look at: addresses are asked for together, are good for a minute, and every look is in the audit. */
import { useEffect, useState } from "preact/hooks";
import { get, ProblemError, send } from "../core/api";
import { mayDo } from "../core/site";

export type Which = "latest" | "good" | "before" | "after";

export interface StoredPicture {
  id: string;
  taken_at: string;
  source: string;
  sha256: string;
  width: number;
  height: number;
  faults: string[];
}

export interface Look {
  camera: string;
  which: Which;
  url: string | null;
  refused: "not-found" | "forbidden" | "wall" | "needs-reason" | "no-picture" | null;
  picture?: StoredPicture;
}

export interface Wanted {
  camera: string;
  which?: Which;
  picture?: string;
}

/** Ms after which a picture that is on the page is asked for again. */
const AGAIN = 60_000;

export async function look(looks: readonly Wanted[], reason = ""): Promise<Look[]> {
  if (!looks.length || !mayDo("look")) return [];
  try {
    return (await send<{ items: Look[] }>("POST", "/api/v1/video/pictures", { looks, reason })).items;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return [];
  }
}

/** The newest picture of each camera, asked for again every minute while the page is in sight. */
export function useLatest(ids: readonly string[]): ReadonlyMap<string, Look> {
  const [looks, setLooks] = useState<ReadonlyMap<string, Look>>(new Map());
  const wanted = [...ids].sort().join("\n");
  useEffect(() => {
    let ended = false;
    const ask = async (): Promise<void> => {
      if (document.hidden || !wanted) return;
      const items = await look(wanted.split("\n").map((camera) => ({ camera })));
      if (!ended) setLooks(new Map(items.map((item) => [item.camera, item])));
    };
    void ask();
    const timer = setInterval(() => void ask(), AGAIN);
    return () => {
      ended = true;
      clearInterval(timer);
    };
  }, [wanted]);
  return looks;
}

/** One line of what a camera's picture was measured against. */
export interface CheckResult {
  name: string;
  state: "ok" | "raised" | "learning" | "paused" | "ignored";
  value: number | null;
  baseline: number | null;
  limit: number | null;
  above: boolean;
}

export interface SnapshotIndex {
  camera: string;
  may_look: boolean;
  why_not: Look["refused"];
  latest: StoredPicture | null;
  good: StoredPicture | null;
  evidence: {
    at: string;
    rung: string;
    faults: string[];
    before: StoredPicture | null;
    after: StoredPicture | null;
  }[];
  checks: CheckResult[];
}

/** What there is of a camera, asked for again when `version` changes; null before the first answer. */
export function useIndex(camera: string, version: string): SnapshotIndex | null {
  const [index, setIndex] = useState<SnapshotIndex | null>(null);
  useEffect(() => {
    const stop = new AbortController();
    const ask = async (): Promise<void> => {
      try {
        const path = `/api/v1/video/cameras/${encodeURIComponent(camera)}/snapshots`;
        const answer = await get<SnapshotIndex>(path, stop.signal);
        if (!stop.signal.aborted) setIndex(answer);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
      }
    };
    void ask();
    return () => stop.abort();
  }, [camera, version]);
  return index?.camera === camera ? index : null;
}
