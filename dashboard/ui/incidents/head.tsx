/** The head of an incident: what and where, and its three fields that never become one: phase, grade, response. */
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { className, joined } from "../core/names";
import { regionName } from "../core/site";
import { parse, shortTime } from "../core/time";
import type { IncidentDetail, IncidentRecord } from "../records";
import { personName } from "../shell/duty";
import { incidentPath } from "./address";
import { criterionWords, Grade, ResponseFlag, sourceWords } from "./grade";
import { Figures } from "./people";

export function Head({ incident }: { incident: IncidentDetail }) {
  return (
    <header class={`incident-head ring-${incident.grade || "none"}`}>
      <Identity incident={incident} />
      <section class="incident-course">
        <h2>{t("wall.phase")}</h2>
        <Course incident={incident} />
        <Figures incident={incident} />
      </section>
      <section class="incident-grade">
        <h2>{t("wall.grade")}</h2>
        <p class="incident-field"><Grade incident={incident} /></p>
        <small>{basisOf(incident)}</small>
      </section>
      <section class="incident-response">
        <h2>{t("wall.response")}</h2>
        <p class="incident-field"><ResponseFlag incident={incident} /></p>
        <small>{responseWords(incident)}</small>
      </section>
    </header>
  );
}

function Identity({ incident }: { incident: IncidentDetail }) {
  const { accuracy_m: accuracy } = incident;
  const place = joined([
    regionName(incident.region), incident.place, accuracy > 0 && t("incidents.accuracy", { n: accuracy }),
  ]);
  const occurred = parse(incident.occurred_at);
  return (
    <section class="incident-identity">
      <p class="quiet">
        <a href="/incidents" data-inside="" data-back="">‹ {t("nav.incidents")}</a>{" "}
        <span class="mono">{incident.id}</span> {className(incident.event_class)}
      </p>
      <h1>
        {incident.mode === "real" ? null : <b class="stamp is-exercise">{t("warning.exercise")}</b>}
        {incident.title || regionName(incident.region)}
      </h1>
      <p>
        <span>{place}</span>
        {occurred === null ? null : <span>{t("incidents.head.occurred", { at: shortTime(occurred) })}</span>}
        <span>{t("incidents.head.received", { at: shortTime(parse(incident.received_at)) })}</span>
        <b><Age since={incident.received_at} form="span" text="wall.already" /></b>
      </p>
      {incident.merged_into ? (
        <p class="is-bad" data-merged="">
          {t("incidents.fact.merged_into")}{" "}
          <a href={incidentPath(incident.merged_into)} data-inside="">{incident.merged_into}</a>
        </p>
      ) : null}
      {incident.outside ? <p class="is-bad" data-outside="">{t("incidents.outside")}</p> : null}
    </section>
  );
}

/** The phases as a line: those that were entered with their time, the present one bright. */
function Course({ incident }: { incident: IncidentDetail }) {
  return (
    <ol>
      {incident.course.map(({ phase, at, state }) => (
        <li key={phase} class={`is-${state}`} aria-current={state === "present" ? "step" : undefined}>
          <span>{t(`incidents.phase.${phase}`)}</span>
          <small>{at ? shortTime(parse(at)) : "—"}</small>
        </li>
      ))}
    </ol>
  );
}

function basisOf(incident: IncidentRecord): string {
  const given = incident.grades.at(-1);
  if (given?.grade) {
    const basis = criterionWords(given.criterion) || given.basis;
    return joined([t("incidents.head.basis", { basis }), personName(given.by), shortTime(parse(given.at))]);
  }
  const proposal = incident.grade_proposal;
  if (!proposal) return "";
  const dead = proposal.if_missing_dead;
  const worse = dead && t("incidents.if-dead", { grade: t(`incidents.grade.${dead}`) });
  return joined([criterionWords(proposal.criterion), worse, sourceWords(proposal.source)]);
}

function responseWords(incident: IncidentRecord): string {
  const running = incident.responses.find(({ ended_at: ended }) => ended === null);
  if (!running) return "";
  return joined([
    t("incidents.head.until", { at: shortTime(parse(running.expected_end)) }), personName(running.by), running.matters,
  ]);
}
