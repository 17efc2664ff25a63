/** The task that the phone shows, in the address: Back leads to the list. */
import { signal } from "@preact/signals";

const taken = (): string => new URLSearchParams(location.search).get("task") ?? "";

/** The id of the task that is open, "" for the list. */
export const query = signal(taken());

/** Opens a task, or the list. */
export function setQuery(id: string): void {
  if (id === query.value) return;
  history.pushState(null, "", id ? `/m?task=${encodeURIComponent(id)}` : "/m");
  query.value = id;
}

/** Follows Back and Forward; `moved` is called after each. */
export function startAddress(moved: () => void): void {
  addEventListener("popstate", () => {
    query.value = taken();
    moved();
  });
}
