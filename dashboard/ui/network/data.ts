/** The network as the page sees it now, made anew at most twice a second. */
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ExtraView } from "../core/extraview";
import { store } from "../core/picture";
import { paced } from "../core/settled";
import type { AssetRecord } from "../records";
import { Network } from "./network";

/** Ids that one view may name (docs/live-views.md). */
const NAMED = 1000;
const factsView = new ExtraView("network", { kind: "asset", face: "tree" });
let latest: Network | null = null;

export const network = paced(
  new Network([], new Map()), () => [store.all("asset"), factsView.all()],
  () => (latest = new Network([...store.peek("asset").values()], factsView.all(), latest)),
);

/** Asks for what the lists need while a panel is there. */
export function useNetwork(): Network {
  useEffect(() => store.need(factsView), []);
  return network.value;
}

let views = 0;

/** Whole records of some assets, of at most a thousand. What was there stays until the next ones are here. */
export function useWholeAssets(ids: readonly string[]): ReadonlyMap<string, AssetRecord> {
  const named = [...ids].sort().slice(0, NAMED).join("\n");
  const last = useRef<ReadonlyMap<string, AssetRecord>>(new Map());
  const view = useMemo(() => {
    views += 1;
    return new ExtraView(`assets ${views}`, { kind: "asset", face: "full", ids: named.split("\n") });
  }, [named]);
  useEffect(() => (named ? store.need(view) : undefined), [view]);
  const records = view.all();
  if (view.ready.value) last.current = records;
  return last.current;
}
