/** The connection to the live feed: endless, with backoff and jitter, resuming from the last rev. */
import { signal } from "@preact/signals";
import { startedKept, token } from "./api";
import type { LiveFrame, ViewsMessage } from "../records";
import type { ToPage, ToSocket } from "./socket.worker";
import type { Kind, Store } from "./store";
import { learnServerTime, serverNow } from "./time";

/** ms without a word after which the server counts as silent: three beats are missing. */
const SILENT = 3000;
/** ms without a beat after which a role counts as standing still. */
const LATE = 3500;
const GONE = 1000;
const SIGNED_OUT = 4401;
const FORBIDDEN = 4403;

/** Why the picture is old or not whole: a reason, since when (server ms), the roles that stand still, kinds refused. */
export interface Stale {
  why: "forbidden" | "signedout" | "loading" | "offline" | "closed" | "resync" | "silent" | "role" | "refused";
  since: number | null;
  roles: string[];
  kinds: readonly Kind[];
}

export class Live {
  /** Conditions of the whole site, such as "disk-full". */
  readonly conditions = signal<string[]>([]);
  /** The close code of a server that refused, else 0. */
  refused = 0;
  onopen: () => void = () => {};
  onrefused: (code: number) => void = () => {};
  private worker: Worker | null = null;
  private connected = false;
  private opened = false;
  /** Whether there was ever a whole picture. */
  private wasWhole = false;
  // Local times (Date.now): the server's offset may still move.
  private closedAt: number | null = Date.now();
  private frameAt: number | null = null;
  private beatAt = 0;
  private silence = 0;
  private ages: Record<string, number | null> = {};
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly store: Store) {
    store.onask = (message) => this.ask(message);
  }

  start(): void {
    this.connect();
    addEventListener("online", () => this.hurry());
    document.addEventListener("visibilitychange", () => !document.hidden && this.hurry());
  }

  /** When the last frame came, as local ms, or null before the first. */
  get heardAt(): number | null {
    return this.frameAt;
  }

  private url(): string {
    const query = new URLSearchParams({ feed: "views", encoding: "gzip" });
    if (token) query.set("token", token);
    return `${location.protocol === "https:" ? "wss:" : "ws:"}//${location.host}/api/v1/live?${query}`;
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.connected = true;
    this.worker ??= this.work();
    this.worker.postMessage({ open: this.url() } satisfies ToSocket);
  }

  /** The worker that owns the socket. One that cannot be started counts as a lost connection. */
  private work(): Worker {
    const file = `${document.documentElement.dataset.base}/built/socket.worker.js`;
    const worker = new Worker(file, { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<ToPage>) => this.take(data);
    worker.onerror = () => {
      worker.terminate();
      this.worker = null;
      this.lost(0);
    };
    return worker;
  }

  private take(message: ToPage): void {
    if (message.kind === "clock") this.silence = message.silence;
    else if (message.kind === "frame") this.receive(message.text, message.at);
    else if (message.kind === "close") this.lost(message.code);
    else {
      this.refused = 0;
      this.opened = true;
      this.ask(this.store.begin());
      this.onopen();
    }
  }

  /** Asks the server for views; before the socket is open nothing is asked, because all is asked when it opens. */
  private ask(message: ViewsMessage): void {
    if (this.opened) this.worker?.postMessage({ send: JSON.stringify(message) } satisfies ToSocket);
  }

  private receive(text: string, at: number): void {
    const frame = JSON.parse(text) as LiveFrame;
    this.closedAt = null;
    this.frameAt = at;
    this.silence = 0;
    this.attempt = 0;
    if ("at" in frame) learnServerTime(frame.at, at);
    if (frame.type === "heartbeat") {
      this.beatAt = at;
      this.ages = frame.ages;
      this.conditions.value = frame.conditions;
    }
    this.store.take(frame);
  }

  private lost(code: number): void {
    this.connected = this.opened = false;
    this.closedAt ??= Date.now();
    this.ages = {};
    this.conditions.value = [];
    if (code === SIGNED_OUT || code === FORBIDDEN) {
      this.refused = code;
      this.onrefused(code);
    }
    const base = Math.min(4000, 250 * 1.7 ** this.attempt);
    this.attempt += 1;
    // A refused page asks again too: a right given later must not need a hand on the wall.
    const wait = this.refused ? 15_000 : base * (0.7 + 0.6 * Math.random());
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), wait);
  }

  private hurry(): void {
    if (!this.connected && !this.refused) this.connect();
  }

  /** Why the picture is old, or null while it is not. */
  stale(): Stale | null {
    const now = Date.now();
    const shift = serverNow() - now;
    const { closedAt, frameAt } = this;
    const say = (why: Stale["why"], since: number | null, roles: string[] = []): Stale => {
      return { why, roles, kinds: this.store.refused.peek(), since: since === null ? null : since + shift };
    };
    if (this.refused) return say(this.refused === FORBIDDEN ? "forbidden" : "signedout", frameAt ?? closedAt);
    if (frameAt === null) return say(startedKept() ? "offline" : "loading", startedKept() ? null : closedAt);
    if (closedAt !== null && now - closedAt > GONE) return say("closed", frameAt);
    if (!this.store.ready.peek()) return say(this.wasWhole ? "resync" : "loading", frameAt);
    this.wasWhole = true;
    if (closedAt === null && this.silence > SILENT) return say("silent", frameAt);
    const late = Object.entries(this.ages).filter(([, age]) => age === null || age * 1000 > LATE);
    if (!late.length) return this.store.refused.peek().length ? say("refused", null) : null;
    const oldest = Math.max(...late.map(([, age]) => age ?? 0)) * 1000;
    return say("role", this.beatAt - oldest, late.map(([role]) => role));
  }

  /** How old the picture is, in ms: since the last frame, or since the slowest role moved. Null before the first. */
  age(): number | null {
    if (this.frameAt === null) return null;
    const slowest = Math.max(0, ...Object.values(this.ages).map((age) => age ?? 0)) * 1000;
    return Math.max(this.silence, slowest);
  }
}
