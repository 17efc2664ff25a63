/** The live picture: one view of each kind of record, as the server sends it, and who wants to know of a change. */
import { batch, signal, type Signal } from "@preact/signals";
import type {
  LiveFrame, Records, ViewChanges, ViewItem, ViewRequest, ViewsFrame, ViewsMessage, ViewSnapshot,
} from "../records";
import { ExtraViews, type AnyView } from "./extraviews";
import { applyItem } from "./view";

/** The kinds that pages show. */
export const KINDS = [
  "asset", "source", "alert", "warning", "receipt", "board", "case_board", "card", "order",
] as const;
export type Kind = (typeof KINDS)[number];

/** The ids that have changed since the last painted frame. `reset`: a view was sent anew. */
export type Changed = { reset: boolean } & Record<Kind, Set<string>>;

type AnyRecord = { id: string };
type Maps = { [K in Kind]: Map<string, Records[K]> };

/** The face of each kind: records have no other fields. A panel that needs more asks for an ExtraView. */
const FACES: Readonly<Record<Kind, string>> = {
  asset: "map", alert: "row", source: "full", warning: "row", receipt: "row", board: "full",
  case_board: "full", card: "row", order: "row",
};
const LINGER = 5000;
/** Exercises and tests too: pages show them apart. Of the receipts those that nobody has answered. */
const FILTERS: Partial<Record<Kind, Record<string, string>>> = {
  warning: { status: "*" }, receipt: { state: "new", mode: "*" },
};

export class Store {
  /** True while there is a picture of every kind that the server does not refuse. */
  readonly ready = signal(false);
  /** The kinds whose view the server refused: their records are missing. */
  readonly refused = signal<readonly Kind[]>([]);
  /** How many records of each kind this person may not see. */
  readonly hidden = signal<Partial<Record<Kind, number>>>({});
  /** Grows with every frame, for what is computed once for several readers. */
  moment = 0;
  /** Called when views are to be asked for: the message for the server. */
  onask: (message: ViewsMessage) => void = () => {};
  private maps: Maps = emptyMaps();
  private readonly loading = new Map<Kind, Map<string, AnyRecord>>();
  private readonly keys = new Map<string, Kind>();
  /** The revision up to which each kind is complete. */
  private readonly complete = new Map<Kind, string>();
  /** The kinds that the messages without an answer have asked for, in their order. */
  private unanswered: (readonly Kind[])[] = [];
  private readonly versions = Object.fromEntries(KINDS.map((kind) => [kind, signal(0)])) as Record<
    Kind,
    Signal<number>
  >;
  private readonly listeners = new Set<(changed: Changed) => void>();
  private pending: Changed | null = null;
  private readonly resets = new Set<Kind>();
  private readonly extras = new ExtraViews();
  private readonly moved = new Set<AnyView>();

  /** The records of a kind by id. A component that asks is rendered again when one of them changes. */
  all<K extends Kind>(kind: K): ReadonlyMap<string, Records[K]> {
    void this.versions[kind].value;
    return this.maps[kind];
  }

  /** The records of a kind by id, for code that follows changes through `listen`. */
  peek<K extends Kind>(kind: K): ReadonlyMap<string, Records[K]> {
    return this.maps[kind];
  }

  /** Calls `fn` at most once a painted frame after changes. Returns how to stop it. */
  listen(fn: (changed: Changed) => void): () => void {
    this.listeners.add(fn);
    return () => void this.listeners.delete(fn);
  }

  /** Asks for a view of its own until the returned function is called. */
  need(view: AnyView): () => void {
    if (this.extras.add(view)) this.askExtra({ subscribe: { [view.name]: view.request() } });
    const release = (): void => {
      if (this.extras.remove(view)) this.askExtra({ unsubscribe: [view.name] });
    };
    return () => void setTimeout(release, LINGER);
  }

  private askExtra(message: ViewsMessage): void {
    this.unanswered.push([]);
    this.onask(message);
  }

  /** The first message on a new connection: every view, going on from what is here. */
  begin(): ViewsMessage {
    this.unanswered = [];
    this.keys.clear();
    this.loading.clear();
    this.unanswered.push(KINDS);
    return { subscribe: { ...this.requests(), ...this.extras.requests() } };
  }

  /** The views to ask for, each going on from the picture that is here. */
  requests(): Record<Kind, ViewRequest> {
    const request = (kind: Kind): ViewRequest => {
      const filter = FILTERS[kind];
      const since = this.complete.get(kind);
      return { kind, face: FACES[kind], ...(filter ? { filter } : {}), ...(since ? { since } : {}) };
    };
    return Object.fromEntries(KINDS.map((kind) => [kind, request(kind)])) as Record<Kind, ViewRequest>;
  }

  take(frame: LiveFrame): void {
    const view = this.extras.take(frame);
    if (view) {
      this.due();
      this.moved.add(view);
    }
    switch (frame.type) {
      case "views":
        this.answered(frame);
        break;
      case "snapshot":
        this.snapshot(frame);
        break;
      case "changes":
        this.changes(frame);
        break;
      case "resync":
        this.forget(this.keys.get(frame.view));
        break;
      case "heartbeat":
        for (const kind of this.complete.keys()) this.complete.set(kind, frame.rev);
        break;
    }
  }

  /** Takes the answer to the oldest message that has none. */
  private answered(frame: ViewsFrame): void {
    this.keys.clear();
    for (const kind of KINDS) if (frame.views[kind]) this.keys.set(frame.views[kind], kind);
    this.extras.answered(frame);
    const asked = this.unanswered.shift() ?? [];
    for (const [name, errors] of Object.entries(frame.errors)) console.error("view", name, errors);
    this.refused.value = KINDS.filter((kind) => {
      return frame.errors[kind] || (this.refused.value.includes(kind) && !asked.includes(kind));
    });
    this.settle();
  }

  private settle(): void {
    this.ready.value = KINDS.every((kind) => this.complete.has(kind) || this.refused.value.includes(kind));
  }

  /** Takes a part of a view; what was there stays on the page until the last part is here. */
  private snapshot(frame: ViewSnapshot): void {
    const kind = this.keys.get(frame.view);
    if (!kind) return;
    const records = (frame.part === 0 ? undefined : this.loading.get(kind)) ?? new Map<string, AnyRecord>();
    this.loading.set(kind, records);
    for (const row of frame.rows) {
      const record = Object.fromEntries(frame.fields.map((field, index) => [field, row[index]])) as AnyRecord;
      records.set(record.id, record);
    }
    if (frame.more) return;
    this.loading.delete(kind);
    (this.maps as Record<Kind, Map<string, AnyRecord>>)[kind] = records;
    this.hidden.value = { ...this.hidden.value, [kind]: frame.hidden ?? 0 };
    this.complete.set(kind, frame.rev);
    this.settle();
    this.touch(kind, null);
  }

  private changes(frame: ViewChanges): void {
    const kind = this.keys.get(frame.view);
    if (!kind) return;
    const map = this.maps[kind] as Map<string, AnyRecord>;
    for (const item of frame.items) {
      apply(map, item);
      this.touch(kind, item.id);
    }
    if (this.complete.has(kind)) this.complete.set(kind, frame.rev);
  }

  /** A view is no longer valid; a new one is on its way. */
  private forget(kind: Kind | undefined): void {
    if (!kind) return;
    this.complete.delete(kind);
    this.settle();
  }

  private touch(kind: Kind, id: string | null): void {
    const pending = this.due();
    if (id !== null) pending[kind].add(id);
    else {
      pending.reset = true;
      this.resets.add(kind);
    }
  }

  /** What is told at the next painted frame. */
  private due(): Changed {
    this.moment += 1;
    if (this.pending) return this.pending;
    const changed = (this.pending = { reset: false, ...emptySets() });
    const flush = (): void => void (this.pending === changed && this.flush());
    // A hidden tab paints no frames: what it shows must stay right all the same.
    if (!document.hidden) requestAnimationFrame(flush);
    setTimeout(flush, document.hidden ? 250 : 400);
    return changed;
  }

  private flush(): void {
    const changed = this.pending;
    if (!changed) return;
    this.pending = null;
    const moved = KINDS.filter((kind) => this.resets.has(kind) || changed[kind].size);
    this.resets.clear();
    const views = [...this.moved];
    this.moved.clear();
    batch(() => {
      for (const view of views) view.version.value += 1;
      for (const kind of moved) this.versions[kind].value += 1;
      for (const fn of [...this.listeners]) fn(changed);
    });
  }
}

function apply(map: Map<string, AnyRecord>, item: ViewItem): void {
  if (item.gone) map.delete(item.id);
  else map.set(item.id, applyItem(map.get(item.id) ?? { id: item.id }, item));
}

const emptyMaps = (): Maps => Object.fromEntries(KINDS.map((kind) => [kind, new Map()])) as unknown as Maps;
const emptySets = (): Record<Kind, Set<string>> =>
  Object.fromEntries(KINDS.map((kind) => [kind, new Set<string>()])) as Record<Kind, Set<string>>;
