/** The figures of the alert load (EEMUA 191, ISA-18.2): asked for all who show them together. */
import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, ProblemError } from "../core/api";
import { store } from "../core/picture";
import type { Kpi } from "../records";

const AGAIN = 10_000;
const SOON = 2000;

/** The last answer, or null while there is none or it may not be seen. */
export const kpi = signal<Kpi | null>(null);

let readers = 0;
let askedAt = 0;
let due = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let following = false;

function soon(wait: number): void {
  const next = Math.max(Date.now() + 50, askedAt + wait);
  if (timer !== undefined && due <= next) return;
  clearTimeout(timer);
  due = next;
  timer = setTimeout(() => void ask(), next - Date.now());
}

async function ask(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  askedAt = Date.now();
  if (!readers) return;
  try {
    kpi.value = await get<Kpi>("/api/v1/kpi");
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if ([403, 404].includes(error.status)) kpi.value = null;
  }
  soon(AGAIN);
}

/** The first picture goes before: to count a month of many assets takes the server half a second. */
function afterFirstPicture(then: () => void): void {
  if (store.ready.peek()) return then();
  let stop = (): void => {};
  stop = effect(() => {
    if (!store.ready.value) return;
    setTimeout(() => stop());
    then();
  });
}

/** Keeps `kpi` fresh until the returned function is called. */
export function readKpi(): () => void {
  readers += 1;
  if (!following) {
    following = true;
    store.listen((changed) => void ((changed.reset || changed.alert.size) && readers && soon(SOON)));
  }
  if (Date.now() - askedAt > SOON) afterFirstPicture(() => void ask());
  return () => void (readers -= 1);
}

/** The load figures in a component, kept fresh while it is shown. */
export function useKpi(): Kpi | null {
  useEffect(readKpi, []);
  return kpi.value;
}
