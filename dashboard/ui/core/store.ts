/** The live picture: the records of each kind, as the server sends them, and who wants to know of a change. */
import { batch, signal, type Signal } from "@preact/signals";
import type { Records } from "../records";

export type Kind = keyof Records;
export const KINDS: readonly Kind[] = ["asset", "source", "alert", "warning", "board"];

/** The ids that have changed since the last painted frame. `reset`: everything was sent anew. */
export type Changed = { reset: boolean } & Record<Kind, Set<string>>;

type Fields = Record<string, unknown>;
export interface SnapshotFrame {
  rev: string;
  hidden?: Partial<Record<Kind, number>>;
  [kind: string]: unknown;
}
export interface ChangeItem {
  kind: string;
  id: string;
  set?: Fields;
  gone?: boolean;
}

/** A record with `set` put into it. Readings merge by key; null removes one. */
export function merge<T extends object>(record: T, set: Fields): T {
  const next = { ...record, ...set } as T & { readings?: Fields };
  const old = (record as { readings?: Fields }).readings;
  if (set.readings && old) {
    const readings: Fields = { ...old };
    for (const [key, reading] of Object.entries(set.readings)) {
      if (reading === null) delete readings[key];
      else readings[key] = reading;
    }
    next.readings = readings;
  }
  return next;
}

type Maps = { [K in Kind]: Map<string, Records[K]> };

export class Store {
  /** True from the first snapshot on, and false while a new one is awaited. */
  readonly ready = signal(false);
  /** How many records of each kind this person may not see. */
  readonly hidden = signal<Partial<Record<Kind, number>>>({});
  rev: string | null = null;
  /** Grows with every frame, for what is computed once for several readers. */
  moment = 0;
  private maps: Maps = emptyMaps();
  private readonly versions = Object.fromEntries(KINDS.map((kind) => [kind, signal(0)])) as Record<
    Kind,
    Signal<number>
  >;
  private readonly listeners = new Set<(changed: Changed) => void>();
  private pending: Changed | null = null;

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

  /** Takes a whole picture. */
  snapshot(frame: SnapshotFrame): void {
    const maps = emptyMaps();
    for (const kind of KINDS) {
      const map = maps[kind] as Map<string, { id?: string }>;
      for (const [id, record] of Object.entries((frame[kind] ?? {}) as Record<string, { id?: string }>)) {
        record.id ??= id;
        map.set(id, record);
      }
    }
    this.maps = maps;
    this.hidden.value = frame.hidden ?? {};
    this.rev = frame.rev;
    this.ready.value = true;
    this.touch(null, "");
  }

  /** Takes changes of records. */
  changes(frame: { rev: string; items?: ChangeItem[] }): void {
    for (const item of frame.items ?? []) {
      const kind = item.kind as Kind;
      if (!KINDS.includes(kind)) continue;
      const map = this.maps[kind] as Map<string, { id: string }>;
      if (item.gone) map.delete(item.id);
      else map.set(item.id, merge(map.get(item.id) ?? { id: item.id }, item.set ?? {}));
      this.touch(kind, item.id);
    }
    this.rev = frame.rev;
  }

  /** The picture is no longer valid; a new one is on its way. */
  invalidate(): void {
    this.rev = null;
    this.ready.value = false;
  }

  private touch(kind: Kind | null, id: string): void {
    this.moment += 1;
    if (!this.pending) {
      const changed = { reset: false, ...emptySets() };
      this.pending = changed;
      const flush = (): void => void (this.pending === changed && this.flush());
      // A hidden tab paints no frames: what it shows must stay right all the same.
      if (!document.hidden) requestAnimationFrame(flush);
      setTimeout(flush, document.hidden ? 250 : 400);
    }
    if (kind) this.pending[kind].add(id);
    else this.pending.reset = true;
  }

  private flush(): void {
    const changed = this.pending;
    if (!changed) return;
    this.pending = null;
    batch(() => {
      for (const kind of KINDS) if (changed.reset || changed[kind].size) this.versions[kind].value += 1;
      for (const fn of [...this.listeners]) fn(changed);
    });
  }
}

const emptyMaps = (): Maps => Object.fromEntries(KINDS.map((kind) => [kind, new Map()])) as unknown as Maps;
const emptySets = (): Record<Kind, Set<string>> =>
  Object.fromEntries(KINDS.map((kind) => [kind, new Set<string>()])) as Record<Kind, Set<string>>;
