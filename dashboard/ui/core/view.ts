/** What one item of a view's changes makes of a record (docs/live-views.md). Pure. */
import type { ViewItem } from "../records";

type Parts = Record<string, Record<string, unknown>>;

/** The record with `set` put into it, and the parts of `merge`: null removes one, an object replaces its fields. */
export function applyItem<T extends object>(record: T, { set, merge }: Pick<ViewItem, "set" | "merge">): T {
  const next: Record<string, unknown> = { ...record, ...set };
  for (const [field, parts] of Object.entries(merge ?? {})) {
    const merged: Parts = { ...(next[field] as Parts | undefined) };
    for (const [key, part] of Object.entries(parts)) {
      if (part === null) delete merged[key];
      else merged[key] = { ...merged[key], ...part };
    }
    next[field] = merged;
  }
  return next as T;
}
