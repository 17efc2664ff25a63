/** The grade of an incident as a mark. */
import { t } from "../core/i18n";
import type { IncidentRecord } from "../records";

/** The grade that a person gave, the one that the figures propose (hatched), or a dash. */
export function GradeMark({ incident }: { incident: IncidentRecord }) {
  const proposed = incident.grade ? "" : (incident.grade_proposal?.grade ?? "");
  const grade = incident.grade || proposed;
  const words = t(grade ? `incidents.grade.${grade}` : "incidents.grade.none");
  const kind = grade ? `grade-${grade}` : "grade-none";
  return (
    <b class={`grade-mark ${kind}${proposed ? " is-hatched" : ""}`}
      title={proposed ? t("incidents.proposed", { grade: words }) : words}>
      {grade || "—"}
      <small>{words}</small>
    </b>
  );
}
