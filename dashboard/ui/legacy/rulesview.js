// Rules: those of the file and those made here; tried before they are kept, with what changed and the way back.
import { h, render, setText } from "./dom.js";
import { t, pick, language } from "./i18n.js";
import { send, get, Refused } from "./api.js";
import { parse, shortTime, stamp } from "./time.js";
import { SEVERITIES, covers } from "./derive.js";
import { alertIcon } from "./shapes.js";
import { severityName } from "./say.js";
import { AdminView, table } from "./adminlist.js";
import { regionOptions } from "./accounts.js";
import { Message, carry, confirm, dialog, field, select, values, words } from "./forms.js";
import { length } from "./kpi.js";

const PATH = "/api/v1/rules";

export function rulesView(node, app) {
  const view = new AdminView(node, app, { name: "rules", path: PATH, note: t("rules.note"), body: rows, head: (one) => [
    h("button", { type: "button", class: "chip", "data-history": "", onclick: () => historyDialog(one, "") }, t("rules.history")),
    one.may ? h("button", { type: "button", class: "primary", "data-add": "", onclick: () => ruleForm(one) }, t("rules.add")) : "",
  ] });
  return view;
}

function rows(answer, view) {
  const { app } = view;
  const mine = (one) => view.may && one.source === "api" && within(app, one);
  const heads = ["rule", "when", "times", "severity", "source", "active", ""].map((name) => (name ? t(`rules.${name}`) : ""));
  return table(heads, answer.items.map((one) => ({ id: one.id, class: one.problem ? "is-faulty" : "", cells: [
    [h("b", {}, pick(one.title) || one.id), h("small", { class: "block" }, one.id, one.over === "asset" ? "" : ` · ${t(`record.${one.over}.many`)}`, one.region ? ` · ${app.regionName(one.region)}` : ""), one.problem ? h("p", { class: "is-open" }, pick(one.problem)) : ""],
    h("code", { class: "rule-when" }, one.when), `${length(one.for)} / ${length(one.recover_for)}`,
    [severity(one), ...(one.grades ?? []).map((grade) => h("span", { class: "block", title: grade.when }, severity(grade)))],
    one.source === "file" ? h("span", { class: "tag" }, t("rules.source.file")) : h("span", { title: one.comment }, t("rules.source.api"), h("small", { class: "block" }, [one.by, parse(one.at) === null ? "" : shortTime(parse(one.at))].filter(Boolean).join(" "))),
    one.active ? h("a", { href: "/alerts", "data-inside": "" }, one.active) : "0",
    h("span", { class: "row-actions" }, h("button", { type: "button", class: "chip", "data-act": "history", onclick: () => historyDialog(view, one.id) }, t("rules.history")),
      mine(one) ? [h("button", { type: "button", class: "chip", "data-act": "edit", onclick: () => ruleForm(view, one) }, t("form.edit")), h("button", { type: "button", class: "chip", "data-act": "remove", onclick: (event) => remove(event.currentTarget, one, view) }, t("form.remove"))] : "",
      view.may && !mine(one) ? h("button", { type: "button", class: "chip", "data-act": "copy", onclick: () => ruleForm(view, { ...one, id: `${one.id}-2`, region: one.region || app.me.region || "", rev: undefined, fresh: true }) }, t("rules.copy")) : ""),
  ] })), { "data-rules": "" });
}

const severity = ({ severity: name }) => [alertIcon({ severity: name, active: true, quality: "good" }), " ", severityName(name)];

/** Whether a rule is one's own to change: who has a region changes that region's rules. */
const within = (app, rule) => !app.me.region || Boolean(rule.region && covers(app.me.region, rule.region));

async function remove(button, one, view) {
  if (!(await confirm(t("rules.remove.title", { id: one.id }), t("rules.remove.sure", { n: one.active }), t("form.remove")))) return;
  const answer = await carry(button, view.message, () => send("DELETE", `${PATH}/${encodeURIComponent(one.id)}?rev=${one.rev ?? ""}`));
  if (answer) view.ask();
}

/** What a trial found, in words: how many were looked at, for how many it holds, what would be raised and cleared. */
export function previewText(one) {
  if (!one) return "";
  const examples = one.examples?.length ? t("rules.preview.examples", { list: one.examples.slice(0, 6).join(" ") }) : "";
  return [t("rules.preview", { asked: one.asked, holds: one.holds, none: one.no_data, raises: one.raises, clears: one.clears }), examples].filter(Boolean).join(" · ");
}

/** The kinds of thing that a rule may be over, as the server knows them. */
const subjects = (view) => (view.answer?.subjects ?? [{ name: "asset" }]).map(({ name }) => [name, t(`record.${name}.many`)]);

/** Where a rule may hold: the regions that one may give, and the one that it has. */
function regions(app, rule) {
  const options = regionOptions(app);
  return !rule?.region || options.some(([code]) => code === rule.region) ? options : [...options, [rule.region, app.regionName(rule.region)]];
}

function ruleForm(view, one = null) {
  dialog(one && !one.fresh ? t("rules.edit.title", { id: one.id }) : t("rules.add"), (close) => new RuleForm(view, one, close).node, "is-wide");
}

class RuleForm {
  constructor(view, one, close) {
    Object.assign(this, { view, one, close, accept: 0 });
    this.made = !one || one.fresh;
    this.message = new Message();
    this.trial = h("p", { class: "rule-trial", role: "status", "data-trial": "" }, t("rules.trial"));
    this.button = h("button", { type: "submit", class: "primary", "data-send": "" }, t("form.save"));
    const title = one?.title ?? {};
    const input = (name, value, more = {}) => h("input", { name, value: value ?? "", ...more });
    this.node = h("form", { class: "form", novalidate: true, onsubmit: (event) => this.submit(event), oninput: () => this.later() },
      h("div", { class: "form-row" }, field(t("rules.id"), input("id", one?.id, { required: true, maxlength: "64", readonly: !this.made })), field(t("rules.over"), select("over", subjects(view), one?.over ?? "asset")), field(t("rules.severity"), select("severity", SEVERITIES.map((name) => [name, severityName(name)]), one?.severity ?? "major")), field(t("rules.region"), select("region", regions(view.app, one), one?.region ?? view.app.me.region ?? ""))),
      field(t("rules.when"), h("textarea", { name: "when", class: "mono", rows: "3", spellcheck: "false", maxlength: "2000" }, one?.when ?? ""), t("rules.when.note")),
      this.trial,
      h("div", { class: "form-row" }, field(t("rules.for"), input("for", one ? `${one.for}s` : "10s")), field(t("rules.recover"), input("recover_for", one ? `${one.recover_for}s` : "10s"))),
      h("div", { class: "form-row" }, field(t("rules.title.zh"), input("zh", title["zh-CN"])), field(t("rules.title.en"), input("en", title.en))),
      field(t("rules.comment"), input("comment", "", { maxlength: "500" })), h("div", { class: "actions" }, this.button), this.message.node);
    if (one) this.later();
  }

  /** The rule as it is sent. What the form has no field for goes back as it came: texts, and severities with conditions. */
  rule() {
    const { text = "", grades = [], title = {} } = this.one ?? {};
    const { id, over, severity, region, when, for: wait, recover_for: recover, zh, en } = values(this.node);
    return {
      id, over, severity, region, when, text, grades,
      for: wait || "0s",
      recover_for: recover || "0s",
      title: { ...title, "zh-CN": zh || id, en: en || zh || id },
    };
  }

  later() {
    clearTimeout(this.timer);
    this.accept = 0;
    setText(this.button, t("form.save"));
    this.timer = setTimeout(() => this.try(), 600);
  }

  /** Validates and counts, keeps nothing: every time the hand rests. */
  async try() {
    const rule = this.rule();
    if (!rule.when) return;
    try {
      const answer = await send("POST", `${PATH}:preview`, rule);
      this.trial.className = "rule-trial is-good";
      setText(this.trial, previewText(answer.preview));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.trial.className = "rule-trial is-bad";
      setText(this.trial, words(error));
    }
  }

  async submit(event) {
    event.preventDefault();
    const rule = this.rule();
    const wish = { ...rule, comment: this.node.elements.comment.value.trim() };
    if (!this.made) wish.rev = this.one.rev;
    if (this.accept) wish.accept = this.accept;
    if (this.button.disabled) return;
    this.button.disabled = true;
    try {
      await send("PUT", `${PATH}/${encodeURIComponent(rule.id)}`, wish);
      this.close();
      this.view.message.say("done", t("form.saved"));
      this.view.ask();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.refused(error);
    } finally {
      this.button.disabled = false;
    }
  }

  /** Too many at once is asked back: whoever means it says so with the number. */
  refused(error) {
    const storm = (error.problem.errors ?? []).some((one) => one.code === "storm");
    const raises = [error.problem.preview].flat().reduce((n, one) => n + (one?.raises ?? 0), 0);
    if (storm && raises) {
      this.accept = raises;
      setText(this.button, t("rules.accept", { n: raises }));
    }
    this.message.say("error", words(error));
  }
}

/** What changed, by whom, and the way back. `rule` "" means all of them. */
function historyDialog(view, rule) {
  const may = (one) => view.may && within(view.app, one.after ?? one.before ?? {}) && within(view.app, one.before ?? one.after ?? {});
  dialog(rule ? t("rules.history.of", { id: rule }) : t("rules.history"), (close) => {
    const message = new Message();
    const box = h("div", { class: "form" }, message.node);
    const list = h("ol", { class: "changes" });
    box.append(list);
    const ask = async () => {
      const answer = await carry(null, message, () => get(`${PATH}/history?limit=100${rule ? `&rule=${encodeURIComponent(rule)}` : ""}`));
      if (!answer) return;
      render(list, JSON.stringify([answer.items, language()]), () => (answer.items.length ? answer.items.map((one) => h("li", {},
        h("time", {}, stamp(parse(one.at))), h("div", {}, h("strong", {}, t(`rules.change.${one.name}`)), " ", h("b", {}, one.rule), h("p", { class: "quiet" }, [one.actor, one.comment].filter(Boolean).join(" · ")), ...difference(one)),
        may(one) && one.undoable ? h("button", { type: "button", class: "chip", "data-act": "undo", onclick: (event) => undo(event.currentTarget, one) }, t("rules.undo")) : "")) : h("li", { class: "quiet" }, t("rules.nohistory"))));
    };
    const undo = async (button, one) => {
      if (await carry(button, message, () => send("POST", `${PATH}/${encodeURIComponent(one.rule)}/undo`, { seq: one.seq }))) {
        view.ask();
        await ask();
        message.say("done", t("rules.undone"));
      }
    };
    ask();
    return box;
  }, "is-wide");
}

/** Field by field what was and what is. */
export function difference({ before, after }) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  const say = (value) => (value === undefined || value === null ? "—" : typeof value === "object" ? JSON.stringify(value) : String(value));
  return names.filter((name) => JSON.stringify(before?.[name]) !== JSON.stringify(after?.[name]) && name !== "id").slice(0, 12)
    .map((name) => h("p", { class: "mono change" }, `${name}: `, before ? h("del", {}, say(before[name])) : "", before && after ? " → " : "", after ? h("ins", {}, say(after[name])) : ""));
}
