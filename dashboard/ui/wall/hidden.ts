/** Why alerts are hidden, in words and numbers. */
import { t } from "../core/i18n";
import type { AlertRecord } from "../records";

/** The reasons by which an alert can be hidden, in the order in which people look after them. */
export const REASONS = ["shelved", "silenced", "maintenance", "flapping", "held", "inhibited"] as const;

const kindOf = (reason: string): string => reason.split(":")[0] ?? "";

/** The reason under which an alert stands: what a person has decided comes before what follows by itself. */
export function firstReason(alert: AlertRecord): string {
  const kinds = alert.suppressed_by.map(kindOf);
  return REASONS.find((reason) => kinds.includes(reason)) ?? "other";
}

/** How many are hidden for each reason: "搁置 1，抖动 2". */
export function hiddenCounts(alerts: AlertRecord[]): string {
  const counts = new Map<string, number>();
  for (const alert of alerts) counts.set(firstReason(alert), (counts.get(firstReason(alert)) ?? 0) + 1);
  const named = [...REASONS, "other"].filter((reason) => counts.has(reason));
  return named.map((reason) => `${t(`hider.${reason}`)} ${counts.get(reason)}`).join("，");
}
