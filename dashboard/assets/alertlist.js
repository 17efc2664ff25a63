// The duty desk's list: keyboard first, and nothing moves under the cursor.
import { h, reconcile, render, setText } from "./dom.js";
import { t } from "./i18n.js";
import { parse, running, shortTime } from "./time.js";
import { arrange, compareAlerts } from "./derive.js";
import { alertIcon } from "./shapes.js";
import { alertHead, alertHolder, alertTitle, alertValue, severityName, subjectName } from "./say.js";
import { live } from "./feeds.js";
import { Bulk } from "./bulk.js";
import { helpDialog, keys } from "./keys.js";
import { hiderName } from "./hidden.js";

const TABS = ["open", "mine", "unacked", "folded", "shelved"];

export function alertList(node, app) {
  const list = new AlertList(node, app);
  return { dispose: () => list.dispose() };
}

class AlertList {
  constructor(node, app) {
    Object.assign(this, { node, app, tab: "open", order: null, hovered: false, waiting: 0, unfolded: new Set(), query: "" });
    this.tabs = h("div", { class: "tabs", role: "tablist" });
    this.fresh = h("button", { type: "button", class: "fresh", hidden: true, onclick: () => this.settle() });
    this.body = h("ol", { class: "rows", tabindex: "0", "aria-label": t("list.label") });
    this.empty = h("p", { class: "rows-empty", hidden: true });
    this.bulk = new Bulk(app, () => this.paint());
    this.bulk.onall = () => this.bulk.all((this.rows ?? []).filter((row) => row.alert).map((row) => row.alert.id));
    const heads = ["alert", "value", "region", "lasts", "holder"].map((name) => h("span", {}, t(`list.${name}`)));
    this.search = h("input", {
      type: "search", class: "search", placeholder: t("list.search"), "aria-label": t("list.search"),
      oninput: (event) => {
        this.query = event.target.value.trim().toLowerCase();
        this.order = null;
        this.paint();
      },
    });
    node.append(
      h("div", { class: "list-top" }, this.tabs, this.bulk.begin, this.search),
      h("div", { class: "list-heads" }, h("span", {}), ...heads),
      h("div", { class: "list-scroll" }, this.fresh, this.body, this.empty),
      this.bulk.bar,
      keys(),
    );
    this.help = helpDialog();
    node.append(this.help, this.bulk.dialog);
    // Nothing may move while a hand is over the list: new rows wait behind a button.
    this.body.addEventListener("pointerenter", () => (this.hovered = true));
    this.body.addEventListener("pointerleave", () => {
      this.hovered = false;
      this.settle();
    });
    this.onkey = (event) => this.key(event);
    document.addEventListener("keydown", this.onkey);
    this.stops = [live(app, ["alert", "asset", "warning"], () => this.paint()), app.context.listen(() => this.showSelection()), app.hiders.listen(() => this.tab === "shelved" && this.settle())];
    const asked = app.store.alert.get(new URLSearchParams(location.search).get("alert"));
    if (asked) app.context.selectAlert(asked);
  }

  dispose() {
    document.removeEventListener("keydown", this.onkey);
    for (const stop of this.stops) stop();
  }

  settle() {
    this.order = null;
    this.paint();
  }

  /** Rows of the tab: {alert, below, child}. */
  wanted() {
    const { store, topology, me } = this.app;
    const { shown, folded, shelved, all } = arrange(store, topology);
    this.counts = {
      open: shown.length, folded: folded.length, shelved: shelved.length,
      unacked: all.filter((alert) => !alert.acked && !alert.suppressed_by?.length).length,
      mine: all.filter((alert) => alert.ack?.by && alert.ack.by === me.name).length,
    };
    const flat = (alerts) => alerts.map((alert) => ({ alert, below: [] }));
    const rows = {
      open: () => shown.flatMap((row) => [row, ...(this.unfolded.has(row.alert.id) ? row.below.map((alert) => ({ alert, below: [], child: true })) : [])]),
      unacked: () => flat(all.filter((alert) => !alert.acked && !alert.suppressed_by?.length)),
      mine: () => flat(all.filter((alert) => alert.ack?.by && alert.ack.by === me.name)),
      folded: () => flat([...folded].sort(compareAlerts)),
      shelved: () => this.hiddenRows(shelved),
    }[this.tab]();
    return this.query ? rows.filter((row) => row.alert && this.matches(row.alert)) : rows;
  }

  /** What is hidden, under what hides it: a shelf hides one alert, a silence or a window any number. */
  hiddenRows(alerts) {
    const { hiders } = this.app;
    hiders.follow(alerts);
    return hiders.groups(alerts).flatMap(({ hider, alerts: behind }) => {
      if (hider.kind === "shelved") return behind.map((alert) => ({ alert, below: [], hider }));
      const open = this.unfolded.has(hider.key) || Boolean(this.query);
      return [{ group: hider, n: behind.length, open }, ...(open ? behind.map((alert) => ({ alert, below: [], child: true })) : [])];
    });
  }

  matches(alert) {
    const { app } = this;
    const text = [alertTitle(alert, app), subjectName(alert, app), app.regionName(alert.region), alert.ack?.by, alert.ack?.comment, alert.asset, alert.rule];
    return text.join(" ").toLowerCase().includes(this.query);
  }

  paint() {
    const rows = this.wanted();
    const visible = this.hold(rows);
    this.rows = visible;
    this.paintTabs();
    this.bulk.paint();
    this.fresh.hidden = this.waiting === 0;
    setText(this.fresh, t("list.fresh", { n: this.waiting }));
    reconcile(this.body, visible, keyOf, (row) => this.create(row), (element, row) => this.update(element, row));
    this.empty.hidden = visible.length > 0;
    setText(this.empty, t(this.query ? "list.nomatch" : `list.empty.${this.tab}`));
  }

  /** While a hand is over the list the order stands: what left stays greyed, what is new waits. */
  hold(rows) {
    this.waiting = 0;
    if (!this.hovered || !this.order || this.heldTab !== this.tab) {
      this.order = rows;
      this.heldTab = this.tab;
      return rows;
    }
    const now = new Map(rows.map((row) => [keyOf(row), row]));
    const held = this.order.map((row) => now.get(keyOf(row)) ?? { ...row, gone: !this.app.store.alert.has(row.alert?.id) });
    const known = new Set(held.map(keyOf));
    this.waiting = rows.filter((row) => !known.has(keyOf(row))).length;
    return held;
  }

  paintTabs() {
    const signature = JSON.stringify([this.tab, this.counts, document.documentElement.lang]);
    render(this.tabs, signature, () => TABS.map((tab) =>
      h("button", {
        type: "button", role: "tab", class: "chip", "aria-selected": String(tab === this.tab), "data-tab": tab,
        onclick: () => {
          this.tab = tab;
          this.settle();
        },
      }, `${t(`list.tab.${tab}`)} ${this.counts[tab]}`)));
  }

  create(row) {
    if (row.group) return h("li", { class: "row is-group", "data-group": row.group.key }, h("span", { class: "row-mark" }), h("span", { class: "row-title" }), h("span", { class: "row-value" }), h("span", {}), h("time", { class: "row-time" }), h("span", { class: "row-holder" }));
    const id = row.alert.id;
    return h("li", { class: "row", "data-id": id, onclick: (event) => (event.ctrlKey || event.metaKey ? this.bulk.toggle(id) : this.select(id)) },
      h("span", { class: "row-mark" }), h("span", { class: "row-title" }),
      h("span", { class: "row-value" }, h("span", {}), h("small", {})),
      h("span", { class: "row-region" }), h("time", { class: "row-time" }), h("span", { class: "row-holder" }));
  }

  /** One line for a silence or a window: what it is, why, whose, and until when. */
  updateGroup(element, { group, n, open }) {
    const [, title, value, , time, holder] = element.children;
    render(title, `${group.kind} ${group.comment} ${document.documentElement.lang}`, () => [h("span", {}, hiderName(group)), " ", h("small", {}, group.comment)]);
    render(value, `${n} ${open} ${document.documentElement.lang}`, () => h("button", { type: "button", class: "fold", "aria-expanded": String(open), onclick: () => this.fold(group.key) }, `${open ? "−" : "+"}${n} ${t("list.hides")}`));
    setText(time, "");
    setText(holder, holderOf(group));
    holder.title = holderOf(group);
  }

  update(element, row) {
    if (row.group) {
      this.updateGroup(element, row);
      return;
    }
    const { alert, below, child, gone } = row;
    const { app } = this;
    const [mark, title, value, region, time, holder] = element.children;
    const who = row.hider ? { text: holderOf(row.hider), open: false } : alertHolder(alert);
    element.className = `row sev-${alert.severity}${child ? " is-child" : ""}${gone ? " is-gone" : ""}${alert.active ? "" : " is-over"}${alert.acked ? " is-taken" : ""}${this.bulk.chosen.has(alert.id) ? " is-chosen" : ""}`;
    element.setAttribute("aria-label", `${severityName(alert.severity)} ${alertTitle(alert, app)}`);
    render(mark, `${alert.severity} ${alert.active} ${alert.quality} ${this.bulk.chosen.has(alert.id)} ${this.bulk.able} ${document.documentElement.lang}`, () => [this.box(alert), alertIcon(alert)]);
    mark.title = severityName(alert.severity);
    const { name, words } = alertHead(alert, app);
    render(title, `${name} ${words} ${alert.labels?.status}`, () => [
      alert.labels?.status === "Exercise" ? h("b", { class: "stamp" }, t("warning.exercise")) : "", h("span", {}, name), words ? " " : "", words ? h("small", {}, words) : "",
    ]);
    title.title = alertTitle(alert, app);
    setText(value.children[0], gone ? t("alert.closed") : alertValue(alert, app));
    this.foldButton(value.children[1], row);
    setText(region, app.regionName(alert.region));
    running(time, parse(alert.raised_at));
    setText(holder, who.text);
    holder.classList.toggle("is-open", who.open);
    this.mark(element, alert.id);
  }

  /** The box by which an alert is chosen among others; nobody chooses what he may not touch. */
  box(alert) {
    if (!this.bulk.able || !this.app.mayAct(alert.region)) return "";
    const stop = (event) => event.stopPropagation();
    return h("input", { type: "checkbox", class: "row-box", checked: this.bulk.chosen.has(alert.id), tabindex: "-1", "aria-label": t("bulk.choose"), onclick: stop, onchange: () => this.bulk.toggle(alert.id) });
  }

  foldButton(cell, { alert, below, hider }) {
    const open = this.unfolded.has(alert.id);
    render(cell, `${below.length} ${open} ${alert.subject_kind} ${hider?.kind} ${document.documentElement.lang}`, () => {
      if (hider) return hiderName(hider);
      if (!below.length) return alert.subject_kind === "asset" ? "" : t(`subject.${alert.subject_kind}`);
      return h("button", {
        type: "button", class: "fold", "aria-expanded": String(open), title: t("list.unfold"),
        onclick: (event) => {
          event.stopPropagation();
          this.fold(alert.id);
        },
      }, `${open ? "−" : "+"}${below.length} ${t("list.below")}`);
    });
  }

  fold(id) {
    if (!this.unfolded.delete(id)) this.unfolded.add(id);
    this.order = null;
    this.paint();
  }

  mark(element, id) {
    const selected = this.app.context.alert === id;
    element.classList.toggle("is-selected", selected);
    element.setAttribute("aria-selected", String(selected));
  }

  showSelection() {
    for (const element of this.body.children) this.mark(element, element.dataset.id);
    this.body.querySelector(".is-selected")?.scrollIntoView({ block: "nearest" });
  }

  select(id) {
    const alert = this.app.store.alert.get(id);
    if (alert) this.app.context.selectAlert(alert);
  }

  step(by) {
    const ids = (this.rows ?? []).filter((row) => row.alert).map((row) => row.alert.id);
    if (!ids.length) return;
    const at = ids.indexOf(this.app.context.alert);
    this.select(ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))]);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key === "Escape") {
      this.escape(typing);
      return;
    }
    if ((typing && typing.type !== "checkbox") || this.help.open || this.bulk.dialog.open) return;
    const actions = {
      j: () => this.step(1), k: () => this.step(-1), ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1),
      a: () => document.querySelector("[data-ack-comment]")?.focus(),
      s: () => document.querySelector("[data-suppress=shelve]")?.click(),
      x: () => this.app.context.alert && this.bulk.toggle(this.app.context.alert),
      A: () => this.bulk.chosen.size && this.bulk.open(),
      "/": () => this.search.focus(),
      "?": () => this.help.showModal(),
      n: () => this.settle(),
      f: () => this.app.context.alert && this.fold(this.app.context.alert),
      Enter: () => this.open(event),
    };
    const action = actions[event.key];
    if (!action || (event.key === "Enter" && event.target.closest?.("button, a"))) return;
    event.preventDefault();
    action();
  }

  escape(typing) {
    if (this.help.open || this.bulk.dialog.open) return;
    if (typing) {
      typing.blur();
      if (typing === this.search) {
        this.search.value = "";
        this.query = "";
        this.settle();
      }
    } else this.app.context.set(null, null, null);
  }

  open() {
    const alert = this.app.store.alert.get(this.app.context.alert);
    if (!alert) this.step(1);
    else if (alert.subject_kind === "asset") this.app.navigate(`/assets/${encodeURIComponent(alert.asset)}`);
    else this.app.navigate(alert.subject_kind === "warning" ? "/warnings" : "/sources");
  }
}

const keyOf = (row) => row.group?.key ?? row.alert.id;
const holderOf = (hider) => [hider.by, hider.until === null ? "" : t("hider.until", { at: shortTime(hider.until) })].filter(Boolean).join(" ");
