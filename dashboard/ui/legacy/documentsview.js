// Documents of the journal that cannot be read: why, their bytes, and the two ways out.
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { send } from "./api.js";
import { AdminView, mayChange, table } from "./adminlist.js";
import { carry, confirm } from "./forms.js";

const PATH = "/api/v1/documents";

export function documentsView(node, app) {
  return new AdminView(node, app, { name: "documents", path: `${PATH}/unreadable`, note: t("documents.note"), body: rows });
}

function rows(answer, view) {
  if (!answer.items.length) return h("p", { class: "rows-empty" }, t("documents.none"));
  const heads = ["kind", "id", "reason", ""].map((name) => (name ? t(`documents.${name}`) : ""));
  return table(heads, answer.items.map((document) => ({ id: `${document.kind} ${document.id}`, cells: [
    document.kind, h("span", { class: "mono" }, document.id), h("small", { class: "mono" }, document.reason),
    h("span", { class: "row-actions" }, mayChange(view) ? actions(document, view) : ""),
  ] })), { "data-documents": "" });
}

function actions(document, view) {
  const query = new URLSearchParams({ kind: document.kind, id: document.id });
  const chip = (verb) => h("button", { type: "button", class: "chip", "data-act": verb, onclick: (event) => change(event.currentTarget, verb, document, view) }, t(`documents.${verb}`));
  return [
    document.secret ? "" : h("a", { class: "chip", "data-act": "download", href: `${PATH}/content?${query}`, download: "" }, t("documents.download")),
    document.mendable ? chip("mend") : "", chip("drop"),
  ];
}

async function change(button, verb, { kind, id }, view) {
  if (verb === "drop" && !(await confirm(t("documents.drop"), t("documents.drop.sure", { kind, id }), t("documents.drop")))) return;
  const done = await carry(button, view.message, () => send("POST", `${PATH}:${verb}`, { kind, id }));
  if (!done) return;
  view.message.say("done", t(`documents.${done.done}`, { kind, id }));
  view.ask();
}
