/** The forms of orders about tasks. */
import { setQuery } from "../core/address";
import { get, send } from "../core/api";
import { pick, t } from "../core/i18n";
import { parse } from "../core/time";
import type { Option, Values } from "../forms/field";
import { openForm, type Part } from "../forms/form";
import type { TaskRecord } from "../records";

interface Offered {
  units: { id: string; name: Record<string, string>; people: string[] }[];
  kinds: string[];
  evidence: string[];
  written_on: string[];
}

const choices = (): Promise<Offered> => get<Offered>("/api/v1/task_choices");
const unitOptions = (offered: Offered): Option[] =>
  offered.units.map(({ id, name, people }): Option =>
    [id, people.length ? pick(name) : `${pick(name)} ${t("tasks.empty")}`]);
const field = (name: string): string => t(`tasks.field.${name}`);

/** Opens the form of a new task, in an incident or without one. */
export function newTask(incident: string): void {
  void choices().then((offered) => openForm({
    title: t("tasks.new"),
    parts: [
      { name: "title", label: field("title"), required: true, autoFocus: true, max: 200 },
      [
        { name: "unit", label: field("unit"), kind: "select", options: unitOptions(offered) },
        { name: "minutes", label: field("minutes"), max: 6 },
        { name: "workdays", label: field("workdays"), max: 3 },
      ],
      { name: "text", label: field("text"), kind: "lines", max: 4000 },
      [
        { name: "kind", label: field("kind"), kind: "select",
          options: offered.kinds.map((kind): Option => [kind, t(`tasks.kind.${kind}`)]) },
        { name: "evidence", label: field("evidence"), kind: "select",
          options: offered.evidence.map((kind): Option => [kind, t(`tasks.evidence.${kind}`)]) },
      ],
      { fold: t("tasks.kind.instruction"), parts: [[
        { name: "author", label: field("author"), max: 100 },
        { name: "written_on", label: field("written_on"), kind: "select",
          options: offered.written_on.map((where): Option => [where, t(`tasks.written.${where}`)]) },
      ]] },
    ],
    initial: {
      title: "", unit: offered.units[0]?.id ?? "", minutes: "30", workdays: "", text: "", kind: "order",
      evidence: "none", author: "", written_on: "paper",
    },
    label: t("tasks.order.issue"),
    save: async (values) => {
      const task = await send<TaskRecord>("POST", "/api/v1/tasks", newBody(values, incident));
      setQuery({ task: task.id });
      return task;
    },
  }));
}

function newBody({ minutes, workdays, author, written_on, ...values }: Values, incident: string): Values {
  const isInstruction = values.kind === "instruction";
  // What needs a second person first is drafted, and stands in the list to be reviewed.
  const issue = !isInstruction && incident !== "";
  return {
    ...values, incident, issue,
    ...(workdays ? { due_workdays: Number(workdays) } : minutes ? { due_within: Number(minutes) * 60 } : {}),
    ...(isInstruction ? { author, written_on } : {}),
  };
}

/** Opens the form of an order about a task; it is given from the revision that the person has seen. */
export function openTaskOrder(order: string, task: TaskRecord): void {
  void choices().then((offered) => {
    const reason = { name: "reason", label: field("reason"), kind: "lines", max: 4000 } as const;
    const behalf: Part = { name: "on_behalf", label: field("on_behalf"), max: 200, note: t("tasks.on_behalf.note") };
    const parts: Record<string, Part[]> = {
      sign: [behalf],
      feedback: [behalf, { name: "text", label: field("text"), kind: "lines", required: true, max: 4000 }],
      "ask-done": [behalf, { name: "text", label: field("text"), kind: "lines", max: 4000 }],
      refuse: [behalf, { ...reason, required: true }],
      extend: [behalf, { name: "minutes", label: field("longer"), required: true }, { ...reason, required: true }],
      done: [{ name: "seen_by", label: field("seen_by"), max: 100, note: t("tasks.seen_by.note") }],
      "answer-extension": [{ name: "granted", label: field("granted"), kind: "check" }, reason],
      reassign: [
        { name: "unit", label: field("unit"), kind: "select", options: unitOptions(offered) },
        { ...reason, required: true },
      ],
    };
    const initial: Values = {
      on_behalf: "", text: "", reason: "", minutes: "30", seen_by: "", granted: true, unit: offered.units[0]?.id ?? "",
    };
    openForm({
      title: `${t(`tasks.order.${order}`)} · ${task.title}`,
      parts: parts[order] ?? [{ ...reason, required: true }],
      initial, label: t(`tasks.order.${order}`),
      save: (values) => send("POST", `/api/v1/tasks/${encodeURIComponent(task.id)}/${order}`,
        orderBody(order, task, values, parts[order])),
    });
  });
}

function orderBody(order: string, task: TaskRecord, values: Values, parts: Part[] | undefined): Values {
  const names = (parts ?? [{ name: "reason", label: "" }]).flatMap((part) => ("name" in part ? [part.name] : []));
  const { minutes, ...body } = Object.fromEntries(names.map((name) => [name, values[name]]));
  const until = new Date((parse(task.due) ?? 0) + Number(minutes) * 60_000).toISOString();
  return { ...body, rev: task.rev, ...(order === "extend" ? { until } : {}) };
}
