// What the person looks at on this page: one selection that list, map and detail share.
export class Context {
  constructor() {
    this.listeners = new Set();
    this.alert = null;
    this.asset = null;
    this.place = null;
    this.dirty = false;
  }

  listen(fn) {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  tell() {
    for (const fn of [...this.listeners]) fn(this);
  }

  selectAlert(alert) {
    this.set(alert?.id ?? null, alert?.subject_kind === "asset" ? alert.asset : null, null);
  }

  /** An asset picked on the map or in the tree; `alert` is the open alert on it, if there is one. */
  selectAsset(id, alert = null) {
    this.set(alert?.id ?? this.alertOf?.(id)?.id ?? null, id, null);
  }

  selectPlace(ids) {
    this.set(null, null, ids);
  }

  clear() {
    this.dirty = false;
    this.set(null, null, null);
  }

  set(alert, asset, place) {
    if (this.alert === alert && this.asset === asset && this.place === place) return;
    Object.assign(this, { alert, asset, place, dirty: false });
    this.tell();
  }
}
