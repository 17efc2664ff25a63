// Putting an alert aside: shelf, silence or maintenance, each with a reason and an end; and taking it back.
import { h, render, setText } from "./dom.js";
import { t, language } from "./i18n.js";
import { send, Refused } from "./api.js";
import { has } from "./features.js";
import { hiderName } from "./hidden.js";
import { parseClock, shortTime } from "./time.js";

const ROUTES = { shelve: "POST /api/v1/alerts/{id}/shelve", silence: "POST /api/v1/silences", maintain: "POST /api/v1/maintenance" };
const UNDO = { shelved: "unshelve", silenced: "unsilence", maintenance: "unmaintain" };
const iso = (ms) => new Date(ms).toISOString();

/** Below the acknowledgement in the detail panel. Shows only what the server can do. */
export class Suppress {
  constructor(app, alert) {
    Object.assign(this, { app, alert, verbs: [], open: null });
    this.now = h("div", { class: "hidden-by" });
    this.buttons = h("div", { class: "actions" });
    this.box = h("div", {});
    this.message = h("p", { class: "suppress-message", role: "status", hidden: true });
    this.node = h("div", { class: "suppress" }, this.now, this.buttons, this.box, this.message);
    this.find();
  }

  async find() {
    const found = await Promise.all(Object.entries(ROUTES).map(async ([verb, route]) => ((await has(this.app, route)) ? verb : "")));
    this.verbs = found.filter(Boolean);
    this.paint();
  }

  update(alert) {
    this.alert = alert;
    this.paint();
  }

  fits(verb) {
    const { alert } = this;
    if (verb === "shelve") return !alert.shelf;
    return verb === "silence" || alert.subject_kind === "asset";
  }

  paint() {
    const { alert, app } = this;
    const hiders = (alert.suppressed_by ?? []).map((reason) => app.hiders.of(alert, reason));
    if (hiders.length) app.hiders.follow([...app.store.alert.values()].filter((one) => one.suppressed_by?.length));
    render(this.now, JSON.stringify([hiders, this.verbs, language()]), () => hiders.map((hider) => this.hider(hider)));
    const verbs = this.verbs.filter((verb) => this.fits(verb));
    render(this.buttons, JSON.stringify([verbs, this.open, language()]), () => verbs.map((verb) =>
      h("button", { type: "button", class: "chip", "data-suppress": verb, "aria-expanded": String(this.open === verb), onclick: () => this.toggle(verb) }, t(`suppress.${verb}`))));
  }

  hider(hider) {
    const until = hider.until === null ? "" : t("hider.until", { at: shortTime(hider.until) });
    const undo = UNDO[hider.kind];
    const text = [hiderName(hider), hider.kind === "inhibited" ? this.headName(hider.id) : hider.by, until, hider.comment].filter(Boolean).join(" · ");
    return h("p", { class: "hidden-line" }, h("span", {}, text), undo && this.verbs.length ? h("button", { type: "button", class: "chip", "data-undo": hider.kind, onclick: (event) => this.undo(hider, undo, event.currentTarget) }, t(`suppress.${undo}`)) : "");
  }

  headName(id) {
    const head = this.app.store.alert.get(id);
    return head ? (this.app.store.asset.get(head.asset)?.name ?? head.asset) : "";
  }

  toggle(verb) {
    this.open = this.open === verb ? null : verb;
    this.say("", "");
    this.box.replaceChildren(...(this.open ? [this.form(verb)] : []));
    this.paint();
    this.box.querySelector("textarea")?.focus();
  }

  form(verb) {
    const comment = h("textarea", { rows: "2", maxlength: "2000", "data-suppress-comment": "", placeholder: t(`suppress.${verb}.hint`), "aria-label": t("suppress.reason") });
    const until = h("input", { type: "text", maxlength: "11", placeholder: "16:00", "data-suppress-until": "" });
    const quick = h("span", { class: "quick" }, ...[60, 240, 1440].map((minutes) => h("button", { type: "button", tabindex: "-1", onclick: () => (until.value = `+${minutes}`) }, t(`suppress.plus.${minutes}`))));
    const scope = verb === "silence" ? this.scopes() : null;
    const button = h("button", { type: "submit", class: "primary", "data-suppress-send": "" }, t(`suppress.${verb}.send`));
    const form = h("form", { class: "ack", novalidate: true }, h("p", { class: "quiet" }, t(`suppress.${verb}.what`)), scope, comment, h("div", { class: "field" }, h("label", {}, h("span", {}, t("suppress.until")), until), quick), h("div", { class: "actions" }, button));
    form.addEventListener("input", () => (this.app.context.dirty = Boolean(comment.value || until.value)));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit(verb, { comment: comment.value.trim(), until: until.value, scope: scope?.value, button });
    });
    return form;
  }

  scopes() {
    const { alert, app } = this;
    const options = [["here", t("suppress.scope.here")], ["subject", t("suppress.scope.subject")]];
    if (alert.region) options.push(["region", t("suppress.scope.region", { place: app.regionName(alert.region) })]);
    return h("select", { "aria-label": t("suppress.scope"), "data-suppress-scope": "" }, ...options.map(([value, words]) => h("option", { value }, words)));
  }

  match(verb, scope) {
    const { alert } = this;
    if (verb === "maintain" || scope === "subject") return { assets: [alert.asset] };
    return scope === "region" ? { region: alert.region, rule: alert.rule } : { assets: [alert.asset], rule: alert.rule };
  }

  async submit(verb, { comment, until, scope, button }) {
    let end = null;
    try {
      end = parseClock(until);
    } catch {
      this.say("error", t("ack.badtime", { value: until }));
      return;
    }
    if (!comment || end === null) {
      this.say("error", t("suppress.needs"));
      return;
    }
    const id = encodeURIComponent(this.alert.id);
    const wish = { comment, until: iso(end) };
    const done = await this.carry(button, () => (verb === "shelve"
      ? send("POST", `/api/v1/alerts/${id}/shelve`, { ...wish, rev: this.alert.rev })
      : send("POST", verb === "silence" ? "/api/v1/silences" : "/api/v1/maintenance", { ...wish, match: this.match(verb, scope) })));
    if (!done) return;
    this.toggle(verb);
    this.say("done", t(`suppress.${verb}.done`, { at: shortTime(end) }));
  }

  async undo(hider, verb, button) {
    const id = encodeURIComponent(hider.kind === "shelved" ? this.alert.id : hider.id);
    const done = await this.carry(button, () => (verb === "unshelve"
      ? send("POST", `/api/v1/alerts/${id}/unshelve`, { rev: this.alert.rev })
      : send("DELETE", `/api/v1/${verb === "unsilence" ? "silences" : "maintenance"}/${id}`)));
    if (done) this.say("done", t(`suppress.${verb}.done`));
  }

  /** Waits for the server's word before anything is shown; true when it is done. */
  async carry(button, act) {
    if (button.disabled) return false;
    button.disabled = true;
    this.say("", "");
    try {
      await act();
      this.app.context.dirty = false;
      this.app.hiders.ask();
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.say("error", refusal(error));
      return false;
    } finally {
      button.disabled = false;
    }
  }

  say(kind, text) {
    this.message.hidden = !text;
    this.message.className = `suppress-message is-${kind}`;
    setText(this.message, text);
  }
}

const KNOWN = { 0: "ack.error.lost", 401: "ack.error.signedout", 403: "suppress.forbidden", 404: "ack.error.gone", 409: "suppress.changed", 429: "ack.error.busy", 503: "ack.error.busy", 504: "suppress.unanswered" };

/** Why the server would not, in the page's language. */
export const refusal = (error) => (KNOWN[error.status] ? t(KNOWN[error.status]) : `${t("suppress.refused")} ${error.message}`);
