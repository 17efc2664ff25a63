// The selection of the page, for widgets that have not moved yet.
import { effect, untracked } from "@preact/signals";
import { select, selection } from "../core/selection";
import { askUnsaved } from "../shell/selfhelp";

export class Context {
  constructor() {
    this.listeners = new Set();
    this.dirty = false;
    this.last = selection.peek();
    askUnsaved(() => this.dirty);
    effect(() => {
      const now = selection.value;
      const { last } = this;
      if (last.alert === now.alert && last.asset === now.asset && last.place === now.place) return;
      this.last = now;
      this.dirty = false;
      untracked(() => {
        for (const fn of [...this.listeners]) fn(this);
      });
    });
  }

  get alert() { return selection.peek().alert; }
  get asset() { return selection.peek().asset; }
  get place() { return selection.peek().place; }

  listen(fn) {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  selectAlert(alert) {
    select({ alert: alert?.id ?? null });
  }

  /** An asset picked in the tree; `alert` is the open alert on it, if there is one. */
  selectAsset(id, alert = null) {
    select({ alert: alert?.id ?? this.alertOf?.(id)?.id ?? null, asset: id });
  }

  selectPlace(ids) {
    select({ place: ids });
  }

  clear() {
    select({});
  }

  set(alert, asset, place) {
    select({ alert, asset, place });
  }
}
