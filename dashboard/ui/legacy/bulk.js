// Many alerts at once: choosing them, and the bar with what can be done about them and taken back again.
import { h, render, setText } from "./dom.js";
import { t, language } from "./i18n.js";
import { has } from "./features.js";
import { BulkDialog, UNDO, carryOut } from "./bulkdialog.js";

const MOST = 500;
const REMEMBERED = 300000;

/** The chosen alerts of one list; `changed()` is called when they change. */
export class Bulk {
  constructor(app, changed) {
    Object.assign(this, { app, changed, chosen: new Set(), last: null, said: "", able: false });
    this.count = h("b", {});
    this.verbs = h("span", { class: "bulk-verbs" });
    const button = (name, onclick) => h("button", { type: "button", class: "chip", [`data-bulk-${name}`]: "", onclick }, t(`bulk.${name}`));
    this.pick = h("span", { class: "bulk-pick" }, button("all", () => this.onall?.()), button("none", () => this.clear()));
    this.bar = h("div", { class: "bulk-bar", role: "toolbar", "aria-label": t("bulk.label"), hidden: true }, this.count, this.verbs, this.pick);
    this.sheet = new BulkDialog(app, (done, failed) => this.finish(done, failed));
    this.dialog = this.sheet.node;
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
    const on = this.begin.closest("[data-panel]").classList.toggle("is-choosing");
    this.begin.setAttribute("aria-pressed", String(on));
    if (!on) this.clear();
  }

  toggle(id) {
    if (!this.able) return;
    if (!this.chosen.delete(id) && this.chosen.size < MOST) this.chosen.add(id);
    this.forget();
    this.changed();
  }

  all(ids) {
    this.chosen = new Set(ids.slice(0, MOST));
    this.forget();
    this.changed();
  }

  clear() {
    this.chosen.clear();
    this.forget();
    this.changed();
  }

  forget() {
    clearTimeout(this.timer);
    this.last = null;
    this.said = "";
  }

  /** Forgets what is gone; shows how many are chosen, what can be done about them, and what was just done. */
  paint() {
    for (const id of [...this.chosen]) if (!this.app.store.alert.has(id)) this.chosen.delete(id);
    const alerts = [...this.chosen].map((id) => this.app.store.alert.get(id));
    this.bar.hidden = alerts.length === 0 && !this.said;
    setText(this.count, this.said || t("bulk.count", { n: alerts.length }));
    this.pick.querySelector("[data-bulk-all]").hidden = alerts.length === 0;
    // Only what fits one of them at least: an alert that nobody has taken is not given back.
    const verbs = alerts.length ? ["ack", "shelve", "comment", alerts.some((one) => one.ack) ? "unack" : "", alerts.some((one) => one.shelf) ? "unshelve" : ""].filter(Boolean) : [];
    const undo = this.last;
    render(this.verbs, JSON.stringify([verbs, undo?.verb, undo?.ids.length, language()]), () => [
      ...verbs.map((verb) => h("button", { type: "button", class: verb === "ack" ? "primary" : "chip", "data-bulk-do": verb, onclick: () => this.open(verb) }, t(`bulk.${verb}`))),
      undo ? h("button", { type: "button", class: "primary", "data-bulk-undo": "", onclick: (event) => this.undo(event.currentTarget) }, t("bulk.undo", { verb: t(`bulk.verb.${UNDO[undo.verb]}`), n: undo.ids.length })) : "",
    ]);
  }

  async open(verb = "ack") {
    const refused = await this.sheet.open(verb, [...this.chosen]);
    if (refused) setText(this.count, refused);
  }

  /** What could not be done stays chosen; what was done can be taken back for a while, as long as nobody else touches it. */
  finish({ verb, results, words }, failed) {
    this.chosen = new Set(failed);
    const done = results.filter((one) => one.status === 200);
    this.forget();
    this.said = words;
    if (UNDO[verb] && done.length) {
      this.last = { verb, ids: done.map((one) => one.id), revs: Object.fromEntries(done.map((one) => [one.id, one.alert.rev])) };
      this.timer = setTimeout(() => this.clear(), REMEMBERED);
    }
    this.changed();
  }

  async undo(button) {
    if (button.disabled) return;
    button.disabled = true;
    const { verb, ids, revs } = this.last;
    const { results, refused } = await carryOut({ ids, revs, action: UNDO[verb] });
    if (refused) {
      button.disabled = false;
      setText(this.count, refused);
      return;
    }
    const left = results.filter((one) => one.status !== 200).length;
    this.last = null;
    this.said = left ? t("bulk.undone.part", { n: ids.length - left, left }) : t("bulk.undone", { n: ids.length });
    this.changed();
  }
}
