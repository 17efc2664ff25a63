/** Nothing moves under the cursor: while somebody is at a list, its order stands. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { RefObject } from "preact";

export interface Held<T> {
  /** The rows to draw: in their present order, or while held in the order that stands. */
  rows: T[];
  /** How many rows wait to come in. */
  waiting: number;
}

/**
 * Holds the order of `rows` while the pointer is over `box`, a press has begun there, or a row has the focus. A row
 * that has gone stays in its place, as `gone(row)` makes it; a row whose content has changed is drawn as it is now.
 * Another `version` (a tab, a filter, a row unfolded, a wish to see what waits) lets everything in at once.
 */
export function useHold<T>(
  box: RefObject<HTMLElement | null>, rows: T[], keyOf: (row: T) => string, gone: (row: T) => T, version: string,
): Held<T> {
  const [held, setHeld] = useState(false);
  const order = useRef<T[]>(rows);
  const seen = useRef(version);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    let over = false;
    let focused = false;
    const tell = (): void => setHeld(over || focused);
    const listeners: [string, () => void][] = [
      ["pointerenter", () => ((over = true), tell())],
      ["pointerleave", () => ((over = false), tell())],
      ["pointerdown", () => ((over = true), tell())],
      ["focusin", () => ((focused = document.activeElement?.matches(":focus-visible") ?? false), tell())],
      ["focusout", () => ((focused = false), tell())],
    ];
    for (const [name, fn] of listeners) element.addEventListener(name, fn);
    return () => {
      for (const [name, fn] of listeners) element.removeEventListener(name, fn);
    };
  }, []);
  const now = new Map(rows.map((row) => [keyOf(row), row]));
  if (!held || seen.current !== version) {
    seen.current = version;
    order.current = rows;
    return { rows, waiting: 0 };
  }
  const known = new Set(order.current.map(keyOf));
  const shown = order.current.map((row) => now.get(keyOf(row)) ?? gone(row));
  return { rows: shown, waiting: rows.filter((row) => !known.has(keyOf(row))).length };
}
