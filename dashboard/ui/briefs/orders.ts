/** The orders about a brief as forms. Which are possible, and for which role, the server says (`orders`). */
import { ProblemError, send } from "../core/api";
import { address, navigate, setQuery } from "../core/address";
import { t } from "../core/i18n";
import { me } from "../core/site";
import { day, now, parse, parseClock } from "../core/time";
import type { Field, Option, Values } from "../forms/field";
import { openForm, type Part } from "../forms/form";
import { reportName } from "../incidents/countdown";
import { incidentsOf, unmetOf } from "../incidents/records";
import type { BriefRecord } from "../records";

const STEPS = ["first", "follow-up", "supplement", "final"];
const KINDS = ["special", "bulletin", "daily"];
/** Ways in which a paper is sent; a call is no paper. */
const CHANNELS = ["network", "fax", "oa", "paper"];

/** The orders that this person may give now, in the order in which they stand in the record. */
export const ordersFor = (brief: BriefRecord): string[] =>
  Object.entries(brief.orders).filter(([, roles]) => roles.includes(me.value.role)).map(([order]) => order);

const line = (name: string, more: Partial<Field> = {}): Field =>
  ({ name, label: t(`briefs.field.${name}`), max: 200, ...more });
const options = (prefix: string, names: readonly string[]): Option[] =>
  names.map((name) => [name, t(`${prefix}.${name}`)]);
const listOf = (value: unknown): string[] =>
  String(value).split(/[、,，;；\n]/).map((name) => name.trim()).filter(Boolean);

/** Opens the form of a new brief, of an incident and a step if they are given. */
export function openDraft(incident = "", step = ""): void {
  const incidents: Option[] = [...incidentsOf("open"), ...incidentsOf("ended"), ...incidentsOf("exercise")]
    .map(({ id, title }) => [id, `${id} ${title}`]);
  openForm({
    title: t("briefs.new"),
    parts: [
      { name: "kind", label: t("briefs.field.kind"), kind: "select", options: options("briefs.kind", KINDS) },
      { name: "step", label: t("briefs.field.step"), kind: "select",
        options: [["", "—"], ...options("incidents.step", STEPS)] },
      { name: "incident", label: t("briefs.field.incident"), kind: "select", options: [["", "—"], ...incidents] },
    ],
    initial: { kind: incident ? "special" : "daily", step: step || (incident ? "first" : ""), incident },
    label: t("briefs.new"),
    save: async (values) => {
      const made = await send<BriefRecord>("POST", "/api/v1/briefs", values);
      setQuery({ brief: made.id });
      return made;
    },
  });
}

/** Drafts the daily report of today, or opens the draft of today that there is. Says what the server refuses. */
export async function draftDaily(drafts: readonly BriefRecord[]): Promise<string> {
  const today = drafts.find(({ kind, mode, period_start }) =>
    kind === "daily" && mode === "real" && day(parse(period_start) ?? 0) === day(now()));
  try {
    const brief = today ?? await send<BriefRecord>("POST", "/api/v1/briefs", { kind: "daily" });
    if (today) await send("POST", `/api/v1/briefs/${encodeURIComponent(today.id)}/generate`, { rev: today.rev });
    setQuery({ brief: brief.id });
    return "";
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.message;
  }
}

/** Drafts the report of an incident with what is known of it in words, and shows it. */
export async function startBrief(incident: string, step: string, situation: string): Promise<void> {
  const made = await send<BriefRecord>("POST", "/api/v1/briefs", { kind: "special", step, incident });
  if (situation && made.blocks.some(({ key, text }) => key === "situation" && !text)) {
    const blocks = [{ key: "situation", text: situation }];
    await send("POST", `/api/v1/briefs/${encodeURIComponent(made.id)}/edit`, { rev: made.rev, blocks });
  }
  navigate(address("/briefs", { brief: made.id }));
}

/** The reports due of an incident that a paper can meet. */
const written = (incident: string): Option[] =>
  unmetOf(incident).filter((due) => due.channel !== "phone").map((due) => [due.id, reportName(due)]);

function partsOf(order: string, brief: BriefRecord): Part[] {
  switch (order) {
    case "edit":
      return [
        line("title", { max: 120 }), line("to"), line("cc"),
        { name: "urgency", label: t("briefs.field.urgency"), kind: "select",
          options: [["", "—"], ...options("briefs.urgency", ["urgent", "flash"])] },
        ...brief.blocks.filter((block) => !block.generated).map(({ key, title }): Field =>
          ({ name: `block.${key}`, label: title, kind: "lines", rows: 4, max: 20_000 })),
      ];
    case "generate": return [{ words: t("briefs.generate.note") }];
    case "sign":
    case "countersign":
      if (me.value.demo) return [{ words: t("briefs.demo.note") }];
      return [
        line("password", { kind: "password", required: true, autoComplete: "current-password" }),
        line("code", { max: 32, autoComplete: "one-time-code" }),
      ];
    case "phone": return [line("signer", { required: true })];
    case "send":
      return [
        { name: "channel", label: t("incidents.field.channel"), kind: "select",
          options: options("incidents.by", CHANNELS) },
        { name: "recipient", label: t("incidents.field.recipient"), max: 200 },
        { name: "number", label: t("incidents.field.number"), max: 200 },
        { name: "at", label: t("incidents.field.at"), kind: "time", note: t("incidents.proof.note") },
        { name: "obligation", label: t("briefs.field.obligation"), kind: "select",
          options: [["", t("briefs.field.none")], ...written(brief.incident)] },
      ];
    case "withdraw":
      return [{ name: "reason", label: t("briefs.field.reason"), kind: "lines", required: true, max: 4000 }];
    default: return [];
  }
}

function initialOf(order: string, brief: BriefRecord): Values {
  if (order === "edit") {
    const texts = brief.blocks.filter((block) => !block.generated).map((block) => [`block.${block.key}`, block.text]);
    return {
      title: brief.title, to: brief.to.join("、"), cc: brief.cc.join("、"), urgency: brief.urgency,
      ...Object.fromEntries(texts) as Values,
    };
  }
  if (order !== "send") return { password: "", code: "", signer: "", reason: "" };
  const due = unmetOf(brief.incident).find(({ channel, step }) => channel !== "phone" && step === brief.step);
  return { channel: CHANNELS[0], recipient: brief.to.join("、"), number: "", at: "", obligation: due?.id ?? "" };
}

function bodyOf(order: string, values: Values): Values {
  if (order === "edit") {
    const blocks = Object.entries(values).filter(([name]) => name.startsWith("block."))
      .map(([name, text]) => ({ key: name.slice(6), text }));
    return { title: values.title, to: listOf(values.to), cc: listOf(values.cc), urgency: values.urgency, blocks };
  }
  if (order === "send") {
    const at = parseClock(String(values.at));
    return { ...values, at: at === null ? null : new Date(at).toISOString() };
  }
  if (order === "phone") return { signer: values.signer };
  if (order === "withdraw") return { reason: values.reason };
  return ["sign", "countersign"].includes(order) ? { password: values.password, code: values.code } : {};
}

/** Opens the form of an order; it is given from the revision that the person has seen. */
export function openOrder(order: string, brief: BriefRecord): void {
  const path = `/api/v1/briefs/${encodeURIComponent(brief.id)}/${order === "phone" ? "sign" : order}`;
  openForm({
    title: `${t(`briefs.order.${order}`)} · ${brief.title}`,
    parts: partsOf(order, brief), initial: initialOf(order, brief), label: t(`briefs.order.${order}`),
    save: (values) => send("POST", path, { ...bodyOf(order, values), rev: brief.rev }),
  });
}

/** Gives an order that needs no words. */
export const giveOrder = (order: string, brief: BriefRecord): Promise<unknown> =>
  send("POST", `/api/v1/briefs/${encodeURIComponent(brief.id)}/${order}`, { rev: brief.rev });
