/** The keys of the alert list, on the whole page. */
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { navigate, setQuery } from "../core/address";
import { store } from "../core/picture";
import { select, selection } from "../core/selection";
import type { RowList } from "./row";
import type { AlertRow } from "./rows";

/** The page of an alert's subject, by its kind. */
const PAGES: Readonly<Record<string, string>> = { warning: "/warnings", source: "/sources", region: "/network" };

interface Keyed {
  rows: AlertRow[];
  list: RowList;
  refs: { search: RefObject<HTMLInputElement | null>; help: RefObject<HTMLDialogElement | null> };
  letIn: () => void;
  bulk: () => void;
}

export function useListKeys(keyed: Keyed): void {
  const latest = useRef(keyed);
  latest.current = keyed;
  useEffect(() => {
    const press = (event: KeyboardEvent): void => take(event, latest.current);
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

function step(rows: AlertRow[], by: number): void {
  const ids = rows.map((row) => row.alert.id);
  const at = ids.indexOf(selection.peek().alert ?? "");
  const id = ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))];
  if (id) select({ alert: id });
}

function openSubject(rows: AlertRow[]): void {
  const alert = store.peek("alert").get(selection.peek().alert ?? "");
  if (!alert) step(rows, 1);
  else if (alert.subject_kind === "asset") navigate(`/assets/${encodeURIComponent(alert.asset)}`);
  else navigate(PAGES[alert.subject_kind] ?? "/alerts");
}

const focus = (selector: string): void => document.querySelector<HTMLElement>(selector)?.focus();
const click = (selector: string): void => document.querySelector<HTMLElement>(selector)?.click();

function actions({ rows, list, refs, letIn, bulk }: Keyed): Readonly<Record<string, () => void>> {
  const chosen = selection.peek().alert;
  return {
    j: () => step(rows, 1), k: () => step(rows, -1), ArrowDown: () => step(rows, 1), ArrowUp: () => step(rows, -1),
    a: () => focus("[data-ack-comment]"), s: () => click("[data-suppress=shelve]"),
    x: () => void (chosen && list.choose(chosen)), f: () => void (chosen && list.fold(chosen)),
    A: bulk, n: letIn, "/": () => refs.search.current?.focus(), "?": () => refs.help.current?.showModal(),
    Enter: () => openSubject(rows),
  };
}

function take(event: KeyboardEvent, keyed: Keyed): void {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const target = event.target as HTMLElement;
  const field = target.closest<HTMLInputElement>("input, textarea, select, [contenteditable]");
  if (event.key === "Escape") {
    if (!field) select({});
    else field.blur();
    if (field && field === keyed.refs.search.current) setQuery({ q: null });
    return;
  }
  if (field && field.type !== "checkbox") return;
  if (event.key === "Enter" && target.closest("button, a")) return;
  const action = actions(keyed)[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}
