// One line of the alert list: an alert, what hides several of them, or the head of a part of the hidden ones.
import { h, render, setText } from "./dom.js";
import { t, tOr } from "./i18n.js";
import { parse, running, shortTime } from "./time.js";
import { alertIcon } from "./shapes.js";
import { affectedText, alertHead, alertHolder, alertTitle, alertValue, severityName } from "./say.js";
import { hiderName, reasonName } from "./hidden.js";

export const keyOf = (row) => row.section ?? row.group?.key ?? row.alert.id;
const lang = () => document.documentElement.lang;
const holderOf = (hider) => [hider.by, hider.until === null ? "" : t("hider.until", { at: shortTime(hider.until) })].filter(Boolean).join(" ");

/** Makes and follows the rows of `list`, which knows the selection, what is unfolded and what is chosen. */
export class Rows {
  constructor(list) {
    this.list = list;
  }

  create(row) {
    if (row.section) return h("li", { class: "row is-section", "data-section": row.section, role: "presentation" }, h("h3", {}, h("span", {}), h("b", {}), h("small", {})));
    const cells = () => [h("span", { class: "row-mark" }), h("span", { class: "row-title" }), h("span", { class: "row-value" }, h("span", {}), h("small", {}))];
    if (row.group) return h("li", { class: "row is-group", "data-group": row.group.key }, ...cells(), h("span", {}), h("time", { class: "row-time" }), h("span", { class: "row-holder" }));
    const { id } = row.alert;
    const { list } = this;
    return h("li", { class: "row", "data-id": id, onclick: (event) => (event.ctrlKey || event.metaKey ? list.bulk.toggle(id) : list.select(id)) },
      ...cells(), h("span", { class: "row-region" }), h("time", { class: "row-time" }), h("span", { class: "row-holder" }));
  }

  update(element, row) {
    if (row.section) this.section(element, row);
    else if (row.group) this.group(element, row);
    else this.alert(element, row);
  }

  /** The head of one reason: its word, how many it hides, and what that means. */
  section(element, { section, n }) {
    const [word, count, note] = element.firstElementChild.children;
    setText(word, t(`hider.${section}`));
    setText(count, String(n));
    setText(note, t(`hider.${section}.what`));
  }

  /** One line for a silence or a window: why, whose, and until when. */
  group(element, { group, n, open }) {
    const [, title, value, , time, holder] = element.children;
    render(title, `${group.kind} ${group.comment} ${group.name} ${lang()}`, () => [h("span", {}, hiderName(group)), " ", h("small", {}, group.name ?? group.comment)]);
    render(value, `${n} ${open} ${lang()}`, () => h("button", { type: "button", class: "fold", "aria-expanded": String(open), onclick: () => this.list.fold(group.key) }, `${open ? "−" : "+"}${n} ${t("list.hides")}`));
    setText(time, "");
    setText(holder, holderOf(group));
    holder.title = holderOf(group);
  }

  alert(element, row) {
    const { alert, child, gone } = row;
    const { list } = this;
    const { app, bulk } = list;
    const [mark, title, value, region, time, holder] = element.children;
    const who = row.hider ? { text: holderOf(row.hider), open: false } : alertHolder(alert);
    const classes = [child && "is-child", gone && "is-gone", !alert.active && "is-over", alert.acked && "is-taken", bulk.chosen.has(alert.id) && "is-chosen"];
    element.className = ["row", `sev-${alert.severity}`, ...classes.filter(Boolean)].join(" ");
    element.setAttribute("aria-label", `${severityName(alert.severity)} ${alertTitle(alert, app)}`);
    render(mark, `${alert.severity} ${alert.active} ${alert.quality} ${bulk.chosen.has(alert.id)} ${bulk.able} ${lang()}`, () => [this.box(alert), alertIcon(alert)]);
    mark.title = severityName(alert.severity);
    const { name, words } = alertHead(alert, app);
    render(title, `${name} ${words} ${alert.labels?.status}`, () => [
      alert.labels?.status === "Exercise" ? h("b", { class: "stamp" }, t("warning.exercise")) : "", h("span", {}, name), words ? " " : "", words ? h("small", {}, words) : "",
    ]);
    title.title = alertTitle(alert, app);
    setText(value.children[0], gone ? t("alert.closed") : alertValue(alert, app));
    this.note(value.children[1], row);
    setText(region, app.regionName(alert.region));
    if (alert.cleared_at && row.closed) {
      running(time, null);
      setText(time, shortTime(parse(alert.cleared_at)));
    } else running(time, parse(alert.raised_at));
    setText(holder, who.text);
    holder.title = who.text;
    holder.classList.toggle("is-open", who.open && !row.closed);
    list.mark(element, alert.id);
  }

  /** The box by which an alert is chosen among others; nobody chooses what he may not touch. */
  box(alert) {
    const { bulk, app } = this.list;
    if (!bulk.able || !app.mayAct(alert.region) || !app.store.alert.has(alert.id)) return "";
    const stop = (event) => event.stopPropagation();
    return h("input", { type: "checkbox", class: "row-box", checked: bulk.chosen.has(alert.id), tabindex: "-1", "aria-label": t("bulk.choose"), onclick: stop, onchange: () => bulk.toggle(alert.id) });
  }

  /** Beside the value: every word under which it is hidden, or what lies below it, counted by kind, to unfold. */
  note(cell, { alert, below, hider }) {
    const { list } = this;
    const open = list.unfolded.has(alert.id);
    const affected = affectedText(alert);
    const signature = [below.length, open, alert.subject_kind, hider && alert.suppressed_by, affected, lang()].join(" ");
    render(cell, signature, () => {
      if (hider || alert.suppressed_by?.length > 1) return [...new Set(alert.suppressed_by.map(reasonName))].join(" · ");
      const what = affected ? h("span", { class: "row-affected", title: t("alert.affected", { list: affected }) }, affected) : "";
      if (!below.length) return what || (alert.subject_kind === "asset" ? "" : tOr(`record.${alert.subject_kind}`, alert.subject_kind));
      return [what, h("button", {
        type: "button", class: "fold", "aria-expanded": String(open), title: t("list.unfold"),
        onclick: (event) => {
          event.stopPropagation();
          list.fold(alert.id);
        },
      }, `${open ? "−" : "+"}${below.length} ${t("list.below")}`)];
    });
  }
}
