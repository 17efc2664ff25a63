/** What hides alerts by somebody's wish: who owns it, why, and when it ends. Asked again when it may have changed. */
import { signal } from "@preact/signals";
import { get, ProblemError } from "../core/api";
import { parse } from "../core/time";
import type { AlertRecord } from "../records";
import { firstKind, firstReason, kindOf, REASONS } from "./hidden";

const AGAIN = 30_000;
const LISTS = { shelf: "/api/v1/shelf", silenced: "/api/v1/silences", maintenance: "/api/v1/maintenance" };
const SHARED = ["silenced", "maintenance", "inhibited"];

interface Item {
  id?: string;
  alert?: string;
  by?: string;
  comment?: string;
  name?: string;
  until?: string | null;
}

export interface Hider {
  key: string;
  kind: string;
  /** The id of the silence, window or root alert, or of the hidden alert itself. */
  id: string;
  /** True for what hides any number of alerts under one line. */
  shared: boolean;
  /** Names are "" where nobody may know them. */
  by: string;
  comment: string;
  /** In ms, or null for what ends by itself. */
  until: number | null;
}

const items = signal<ReadonlyMap<string, Item>>(new Map());
let askedAt = 0;
let signature = "";

/** What is known of the hider behind a reason of an alert. A component that asks is drawn again with a new answer. */
export function hiderOf(alert: AlertRecord, reason: string): Hider {
  const kind = kindOf(reason);
  const key = kind === "shelved" ? `shelved ${alert.id}` : reason;
  const item = items.value.get(key);
  const ends = kind === "shelved" ? alert.shelf?.until : kind === "held" ? alert.hold?.until : null;
  const id = reason.slice(reason.indexOf(":") + 1);
  const { by = "", comment = "" } = item ?? {};
  return { key, kind, id, shared: SHARED.includes(kind), by, comment, until: parse(item?.until ?? ends) };
}

/** Asks when the hidden alerts are others than last time, or half a minute has gone by. */
export function followHiders(alerts: readonly AlertRecord[]): void {
  const next = alerts.map((alert) => `${alert.id} ${alert.suppressed_by.join()} ${alert.shelf?.until}`).join("\n");
  if (!alerts.length || (next === signature && Date.now() - askedAt < AGAIN)) return;
  signature = next;
  void askHiders();
}

export async function askHiders(): Promise<void> {
  askedAt = Date.now();
  const answers = await Promise.all(Object.entries(LISTS).map(async ([kind, path]) => {
    const list = await read(path);
    const key = (item: Item): string => (kind === "shelf" ? `shelved ${item.alert}` : `${kind}:${item.id}`);
    return list.map((item): [string, Item] => [key(item), item]);
  }));
  items.value = new Map(answers.flat());
}

async function read(path: string): Promise<Item[]> {
  try {
    return (await get<{ items?: Item[] }>(path)).items ?? [];
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return [];
  }
}

export interface HiddenGroup {
  hider: Hider;
  alerts: AlertRecord[];
}
export interface HiddenSection {
  kind: string;
  count: number;
  groups: HiddenGroup[];
}

/** The hidden alerts by reason, then by what hides them; what ends first stands on top. */
export function hiddenSections(alerts: readonly AlertRecord[]): HiddenSection[] {
  const sections = new Map<string, Map<string, HiddenGroup>>();
  for (const alert of alerts) {
    const hider = hiderOf(alert, firstReason(alert));
    const kind = firstKind(alert);
    const groups = sections.get(kind) ?? new Map<string, HiddenGroup>();
    sections.set(kind, groups);
    const key = hider.shared ? hider.key : `${hider.key} ${alert.id}`;
    const group = groups.get(key);
    if (group) group.alerts.push(alert);
    else groups.set(key, { hider, alerts: [alert] });
  }
  const soonest = (a: HiddenGroup, b: HiddenGroup): number => {
    return (a.hider.until ?? Infinity) - (b.hider.until ?? Infinity) || (a.hider.key < b.hider.key ? -1 : 1);
  };
  const kinds = [...REASONS, "other"].filter((kind) => sections.has(kind));
  return kinds.map((kind) => {
    const groups = [...sections.get(kind)!.values()].sort(soonest);
    return { kind, groups, count: groups.reduce((sum, group) => sum + group.alerts.length, 0) };
  });
}
