// What every list of the administration shares: asked when shown and after each change, read-only for auditors.
import { h, render } from "./dom.js";
import { t, language } from "./i18n.js";
import { get, Refused } from "./api.js";
import { Message, words } from "./forms.js";

const AGAIN = 30000;

/** A view over one answer: `path` is asked, `head(view)` gives the head's buttons, `body(answer, view)` the rest. */
export class AdminView {
  constructor(node, app, { name, path, head = () => "", body, note = "" }) {
    Object.assign(this, { node, app, name, path, makeBody: body, answer: null });
    this.may = (app.me.rights ?? []).includes("administer");
    this.message = new Message();
    this.body = h("div", { class: "admin-body" });
    this.hidden = h("span", { class: "quiet" });
    const say = this.may ? note : [note, t("admin.readonly")].filter(Boolean).join(" · ");
    node.append(h("header", { class: "page-head" }, h("h1", {}, t(`admin.view.${name}`)), h("span", { class: "quiet" }, say), this.hidden, h("span", { class: "head-actions" }, head(this))), this.message.node, this.body);
    this.timer = setInterval(() => !document.querySelector("dialog[open]") && !app.context.dirty && this.ask(), AGAIN);
    this.ask();
  }

  dispose() {
    clearInterval(this.timer);
    this.over = true;
  }

  async ask() {
    try {
      this.answer = await get(this.path);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!this.over && !this.answer) render(this.body, `error ${error.status}`, () => h("p", { class: "rows-empty" }, error.status === 404 ? t("admin.absent") : words(error)));
      return;
    }
    if (!this.over) this.paint();
  }

  /** Takes an answer that already came, such as that of a change. */
  take(answer) {
    this.answer = answer;
    this.app.context.dirty = false;
    this.paint();
  }

  paint() {
    this.hidden.textContent = this.answer.hidden ? t("filter.hidden", { n: this.answer.hidden }) : "";
    const { at: _at, ...rest } = this.answer;
    render(this.body, JSON.stringify([rest, language()]), () => this.makeBody(this.answer, this));
  }
}

/** A table with a head; rows are arrays of cells, or {cells, class, id}. */
export function table(heads, rows, attributes = {}) {
  return h("div", { class: "table-scroll" }, h("table", { class: "table", ...attributes }, h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { scope: "col" }, text)))),
    h("tbody", {}, ...rows.map((row) => h("tr", { class: row.class ?? "", "data-id": row.id ?? "" }, ...(row.cells ?? row).map((cell) => h("td", {}, cell)))))));
}

/** What concerns the whole site is changed by who administers the whole site. */
export const mayChange = (view) => view.may && !view.app.me.region;
