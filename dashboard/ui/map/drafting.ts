/** Drawing on the map: presses go to what is drawn while something is, and the draft has a layer of its own. */
import { effect } from "@preact/signals";
import type { FeatureCollection } from "geojson";
import type { Map as LibraryMap } from "maplibre-gl";
import type { Sources } from "./sources";

/** What a person is drawing. `place` takes a press while `active`. */
export interface Draft {
  active: () => boolean;
  features: () => FeatureCollection;
  place: (at: [number, number]) => void;
  finish: () => void;
}

/** Draws the draft as it changes, and ends it at a double press. Answers what stops it. */
export function followDraft(map: LibraryMap, sources: Sources, draft: Draft): () => void {
  map.on("dblclick", (event) => {
    if (!draft.active()) return;
    event.preventDefault();
    draft.finish();
  });
  return effect(() => sources.set("draft", draft.features()));
}
