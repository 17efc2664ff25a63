/** The tasks of the site: what waits for whom, what is late; one task in full with its orders. */
import { query, setQuery } from "../core/address";
import { send } from "../core/api";
import { count } from "../core/format";
import { t } from "../core/i18n";
import { mayDo } from "../core/site";
import { useAct, Message } from "../forms/act";
import type { TaskRecord } from "../records";
import { personName } from "../shell/duty";
import { TASK_LIGHTS } from "../vocabulary";
import { incidentPath } from "../incidents/address";
import { rowOf, useIncidents } from "../incidents/records";
import { newTask, openTaskOrder } from "./orders";
import { Clock, dueAt, Evidence, holderOf, Light, stateOf, Steps } from "./parts";
import { tasks, useTasks } from "./records";
import { useUnits } from "./units";

const TABS = ["waiting", "late", "answer", "ended", "exercise"] as const;
type Tab = (typeof TABS)[number];

const belongs: Record<Tab, (task: TaskRecord) => boolean> = {
  waiting: (task) => task.open,
  late: (task) => task.pressing,
  answer: (task) => task.awaits_answer,
  ended: (task) => !task.open,
  exercise: (task) => task.mode !== "real",
};
/** Exercises stand in a tab of their own, and beside their own incident. */
const isHere = (task: TaskRecord, tab: Tab, incident: string | null): boolean =>
  belongs[tab](task) && (incident ? task.incident === incident : tab === "exercise" || task.mode === "real");
const WORST: readonly string[] = TASK_LIGHTS;

const tasksOf = (tab: Tab, incident: string | null): TaskRecord[] => [...tasks().values()]
  .filter((task) => isHere(task, tab, incident)).sort((a, b) =>
  Number(b.unsigned) - Number(a.unsigned) || WORST.indexOf(a.light) - WORST.indexOf(b.light)
  || (dueAt(a) ?? Infinity) - (dueAt(b) ?? Infinity));

export default function TasksPage() {
  const here = useTasks();
  useUnits();
  useIncidents();
  const tab = TABS.find((name) => name === query("tab")) ?? "waiting";
  const incident = query("incident");
  const rows = tasksOf(tab, incident);
  const task = tasks().get(query("task") ?? "");
  return (
    <div class="tasks">
      <div class="warnings-filters" role="group" aria-label={t("tasks.which")}>
        {TABS.map((name) => (
          <button key={name} type="button" class="chip" aria-pressed={name === tab} data-tab={name}
            onClick={() => setQuery({ tab: name === "waiting" ? null : name })}>
            {t(`tasks.tab.${name}`)} <b>{count(tasksOf(name, incident).length)}</b>
          </button>
        ))}
        {incident ? <button type="button" class="chip" onClick={() => setQuery({ incident: null })}>
          {t("tasks.of-incident", { id: rowOf(incident)?.title ?? incident })} ×
        </button> : null}
        {mayDo("command") ? <button type="button" class="chip primary" data-new=""
          onClick={() => newTask(incident ?? "")}>{t("tasks.new")}</button> : null}
      </div>
      <div class="tasks-both">
        <ul class="task-rows">
          {rows.map((row) => <Row key={row.id} task={row} />)}
          {rows.length ? null
            : <li class="rows-empty">{t(here ? "tasks.none" : "tasks.loading")}</li>}
        </ul>
        {task ? <Detail key={task.id} task={task} /> : null}
      </div>
    </div>
  );
}

/** The incident to which a task belongs: its title, "" for a task of none. */
const incidentName = ({ incident }: TaskRecord): string => (incident && rowOf(incident)?.title) || incident;

function Row({ task }: { task: TaskRecord }) {
  const chosen = query("task") === task.id;
  return (
    <li data-id={task.id}>
      <button type="button" class={`task-row is-${task.light || "none"}`} aria-pressed={chosen}
        onClick={() => setQuery({ task: chosen ? null : task.id }, { open: !query("task") })}>
        <Light task={task} />
        <span>
          {task.mode === "real" ? null : <b class="stamp is-exercise">{t("warning.exercise")}</b>}
          <b>{task.title}</b>
          <small>
            {[holderOf(task), stateOf(task), t(`tasks.kind.${task.kind}`), incidentName(task)]
              .filter(Boolean).join(" · ")}
          </small>
        </span>
        <span class="task-when">
          <Clock task={task} />
          {task.unsigned ? <small class="is-late">{t("tasks.unsigned")}</small> : null}
        </span>
      </button>
    </li>
  );
}

function Detail({ task }: { task: TaskRecord }) {
  const act = useAct();
  const plain = (order: string): Promise<unknown> => act.run(
    () => send("POST", `/api/v1/tasks/${encodeURIComponent(task.id)}/${order}`, { rev: task.rev }));
  const offered = task.choices.filter(({ action }) => !["evidence", "sign-sheet"].includes(action));
  return (
    <aside class="task-detail" data-id={task.id}>
      <h2>{task.title}</h2>
      <p class="quiet">
        {task.id} · {stateOf(task)} · {holderOf(task)}
        {task.due && task.due !== task.due_first ? ` · ${t("tasks.extended")}` : ""}
      </p>
      {task.incident ? (
        <p><a href={incidentPath(task.incident)} data-inside="" data-incident="">{incidentName(task)}</a></p>
      ) : null}
      <Clock task={task} />
      {task.text ? <p>{task.text}</p> : null}
      {mayDo("command") ? (
        <div class="task-orders">
          {offered.map(({ action }) => (
            <button key={action} type="button" class="chip" data-order={action} disabled={act.busy}
              onClick={() => ["review", "issue", "close"].includes(action)
                ? void plain(action) : openTaskOrder(action, task)}>
              {t(`tasks.order.${action}`)}
            </button>
          ))}
        </div>
      ) : null}
      <Message said={act.said} />
      <Evidence task={task} />
      {task.sheets.map((sheet) => (
        <p key={sheet.number} class={`task-sheet is-${sheet.colour}`}>
          {sheet.number}{" "}
          {sheet.signed_by ? t("tasks.sheet.signed", { name: personName(sheet.signed_by) }) : t("tasks.sheet.unsigned")}
        </p>
      ))}
      <Steps task={task} />
    </aside>
  );
}
