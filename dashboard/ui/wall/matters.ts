/** What may take the stage of the wall, the newest first. Which incidents are grave, the server has graded. */
import { computed } from "@preact/signals";
import { arrangement, type ShownAlert } from "../alerts/arrange";
import { warnings } from "../alerts/summary";
import { parse } from "../core/time";
import { incidentsOf } from "../incidents/records";
import type { IncidentRecord, WarningRecord } from "../records";

export type Matter =
  | { kind: "alert"; at: number; row: ShownAlert }
  | { kind: "warning"; at: number; warning: WarningRecord }
  | { kind: "incident"; at: number; incident: IncidentRecord };

/** When an incident became what it is: reported, or its response started. */
const changedAt = (incident: IncidentRecord): number =>
  Math.max(parse(incident.received_at) ?? 0, parse(incident.response_since) ?? 0);

/** Critical alerts that nobody has taken, red warnings, and incidents of grade III or graver or with a response. */
export const matters = computed((): Matter[] => {
  const list: Matter[] = [];
  for (const row of arrangement.value.shown) {
    const { need, raised_at } = row.alert;
    if (need === "critical") list.push({ kind: "alert", at: parse(raised_at) ?? 0, row });
  }
  for (const warning of warnings.value.real) {
    if (warning.colour === "red") list.push({ kind: "warning", at: parse(warning.sent) ?? 0, warning });
  }
  for (const incident of incidentsOf("open")) {
    if (incident.grave) list.push({ kind: "incident", at: changedAt(incident), incident });
  }
  return list.sort((a, b) => b.at - a.at);
});
