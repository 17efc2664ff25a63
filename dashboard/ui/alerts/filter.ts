/** Which alerts a page shows: mine, my region's or all, and of those by severity, feed or kind, state, place, words. */
import { query } from "../core/address";
import { store } from "../core/picture";
import { alertTitle, subjectName } from "../core/names";
import { covers, me, regionName, site } from "../core/site";
import type { AlertRecord } from "../records";
import { VIDEO_KINDS } from "../vocabulary";

export const SCOPES = ["mine", "region", "all"] as const;
export type Scope = (typeof SCOPES)[number];
export const STATES = ["UNACK", "ACKED", "RTNUN"] as const;
export const FEEDS = ["network", "video", "emergency", "source", "tool"] as const;
const VIDEO: readonly string[] = VIDEO_KINDS;

/** What is asked for. "" asks for nothing in particular. */
export interface AlertFilter {
  scope: Scope;
  severity: string;
  /** "feed=video" or "kind=camera". */
  what: string;
  state: string;
  /** A region's code: it and all below. */
  region: string;
  /** Words, in lower case. */
  text: string;
}

/** What the address asks for. A component that reads it is drawn again when the address changes. */
export function addressFilter(): AlertFilter {
  const scope = SCOPES.find((name) => name === query("scope")) ?? "all";
  const value = (name: string): string => query(name) ?? "";
  const [severity, what, state, region] = [value("severity"), value("what"), value("state"), value("region")];
  return { scope, severity, what, state, region, text: value("q").trim().toLowerCase() };
}

/** True when fewer than all are asked for. */
export const narrows = (filter: AlertFilter): boolean => {
  const { scope, severity, what, state, region, text } = filter;
  return scope !== "all" || Boolean(severity || what || state || region || text);
};

const kindOf = (alert: AlertRecord): string => store.peek("asset").get(alert.asset)?.kind ?? "";

/** Where an alert comes from: the feed of its subject, or "tool" for what another program reports. */
export function feedOf(alert: AlertRecord): string {
  if (alert.subject_kind === "warning") return "emergency";
  if (alert.subject_kind === "source") return "source";
  if (alert.rule.includes(":")) return "tool";
  return VIDEO.includes(kindOf(alert)) ? "video" : "network";
}

/** True when one of the words that people know an alert by holds the text. */
function hasText(alert: AlertRecord, text: string): boolean {
  const { ack, asset, rule } = alert;
  const names = [alertTitle(alert), subjectName(alert), regionName(alert.region), asset, rule, alert.text];
  const parts = [...names, ack?.by, ack?.comment];
  return parts.join(" ").toLowerCase().includes(text);
}

/** For a county's account its own county; for the prefecture's, what belongs to no county. */
function ownRegion(alert: AlertRecord): boolean {
  const own = me.value.region;
  if (own) return covers(own, alert.region);
  return !alert.region || alert.region.slice(0, 6) === site.value.region;
}

export const isMine = (alert: AlertRecord): boolean => Boolean(alert.ack?.by) && alert.ack?.by === me.value.name;

export function inScope(alert: AlertRecord, scope: Scope): boolean {
  if (scope === "mine") return isMine(alert);
  return scope === "all" || ownRegion(alert);
}

export function takes(alert: AlertRecord, filter: AlertFilter): boolean {
  const [by, name] = filter.what.split("=");
  return (
    inScope(alert, filter.scope) &&
    (!filter.severity || alert.severity === filter.severity) &&
    (!filter.state || alert.state === filter.state) &&
    (!filter.region || covers(filter.region, alert.region)) &&
    (!filter.what || (by === "feed" ? feedOf(alert) : kindOf(alert)) === name) &&
    (!filter.text || hasText(alert, filter.text))
  );
}
