/** The size of the screen, where a component must do something else and not only look different. */
import { signal, type Signal } from "@preact/signals";

function follow(width: number): Signal<boolean> {
  const query = globalThis.matchMedia?.(`(max-width: ${width}px)`);
  const current = signal(query?.matches ?? false);
  query?.addEventListener("change", () => (current.value = query.matches));
  return current;
}

const small = follow(760);
const tablet = follow(1300);

/** A screen for one hand. A component that asks is drawn again when that changes. */
export const isSmall = (): boolean => small.value;

/** A tablet or smaller: what is pressed has 44 px. A component that asks is drawn again when that changes. */
export const isTouch = (): boolean => tablet.value;

/** `rem` in CSS px. */
export const fromRem = (rem: number): number => rem * parseFloat(getComputedStyle(document.documentElement).fontSize);
