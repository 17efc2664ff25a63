/** The rows of each tab of the list. */
import type { AlertRecord, AssetRecord, GroupRecord } from "../records";
import { compareAlerts, type Arrangement } from "./arrange";
import { isMine, takes, type AlertFilter } from "./filter";
import { ALL, groupsBy, membersOf, type Axis } from "./groups";
import { hiddenSections, type Hider } from "./hiders";

export type Tab = "groups" | "open" | "mine" | "unacked" | "folded" | "shelved" | "closed";

export interface AlertRow {
  type: "alert";
  key: string;
  alert: AlertRecord;
  /** The alerts that this one explains. */
  below: AlertRecord[];
  child: boolean;
  hider: Hider | null;
  /** It is over and comes from the journal. */
  closed: boolean;
  /** It left the list while somebody was at it. */
  gone: boolean;
}
export interface SectionRow {
  type: "section";
  key: string;
  reason: string;
  count: number;
}
export interface GroupRow {
  type: "group";
  key: string;
  hider: Hider;
  count: number;
  open: boolean;
}
/** A group of a flood, as the server made it. */
export interface FloodRow {
  type: "flood";
  key: string;
  group: GroupRecord;
  /** The group of everything. */
  whole: GroupRecord;
  open: boolean;
}
export type Row = AlertRow | SectionRow | GroupRow | FloodRow;

export const alertRow = (alert: AlertRecord, extra: Partial<AlertRow> = {}): AlertRow => {
  const plain = { below: [], child: false, hider: null, closed: false, gone: false };
  return { type: "alert", key: alert.id, alert, ...plain, ...extra };
};

/** A row that left its list while somebody was at it: its alert as it is now, greyed when it is over. */
export function left(row: Row, alerts: ReadonlyMap<string, AlertRecord>): Row {
  if (row.type !== "alert") return row;
  const now = alerts.get(row.alert.id);
  return { ...row, alert: now ?? row.alert, gone: !row.closed && !now };
}

export interface Listing {
  rows: Row[];
  /** How many each tab holds; the past is not counted. */
  counts: Record<Exclude<Tab, "closed" | "groups">, number>;
}

interface Wish {
  tab: Tab;
  filter: AlertFilter;
  /** Ids of alerts and keys of groups that are unfolded. */
  unfolded: ReadonlySet<string>;
  /** What is over, for the tab that shows it. */
  past: readonly AlertRecord[];
  /** The groups of a flood, what they are shown by, and the owners of assets. */
  flood: { groups: ReadonlyMap<string, GroupRecord>; by: Axis; owners: ReadonlyMap<string, AssetRecord> };
}

export function listing(alerts: Iterable<AlertRecord>, arrangement: Arrangement, wish: Wish): Listing {
  const { filter, unfolded } = wish;
  const fits = (alert: AlertRecord): boolean => takes(alert, filter);
  const all = [...alerts].filter(fits);
  const open = arrangement.shown.filter(({ alert, below }) => fits(alert) || below.some(fits));
  const unacked = all.filter((alert) => !alert.acked && !alert.suppressed_by.length);
  const mine = all.filter(isMine);
  const folded = arrangement.folded.filter(fits);
  const hidden = arrangement.hidden.filter(fits);
  const flat = (list: AlertRecord[]): AlertRow[] => list.sort(compareAlerts).map((alert) => alertRow(alert));
  const rows: Record<Tab, () => Row[]> = {
    groups: () => floodRows(all, wish),
    open: () => open.flatMap(({ alert, below }) => {
      const children = unfolded.has(alert.id) ? below.map((child) => alertRow(child, { child: true })) : [];
      return [alertRow(alert, { below }), ...children];
    }),
    unacked: () => flat(unacked),
    mine: () => flat(mine),
    folded: () => flat(folded),
    shelved: () => hiddenRows(hidden, unfolded, Boolean(filter.text)),
    closed: () => wish.past.filter(fits).map((alert) => alertRow(alert, { closed: true })),
  };
  const counts = {
    open: open.length, unacked: unacked.length, mine: mine.length, folded: folded.length, shelved: hidden.length,
  };
  return { rows: rows[wish.tab](), counts };
}

/** What is hidden, each reason under its own word: a shelf hides one alert, a silence or a window any number. */
function hiddenRows(alerts: AlertRecord[], unfolded: ReadonlySet<string>, searched: boolean): Row[] {
  return hiddenSections(alerts).flatMap(({ kind, count, groups }): Row[] => [
    { type: "section", key: `section ${kind}`, reason: kind, count },
    ...groups.flatMap(({ hider, alerts: behind }): Row[] => {
      if (!hider.shared) return behind.map((alert) => alertRow(alert, { hider }));
      const open = unfolded.has(hider.key) || searched;
      const children = open ? behind.map((alert) => alertRow(alert, { child: true, hider })) : [];
      return [{ type: "group", key: hider.key, hider, count: behind.length, open }, ...children];
    }),
  ]);
}

/** What needs a person first, then the groups; one of a single alert is that alert, unless it stands above. */
function floodRows(alerts: AlertRecord[], { flood, unfolded }: Wish): Row[] {
  const byId = new Map(alerts.map((alert) => [alert.id, alert]));
  const needed = (flood.groups.get(ALL)?.alerts ?? []).map((id) => byId.get(id)).filter((alert) => alert !== undefined);
  const groups = groupsBy(flood.groups, flood.by).flatMap((group): Row[] => {
    const open = unfolded.has(group.id);
    const members = open || group.count === 1 ? membersOf(group, alerts, flood.owners) : [];
    const [only] = members;
    if (group.count === 1 && only && needed.includes(only)) return [];
    if (group.count === 1 && only) return [alertRow(only, { key: `${group.id} ${only.id}` })];
    const children = members.map((alert) => alertRow(alert, { key: `${group.id} ${alert.id}`, child: true }));
    const whole = flood.groups.get(ALL) ?? group;
    return [{ type: "flood", key: group.id, group, whole, open }, ...(open ? children : [])];
  });
  return [...needed.map((alert) => alertRow(alert)), ...groups];
}
