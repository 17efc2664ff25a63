/** A view beside those that every page has: subscribed while a panel needs it, and read like them. */
import { signal } from "@preact/signals";
import type { Records, ViewChanges, ViewItem, ViewRequest, ViewSnapshot } from "../records";
import { applyItem } from "./view";

type AnyRecord = { id: string };

export class ExtraView<K extends keyof Records> {
  /** True while there is a complete picture of it. */
  readonly ready = signal(false);
  /** True while the server refuses it. */
  readonly refused = signal(false);
  /** Grows when records change, at most once a painted frame. */
  readonly version = signal(0);
  /** The server's name of the view, "" while it is not subscribed. */
  key = "";
  private records = new Map<string, AnyRecord>();
  private loading = new Map<string, AnyRecord>();
  private rev = "";

  /** `name` is the page's own and is unique on it. */
  constructor(readonly name: string, private readonly query: ViewRequest & { kind: K }) {}

  /** The records by id. A component that asks is rendered again when one of them changes. */
  all(): ReadonlyMap<string, Records[K]> {
    void this.version.value;
    return this.records as unknown as ReadonlyMap<string, Records[K]>;
  }

  /** What to ask the server for, going on from the picture that is here. */
  request(): ViewRequest {
    return this.rev ? { ...this.query, since: this.rev } : this.query;
  }

  /** Takes a part of the view. True when it was the last one. */
  snapshot(frame: ViewSnapshot): boolean {
    if (frame.part === 0) this.loading = new Map();
    for (const row of frame.rows) {
      const record = Object.fromEntries(frame.fields.map((field, index) => [field, row[index]])) as AnyRecord;
      this.loading.set(record.id, record);
    }
    if (frame.more) return false;
    this.records = this.loading;
    this.advance(frame.rev);
    this.ready.value = true;
    return true;
  }

  changes(frame: ViewChanges): void {
    for (const item of frame.items) this.apply(item);
    this.advance(frame.rev);
  }

  /** The view stands at `rev`, if there is a picture of it. */
  advance(rev: string): void {
    if (this.ready.peek() || this.records === this.loading) this.rev = rev;
  }

  /** The view is no longer valid; what was there stays on the page until the new one is here. */
  forget(): void {
    this.rev = "";
    this.ready.value = false;
  }

  /** Nobody needs it: the records go. */
  drop(): void {
    this.forget();
    this.key = "";
    this.records = new Map();
    this.loading = new Map();
  }

  private apply(item: ViewItem): void {
    if (item.gone) this.records.delete(item.id);
    else this.records.set(item.id, applyItem(this.records.get(item.id) ?? { id: item.id }, item));
  }
}
