/** Why alerts are hidden: in words and numbers, and by whose wish. */
import { t } from "../core/i18n";
import { joined } from "../core/names";
import type { AlertRecord } from "../records";

/** The reasons by which an alert can be hidden, in the order in which people look after them. */
export const REASONS = ["shelved", "silenced", "maintenance", "flapping", "held", "inhibited"] as const;

/** The kind of a reason: "silenced:ab12" is "silenced". */
export const kindOf = (reason: string): string => reason.split(":")[0] ?? "";

const place = (kind: string): number => {
  const at = REASONS.findIndex((reason) => reason === kind);
  return at < 0 ? REASONS.length : at;
};

/** The word of a reason as an alert carries it: "silenced:ab12" is 静默. */
export const reasonName = (reason: string): string => t(`hider.${REASONS[place(kindOf(reason))] ?? "other"}`);

/** The reason under which an alert stands: what a person has decided comes before what follows by itself. */
export function firstReason(alert: AlertRecord): string {
  return [...alert.suppressed_by].sort((a, b) => place(kindOf(a)) - place(kindOf(b)))[0] ?? "other";
}

/** The kind of that reason, "other" for one that has no name here. */
export const firstKind = (alert: AlertRecord): string => REASONS[place(kindOf(firstReason(alert)))] ?? "other";

/** True for one that somebody has put on the shelf. */
export function isShelved(alert: AlertRecord): boolean {
  return alert.suppressed_by.some((reason) => kindOf(reason) === "shelved");
}

/** How many are hidden for each reason: "搁置 1，抖动 2". */
export function hiddenCounts(alerts: AlertRecord[]): string {
  const counts = new Map<string, number>();
  for (const alert of alerts) counts.set(firstKind(alert), (counts.get(firstKind(alert)) ?? 0) + 1);
  const named = [...REASONS, "other"].filter((reason) => counts.has(reason));
  return joined(named.map((reason) => `${t(`hider.${reason}`)} ${counts.get(reason)}`));
}
