/** Grade and response as two marks of their own: a ring with a number, and a flag. */
import { language, t, tOr } from "../core/i18n";
import { parse, shortTime } from "../core/time";
import type { IncidentRecord } from "../records";

/** The grade that a person gave as a ring; one that the figures propose dashed; none as a dash. */
export function Grade({ incident }: { incident: IncidentRecord }) {
  const proposed = incident.grade ? "" : (incident.grade_proposal?.grade ?? "");
  const grade = incident.grade || proposed;
  if (!grade) return <span class="quiet">{t("incidents.grade.none")}</span>;
  const words = t(`incidents.grade.${grade}`);
  return (
    <>
      <i class={`grade-ring ring-${grade}${proposed ? " is-proposed" : ""}`}>{grade}</i>
      {proposed ? t("wall.grade.proposed", { grade: words }) : words}
    </>
  );
}

/** Where a figure or a term comes from, in the language of the page; tables have both ("中文 | English"). */
export function sourceWords(source: string): string {
  const [chinese, english] = source.split(" | ");
  return (language() === "en" && english) || chinese!;
}

/** The criterion of a grading table in words: "dead >= 30" is "死亡 ≥ 30". */
export function criterionWords(criterion: string): string {
  const [figure = "", ...rest] = criterion.split(" ");
  return [tOr(`incidents.figure.${figure}`, figure), ...rest].join(" ").replace(">=", "≥");
}

/** The response that runs as a flag; dashed while there is none. */
export function ResponseFlag({ incident }: { incident: IncidentRecord }) {
  const { response, response_since: since } = incident;
  if (!response) return <span class="response-flag is-none">{t("wall.response.none")}</span>;
  return (
    <>
      <span class={`response-flag ring-${response}`}>{t("incidents.response", { level: response })}</span>
      {since ? <small>{t("wall.since", { at: shortTime(parse(since)) })}</small> : null}
    </>
  );
}
