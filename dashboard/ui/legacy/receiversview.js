// Receivers: where notices go; those of the file and those made here, each with a button that sends a test.
import { h, setText } from "./dom.js";
import { t, pick } from "./i18n.js";
import { send } from "./api.js";
import { parse, shortTime } from "./time.js";
import { SEVERITIES } from "./derive.js";
import { kindName, severityName } from "./say.js";
import { AdminView, mayChange, table } from "./adminlist.js";
import { Message, carry, choices, confirm, dialog, field, select, values } from "./forms.js";
import { changesDialog } from "./changes.js";

const PATH = "/api/v1/receivers";
const FEEDS = ["network", "video", "approvals", "emergency"];
const OWN = ["origin", "readonly", "kind", "personal", "waiting", "oldest_at", "last_sent_at", "last_error"];

export function receiversView(node, app) {
  return new AdminView(node, app, { name: "receivers", path: PATH, note: t("receivers.note"), body: rows, head: (view) => [
    h("button", { type: "button", class: "chip", "data-history": "", onclick: () => changesDialog(view, "receivers") }, t("rules.history")),
    mayChange(view) ? h("button", { type: "button", class: "primary", "data-add": "", onclick: () => form(view) }, t("receivers.add")) : "",
  ] });
}

/** What a receiver or policy is for: severities, feeds, regions, kinds; nothing given means all. */
export function scopeText(one, app) {
  const parts = [one.severities?.map(severityName), one.feeds?.map((feed) => t(`feedname.${feed}`)), one.regions?.map((code) => app.regionName(code) || code), one.kinds?.map(kindName)];
  return parts.filter((part) => part?.length).map((part) => part.join(t("list.and"))).join(" · ") || t("receivers.all");
}

function rows(answer, view) {
  const heads = ["id", "kind", "for", "limit", "state", ""].map((name) => (name ? t(`receivers.${name}`) : ""));
  return table(heads, answer.items.map((one) => ({ id: one.id, cells: [
    [h("b", {}, one.id), one.readonly ? h("span", { class: "tag" }, t("rules.source.file")) : "", h("small", { class: "block mono" }, one.url)],
    [t(`receivers.kind.${one.kind}`), one.direct === false ? h("small", { class: "block" }, t("receivers.steps")) : ""], scopeText(one, view.app), one.rate ? t("receivers.rate.say", { rate: one.rate, n: one.reserve }) : "—",
    state(one), h("span", { class: "row-actions" }, mayChange(view) ? actions(one, view) : ""),
  ] })), { "data-receivers": "" });
}

function state(one) {
  const last = parse(one.last_sent_at);
  return [one.last_error ? h("p", { class: "is-open" }, one.last_error) : "", h("small", { class: "block" }, last === null ? t("receivers.never") : t("receivers.last", { at: shortTime(last) })), one.waiting ? h("small", { class: "block is-open" }, t("receivers.waiting", { n: one.waiting, at: shortTime(parse(one.oldest_at)) })) : ""];
}

function actions(one, view) {
  const chip = (name, onclick, text) => h("button", { type: "button", class: "chip", "data-act": name, onclick }, text);
  return [chip("test", () => testDialog(one, view), t("receivers.test")), one.readonly ? "" : chip("edit", () => form(view, one), t("form.edit")), one.readonly ? "" : chip("remove", (event) => remove(event.currentTarget, one, view), t("form.remove"))];
}

const kept = (view) => view.answer.items.filter((one) => !one.readonly).map((one) => Object.fromEntries(Object.entries(one).filter(([key]) => !OWN.includes(key))));

async function remove(button, one, view) {
  if (!(await confirm(t("form.remove"), t("receivers.remove.sure", { id: one.id }), t("form.remove")))) return;
  const items = kept(view).filter((item) => item.id !== one.id);
  const answer = await carry(button, view.message, () => send("PUT", PATH, { rev: view.answer.rev, items }));
  if (answer) view.take(answer);
}

/** Sends a real message and says in words what became of it. */
function testDialog(one, view) {
  dialog(t("receivers.test.title", { id: one.id }), () => {
    const outcome = h("p", { class: "form-message", role: "status", hidden: true, "data-outcome": "" });
    const message = new Message();
    const persons = view.app.duty.roster?.persons ?? [];
    const button = h("button", { type: "submit", class: "primary", "data-send": "" }, t("receivers.test.send"));
    return h("form", { class: "form", onsubmit: async (event) => {
      event.preventDefault();
      const { person, to } = values(event.currentTarget);
      outcome.hidden = true;
      const answer = await carry(button, message, () => send("POST", `${PATH}/${encodeURIComponent(one.id)}:test`, { ...(person ? { person } : {}), ...(to ? { to } : {}) }));
      if (!answer) return;
      outcome.hidden = false;
      outcome.className = `form-message ${answer.ok ? "is-done" : "is-error"}`;
      setText(outcome, `${t(`receivers.outcome.${answer.outcome}`)} · ${pick(answer.message)}`);
      view.ask();
    } }, h("p", { class: "quiet" }, t("receivers.test.what")),
    one.personal || persons.length ? field(t("receivers.test.person"), select("person", [["", "—"], ...persons.map((person) => [person.id, person.name])])) : "",
    one.personal ? field(t("receivers.test.to"), h("input", { name: "to", maxlength: "200" })) : "", h("div", { class: "actions" }, button), outcome, message.node);
  });
}

function form(view, one = null) {
  dialog(one ? t("receivers.edit.title", { id: one.id }) : t("receivers.add"), (close) => {
    const message = new Message();
    const severities = choices(SEVERITIES.map((name) => [name, severityName(name)]), one?.severities ?? []);
    const feeds = choices(FEEDS.map((name) => [name, t(`feedname.${name}`)]), one?.feeds ?? []);
    const regions = choices([[view.app.site.region, t("region.own")], ...view.app.counties.map((county) => [county.adcode, view.app.regionName(county.adcode)])], one?.regions ?? []);
    const sms = h("textarea", { name: "sms", class: "mono", rows: "5", spellcheck: "false" }, one?.sms ? JSON.stringify(one.sms, null, 2) : "");
    const text = (name, value, more = {}) => h("input", { name, value: value ?? "", ...more });
    const lines = (name, value) => h("textarea", { name, rows: "2", maxlength: "2000" }, value ?? "");
    const button = h("button", { type: "submit", class: "primary", "data-send": "" }, t("form.save"));
    return h("form", { class: "form", novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      const found = values(event.currentTarget);
      const { id, url, language, rate, to, comment } = found;
      const item = {
        ...(one ? kept(view).find((other) => other.id === one.id) : {}), id, url, language, rate, to, severities: severities.chosen(), feeds: feeds.chosen(), regions: regions.chosen(), direct: found.direct, reserve: Number(found.reserve || 0),
        templates: { subject: { "zh-CN": found.subject_zh, en: found.subject_en }, text: { "zh-CN": found.text_zh, en: found.text_en } },
      };
      try {
        item.sms = found.sms ? JSON.parse(found.sms) : null;
      } catch {
        message.say("error", t("receivers.sms.bad"));
        return;
      }
      const items = one ? kept(view).map((other) => (other.id === one.id ? item : other)) : [...kept(view), item];
      const answer = await carry(button, message, () => send("PUT", PATH, { rev: view.answer.rev, comment, items }));
      if (!answer) return;
      close();
      view.message.say("done", t("form.saved"));
      view.take(answer);
    } },
    h("div", { class: "form-row" }, field(t("receivers.id"), text("id", one?.id, { required: true, maxlength: "64", readonly: Boolean(one) })), field(t("receivers.language"), select("language", [["", t("receivers.language.any")], ["zh-CN", "中文"], ["en", "English"]], one?.language ?? ""))),
    field(t("receivers.url"), text("url", one?.url, { class: "mono", required: true, maxlength: "2000", spellcheck: "false" }), t("receivers.url.note")),
    group(t("receivers.severities"), severities), group(t("receivers.feeds"), feeds), group(t("receivers.regions"), regions), h("p", { class: "quiet" }, t("receivers.all.note")),
    h("div", { class: "form-row" }, field(t("receivers.rate"), text("rate", one?.rate, { placeholder: "20/min" })), field(t("receivers.reserve"), text("reserve", one?.reserve ?? 5, { type: "number", min: "0", max: "1000" })), field(t("receivers.to"), text("to", one?.to, { maxlength: "200" }))),
    h("label", { class: "inline" }, h("input", { type: "checkbox", name: "direct", checked: one?.direct !== false }), t("receivers.direct")),
    h("details", {}, h("summary", { class: "quiet" }, t("receivers.more")), h("div", { class: "form-row" }, field(t("receivers.subject.zh"), text("subject_zh", one?.templates?.subject?.["zh-CN"])), field(t("receivers.subject.en"), text("subject_en", one?.templates?.subject?.en))),
      h("div", { class: "form-row" }, field(t("receivers.text.zh"), lines("text_zh", one?.templates?.text?.["zh-CN"])), field(t("receivers.text.en"), lines("text_en", one?.templates?.text?.en))), h("p", { class: "quiet mono" }, "{site} {reason} {severity} {title} {text} {asset} {asset_id} {kind} {region} {since} {affected} {id} {person} {link}"), field(t("receivers.sms"), sms, t("receivers.sms.note"))),
    field(t("rules.comment"), text("comment", "", { maxlength: "500" })), h("div", { class: "actions" }, button), message.node);
  }, "is-wide");
}

const group = (label, choice) => h("div", { class: "form-field" }, h("span", {}, label), choice.node);
