// Many alerts at once: choosing them, seeing first what would become of each, then one acknowledgement.
import { h, setText } from "./dom.js";
import { t } from "./i18n.js";
import { send, Refused } from "./api.js";
import { parseClock, shortTime } from "./time.js";
import { clockInput, timeField } from "./ack.js";
import { alertIcon } from "./shapes.js";
import { alertHolder, alertTitle } from "./say.js";
import { refusal } from "./suppress.js";
import { has } from "./features.js";

const MOST = 500;

/** The chosen alerts of one list; `changed()` is called when they change. */
export class Bulk {
  constructor(app, changed) {
    Object.assign(this, { app, changed, chosen: new Set() });
    this.count = h("b", {});
    const button = (name, onclick, extra = {}) => h("button", { type: "button", class: "chip", [`data-bulk-${name}`]: "", onclick, ...extra }, t(`bulk.${name}`));
    this.bar = h("div", { class: "bulk-bar", role: "toolbar", "aria-label": t("bulk.label"), hidden: true },
      this.count, button("ack", () => this.open(), { class: "primary" }), button("all", () => this.onall?.()), button("none", () => this.clear()));
    this.dialog = h("dialog", { class: "bulk" });
    this.able = false;
    // Where nothing hovers, the boxes come with a press on this.
    this.begin = h("button", { type: "button", class: "chip bulk-begin", "data-bulk-begin": "", "aria-pressed": "false", hidden: true, onclick: () => this.choosing() }, t("bulk.begin"));
    this.find();
  }

  async find() {
    this.able = (this.app.me.rights ?? []).includes("act") && (await has(this.app, "POST /api/v1/alerts:bulk"));
    this.begin.hidden = !this.able;
    if (this.able && this.app.store.ready) this.changed();
  }

  choosing() {
    const on = this.begin.closest("[data-widget]").classList.toggle("is-choosing");
    this.begin.setAttribute("aria-pressed", String(on));
    if (!on) this.clear();
  }

  toggle(id) {
    if (!this.able) return;
    if (!this.chosen.delete(id) && this.chosen.size < MOST) this.chosen.add(id);
    this.changed();
  }

  all(ids) {
    this.chosen = new Set(ids.slice(0, MOST));
    this.changed();
  }

  clear() {
    this.chosen.clear();
    this.changed();
  }

  /** Forgets what is gone; shows how many are chosen. */
  paint() {
    for (const id of [...this.chosen]) if (!this.app.store.alert.has(id)) this.chosen.delete(id);
    this.bar.hidden = this.chosen.size === 0;
    setText(this.count, t("bulk.count", { n: this.chosen.size }));
  }

  /** What would become of each, asked of the server; an older server that cannot say leaves it to us. */
  async preview(ids) {
    try {
      const answer = await send("POST", "/api/v1/alerts:bulk", { ids, action: "ack", dry_run: true });
      return new Map(answer.results.map((one) => [one.id, one.problem ?? ""]));
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 422) throw error;
      return new Map(ids.map((id) => [id, this.app.mayAct(this.app.store.alert.get(id)?.region) ? "" : "outside-region"]));
    }
  }

  async open() {
    const ids = [...this.chosen];
    let fate;
    try {
      fate = await this.preview(ids);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      setText(this.count, refusal(error));
      return;
    }
    const able = ids.filter((id) => fate.get(id) === "" && this.app.store.alert.has(id));
    this.results = new Map();
    this.rows = h("ol", { class: "bulk-rows" }, ...ids.map((id) => this.row(this.app.store.alert.get(id), fate.get(id))));
    this.dialog.replaceChildren(this.form(able, ids.length - able.length));
    this.dialog.showModal();
    this.comment.focus();
  }

  row(alert, problem) {
    if (!alert) return "";
    const who = alertHolder(alert);
    const words = problem ? t(`bulk.not.${["outside-region", "not-found", "conflict"].includes(problem) ? problem : "other"}`) : alert.ack ? t("bulk.over", { name: alert.ack.by || t("alert.acked") }) : t("bulk.will");
    const fate = h("span", { class: `bulk-fate${problem ? " is-not" : ""}` }, words);
    this.results.set(alert.id, fate);
    return h("li", { "data-id": alert.id, class: `sev-${alert.severity}` }, alertIcon(alert), h("span", { class: "bulk-title" }, alertTitle(alert, this.app)), h("span", { class: "quiet" }, this.app.regionName(alert.region)), h("span", { class: "quiet" }, who.text), fate);
  }

  form(able, left) {
    this.comment = h("textarea", { rows: "2", maxlength: "2000", "data-bulk-comment": "", placeholder: t("ack.comment.hint"), "aria-label": t("ack.comment") });
    this.restoration = clockInput({ "data-bulk-restoration": "" });
    this.message = h("p", { class: "bulk-message", role: "status", hidden: true });
    this.button = h("button", { type: "submit", class: "primary", "data-bulk-send": "", disabled: able.length === 0 }, t("bulk.send", { n: able.length }));
    const close = h("button", { type: "button", class: "chip", "data-bulk-close": "", onclick: () => this.dialog.close() }, t("key.close"));
    return h("form", { novalidate: true, onsubmit: (event) => this.submit(event, able) },
      h("h2", {}, left ? t("bulk.title.left", { n: able.length, left }) : t("bulk.title", { n: able.length })), this.rows, this.comment,
      timeField("ack.restoration", this.restoration, () => {}, [15, 30, 60, 120]), h("div", { class: "actions" }, this.button, close), this.message);
  }

  async submit(event, ids) {
    event.preventDefault();
    if (this.button.disabled) return;
    let back;
    try {
      back = parseClock(this.restoration.value);
    } catch {
      this.say("error", t("ack.badtime", { value: this.restoration.value }));
      return;
    }
    this.button.disabled = true;
    const wish = { ids, action: "ack", comment: this.comment.value.trim() };
    if (back !== null) wish.estimated_restoration = new Date(back).toISOString();
    try {
      const { results } = await send("POST", "/api/v1/alerts:bulk", wish);
      this.finish(results, back);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.button.disabled = false;
      this.say("error", refusal(error));
    }
  }

  /** Each has its own end; what could not be done stays chosen. */
  finish(results, back) {
    const failed = results.filter((one) => one.status !== 200);
    for (const one of results) {
      const fate = this.results.get(one.id);
      const problem = ["outside-region", "not-found", "conflict"].includes(one.problem) ? one.problem : "other";
      fate.className = `bulk-fate ${one.status === 200 ? "is-done" : "is-not"}`;
      setText(fate, one.status === 200 ? t("ack.done") : t(`bulk.not.${problem}`));
    }
    this.chosen = new Set(failed.map((one) => one.id));
    this.changed();
    const n = results.length - failed.length;
    this.say(failed.length ? "error" : "done", failed.length ? t("bulk.part", { n, failed: failed.length }) : back === null ? t("bulk.done", { n }) : t("bulk.done.until", { n, at: shortTime(back) }));
  }

  say(kind, text) {
    this.message.hidden = !text;
    this.message.className = `bulk-message is-${kind}`;
    setText(this.message, text);
  }
}
