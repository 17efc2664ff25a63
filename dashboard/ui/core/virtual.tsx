/** A long list of which only the part in view exists: five thousand rows cost as much as fifty. */
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const OVER = 6;

interface Props<T> {
  rows: readonly T[];
  keyOf: (row: T) => string;
  /** Height of each row in CSS px. */
  height: number;
  /** Draws a row; its outermost element takes `style`. */
  children: (row: T, style: string) => ComponentChildren;
  /** The row to keep in sight when it changes. */
  shown?: string | null;
  class?: string;
  label?: string;
  /** "list" where it is left out. A tree takes the focus and keys. */
  role?: "list" | "tree";
  onKeyDown?: (event: KeyboardEvent) => void;
  /** Called with the first row in view and the one after the last. */
  onWindow?: (from: number, to: number) => void;
}

export function VirtualList<T>({
  rows, keyOf, height, children, shown, class: name = "", label, role = "list", onKeyDown, onWindow,
}: Props<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const [from, to] = useWindow(scroller, height);
  useEffect(() => onWindow?.(from, to), [from, to]);
  const at = shown ? rows.findIndex((row) => keyOf(row) === shown) : -1;
  useEffect(() => {
    const box = scroller.current;
    if (!box || at < 0) return;
    if (at * height < box.scrollTop) box.scrollTop = at * height;
    else if ((at + 1) * height > box.scrollTop + box.clientHeight) box.scrollTop = (at + 1) * height - box.clientHeight;
    // Only a new choice moves the list, or its first appearance; a list that grows above it does not.
  }, [shown, at < 0]);
  const first = Math.max(0, Math.min(from, rows.length - 1) - OVER);
  const seen = rows.slice(first, to + OVER);
  return (
    <div ref={scroller} class={`virtual ${name}`} role={role} aria-label={label} tabIndex={0}
      onKeyDown={onKeyDown}>
      <div style={`height:${rows.length * height}px;position:relative`}>
        {seen.map((row, index) => {
          const top = (first + index) * height;
          return children(row, `position:absolute;left:0;right:0;height:${height}px;transform:translateY(${top}px)`);
        })}
      </div>
    </div>
  );
}

/** The first and last row in view. Scrolling draws again only when another row comes into view. */
function useWindow(scroller: RefObject<HTMLDivElement | null>, height: number): [number, number] {
  const [range, setRange] = useState<[number, number]>([0, 30]);
  useLayoutEffect(() => {
    const box = scroller.current!;
    const look = (): void => {
      const first = Math.floor(box.scrollTop / height);
      const last = Math.ceil((box.scrollTop + box.clientHeight) / height);
      setRange((old) => (old[0] === first && old[1] === last ? old : [first, last]));
    };
    const watch = new ResizeObserver(look);
    watch.observe(box);
    box.addEventListener("scroll", look, { passive: true });
    look();
    return () => {
      watch.disconnect();
      box.removeEventListener("scroll", look);
    };
  }, [height]);
  return range;
}
