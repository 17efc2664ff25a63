/** The address of the page is its state: what is selected, filtered and open. Back closes what was opened. */
import { signal } from "@preact/signals";

const read = (): { path: string; query: string } => ({ path: location.pathname, query: location.search });
const current = signal(globalThis.location ? read() : { path: "/", query: "" });

/** The path of the page. A component that reads it is rendered again when the page changes. */
export const path = (): string => current.value.path;

/** A value of the query, or null. A component that reads it is rendered again when the address changes. */
export const query = (name: string): string | null => new URLSearchParams(current.value.query).get(name);

/** The name of the page: "duty" for "/", else the first part of its path. */
export const page = (): string => path().split("/")[1] || "duty";

/** The address of another page of the site, or of this page with other values. A null takes a value away. */
export function address(to: string, values: Readonly<Record<string, string | null>> = {}): string {
  const url = new URL(to || location.href, location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === "") url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  return url.pathname + url.search;
}

/**
 * Puts values into the query. `open: true` makes a step in the browser's history, so that Back takes it back: for what
 * a person opens (a detail, a tab). Without it the present step changes: for typing, sorting and moving a selection.
 */
export function setQuery(values: Readonly<Record<string, string | null>>, { open = false } = {}): void {
  const next = address("", values);
  if (next === location.pathname + location.search) return;
  history[open ? "pushState" : "replaceState"](history.state, "", next);
  update();
}

/**
 * Goes to an address within the site without leaving the page. Dash's router follows the browser's own event.
 * `replace`: Back does not come to the present address again.
 */
export function navigate(to: string, { replace = false } = {}): void {
  const samePage = new URL(to, location.href).pathname === location.pathname;
  history[replace ? "replaceState" : "pushState"]({}, "", to);
  update();
  if (samePage) return;
  dispatchEvent(new PopStateEvent("popstate", { state: {} }));
  scrollTo(0, 0);
}

function update(): void {
  const next = read();
  if (next.path !== current.value.path || next.query !== current.value.query) current.value = next;
}

/** Follows Back and Forward, and links that carry data-inside. */
export function followAddress(): void {
  addEventListener("popstate", update);
  document.addEventListener("click", (event) => {
    const link = (event.target as Element | null)?.closest?.<HTMLAnchorElement>("a[data-inside]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button || event.defaultPrevented) return;
    event.preventDefault();
    navigate(link.getAttribute("href") ?? "/");
  });
}
