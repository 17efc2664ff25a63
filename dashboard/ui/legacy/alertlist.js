// The duty desk's list: keyboard first, and nothing moves under the cursor.
import { h, reconcile, render, setText } from "./dom.js";
import { t } from "./i18n.js";
import { get, Refused } from "./api.js";
import { arrange, compareAlerts } from "./derive.js";
import { live, sayCalm } from "./feeds.js";
import { AlertFilter, hasText } from "./alertfilter.js";
import { Rows, keyOf } from "./alertrow.js";
import { Bulk } from "./bulk.js";
import { helpDialog, keys } from "./keys.js";

const TABS = ["open", "mine", "unacked", "folded", "shelved"];
const PAGE_TABS = ["open", "unacked", "folded", "shelved", "closed"];
/** A storm has ten thousand alerts: so many rows stand in the page, the rest is counted. */
const MOST = 300;
/** The page of an alert's subject, by its kind. */
const PAGES = { warning: "/warnings", source: "/sources", region: "/network" };

export function alertList(node, app) {
  const list = new AlertList(node, app, node.dataset.filters === "true");
  return { dispose: () => list.dispose() };
}

class AlertList {
  constructor(node, app, filtered) {
    Object.assign(this, { node, app, tab: "open", order: null, hovered: false, pressed: null, waiting: 0, unfolded: new Set(), query: "", most: MOST, past: [], pastState: "" });
    this.allTabs = filtered ? PAGE_TABS : TABS;
    this.lines = new Rows(this);
    this.filter = filtered ? new AlertFilter(app, () => this.settle()) : null;
    this.tabs = h("div", { class: "tabs", role: "tablist" });
    this.fresh = h("button", { type: "button", class: "fresh", hidden: true, onclick: () => this.settle() });
    this.body = h("ol", { class: "rows", tabindex: "0", "aria-label": t("list.label") });
    this.empty = h("p", { class: "rows-empty", hidden: true });
    this.more = h("button", { type: "button", class: "rows-more", hidden: true, onclick: () => this.showMore() });
    this.bulk = new Bulk(app, () => this.paint());
    this.bulk.onall = () => this.bulk.all((this.rows ?? []).filter((row) => row.alert).map((row) => row.alert.id));
    const heads = ["alert", "value", "region", "lasts", "holder"].map((name) => h("span", {}, t(`list.${name}`)));
    this.scroll = h("div", { class: "list-scroll" }, this.body, this.more, this.empty);
    this.search = h("input", {
      type: "search", class: "search", placeholder: t("list.search"), "aria-label": t("list.search"),
      oninput: (event) => {
        this.query = event.target.value.trim().toLowerCase();
        this.order = null;
        this.paint();
      },
    });
    node.append(
      this.filter?.node ?? "",
      h("div", { class: "list-top" }, this.tabs, this.bulk.begin, this.search),
      h("div", { class: "list-strip" }, h("div", { class: "list-heads" }, h("span", {}), ...heads), this.fresh),
      this.scroll,
      this.bulk.bar,
      keys(),
    );
    this.help = helpDialog();
    node.append(this.help, this.bulk.dialog);
    this.holdUnderHand();
    this.onkey = (event) => this.key(event);
    document.addEventListener("keydown", this.onkey);
    this.stops = [live(app, ["alert", "asset", "warning"], () => this.paint()), app.context.listen(() => this.showSelection()), app.hiders.listen(() => this.tab === "shelved" && this.paint())];
    const asked = app.store.alert.get(new URLSearchParams(location.search).get("alert"));
    if (asked) app.context.selectAlert(asked);
    else if (new URLSearchParams(location.search).get("alert")) app.context.set(new URLSearchParams(location.search).get("alert"), null, null);
  }

  dispose() {
    document.removeEventListener("keydown", this.onkey);
    for (const name of ["pointerup", "pointercancel"]) document.removeEventListener(name, this.onlift);
    for (const stop of this.stops) stop();
  }

  /** The order stands while the pointer is over the list, a press has begun or a row has the focus. */
  holdUnderHand() {
    this.scroll.addEventListener("pointerenter", () => (this.hovered = true));
    this.scroll.addEventListener("pointerleave", () => {
      this.hovered = false;
      this.release();
    });
    this.body.addEventListener("focusout", () => setTimeout(() => this.release()));
    this.scroll.addEventListener("pointerdown", (event) => (this.pressed = event.target.closest(".row")?.dataset.id ?? null));
    // A press counts for the row where it began; when that row has moved meanwhile, the click is the list's.
    this.scroll.addEventListener("click", (event) => {
      if (this.pressed && !event.target.closest(".row")) this.select(this.pressed);
    });
    this.onlift = () => setTimeout(() => {
      this.pressed = null;
      this.release();
    });
    for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, this.onlift);
  }

  held() {
    return this.hovered || this.pressed !== null || Boolean(this.body.contains(document.activeElement) && document.activeElement.closest(".row"));
  }

  /** Shows what has waited, once nothing holds the order any more. */
  release() {
    if (!this.held() && this.waiting) this.settle();
  }

  settle() {
    this.order = null;
    this.paint();
  }

  showMore() {
    this.most += MOST;
    this.settle();
  }

  /** Rows of the tab: {alert, below, child}, {section} or {group}. */
  wanted() {
    const { store, me } = this.app;
    const { shown, folded, shelved, all } = arrange(store);
    this.all = all;
    const takes = (alert) => (!this.filter || this.filter.takes(alert)) && (!this.query || hasText(alert, this.query, this.app));
    const open = shown.filter(({ alert, below }) => takes(alert) || below.some(takes));
    const unacked = all.filter((alert) => !alert.acked && !alert.suppressed_by?.length && takes(alert));
    const mine = all.filter((alert) => alert.ack?.by && alert.ack.by === me.name && takes(alert));
    const [below, hidden] = [folded.filter(takes), shelved.filter(takes)];
    this.counts = { open: open.length, folded: below.length, shelved: hidden.length, unacked: unacked.length, mine: mine.length, closed: "" };
    const flat = (alerts, extra) => alerts.map((alert) => ({ alert, below: [], ...extra }));
    return {
      open: () => open.flatMap((row) => [row, ...(this.unfolded.has(row.alert.id) ? flat(row.below, { child: true }) : [])]),
      unacked: () => flat(unacked),
      mine: () => flat(mine),
      folded: () => flat([...below].sort(compareAlerts)),
      shelved: () => this.hiddenRows(hidden),
      closed: () => flat(this.past.filter(takes), { closed: true }),
    }[this.tab]();
  }

  /** What is hidden, each reason under its own word: a shelf hides one alert, a silence or a window any number. */
  hiddenRows(alerts) {
    const { hiders } = this.app;
    hiders.follow(alerts);
    return hiders.sections(alerts).flatMap(({ kind, n, groups }) => [{ section: kind, n }, ...groups.flatMap(({ hider, alerts: behind }) => {
      if (!hider.shared) return behind.map((alert) => ({ alert, below: [], hider }));
      const open = this.unfolded.has(hider.key) || Boolean(this.query);
      return [{ group: hider, n: behind.length, open }, ...(open ? behind.map((alert) => ({ alert, below: [], child: true, hider })) : [])];
    })]);
  }

  /** What is over, newest first, from the journal. */
  async loadPast() {
    this.pastState = "loading";
    try {
      this.past = (await get("/api/v1/alerts?open=false&limit=200")).items ?? [];
      this.pastState = "";
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.pastState = "failed";
    }
    if (this.tab === "closed") this.settle();
  }

  paint() {
    const rows = this.wanted();
    const visible = this.hold(rows.slice(0, this.most));
    this.rows = visible;
    this.more.hidden = rows.length <= this.most;
    setText(this.more, t("list.more", { n: rows.length - this.most }));
    this.filter?.paint(this.all);
    this.paintTabs();
    this.bulk.paint();
    this.fresh.hidden = this.waiting === 0;
    setText(this.fresh, t("list.fresh", { n: this.waiting }));
    reconcile(this.body, visible, keyOf, (row) => this.lines.create(row), (element, row) => this.lines.update(element, row));
    this.empty.hidden = visible.length > 0;
    if (visible.length) return;
    if (this.tab === "open" && !this.query && !this.filtered()) sayCalm(this.empty, this.app, "list.empty.open");
    else setText(this.empty, t(this.query || this.filtered() ? "list.nomatch" : this.tab === "closed" && this.pastState ? `list.past.${this.pastState}` : `list.empty.${this.tab}`));
  }

  filtered() {
    return this.filter && (this.filter.scope !== "all" || !this.filter.clear.hidden);
  }

  /** While the order is held, what left stays greyed and what is new waits. */
  hold(rows) {
    this.waiting = 0;
    if (!this.held() || !this.order || this.heldTab !== this.tab) {
      this.order = rows;
      this.heldTab = this.tab;
      return rows;
    }
    const now = new Map(rows.map((row) => [keyOf(row), row]));
    const held = this.order.map((row) => now.get(keyOf(row)) ?? { ...row, gone: !row.closed && !this.app.store.alert.has(row.alert?.id) });
    const known = new Set(held.map(keyOf));
    this.waiting = rows.filter((row) => !known.has(keyOf(row))).length;
    return held;
  }

  paintTabs() {
    const signature = JSON.stringify([this.tab, this.counts, document.documentElement.lang]);
    render(this.tabs, signature, () => this.allTabs.map((tab) =>
      h("button", {
        type: "button", role: "tab", class: "chip", "aria-selected": String(tab === this.tab), "data-tab": tab,
        onclick: () => {
          this.tab = tab;
          this.most = MOST;
          if (tab === "closed") this.loadPast();
          this.settle();
        },
      }, `${t(`list.tab.${tab}`)} ${this.counts[tab]}`.trim())));
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
    const alert = this.app.store.alert.get(id) ?? this.past.find((one) => one.id === id);
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
    else if (PAGES[alert.subject_kind]) this.app.navigate(PAGES[alert.subject_kind]);
  }
}
