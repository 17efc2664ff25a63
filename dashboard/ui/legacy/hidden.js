// What hides alerts by somebody's wish: who owns it, why, and when it ends. Asked again when it may have changed.
import { t } from "./i18n.js";
import { get, Refused } from "./api.js";
import { parse } from "./time.js";
import { has } from "./features.js";

const AGAIN = 30000;
const LISTS = { shelf: "/api/v1/shelf", silenced: "/api/v1/silences", maintenance: "/api/v1/maintenance" };

/** Every reason by which an alert can be hidden, in the order in which people look after them. */
export const KINDS = ["shelved", "silenced", "maintenance", "flapping", "held", "inhibited", "other"];
const SHARED = new Set(["silenced", "maintenance", "inhibited"]);

/** The kind of a reason: "silenced:ab12" → silenced. */
export const kindOf = (reason) => reason.split(":")[0];
const idOf = (reason) => reason.slice(reason.indexOf(":") + 1);

/** One for the app: `of(alert, reason)` answers at once with what is known, and asks when that may be old. */
export class Hiders {
  constructor(app) {
    Object.assign(this, { app, known: new Map(), listeners: new Set(), askedAt: 0, seen: "" });
  }

  listen(fn) {
    this.listeners.add(fn);
    return () => this.listeners.delete(fn);
  }

  /** Asks when the hidden alerts are others than last time, or half a minute has gone by. */
  follow(alerts) {
    const signature = alerts.map((alert) => `${alert.id} ${alert.suppressed_by} ${alert.shelf?.until}`).join();
    if (!alerts.length || (signature === this.seen && Date.now() - this.askedAt < AGAIN)) return;
    this.seen = signature;
    this.ask();
  }

  async ask() {
    this.askedAt = Date.now();
    const answers = await Promise.all(Object.entries(LISTS).map(async ([kind, path]) => [kind, (await has(this.app, `GET ${path}`)) ? await read(path) : []]));
    this.known = new Map(answers.flatMap(([kind, items]) => items.map((item) => [kind === "shelf" ? `shelved ${item.alert}` : `${kind}:${item.id}`, item])));
    for (const fn of [...this.listeners]) fn();
  }

  /** {key, kind, id, by, comment, until, shared}: `until` in ms or null, names "" where nobody may know them. */
  of(alert, reason) {
    const kind = kindOf(reason);
    const key = kind === "shelved" ? `shelved ${alert.id}` : reason;
    const found = this.known.get(key);
    const ends = { shelved: alert.shelf?.until, held: alert.hold?.until }[kind];
    return { key, kind, id: idOf(reason), shared: SHARED.has(kind), by: found?.by ?? "", comment: found?.comment ?? "", until: parse(found?.until ?? ends) };
  }


  /** The hidden alerts by reason, then by what hides them, what ends first on top: [{kind, n, groups: [{hider, alerts}]}]. */
  sections(alerts) {
    const sections = new Map(KINDS.map((kind) => [kind, new Map()]));
    for (const alert of alerts) {
      const reason = firstReason(alert);
      const hider = this.of(alert, reason);
      const groups = sections.get(KINDS.includes(hider.kind) ? hider.kind : "other");
      const key = hider.shared ? hider.key : `${hider.key} ${alert.id}`;
      if (!groups.has(key)) groups.set(key, { hider, alerts: [] });
      groups.get(key).alerts.push(alert);
    }
    const soonest = (a, b) => (a.hider.until ?? Infinity) - (b.hider.until ?? Infinity) || (a.hider.key < b.hider.key ? -1 : 1);
    const found = [...sections].map(([kind, groups]) => ({ kind, groups: [...groups.values()].sort(soonest) }));
    return found.filter(({ groups }) => groups.length).map((one) => ({ ...one, n: one.groups.reduce((n, group) => n + group.alerts.length, 0) }));
  }
}

async function read(path) {
  try {
    return (await get(path)).items ?? [];
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [];
  }
}

const word = (kind) => t(`hider.${KINDS.includes(kind) ? kind : "other"}`);
export const hiderName = (hider) => word(hider.kind);
/** The word of a reason as the alert carries it: "silenced:ab12" → 静默. */
export const reasonName = (reason) => word(kindOf(reason));

/** The reason under which an alert stands: what a person has decided comes before what follows by itself. */
export function firstReason(alert) {
  const reasons = [...(alert.suppressed_by ?? [])];
  const place = (reason) => KINDS.indexOf(kindOf(reason)) + 1 || KINDS.length;
  return reasons.sort((a, b) => place(a) - place(b))[0] ?? "";
}

/** How many are hidden under each word: "搁置 1 · 抖动 2". */
export function reasonCounts(alerts) {
  const counts = new Map();
  for (const alert of alerts) counts.set(kindOf(firstReason(alert)), (counts.get(kindOf(firstReason(alert))) ?? 0) + 1);
  return KINDS.filter((kind) => counts.has(kind)).map((kind) => `${word(kind)} ${counts.get(kind)}`).join(" · ");
}
