/** One asset with all that is known of it, from the live feed. */
import { useEffect } from "preact/hooks";
import type { AssetRecord } from "../records";
import { ExtraView } from "./extraview";
import { store } from "./picture";

/** One view an asset, for all panels that show it. */
const views = new Map<string, ExtraView<"asset">>();

function viewOf(id: string): ExtraView<"asset"> {
  let view = views.get(id);
  if (!view) views.set(id, (view = new ExtraView(`asset ${id}`, { kind: "asset", face: "full", ids: [id] })));
  return view;
}

/** A whole asset: undefined until it is here, null when there is none that this person sees. */
export function useAsset(id: string): AssetRecord | null | undefined {
  const view = viewOf(id);
  useEffect(() => store.need(view), [view]);
  return view.all().get(id) ?? (view.ready.value ? null : undefined);
}
