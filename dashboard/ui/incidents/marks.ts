/** The marks of the incident that is chosen, and of those merged into it, as features of the map. */
import type { FeatureCollection, Geometry } from "geojson";
import { useEffect } from "preact/hooks";
import { query } from "../core/address";
import { ExtraView } from "../core/extraview";
import { t } from "../core/i18n";
import { store } from "../core/picture";
import type { MarkRecord } from "../records";

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

export function markFeatures(): FeatureCollection {
  const incident = query("incident");
  const marks = incident ? marksOf(incident) : [];
  return {
    type: "FeatureCollection",
    features: marks.map((mark) => ({
      type: "Feature",
      geometry: mark.geometry as unknown as Geometry,
      properties: {
        id: mark.id, kind: mark.kind, stale: mark.stale,
        label: [t(`marks.kind.${mark.kind}`), mark.text, isEstimate(mark) ? t("marks.estimate") : ""]
          .filter(Boolean).join(" "),
      },
    })),
  };
}
