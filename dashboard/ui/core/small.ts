/** The size of the screen, where a component must do something else and not only look different. */
import { signal } from "@preact/signals";

const query = globalThis.matchMedia?.("(max-width: 760px)");
const current = signal(query?.matches ?? false);
query?.addEventListener("change", () => (current.value = query.matches));

/** A screen for one hand. A component that asks is drawn again when that changes. */
export const isSmall = (): boolean => current.value;

/** `rem` in CSS px. */
export const fromRem = (rem: number): number => rem * parseFloat(getComputedStyle(document.documentElement).fontSize);
