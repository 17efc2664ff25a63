/** Records, drawn again at most twice a second: a flood of messages must not keep the page busy. */
import { effect, signal, type Signal } from "@preact/signals";
import type { Records } from "../records";
import type { ExtraView } from "./extraview";
import { store } from "./picture";
import type { Kind } from "./store";

const PAUSE = 500;

/** What `take` gives: at once after a pause, else within half a second of what `touch` subscribes to. */
function paced<T>(first: T, touch: () => unknown, take: () => T): Signal<T> {
  const latest = signal(first);
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = -Infinity;
  const taken = (): void => {
    timer = null;
    last = performance.now();
    latest.value = take();
  };
  effect(() => {
    touch();
    const wait = last + PAUSE - performance.now();
    if (wait <= 0) taken();
    else timer ??= setTimeout(taken, wait);
  });
  return latest;
}

/** All records of a kind. */
export function settled<K extends Kind>(kind: K): Signal<readonly Records[K][]> {
  return paced<readonly Records[K][]>([], () => store.all(kind), () => [...store.peek(kind).values()]);
}

/** The records of a view beside those that every page has, by id. */
export function settledView<K extends keyof Records>(view: ExtraView<K>): Signal<ReadonlyMap<string, Records[K]>> {
  return paced<ReadonlyMap<string, Records[K]>>(new Map(), () => view.all(), () => new Map(view.all()));
}
