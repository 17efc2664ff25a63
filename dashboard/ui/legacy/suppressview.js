// Everything that hides alerts by somebody's wish: the shelf, silences, maintenance windows; owner, reason, end, how many.
import { h, render, setText } from "./dom.js";
import { t, language } from "./i18n.js";
import { list, send } from "./api.js";
import { everySecond, parse, serverNow, shortTime, span } from "./time.js";
import { live } from "./feeds.js";
import { alertTitle, kindName, severityName } from "./say.js";
import { alertIcon } from "./shapes.js";
import { Message, carry } from "./forms.js";
import { suppressDialog } from "./suppressform.js";

const PATHS = { shelf: "/api/v1/shelf", silences: "/api/v1/silences", maintenance: "/api/v1/maintenance" };
const KINDS = Object.keys(PATHS);
const AGAIN = 15000;

export function suppressView(node, app) {
  const view = new SuppressView(node, app);
  return { dispose: () => view.dispose() };
}

class SuppressView {
  constructor(node, app) {
    Object.assign(this, { node, app, items: {}, ended: false, askedAt: 0, seen: "" });
    this.message = new Message();
    this.able = (app.me.rights ?? []).includes("act");
    const create = (kind) => h("button", { type: "button", class: "chip", "data-new": kind, hidden: !this.able, onclick: () => suppressDialog(app, kind, () => this.ask()) }, t(`hide.new.${kind}`));
    const ended = h("label", { class: "inline" }, h("input", { type: "checkbox", "data-ended": "", onchange: (event) => this.showEnded(event.target.checked) }), t("hide.ended"));
    this.sections = Object.fromEntries(KINDS.map((kind) => [kind, h("section", { class: "hide-part", "data-part": kind })]));
    node.append(h("header", { class: "page-head" }, h("h1", {}, t("alerts.view.hidden")), h("span", { class: "quiet" }, t("hide.note")), h("span", { class: "head-actions" }, ended, create("maintenance"), create("silence"))),
      this.message.node, ...Object.values(this.sections));
    this.stops = [live(app, ["alert"], () => this.follow()), everySecond(() => this.tick())];
    this.ask();
  }

  dispose() {
    for (const stop of this.stops) stop();
  }

  showEnded(ended) {
    this.ended = ended;
    this.ask();
  }

  /** Asks when what is hidden is something else than last time. */
  follow() {
    const hidden = [...this.app.store.alert.values()].filter((alert) => alert.suppressed_by?.length);
    const signature = hidden.map((alert) => `${alert.id}${alert.suppressed_by}`).join();
    if (signature !== this.seen) this.ask();
    this.seen = signature;
  }

  tick() {
    if (Date.now() - this.askedAt > AGAIN) this.ask();
    for (const node of this.node.querySelectorAll("[data-until]")) setText(node, left(Number(node.dataset.until)));
  }

  async ask() {
    this.askedAt = Date.now();
    const asked = this.ended ? "?ended=true" : "";
    const answers = await Promise.all(KINDS.map((kind) => list(PATHS[kind] + (kind === "shelf" ? "" : asked)).catch(() => null)));
    KINDS.forEach((kind, index) => answers[index] && (this.items[kind] = answers[index]));
    this.paint();
  }

  paint() {
    for (const kind of KINDS) {
      const items = this.items[kind] ?? [];
      const rows = kind === "shelf" ? items.map((item) => this.shelved(item)) : items.map((item) => this.hider(kind, item));
      render(this.sections[kind], JSON.stringify([items, language()]), () => [
        h("h2", {}, t(`hide.${kind}`), " ", h("b", {}, String(items.length))),
        items.length ? h("ul", { class: "hide-list" }, ...rows) : h("p", { class: "quiet" }, t(`hide.none.${kind}`)),
      ]);
    }
  }

  shelved(item) {
    const alert = this.app.store.alert.get(item.alert);
    const title = alert ? [alertIcon(alert), h("a", { href: `/alerts?alert=${encodeURIComponent(item.alert)}`, "data-inside": "" }, alertTitle(alert, this.app))] : item.asset;
    const undo = this.able && alert && this.app.mayAct(alert.region) ? this.button("unshelve", () => send("POST", `/api/v1/alerts/${encodeURIComponent(item.alert)}/unshelve`, {})) : "";
    return this.line({ title, item, region: alert?.region, state: "", extra: "", undo });
  }

  hider(kind, item) {
    const region = item.match?.region;
    const over = Boolean(item.ended_at);
    const state = over ? t("hide.over") : item.running === false ? t("hide.waiting") : t("hide.running");
    const may = this.able && !over && (!region || this.app.mayAct(region));
    const path = `${PATHS[kind]}/${encodeURIComponent(item.id)}`;
    const undo = may ? this.button(kind === "silences" ? "unsilence" : "unmaintain", () => send("DELETE", path)) : "";
    const begins = item.running === false && !over && parse(item.starts) > serverNow() ? t("hide.starts", { at: shortTime(parse(item.starts)) }) : "";
    const extra = [begins, recurrenceText(item.recurrence), over ? t("hide.endedby", { by: item.ended_by || t("hide.itself"), at: shortTime(parse(item.ended_at)) }) : t("hide.count", { n: item.count ?? 0 })];
    return this.line({ title: matchText(item.match ?? {}, this.app), item, state, extra: extra.filter(Boolean).join(" · "), undo, over });
  }

  line({ title, item, state, extra, undo, over = false }) {
    const until = parse(item.until);
    return h("li", { class: `hide-row${over ? " is-over" : ""}`, "data-id": item.id ?? item.alert },
      h("div", { class: "hide-what" }, h("strong", {}, title), state ? h("span", { class: "tag" }, state) : "", h("p", {}, item.comment || "—"), extra ? h("p", { class: "quiet" }, extra) : ""),
      h("div", { class: "hide-who" }, h("span", {}, item.by || "—"), h("small", {}, parse(item.at) === null ? "" : shortTime(parse(item.at)))),
      h("div", { class: "hide-end" }, until === null || over ? "" : [h("span", {}, t("hider.until", { at: shortTime(until) })), h("small", { "data-until": until }, left(until))]),
      undo);
  }

  button(verb, act) {
    return h("button", { type: "button", class: "chip", "data-undo": verb, onclick: async (event) => {
      if (await carry(event.currentTarget, this.message, act)) {
        this.message.say("done", t(`suppress.${verb}.done`));
        this.app.hiders.ask();
        this.ask();
      }
    } }, t(`suppress.${verb}`));
  }
}

const left = (until) => t("hide.left", { span: span(until - serverNow()) });

/** What a silence or window is about, in words. */
export function matchText(match, app) {
  const names = (match.assets ?? []).map((id) => app.store.asset.get(id)?.name ?? id);
  const some = names.length > 3 ? t("hide.assets", { names: names.slice(0, 3).join(t("list.and")), n: names.length }) : names.join(t("list.and"));
  const parts = [
    match.region ? app.regionName(match.region) : "", (match.kinds ?? []).map(kindName).join(t("list.and")), some,
    match.rule ? t("hide.rule", { rule: match.rule }) : "", (match.severities ?? []).map(severityName).join(t("list.and")),
    Object.entries(match.labels ?? {}).map(([key, value]) => `${key}=${value}`).join(" "),
  ];
  return parts.filter(Boolean).join(" · ") || t("hide.everything");
}

/** "每周一 22:00 起 120 分". */
export function recurrenceText(one) {
  if (!one) return "";
  const days = one.days?.length ? t("hide.weekly", { days: one.days.map((day) => t(`weekday.${day}`)).join(t("list.and")) }) : t("hide.daily");
  return t("hide.recurrence", { days, start: one.start, span: span(one.minutes * 60000) });
}
