/** Command: the nearest deadline, posts and tasks by light, the map with the marks of the incident, its reports. */
import { computed } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Age } from "../../core/age";
import { useRoom } from "../../core/fit";
import { count } from "../../core/format";
import { t } from "../../core/i18n";
import { parse, shortTime } from "../../core/time";
import { reportName } from "../../incidents/countdown";
import { Grade, ResponseFlag } from "../../incidents/grade";
import { useMarks, wallIncident } from "../../incidents/marks";
import { dueAt, incidentsOf, reportsOf, unmetOf } from "../../incidents/records";
import type { IncidentRecord, ObligationRecord, TaskRecord } from "../../records";
import { Clock as TaskClock, holderOf, Light } from "../../tasks/parts";
import { tasksOfIncident, useTasks } from "../../tasks/records";
import { useUnits } from "../../tasks/units";
import { TASK_LIGHTS } from "../../vocabulary";
import { personName } from "../../shell/duty";
import AlertBoard from "../board";
import { Clock, shortNumber } from "../incidents";
import { casualties } from "../stage";
import type { Scene } from "../scene";

// Heights in rem; styles/wallscenes.css has the same.
const TASK = 4.4;
const REPORT = 2.75;
const HEAD = 2.6;

/** The incident in hand whose deadline is the nearest: the one that the scene is about. */
const nearest = computed<IncidentRecord | undefined>(() => incidentsOf("open")[0]);

const WORST: readonly string[] = TASK_LIGHTS;

function Left() {
  useTasks();
  useUnits();
  useMarks();
  const incident = nearest.value;
  const id = incident?.id ?? null;
  useEffect(() => {
    wallIncident.value = id;
    return () => void (wallIncident.value = null);
  }, [id]);
  if (!incident) return <p class="board-calm">{t("wall.command.none")}</p>;
  const [due] = unmetOf(incident.id);
  return (
    <>
      <section class="w-command-head" data-id={incident.id}>
        <header class="feed-head">
          <h2>{t("wall.number", { n: shortNumber(incident.id) })} {incident.title}</h2>
          <span class="quiet"><Age since={incident.received_at} form="span" text="wall.already" /></span>
        </header>
        <dl class="incident-three">
          <div><dt>{t("wall.phase")}</dt><dd>{t(`incidents.phase.${incident.phase}`)}</dd></div>
          <div><dt>{t("wall.grade")}</dt><dd><Grade incident={incident} /></dd></div>
          <div><dt>{t("wall.response")}</dt><dd><ResponseFlag incident={incident} /></dd></div>
        </dl>
        <p class="w-command-due">{due ? reportName(due) : t("wall.nothing.due")}</p>
        {due ? <div class="w-command-clock"><Clock due={due} /></div> : null}
        <p class={incident.commander ? "" : "is-bad"}>
          {incident.commander ? t("wall.commander", { name: personName(incident.commander) })
            : t("incidents.no-commander")}
        </p>
        <p>{casualties(incident)}</p>
      </section>
      <Reports incident={incident.id} />
      <Tasks incident={incident.id} />
    </>
  );
}

/** The reports of the incident: what is due and what went out. */
function Reports({ incident }: { incident: string }) {
  const reports = [...reportsOf(incident)].filter(({ state }) => state !== "void")
    .sort((a, b) => Number(b.unmet) - Number(a.unmet) || dueAt(a) - dueAt(b)).slice(0, 5);
  if (!reports.length) return null;
  return (
    <section class="w-command-reports" style={`max-height:${HEAD + reports.length * REPORT}rem`}>
      <header class="feed-head"><h2>{t("incidents.reports")}</h2></header>
      <ul>{reports.map((due) => <Report key={due.id} due={due} />)}</ul>
    </section>
  );
}

function Report({ due }: { due: ObligationRecord }) {
  const at = parse(due.due_at);
  return (
    <li class={due.late ? "is-bad" : ""}>
      <span>{reportName(due)}</span>
      <b>{due.unmet && at !== null ? t("wall.before", { at: shortTime(at) }) : t(`incidents.report.${due.state}`)}</b>
    </li>
  );
}

/** Tasks counted by light, then those that wait, the worst first. */
function Tasks({ incident }: { incident: string }) {
  const [box, room] = useRoom<HTMLUListElement>();
  const tasks = tasksOfIncident(incident);
  const fits = Math.max(0, Math.floor(room / TASK));
  const open = tasks.filter((task) => task.open)
    .sort((a, b) => WORST.indexOf(a.light) - WORST.indexOf(b.light) || ((a.due ?? "~") < (b.due ?? "~") ? -1 : 1));
  const unsigned = tasks.filter((task) => task.awaits_signature).length;
  return (
    <section class="w-command-tasks">
      <header class="feed-head">
        <h2>{t("nav.tasks")} <b>{count(tasks.length)}</b></h2>
        <span class={unsigned ? "is-bad" : "quiet"}>
          {unsigned ? t("incidents.tasks.unsigned", { n: unsigned }) : open.length > fits
            ? t("board.first", { n: fits }) : ""}
        </span>
      </header>
      <p class="w-command-lights">
        {TASK_LIGHTS.filter(Boolean).map((light) => {
          const n = tasks.filter((task) => task.light === light).length;
          return (
            <span key={light} class={n ? "" : "is-zero"}>
              <Light task={{ light } as TaskRecord} /> {t(`tasks.light.${light}`)} <b>{count(n)}</b>
            </span>
          );
        })}
      </p>
      <ul ref={box}>{open.slice(0, fits).map((task) => <Task key={task.id} task={task} />)}</ul>
    </section>
  );
}

function Task({ task }: { task: TaskRecord }) {
  return (
    <li data-id={task.id}>
      <Light task={task} />
      <span>{task.title}<small>{holderOf(task)}</small></span>
      <TaskClock task={task} />
    </li>
  );
}

/** The alerts below the incidents in hand. The only incident is not shown here: the left has it. */
const Right = () => <AlertBoard incidents={Number(incidentsOf("open").length > 1)} />;

export const command: Scene = {
  name: "command", seconds: 45, Left, Right, present: () => nearest.value !== undefined,
};
