/** The exercises: who takes part, what has arrived and what is to come by their own clock, and their orders. */
import { useEffect } from "preact/hooks";
import { warnings } from "../alerts/summary";
import { address } from "../core/address";
import { send } from "../core/api";
import { ExtraView } from "../core/extraview";
import { count, duration } from "../core/format";
import { t } from "../core/i18n";
import { joined, warningTitle } from "../core/names";
import { store } from "../core/picture";
import { mayDo, regionName } from "../core/site";
import { now, parse, shortTime } from "../core/time";
import { Message, useAct } from "../forms/act";
import { incidentPath } from "../incidents/address";
import { incidentsOf, useIncidents } from "../incidents/records";
import type { ExerciseInjectRecord, ExerciseRecord } from "../records";
import { personName } from "../shell/duty";
import { unitName, useUnits } from "../tasks/units";
import { EmergencyTabs } from "../warnings/tabs";
import { openExercise, openInject } from "./orders";

const view = new ExtraView("exercises", { kind: "exercise", face: "full" });

export default function ExercisesPage() {
  useEffect(() => store.need(view), []);
  useIncidents();
  useUnits();
  const rows = [...view.all().values()].sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
  return (
    <>
      <EmergencyTabs here="exercises" />
      {mayDo("command") ? (
        <div class="warnings-filters">
          <button type="button" class="chip primary" data-new="" onClick={() => void openExercise()}>
            {t("exercises.new")}
          </button>
          <p class="quiet">{t("exercises.note")}</p>
        </div>
      ) : null}
      {rows.length ? rows.map((row) => <Exercise key={row.id} exercise={row} />)
        : <p class="rows-empty">{t(view.ready.value ? "exercises.none" : "exercises.loading")}</p>}
      <Others held={rows.map(({ id }) => id)} />
    </>
  );
}

/** What else is practised: incidents of drills, which have no injects, and warnings that others marked so. */
function Others({ held }: { held: readonly string[] }) {
  const drills = incidentsOf("exercise").filter(({ id }) => !held.includes(id));
  const { exercise: announced } = warnings.value;
  return (
    <>
      {drills.length ? (
        <section data-part="drills">
          <h2>{t("exercises.drills")} <b>{count(drills.length)}</b></h2>
          <ul class="exercise-others">
            {drills.map((incident) => (
              <li key={incident.id} data-id={incident.id}>
                <b class="stamp is-exercise">{t("warning.exercise")}</b>
                <a href={incidentPath(incident.id)} data-inside="">{incident.title}</a>
                <small>
                  {joined([t(`incidents.phase.${incident.phase}`), regionName(incident.region), incident.id])}
                </small>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
      {announced.length ? (
        <section data-part="warnings">
          <h2>{t("exercises.warnings")} <b>{count(announced.length)}</b></h2>
          <ul class="exercise-others">
            {announced.map((warning) => (
              <li key={warning.id} data-id={warning.id}>
                <b class="stamp is-exercise">{t("warning.exercise")}</b>
                <a href={address("/warnings", { show: "exercise", warning: warning.id })} data-inside="">
                  {warningTitle(warning)}
                </a>
                <small>{warning.sender}</small>
              </li>
            ))}
          </ul>
        </section>
      ) : null}
    </>
  );
}

/** The exercise's own clock, ms: it stood at `elapsed` when it was last set and runs on at its speed. */
function clockOf({ state, elapsed, clock_at: at, speed }: ExerciseRecord): number {
  const since = state === "running" ? Math.max(0, now() - (parse(at) ?? now())) : 0;
  return elapsed * 1000 + since * speed;
}

/** Who takes part: a unit by its name, a person by the roster's. */
const participantName = (who: string): string =>
  who.startsWith("unit:") ? unitName(who.slice(5)) : personName(who);

function Exercise({ exercise }: { exercise: ExerciseRecord }) {
  const act = useAct();
  const path = `/api/v1/exercises/${encodeURIComponent(exercise.id)}`;
  const give = (order: string): unknown => order === "inject" ? openInject(exercise)
    : act.run(() => send("POST", `${path}/${order}`, { rev: exercise.rev }));
  return (
    <article class={`exercise is-${exercise.state}`} data-id={exercise.id}>
      <header class="feed-head">
        <h2>
          <b class="stamp is-exercise">{t("warning.exercise")}</b>
          <a href={incidentPath(exercise.id)} data-inside="">{exercise.title}</a>
        </h2>
        <span>
          <b>{t(`exercises.state.${exercise.state}`)}</b>{" "}
          <time role="timer">{duration(clockOf(exercise))}</time> ×{exercise.speed}
        </span>
      </header>
      <p class="quiet">
        {joined([
          regionName(exercise.region), t("exercises.participants", { n: exercise.participants.length }),
          exercise.participants.map(participantName).join("、"),
        ])}
      </p>
      <ol>{exercise.injects.map((inject, index) => <Inject key={index} inject={inject} />)}</ol>
      {exercise.injects.length ? null : <p class="quiet">{t("exercises.injects.none")}</p>}
      {mayDo("command") && exercise.orders.length ? (
        <div class="incident-orders" role="group" aria-label={t("incidents.orders")}>
          {exercise.orders.map((order) => (
            <button key={order} type="button" class={order === "stop" ? "primary" : "chip"} data-order={order}
              disabled={act.busy} onClick={() => void give(order)}>
              {t(`exercises.order.${order}`)}
            </button>
          ))}
        </div>
      ) : null}
      <Message said={act.said} />
    </article>
  );
}

function Inject({ inject }: { inject: ExerciseInjectRecord }) {
  const { body } = inject;
  const given = parse(inject.given_at);
  const words = ["text", "what", "value", "source", "rule", "asset"]
    .map((name) => name === "what" && typeof body.what === "string" ? t(`incidents.figure.${body.what}`) : body[name])
    .filter((value) => value !== undefined && value !== "");
  return (
    <li class={inject.refused ? "is-bad" : given === null ? "quiet" : ""}>
      <time>+{duration(inject.at * 1000)}</time>
      <span>{t(`exercises.inject.${inject.kind}`)} {words.join(" ")}</span>
      <small>{given === null ? t("exercises.to-come") : joined([shortTime(given), inject.refused])}</small>
    </li>
  );
}
