/** The orders about an incident as forms. Which are possible, and for which role, the server says (`orders`). */
import { send } from "../core/api";
import { t } from "../core/i18n";
import { me } from "../core/site";
import { parseClock } from "../core/time";
import type { Part } from "../forms/form";
import { openForm } from "../forms/form";
import type { Field, Option, Values } from "../forms/field";
import type { IncidentRecord, ObligationRecord } from "../records";
import { classOptions } from "./new";

const REASONED = ["false", "transfer", "reopen", "restore"];
const GRADES = ["I", "II", "III", "IV"];
const HIDDEN = ["link", "unlink", "merge", "unmerge"];

/** The orders that this person may give now, in the order in which they stand in the record. */
export const ordersFor = (incident: IncidentRecord): string[] =>
  Object.entries(incident.orders)
    .filter(([order, roles]) => roles.includes(me.value.role) && !HIDDEN.includes(order))
    .filter(([order]) => order !== "end-response" || incident.response)
    .map(([order]) => order);

const grades = (none: boolean): Option[] =>
  [...(none ? [["", t("incidents.grade.none")] as const] : []),
    ...GRADES.map((grade): Option => [grade, t(`incidents.grade.${grade}`)])];
const line = (name: string, required = true): Field =>
  ({ name, label: t(`incidents.field.${name}`), required, max: 200 });
const words = (name: string, required = true): Field =>
  ({ name, label: t(`incidents.field.${name}`), kind: "lines", required, max: 4000 });
const chosen = (name: string, options: readonly Option[]): Field =>
  ({ name, label: t(`incidents.field.${name}`), kind: "select", options });
const named = (prefix: string, names: readonly string[]): Option[] =>
  names.map((name): Option => [name, t(`incidents.${prefix}.${name}`)]);

const FIGURES = [
  "dead", "missing", "grave", "light", "trapped", "evacuated", "sheltered", "loss_yuan", "houses", "hectares",
];
const POSTS = ["commander", "on-scene", "reporting", "scribe", "liaison"];

async function partsOf(order: string): Promise<Part[]> {
  switch (order) {
    case "verify": return [line("called_back")];
    case "open":
    case "edit": {
      const classes = await classOptions();
      const place: Part[] = [chosen("event_class", classes), line("place", false)];
      const unknown: Part = { name: "place_unknown", label: t("incidents.field.place_unknown"), kind: "check" };
      return order === "open" ? [...place, unknown] : [line("title", false), words("text", false), ...place];
    }
    case "transfer": return [line("to"), line("receipt")];
    case "review": return [words("cause"), words("lessons")];
    case "grade": return [chosen("grade", grades(true)), words("basis")];
    case "respond":
      return [chosen("level", grades(false)), line("matters"), words("measures"),
        { name: "expected_end", label: t("incidents.field.expected_end"), kind: "time", required: true }];
    case "casualties":
      return [[chosen("what", named("figure", FIGURES)),
        { name: "value", label: t("incidents.field.value"), kind: "number", required: true, min: 0, step: "any" }],
      line("source"), { name: "official", label: t("incidents.field.official"), kind: "check" }];
    case "post": return [chosen("post", named("post", POSTS)), line("holder")];
    default: return [];
  }
}

function initialOf(order: string, incident: IncidentRecord): Values {
  const proposal = incident.grade_proposal;
  const values: Values = {
    event_class: incident.event_class, place: incident.place, title: incident.title, text: incident.text,
    grade: proposal?.grade ?? incident.grade, basis: proposal?.criterion ?? "", level: proposal?.grade || "IV",
    what: "dead", value: "", post: "commander", holder: me.value.name, official: false, place_unknown: false,
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
  void partsOf(order).then((own) => {
    const parts = [...own, words("reason", REASONED.includes(order))];
    const wanted = namesOf(parts);
    const all = initialOf(order, incident);
    const initial = Object.fromEntries(wanted.map((name) => [name, all[name] ?? ""]));
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
  const channels = due.channel === "phone" ? ["phone"] : ["network", "fax", "oa", "paper"];
  openForm({
    title: t("incidents.proof"),
    parts: [
      chosen("channel", named("by", channels)),
      line("recipient", due.channel === "phone"), line("number"),
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
