/** The groups into which the server puts open alerts during a flood (docs/flood.md). There are none otherwise. */
import { useEffect, useRef } from "preact/hooks";
import { query } from "../core/address";
import { ExtraView } from "../core/extraview";
import { pick, t } from "../core/i18n";
import { alertTitle, subjectName } from "../core/names";
import { store } from "../core/picture";
import { regionName } from "../core/site";
import type { AlertRecord, AssetRecord, GroupRecord } from "../records";
import { SEVERITIES } from "../vocabulary";
import { compareAlerts } from "./arrange";

export const AXES = ["cause", "rule", "unit", "region"] as const;
export type Axis = (typeof AXES)[number];
/** The group of everything. */
export const ALL = "all:";
const view = new ExtraView("groups", { kind: "group" });
const owners = new ExtraView("owners", { kind: "asset", face: "tree" });

/** The groups by id, asked for while the list is there. Empty without a flood. */
export function useGroups(): ReadonlyMap<string, GroupRecord> {
  useEffect(() => store.need(view), []);
  return view.all();
}

/** The tab that a list begins with: the groups where there is a flood then. It stays when one begins later. */
export function useFirstTab(): "groups" | "open" {
  const first = useRef<"groups" | "open" | null>(null);
  if (view.ready.value) first.current ??= view.all().size ? "groups" : "open";
  return first.current ?? "open";
}

/** What the address groups by. */
export const axis = (): Axis => AXES.find((name) => name === query("by")) ?? "rule";

/** Owners of assets, which only groups by unit need. */
export function useOwners(needed: boolean): ReadonlyMap<string, AssetRecord> {
  useEffect(() => (needed ? store.need(owners) : undefined), [needed]);
  return owners.all();
}

export const needsOf = (group: GroupRecord): number => Object.values(group.needs).reduce((sum, n) => sum + n, 0);

/** The groups of an axis: those in which most need a person first, then the worst, then the largest. */
export function groupsBy(groups: ReadonlyMap<string, GroupRecord>, by: Axis): GroupRecord[] {
  const rank = (group: GroupRecord): number => SEVERITIES.indexOf(group.severity);
  return [...groups.values()].filter((group) => group.by === by).sort((a, b) => {
    return needsOf(b) - needsOf(a) || rank(a) - rank(b) || b.count - a.count || (a.id < b.id ? -1 : 1);
  });
}

/** The alerts of a group, worst first. What something hides is with its cause only. */
export function membersOf(
  group: GroupRecord, alerts: readonly AlertRecord[], assets: ReadonlyMap<string, AssetRecord>,
): AlertRecord[] {
  const { by, key } = group;
  const members = alerts.filter((alert) => {
    if (by === "cause") return alert.id === key || alert.cut_by === key;
    if (alert.suppressed_by.length) return false;
    if (by === "rule") return alert.rule === key;
    return by === "region" ? alert.region.startsWith(key) : assets.get(alert.asset)?.owner === key;
  });
  return members.sort(compareAlerts);
}

/** What a group is called: its root, the title of its rule, its unit or its county. */
export function groupTitle(group: GroupRecord): string {
  const { by, key } = group;
  if (by === "all") return t("flood.all");
  if (by === "region") return regionName(key);
  if (by === "unit") return key;
  const alerts = store.peek("alert");
  const named = by === "cause" ? alerts.get(key) : [...alerts.values()].find((alert) => alert.rule === key);
  if (!named) return key;
  if (by === "cause") return alertTitle(named);
  // The titles of some rules begin with what each alert is about.
  return pick(named.title).replace(subjectName(named), "").trim() || key;
}
