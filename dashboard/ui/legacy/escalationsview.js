// Escalation: each policy as a line of time, from the alert to the last step, with who is told by which channel.
import { h } from "./dom.js";
import { t } from "./i18n.js";
import { get, send, Refused } from "./api.js";
import { SEVERITIES } from "./derive.js";
import { severityName } from "./say.js";
import { AdminView, mayChange } from "./adminlist.js";
import { Message, carry, choices, confirm, dialog, field, values } from "./forms.js";
import { scopeText } from "./receiversview.js";
import { changesDialog } from "./changes.js";
import { length } from "./kpi.js";

const PATH = "/api/v1/escalations";
const FEEDS = ["network", "video", "approvals", "emergency"];

export function escalationsView(node, app) {
  return new AdminView(node, app, { name: "escalations", path: PATH, note: t("esc.note"), body: policies, head: (view) => [
    h("button", { type: "button", class: "chip", "data-history": "", onclick: () => changesDialog(view, "escalations") }, t("rules.history")),
    mayChange(view) ? h("button", { type: "button", class: "primary", "data-add": "", onclick: () => form(view) }, t("esc.add")) : "",
  ] });
}

function policies(answer, view) {
  if (!answer.items.length) return h("p", { class: "rows-empty" }, t("esc.none"));
  return h("ol", { class: "policies" }, ...answer.items.map((one, index) => h("li", { class: "policy", "data-id": one.id },
    h("header", {}, h("span", { class: "quiet" }, `${index + 1}.`), h("h3", {}, one.id), one.readonly ? h("span", { class: "tag" }, t("rules.source.file")) : "", h("span", { class: "quiet" }, scopeText(one, view.app)),
      h("span", { class: "row-actions" }, mayChange(view) && !one.readonly ? actions(one, index, view) : "")),
    timeline(one, view.app))));
}

function actions(one, index, view) {
  const own = kept(view);
  const at = own.findIndex((item) => item.id === one.id);
  const chip = (name, onclick, text) => h("button", { type: "button", class: "chip", "data-act": name, onclick }, text);
  return [at > 0 ? chip("up", (event) => put(event.currentTarget, view, swap(own, at, at - 1)), "↑") : "", chip("edit", () => form(view, one), t("form.edit")), chip("remove", async (event) => {
    const button = event.currentTarget;
    if (await confirm(t("form.remove"), t("esc.remove.sure", { id: one.id }), t("form.remove"))) put(button, view, own.filter((item) => item.id !== one.id));
  }, t("form.remove"))];
}

const swap = (items, a, b) => items.map((item, index) => (index === a ? items[b] : index === b ? items[a] : item));
const kept = (view) => view.answer.items.filter((one) => !one.readonly).map(({ origin: _o, readonly: _r, ...rest }) => rest);

async function put(button, view, items, message = view.message, comment = "") {
  const answer = await carry(button, message, () => send("PUT", PATH, { rev: view.answer.rev, comment, items }));
  if (answer) view.take(answer);
  return answer;
}

/** Left the alert, right the last step; the distance between is the time that nobody has taken it. */
function timeline(one, app) {
  return h("div", { class: "timeline", role: "img", "aria-label": one.steps.map((step) => `${length(step.after)} ${step.who.map((who) => whoName(who, app)).join(" ")}`).join("; ") },
    h("div", { class: "moment" }, h("b", {}, "0"), h("i", {}), h("p", {}, t("esc.start"))),
    ...one.steps.map((step, index) => h("div", { class: "moment", style: `flex-grow:${Math.max(1, Math.log2(1 + (step.after - (one.steps[index - 1]?.after ?? 0)) / 60))}` }, h("b", {}, length(step.after)), h("i", {}),
      h("p", {}, step.who.map((who) => whoName(who, app)).join(t("list.and"))), h("small", {}, (step.channels ?? []).join(t("list.and"))), step.repeat ? h("small", {}, t("esc.repeat.say", { every: length(step.repeat), n: step.times })) : "")));
}

function whoName(who, app) {
  const [kind, id] = who.split(":");
  if (kind === "person") return app.duty.roster?.persons?.find((one) => one.id === id)?.name ?? id;
  return kind === "receiver" ? t("esc.receiver", { id }) : t(`esc.who.${kind}`);
}

/** The channels that there are: a step names receivers by which its people are told. */
async function channels() {
  try {
    return ((await get("/api/v1/receivers")).items ?? []).map((one) => one.id);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return [];
  }
}

async function form(view, one = null) {
  const ids = await channels();
  const fresh = (after, who) => ({ after, who, channels: ids.slice(0, 1), repeat: null, times: 1 });
  dialog(one ? t("esc.edit.title", { id: one.id }) : t("esc.add"), (close) => {
    const message = new Message();
    const severities = choices(SEVERITIES.map((name) => [name, severityName(name)]), one?.severities ?? ["critical"]);
    const feeds = choices(FEEDS.map((name) => [name, t(`feedname.${name}`)]), one?.feeds ?? []);
    const steps = h("ol", { class: "step-forms" });
    const add = (step) => steps.append(stepForm(step, ids, view.app));
    (one?.steps ?? [fresh(300, ["duty"]), fresh(900, ["leader"])]).forEach(add);
    const button = h("button", { type: "submit", class: "primary", "data-send": "" }, t("form.save"));
    return h("form", { class: "form", novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      const { id, comment } = values(event.currentTarget);
      const item = { regions: [], kinds: [], ...(one ? kept(view).find((other) => other.id === one.id) : {}), id, severities: severities.chosen(), feeds: feeds.chosen(), steps: [...steps.children].map(readStep) };
      const own = kept(view);
      if (await put(button, view, one ? own.map((other) => (other.id === one.id ? item : other)) : [...own, item], message, comment)) close();
    } },
    field(t("esc.id"), h("input", { name: "id", value: one?.id ?? "", required: true, maxlength: "64", readonly: Boolean(one) })),
    h("div", { class: "form-field" }, h("span", {}, t("receivers.severities")), severities.node), h("div", { class: "form-field" }, h("span", {}, t("receivers.feeds")), feeds.node),
    h("div", { class: "form-field" }, h("span", {}, t("esc.steps")), steps, h("div", { class: "actions" }, h("button", { type: "button", class: "chip", "data-step": "", onclick: () => add(fresh(1800, ["leader"])) }, t("esc.step.add")))), h("p", { class: "quiet" }, t("esc.who.note")),
    field(t("rules.comment"), h("input", { name: "comment", maxlength: "500" })), h("div", { class: "actions" }, button), message.node);
  }, "is-wide");
}

function stepForm(step, ids, app) {
  const cell = (key, name, value, more = {}) => field(t(key), h("input", { "data-field": name, value, ...more }));
  const people = [["duty", t("esc.who.duty")], ["leader", t("esc.who.leader")], ...(app.duty.roster?.persons ?? []).map((one) => [`person:${one.id}`, one.name]), ...ids.map((id) => [`receiver:${id}`, t("esc.receiver", { id })])];
  // What is named and no longer known stays pressed until somebody takes it out.
  const known = (list, all) => [...all, ...list.filter((id) => !all.some(([key]) => key === id)).map((id) => [id, id])];
  const who = choices(known(step.who, people), step.who);
  const by = choices(known(step.channels ?? [], ids.map((id) => [id, id])), step.channels ?? []);
  const group = (key, choice) => h("div", { class: "form-field is-row" }, h("span", {}, t(key)), choice.node);
  const item = h("li", { class: "form-row" }, group("esc.who", who), group("esc.channels", by), cell("esc.after", "after", step.after / 60, { type: "number", min: "0", max: "10080", step: "any" }), cell("esc.repeat", "repeat", step.repeat ? step.repeat / 60 : "", { type: "number", min: "10" }), cell("esc.times", "times", step.times ?? 1, { type: "number", min: "1", max: "100" }),
    h("button", { type: "button", class: "link", "aria-label": t("form.remove"), onclick: () => item.remove() }, "×"));
  item.wfStep = { who, by };
  return item;
}

function readStep(item) {
  const of = (name) => item.querySelector(`[data-field="${name}"]`).value.trim();
  const { who, by } = item.wfStep;
  return { after: Number(of("after")) * 60, who: who.chosen(), channels: by.chosen(), repeat: of("repeat") ? Number(of("repeat")) * 60 : null, times: Number(of("times") || 1) };
}
