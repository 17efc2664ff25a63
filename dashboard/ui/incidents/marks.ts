/** The marks of the incident that is chosen, and of those merged into it, as features of the map. */
import { signal } from "@preact/signals";
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { useEffect } from "preact/hooks";
import { ExtraView } from "../core/extraview";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import { parse, shortTime } from "../core/time";
import type { IncidentRecord, MarkRecord } from "../records";
import { personName } from "../shell/duty";
import { shownIncident } from "./address";
import { incidentsOf, rowOf } from "./records";

const markView = new ExtraView("marks", { kind: "mark", face: "full", filter: { mode: "*" } });

/** Asks for the marks while a panel needs them. */
export function useMarks(wanted = true): void {
  useEffect(() => (wanted ? store.need(markView) : undefined), [wanted]);
}

/** The marks of an incident, as they were numbered. */
export const marksOf = (incident: string): MarkRecord[] =>
  [...markView.all().values()].filter((mark) => mark.incident === incident)
    .sort((a, b) => a.id.localeCompare(b.id, "en", { numeric: true }));

/** Kinds whose form is an estimate of the server. */
export const isEstimate = (mark: MarkRecord): boolean => mark.drawing !== null;

/** The incident whose marks a wall shows, null for none; a page shows those of the incident in its address. */
export const wallIncident = signal<string | null>(null);

/** The marks of the incident that is shown, and where it is; on the page of all incidents where each of them is. */
export function markFeatures(): FeatureCollection {
  const incident = wallIncident.value ?? shownIncident();
  const places = incident === null ? incidentsOf("open").flatMap((each) => placeOf(each, each.title))
    : placeOf(rowOf(incident));
  const marks = incident === null ? [] : marksOf(incident);
  return { type: "FeatureCollection", features: [...places, ...marks.map(featureOf)] };
}

function featureOf(mark: MarkRecord): Feature {
  return {
    type: "Feature",
    geometry: mark.geometry as unknown as Geometry,
    properties: {
      id: mark.id, kind: mark.kind, stale: mark.stale,
      label: `${[t(`marks.kind.${mark.kind}`), mark.text, isEstimate(mark) ? t("marks.estimate") : ""]
        .filter(Boolean).join(" ")}\n${personName(mark.author)} ${shortTime(parse(mark.at))}`,
    },
  };
}

/** The place of an incident that has a position, under a name of its own or with its accuracy. */
function placeOf(incident: IncidentRecord | undefined, name = ""): Feature[] {
  if (typeof incident?.lat !== "number" || typeof incident.lon !== "number") return [];
  const geometry: Geometry = { type: "Point", coordinates: [incident.lon, incident.lat] };
  const place = incident.accuracy_m ? t("marks.place.within", { n: incident.accuracy_m }) : t("marks.place");
  const label = name || place;
  return [{ type: "Feature", geometry, properties: { id: incident.id, kind: "hazard", stale: false, label } }];
}
