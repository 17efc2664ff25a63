// The live feed: it holds the picture, keeps it right, and says how old it is.
import { learnServerTime, serverNow } from "./time.js";
import { token } from "./api.js";

export const KINDS = ["asset", "source", "alert", "warning"];
const SILENT = 3500;
const GONE = 1000;

/** One record with the fields of `set` put into it; readings merge by key, null removes one. */
export function merge(record, set) {
  const next = { ...record, ...set };
  if (set.readings && record?.readings) {
    next.readings = { ...record.readings };
    for (const [key, reading] of Object.entries(set.readings)) {
      if (reading === null) delete next.readings[key];
      else next.readings[key] = reading;
    }
  }
  return next;
}

/** What the page knows: a Map by id for each kind, told at most once a painted frame. */
export class Store {
  constructor() {
    for (const kind of KINDS) this[kind] = new Map();
    this.rev = null;
    this.ready = false;
    this.hidden = {};
    this.listeners = new Set();
    this.pending = null;
    this.version = 0;
  }

  /** `fn({asset: Set, …, reset: bool})` after every change; returns how to stop it. */
  listen(fn) {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  snapshot(frame) {
    for (const kind of KINDS) {
      this[kind] = new Map(Object.entries(frame[kind] ?? {}));
      for (const [id, record] of this[kind]) record.id ??= id;
    }
    this.hidden = frame.hidden ?? {};
    this.rev = frame.rev;
    this.ready = true;
    this.touch(null, null, true);
  }

  changes(frame) {
    for (const item of frame.items ?? []) {
      const map = this[item.kind];
      if (!KINDS.includes(item.kind)) continue;
      if (item.gone) map.delete(item.id);
      else map.set(item.id, merge(map.get(item.id) ?? { id: item.id }, item.set ?? {}));
      this.touch(item.kind, item.id, false);
    }
    this.rev = frame.rev;
  }

  touch(kind, id, reset) {
    this.version += 1;
    if (!this.pending) {
      this.pending = { reset: false, ...Object.fromEntries(KINDS.map((name) => [name, new Set()])) };
      // A hidden tab paints no frames: its list must stay right all the same.
      if (document.hidden) setTimeout(() => this.flush(), 250);
      else {
        const once = this.pending;
        requestAnimationFrame(() => this.pending === once && this.flush());
        setTimeout(() => this.pending === once && this.flush(), 400);
      }
    }
    this.pending.reset ||= reset;
    if (kind) this.pending[kind].add(id);
  }

  flush() {
    const changed = this.pending;
    if (!changed) return;
    this.pending = null;
    for (const fn of [...this.listeners]) fn(changed);
  }
}

/** The connection: endless, with backoff and jitter, resuming from the last rev. The socket itself is in a worker. */
export class Live {
  constructor(store) {
    this.store = store;
    this.worker = null;
    this.connected = false;
    // Local times (Date.now): the server's offset may still move.
    this.closedAt = Date.now();
    this.frameAt = null;
    this.silence = 0;
    this.ages = {};
    this.conditions = [];
    this.attempt = 0;
    this.refused = 0;
    this.timer = null;
    this.onopen = () => {};
    this.onrefused = () => {};
  }

  start() {
    this.connect();
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => !document.hidden && this.hurry());
  }

  url() {
    const query = new URLSearchParams();
    if (this.store.rev) query.set("since", this.store.rev);
    if (token) query.set("token", token);
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    return `${scheme}//${location.host}/api/v1/live?${query}`;
  }

  connect() {
    clearTimeout(this.timer);
    this.timer = null;
    this.connected = true;
    this.worker ??= this.work();
    this.worker.postMessage({ open: this.url() });
  }

  /** The worker that owns the socket; one that cannot be started counts as a lost connection. */
  work() {
    const worker = new Worker(new URL("livesocket.js", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }) => this.take(data);
    worker.onerror = () => {
      worker.terminate();
      this.worker = null;
      this.lost(0);
    };
    return worker;
  }

  /** What the worker tells, in the order in which it happened. */
  take({ kind, at, text, code, silence }) {
    if (kind === "clock") this.silence = silence;
    else if (kind === "frame") this.receive(text, at);
    else if (kind === "close") this.lost(code);
    else {
      this.refused = 0;
      this.onopen();
    }
  }

  receive(text, at) {
    const frame = JSON.parse(text);
    this.closedAt = null;
    this.frameAt = at;
    this.silence = 0;
    this.attempt = 0;
    learnServerTime(frame.at, at);
    if (frame.type === "snapshot") this.store.snapshot(frame);
    else if (frame.type === "changes") this.store.changes(frame);
    else if (frame.type === "resync") {
      this.store.rev = null;
      this.store.ready = false;
    } else if (frame.type === "heartbeat") {
      this.beatAt = at;
      this.ages = frame.ages ?? {};
      this.conditions = frame.conditions ?? [];
      this.store.rev = frame.rev ?? this.store.rev;
    }
  }

  lost(code) {
    this.connected = false;
    this.closedAt ??= Date.now();
    this.ages = {};
    this.conditions = [];
    if (code === 4401 || code === 4403) {
      this.refused = code;
      this.onrefused(code);
    }
    const base = Math.min(4000, 250 * 1.7 ** this.attempt);
    this.attempt += 1;
    // A refused page asks again too: a right given later must not need a hand on the wall.
    const wait = this.refused ? 15000 : base * (0.7 + 0.6 * Math.random());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  hurry() {
    if (!this.connected && !this.refused) this.connect();
  }

  /** Why the picture is old: {why, since (server ms or null), roles}, or null while it is not. */
  stale() {
    const now = Date.now();
    const shift = serverNow() - now;
    const say = (why, since, roles = []) => ({ why, roles, since: since === null ? null : since + shift });
    if (this.refused) return say(this.refused === 4403 ? "forbidden" : "signedout", this.frameAt ?? this.closedAt);
    if (this.frameAt === null) return say("loading", this.closedAt);
    if (this.closedAt !== null && now - this.closedAt > GONE) return say("closed", this.frameAt);
    if (!this.store.ready) return say("resync", this.frameAt);
    if (this.closedAt === null && this.silence > SILENT) return say("silent", this.frameAt);
    const late = Object.entries(this.ages).filter(([, age]) => age === null || age * 1000 > SILENT);
    if (!late.length) return null;
    const oldest = Math.max(...late.map(([, age]) => age ?? 0)) * 1000;
    return say("role", this.beatAt - oldest, late.map(([role]) => role));
  }

  /** How old the picture is, in ms: since the last frame or since the slowest role moved; null before the first. */
  age() {
    if (this.frameAt === null) return null;
    const slowest = Math.max(0, ...Object.values(this.ages).map((age) => age ?? 0)) * 1000;
    return Math.max(this.silence, slowest);
  }
}
