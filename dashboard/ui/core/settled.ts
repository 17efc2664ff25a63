/** Records of a kind, drawn again at most twice a second: a flood of messages must not keep the page busy. */
import { effect, signal, type Signal } from "@preact/signals";
import type { Records } from "../records";
import { store } from "./picture";
import type { Kind } from "./store";

const PAUSE = 500;

/** All records of a kind: at once after a pause, else with those that follow within half a second. */
export function settled<K extends Kind>(kind: K): Signal<readonly Records[K][]> {
  const list = signal<readonly Records[K][]>([]);
  let timer: ReturnType<typeof setTimeout> | null = null;
  let last = -Infinity;
  const take = (): void => {
    timer = null;
    last = performance.now();
    list.value = [...store.peek(kind).values()];
  };
  effect(() => {
    store.all(kind);
    const wait = last + PAUSE - performance.now();
    if (wait <= 0) take();
    else timer ??= setTimeout(take, wait);
  });
  return list;
}
