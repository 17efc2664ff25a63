// What hides alerts by somebody's wish: who owns it, why, and when it ends. Asked again when it may have changed.
import { t } from "./i18n.js";
import { get, Refused } from "./api.js";
import { parse } from "./time.js";
import { has } from "./features.js";

const AGAIN = 30000;
const LISTS = { shelf: "/api/v1/shelf", silenced: "/api/v1/silences", maintenance: "/api/v1/maintenance" };

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

  /** {key, kind, id, by, comment, until}: `until` in ms or null, names "" where nobody may know them. */
  of(alert, reason) {
    const kind = kindOf(reason);
    const key = kind === "shelved" ? `shelved ${alert.id}` : reason;
    const found = this.known.get(key);
    return { key, kind, id: idOf(reason), by: found?.by ?? "", comment: found?.comment ?? "", until: parse(found?.until ?? (kind === "shelved" ? alert.shelf?.until : null)) };
  }

  /** The hidden alerts under what hides them, what ends first on top: [{hider, alerts}]. */
  groups(alerts) {
    const groups = new Map();
    for (const alert of alerts) {
      const reasons = alert.suppressed_by.filter((reason) => kindOf(reason) !== "inhibited");
      const hider = this.of(alert, reasons[0] ?? alert.suppressed_by[0]);
      if (!groups.has(hider.key)) groups.set(hider.key, { hider, alerts: [] });
      groups.get(hider.key).alerts.push(alert);
    }
    return [...groups.values()].sort((a, b) => (a.hider.until ?? Infinity) - (b.hider.until ?? Infinity) || (a.hider.key < b.hider.key ? -1 : 1));
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

export const hiderName = (hider) => t(`hider.${["shelved", "silenced", "maintenance", "flapping", "inhibited"].includes(hider.kind) ? hider.kind : "other"}`);
