/** Orders about a resource as forms. Which are possible the server says (`orders`). */
import { send } from "../core/api";
import { t } from "../core/i18n";
import { incidentsOf } from "../incidents/records";
import type { Field, Option, Values } from "../forms/field";
import { openForm, type Part } from "../forms/form";
import type { ResourceRecord } from "../records";

type Row = Pick<ResourceRecord, "id" | "name" | "incident" | "rev">;

const line = (name: string, required = false): Field =>
  ({ name, label: t(`resources.field.${name}`), required, max: 200 });
const chosen = (name: string, options: readonly Option[]): Field =>
  ({ name, label: t(`resources.field.${name}`), kind: "select", options });
const named = (prefix: string, names: readonly string[]): Option[] =>
  names.map((name): Option => [name, t(`resources.${prefix}.${name}`)]);
const incidents = (none: boolean): Option[] => [
  ...(none ? [["", "—"] as const] : []), ...incidentsOf("open").map(({ id, title }): Option => [id, title]),
];

function partsOf(order: string, resource: Row): Part[] {
  switch (order) {
    case "assign":
      return [chosen("incident", incidents(false)),
        ...(resource.incident ? [{ name: "share", label: t("resources.field.share"), kind: "check" } as const] : [])];
    case "status": {
      const sent = resource.incident ? ["on_scene", "returning"] : [];
      return [chosen("status", named("status", [...sent, "ready", "out", "unknown"]))];
    }
    case "move":
      return [[chosen("move", named("move", ["in", "out", "to", "back"])),
        { name: "quantity", label: t("resources.field.quantity"), kind: "number", required: true, min: 0, step: "any",
        }],
      chosen("incident", incidents(true)), line("note")];
    case "requisition": return [chosen("incident", incidents(false)), line("owner", true), line("receipt", true)];
    case "return": return [chosen("outcome", named("outcome", ["returned", "lost"])), line("note")];
    default: return [];
  }
}

/** Opens the form of an order; `incident` is the one that is proposed. */
export function openResourceOrder(order: string, resource: Row, incident = ""): void {
  const initial: Values = {
    incident: incident || (order === "move" ? "" : incidentsOf("open")[0]?.id ?? ""), share: false,
    status: resource.incident ? "on_scene" : "ready", move: "out", quantity: "", note: "", owner: "", receipt: "",
    outcome: "returned", reason: "",
  };
  const parts = [...partsOf(order, resource), line("reason")];
  const names = parts.flatMap((part) => (Array.isArray(part) ? part : [part]) as Field[]).map((field) => field.name);
  openForm({
    title: `${t(`resources.order.${order}`)} · ${resource.name}`,
    parts, initial: Object.fromEntries(names.map((name) => [name, initial[name] ?? ""])),
    label: t(`resources.order.${order}`),
    save: (values) => {
      const quantity = "quantity" in values ? { quantity: Number(values.quantity) } : {};
      const body = { ...values, ...quantity, ...(resource.rev ? { rev: resource.rev } : {}) };
      return send("POST", `/api/v1/resources/${encodeURIComponent(resource.id)}/${order}`, body);
    },
  });
}
