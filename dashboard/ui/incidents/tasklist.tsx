/** The tasks of one incident: light, who has each, how long is left; and the form of a new one. */
import { address } from "../core/address";
import { t } from "../core/i18n";
import { mayDo } from "../core/site";
import type { IncidentRecord, TaskRecord } from "../records";
import { newTask } from "../tasks/orders";
import { Clock, holderOf, Light, stateOf } from "../tasks/parts";
import { tasksOfIncident, useTasks } from "../tasks/records";
import { useUnits } from "../tasks/units";

export function Tasks({ incident }: { incident: IncidentRecord }) {
  useTasks();
  useUnits();
  const tasks = tasksOfIncident(incident.id);
  const unsigned = tasks.filter((task) => task.awaits_signature).length;
  return (
    <section class="incident-tasks">
      <h3>
        <a href={address("/tasks", { incident: incident.id })} data-inside="">{t("nav.tasks")}</a>{" "}
        {unsigned ? <small class="is-bad">{t("incidents.tasks.unsigned", { n: unsigned })}</small> : null}{" "}
        {mayDo("command") && incident.open ? (
          <button type="button" class="chip" data-new-task="" onClick={() => newTask(incident.id)}>
            {t("tasks.new")}
          </button>
        ) : null}
      </h3>
      {tasks.length ? <ul>{tasks.map((task) => <Row key={task.id} task={task} />)}</ul>
        : <p class="quiet">{t("incidents.tasks.none")}</p>}
    </section>
  );
}

function Row({ task }: { task: TaskRecord }) {
  return (
    <li data-id={task.id} class={`is-${task.light || "none"}`}>
      <Light task={task} />
      <a href={address("/tasks", { incident: task.incident, task: task.id, tab: task.open ? null : "ended" })}
        data-inside="">{task.title}</a>
      <small class="quiet">{holderOf(task)} · {stateOf(task)}</small>
      <Clock task={task} />
    </li>
  );
}
