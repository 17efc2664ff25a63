/** The open alerts as people meet them. What is hidden, and by what, the server has decided. */
import { computed } from "@preact/signals";
import type { AlertRecord } from "../records";
import { store } from "../core/picture";
import { SEVERITIES } from "../vocabulary";

const RANK = new Map<string, number>(SEVERITIES.map((severity, rank) => [severity, rank]));

/** An alert that is shown, and those that it explains. */
export interface ShownAlert {
  alert: AlertRecord;
  below: AlertRecord[];
}

export interface Arrangement {
  /** All that the server does not hide, worst first. */
  shown: ShownAlert[];
  /** Those that a shown alert explains (`cut_by`). */
  folded: AlertRecord[];
  /** The other hidden ones. Nothing is dropped: the three add up to all. */
  hidden: AlertRecord[];
}

/** Active before over, worst first, unacknowledged before acknowledged, newest first; the id decides the rest. */
export function compareAlerts(a: AlertRecord, b: AlertRecord): number {
  return (
    Number(b.active) - Number(a.active) ||
    (RANK.get(a.severity) ?? 9) - (RANK.get(b.severity) ?? 9) ||
    Number(a.acked) - Number(b.acked) ||
    (a.raised_at < b.raised_at ? 1 : a.raised_at > b.raised_at ? -1 : a.id < b.id ? -1 : 1)
  );
}

/** The alert that explains this one and is shown itself, or null when there is none in sight. */
function rootOf(alert: AlertRecord, alerts: ReadonlyMap<string, AlertRecord>): AlertRecord | null {
  let root: AlertRecord | undefined = alert;
  for (let steps = 0; root?.cut_by && steps < 16; steps += 1) root = alerts.get(root.cut_by);
  return root && root !== alert && !root.suppressed_by.length ? root : null;
}

export function arrange(alerts: ReadonlyMap<string, AlertRecord>): Arrangement {
  const below = new Map<string, AlertRecord[]>();
  const open: AlertRecord[] = [];
  const folded: AlertRecord[] = [];
  const hidden: AlertRecord[] = [];
  for (const alert of alerts.values()) {
    const root = rootOf(alert, alerts);
    if (root) {
      folded.push(alert);
      const group = below.get(root.id);
      if (group) group.push(alert);
      else below.set(root.id, [alert]);
    } else (alert.suppressed_by.length ? hidden : open).push(alert);
  }
  for (const list of [open, folded, hidden, ...below.values()]) list.sort(compareAlerts);
  return { shown: open.map((alert) => ({ alert, below: below.get(alert.id) ?? [] })), folded, hidden };
}

/** Made once for each new picture, for all who show alerts. */
export const arrangement = computed(() => arrange(store.all("alert")));
