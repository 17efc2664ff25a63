/** The orders about an incident as forms. Which are possible, and for which role, the server says (`orders`). */
import { send } from "../core/api";
import { t } from "../core/i18n";
import { mayOrder, me } from "../core/site";
import { parseClock } from "../core/time";
import type { Part } from "../forms/form";
import { openForm } from "../forms/form";
import type { Field, Option, Values } from "../forms/field";
import type { IncidentRecord, ObligationRecord } from "../records";
import { choices, classOptions, type Choices } from "./choices";
import { tasksOfIncident } from "../tasks/records";
import { incidentsOf } from "./records";

const openTasksOf = (incident: string) => tasksOfIncident(incident).filter(({ open }) => open);
const UNDRAWN = ["link", "unlink"];

/** The orders that this person may give now, in the order in which they stand in the record. */
export const ordersFor = (incident: IncidentRecord): string[] =>
  Object.entries(incident.orders)
    .filter(([order, roles]) => mayOrder(roles) && !UNDRAWN.includes(order))
    .map(([order]) => order);

const line = (name: string, required = true): Field =>
  ({ name, label: t(`incidents.field.${name}`), required, max: 200 });
const words = (name: string, required = true): Field =>
  ({ name, label: t(`incidents.field.${name}`), kind: "lines", required, max: 4000 });
const chosen = (name: string, options: readonly Option[]): Field =>
  ({ name, label: t(`incidents.field.${name}`), kind: "select", options });
const named = (prefix: string, names: readonly string[]): Option[] =>
  names.map((name): Option => [name, t(`incidents.${prefix}.${name}`)]);

function partsOf(order: string, incident: IncidentRecord, offered: Choices, others: readonly Option[]): Part[] {
  const grades = named("grade", offered.grades);
  switch (order) {
    case "verify": return [line("called_back")];
    case "open":
    case "edit": {
      const place: Part[] = [chosen("event_class", classOptions(offered)), line("place", false)];
      const unknown: Part = { name: "place_unknown", label: t("incidents.field.place_unknown"), kind: "check" };
      return order === "open" ? [...place, unknown] : [line("title", false), words("text", false), ...place];
    }
    case "merge": return [chosen("into", others)];
    case "transfer": return [line("to"), line("receipt")];
    case "end": {
      const left = openTasksOf(incident.id).map((task): Option => [task.id, task.title]);
      const note = t("incidents.carry_over.note", { n: left.length });
      const label = t("incidents.field.carry_over");
      return left.length ? [{ name: "carry_over", label, kind: "choices", options: left, note }] : [];
    }
    case "review": return [words("cause"), words("lessons")];
    case "grade": return [chosen("grade", [["", t("incidents.grade.none")], ...grades]), words("basis")];
    case "respond":
      return [chosen("level", grades), line("matters"), words("measures"),
        { name: "expected_end", label: t("incidents.field.expected_end"), kind: "time", required: true }];
    case "casualties":
      return [[chosen("what", named("figure", offered.figures)),
        { name: "value", label: t("incidents.field.value"), kind: "number", required: true, min: 0, step: "any" }],
      line("source"), { name: "official", label: t("incidents.field.official"), kind: "check" }];
    case "post": return [chosen("post", named("post", offered.posts)), line("holder")];
    default: return [];
  }
}

function initialOf(order: string, incident: IncidentRecord): Values {
  const proposal = incident.grade_proposal;
  const values: Values = {
    event_class: incident.event_class, place: incident.place, title: incident.title, text: incident.text,
    grade: proposal?.grade ?? incident.grade, basis: proposal?.criterion ?? "", level: proposal?.grade || "IV",
    what: "dead", value: "", post: "commander", holder: me.value.name, official: false, place_unknown: false,
    carry_over: [],
  };
  return order === "grade" && !proposal ? { ...values, basis: "" } : values;
}

function bodyOf(order: string, incident: IncidentRecord, values: Values): Values {
  const body: Values = { ...values, rev: incident.rev };
  if (order === "casualties") body.value = Number(values.value);
  if (order === "respond") body.expected_end = new Date(parseClock(String(values.expected_end)) ?? 0).toISOString();
  if (order === "grade") body.criterion = incident.grade_proposal?.criterion ?? "";
  if (order === "post") {
    body.from_holder = incident.posts.find((held) => held.post === values.post)?.holder ?? "";
  }
  return body;
}

const namesOf = (parts: readonly Part[]): string[] =>
  parts.flatMap((part) => {
    if (Array.isArray(part)) return namesOf(part as Part[]);
    return "name" in part ? [part.name] : [];
  });

/** Opens the form of an order; it is given from the revision that the person has seen. */
export function openOrder(order: string, incident: IncidentRecord): void {
  const others = incidentsOf(incident.mode === "real" ? "open" : "exercise")
    .filter(({ id, open }) => open && id !== incident.id).map(({ id, title }): Option => [id, title]);
  void choices().then((offered) => {
    const parts = [...partsOf(order, incident, offered, others), words("reason", offered.reasoned.includes(order))];
    const all: Values = { ...initialOf(order, incident), into: others[0]?.[0] ?? "" };
    const initial = Object.fromEntries(namesOf(parts).map((name) => [name, all[name] ?? ""]));
    const path = `/api/v1/incidents/${encodeURIComponent(incident.id)}`;
    openForm({
      title: `${t(`incidents.order.${order}`)} · ${incident.title}`,
      parts, initial, label: t(`incidents.order.${order}`),
      save: (values) => order === "edit"
        ? send("PATCH", path, bodyOf(order, incident, values))
        : send("POST", `${path}/${order}`, bodyOf(order, incident, values)),
    });
  });
}

/** Opens the form of the proof that a report was received. */
export function openProof(due: ObligationRecord): void {
  const channels = Object.keys(due.proofs);
  const always = Object.values(due.proofs).every((fields) => fields.includes("recipient"));
  openForm({
    title: t("incidents.proof"),
    parts: [
      chosen("channel", named("by", channels)),
      line("recipient", always), line("number", false),
      { name: "at", label: t("incidents.field.at"), kind: "time", note: t("incidents.proof.note") },
      ...(due.step === "follow-up"
        ? [{ name: "nothing_new", label: t("incidents.field.nothing_new"), kind: "check" } as const] : []),
    ],
    initial: { channel: channels[0], recipient: "", number: "", at: "", nothing_new: false },
    label: t("incidents.proof"),
    save: (values) => {
      const at = parseClock(String(values.at));
      const body = { ...values, at: at === null ? null : new Date(at).toISOString(), rev: due.rev };
      return send("POST", `/api/v1/obligations/${encodeURIComponent(due.id)}/proof`, body);
    },
  });
}
