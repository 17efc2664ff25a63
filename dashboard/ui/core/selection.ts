/** What the person looks at on this page: one selection that list, map and detail share. It stands in the address. */
import { computed, signal } from "@preact/signals";
import { query, setQuery } from "./address";
import { store } from "./picture";

/** The assets of a place that was pressed on the map; not in the address. */
const chosenPlace = signal<readonly string[] | null>(null);

export interface Selection {
  alert: string | null;
  /** The asset that was chosen, or the one that the chosen alert is about. */
  asset: string | null;
  place: readonly string[] | null;
}

const assetOf = (alert: string | null): string | null => {
  const record = alert ? store.all("alert").get(alert) : undefined;
  return record?.subject_kind === "asset" ? record.asset : null;
};

export const selection = computed<Selection>(() => {
  const alert = query("alert");
  return { alert, asset: query("asset") ?? assetOf(alert), place: chosenPlace.value };
});

/** Chooses an alert, an asset or a place, or nothing. What opens from nothing is closed by Back. */
export function select(next: Partial<Selection>): void {
  const open = Boolean(next.alert || next.asset) && !query("alert") && !query("asset");
  chosenPlace.value = next.place ?? null;
  const alert = next.alert ?? null;
  const asset = next.asset && next.asset !== assetOf(alert) ? next.asset : null;
  setQuery({ alert, asset }, { open });
}
