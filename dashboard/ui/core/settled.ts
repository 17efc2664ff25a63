/** Records, drawn again at most twice a second: a flood of messages must not keep the page busy. */
import { effect, signal, type Signal } from "@preact/signals";
import type { Records } from "../records";
import { store } from "./picture";
import type { Kind } from "./store";

const PAUSE = 500;

/** What `take` gives: at once after a pause, else within half a second of what `touch` subscribes to. */
export function paced<T>(first: T, touch: () => unknown, take: () => T): Signal<T> {
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
