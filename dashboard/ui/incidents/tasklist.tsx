/** The tasks of one incident: light, who has each, how long is left; and the form of a new one. */
import { address } from "../core/address";
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { mayDo } from "../core/site";
import { parse, shortTime } from "../core/time";
import type { IncidentRecord, TaskRecord } from "../records";
import { newTask } from "../tasks/orders";
import { Clock, dueAt, holderOf, Light, stateOf } from "../tasks/parts";
import { tasksOfIncident, useTasks } from "../tasks/records";
import { useUnits } from "../tasks/units";
import { TASK_LIGHTS } from "../vocabulary";

export function Tasks({ incident }: { incident: IncidentRecord }) {
  useTasks();
  useUnits();
  const tasks = tasksOfIncident(incident.id).sort(byUrgency);
  const done = tasks.filter((task) => task.light === "green-done").length;
  const late = tasks.filter((task) => task.light === "red").length;
  const unsigned = tasks.filter((task) => task.awaits_signature).length;
  return (
    <section class="incident-tasks">
      <header class="feed-head">
        <h2><a href={address("/tasks", { incident: incident.id })} data-inside="">{t("nav.tasks")}</a></h2>
        <small class={unsigned || late ? "is-bad" : ""}>
          {t("incidents.tasks.counts", { done, n: tasks.length, late, unsigned })}
        </small>
        {mayDo("command") && incident.open ? (
          <button type="button" class="chip" data-new-task="" onClick={() => newTask(incident.id)}>
            {t("tasks.new")}
          </button>
        ) : null}
      </header>
      {tasks.length ? <ul>{tasks.map((task) => <Row key={task.id} task={task} />)}</ul>
        : <p class="quiet">{t("incidents.tasks.none")}</p>}
    </section>
  );
}

const LIGHTS: readonly string[] = TASK_LIGHTS;

/** Tasks that wait before those that are done, the worst light first, then what is due first. */
const byUrgency = (a: TaskRecord, b: TaskRecord): number =>
  Number(b.open) - Number(a.open) || LIGHTS.indexOf(a.light) - LIGHTS.indexOf(b.light)
  || (dueAt(a) ?? Infinity) - (dueAt(b) ?? Infinity);

function Row({ task }: { task: TaskRecord }) {
  const due = parse(task.due);
  return (
    <li data-id={task.id} class={`is-${task.light || "none"}`}>
      <Light task={task} />
      <span>
        <a href={address("/tasks", { incident: task.incident, task: task.id, tab: task.open ? null : "ended" })}
          data-inside="">{task.title}</a>
        <small class={task.awaits_signature ? "is-waiting" : ""}>{joined([holderOf(task), stateOf(task)])}</small>
      </span>
      <span class="task-when"><Clock task={task} />{due === null ? null : <small>{shortTime(due)}</small>}</span>
    </li>
  );
}
