/** The incidents and the reports that are due about them, in the order of what is to be done. */
import { computed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ExtraView } from "../core/extraview";
import { store } from "../core/picture";
import { parse } from "../core/time";
import type { IncidentRecord, ObligationRecord } from "../records";

const incidentView = new ExtraView("incidents", { kind: "incident", face: "row", filter: { mode: "*" } });
const obligationView = new ExtraView("obligations", { kind: "obligation", face: "full", filter: { mode: "*" } });
const FAR = Number.MAX_SAFE_INTEGER;

/** Asks for both while the panel is there. True once they are here. */
export function useIncidents(): boolean {
  useEffect(() => store.need(incidentView), []);
  useEffect(() => store.need(obligationView), []);
  return incidentView.ready.value && obligationView.ready.value;
}

const unmetByIncident = computed(() => {
  const unmet = new Map<string, ObligationRecord[]>();
  for (const due of obligationView.all().values()) {
    if (due.unmet) unmet.set(due.incident, [...(unmet.get(due.incident) ?? []), due]);
  }
  for (const list of unmet.values()) list.sort((a, b) => dueAt(a) - dueAt(b));
  return unmet;
});

/** When a report is due, epoch ms; one that is due at once comes first. */
export const dueAt = (due: ObligationRecord): number => parse(due.due_at) ?? 0;

/** The reports of an incident that are not met, the nearest first. */
export const unmetOf = (id: string): ObligationRecord[] => unmetByIncident.value.get(id) ?? [];

/** A report that is due, while it is on the screens. */
export const obligationOf = (id: string): ObligationRecord | undefined => obligationView.all().get(id);

/** Every report of an incident, oldest first. */
export const reportsOf = (id: string): ObligationRecord[] =>
  [...obligationView.all().values()].filter((due) => due.incident === id)
    .sort((a, b) => dueAt(a) - dueAt(b) || (a.id < b.id ? -1 : 1));

const nearest = (incident: IncidentRecord): number => {
  const [due] = unmetOf(incident.id);
  return due ? dueAt(due) : FAR;
};

/** Those in hand by their nearest report, then by grade, then as they came. */
const ordered = computed(() => [...incidentView.all().values()].sort((a, b) => {
  return Number(b.open) - Number(a.open) || nearest(a) - nearest(b) || a.grade_rank - b.grade_rank
    || (a.received_at < b.received_at ? -1 : 1);
}));

export const TABS = ["open", "ended", "exercise"] as const;
export type Tab = (typeof TABS)[number];

const belongs: Record<Tab, (incident: IncidentRecord) => boolean> = {
  open: (incident) => incident.mode === "real" && incident.open,
  ended: (incident) => incident.mode === "real" && !incident.open,
  exercise: (incident) => incident.mode !== "real",
};

/** The incidents of a tab. */
export const incidentsOf = (tab: Tab): IncidentRecord[] => ordered.value.filter(belongs[tab]);

/** The incident in the face of lists, while it is on the screens. */
export const rowOf = (id: string): IncidentRecord | undefined => incidentView.all().get(id);
