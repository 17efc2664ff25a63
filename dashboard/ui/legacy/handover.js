// Handing over the shift (交接班): what is open, promised, hidden and silent; two signatures, the second by who takes over.
import { h, render } from "./dom.js";
import { t, pick, language } from "./i18n.js";
import { get, list, send, Refused } from "./api.js";
import { parse, running, serverNow, shortTime, span, stamp } from "./time.js";
import { live } from "./feeds.js";
import { alertHolder, alertTitle, sourceName } from "./say.js";
import { alertIcon, icon } from "./shapes.js";
import { reasonName } from "./hidden.js";
import { matchText } from "./suppressview.js";
import { dutyText } from "./duty.js";
import { Message, carry, dialog, field } from "./forms.js";
import { substituteDialog } from "./rosterforms.js";

const AGAIN = 20000;

export function handoverView(node, app) {
  const view = new Handover(node, app);
  return { dispose: () => view.dispose() };
}

class Handover {
  constructor(node, app) {
    Object.assign(this, { node, app, past: [], askedAt: 0 });
    this.able = (app.me.rights ?? []).includes("act");
    this.head = h("header", { class: "page-head" });
    this.pending = h("section", { class: "handover-pending" });
    this.body = h("div", { class: "handover-grid" });
    this.form = this.able ? this.makeForm() : h("p", { class: "quiet handover-form" }, t("handover.norole"));
    this.list = h("section", { class: "handover-past" });
    node.append(this.head, this.pending, this.body, this.form, this.list);
    this.stops = [live(app, ["alert", "source"], () => Date.now() - this.askedAt > 2000 && this.ask()), app.duty.listen((roster) => this.people(roster))];
    this.timer = setInterval(() => this.ask(), AGAIN);
    this.ask();
  }

  dispose() {
    clearInterval(this.timer);
    for (const stop of this.stops) stop();
  }

  makeForm() {
    this.message = new Message();
    this.to = h("input", { name: "to", list: "handover-people", maxlength: "64", required: true, autocomplete: "off" });
    this.known = h("datalist", { id: "handover-people" });
    this.remarks = h("textarea", { name: "remarks", rows: "4", maxlength: "4000", placeholder: t("handover.remarks.hint") });
    this.button = h("button", { type: "submit", class: "primary", "data-handover": "" }, t("handover.give"));
    this.remarks.addEventListener("input", () => (this.app.context.dirty = Boolean(this.remarks.value)));
    return h("form", { class: "form handover-form", novalidate: true, onsubmit: (event) => this.give(event) }, h("h2", {}, t("handover.form")), h("p", { class: "quiet" }, t("handover.what")),
      field(t("handover.to"), this.to), this.known, field(t("handover.remarks"), this.remarks), h("div", { class: "actions" }, this.button), this.message.node);
  }

  /** Who can take over: the roster's people, those of the next shift first. */
  people(roster) {
    if (!this.known || !roster) return;
    const next = new Set((roster.next?.officers ?? []).map((one) => one.id));
    const persons = [...(roster.persons ?? [])].sort((a, b) => Number(next.has(b.id)) - Number(next.has(a.id)));
    // People read names; two of one name are told apart by their id.
    const names = persons.map((one) => one.name);
    const shown = (one) => (names.indexOf(one.name) === names.lastIndexOf(one.name) ? one.name : `${one.name} (${one.id})`);
    this.ids = new Map(persons.map((one) => [shown(one), one.id]));
    render(this.known, JSON.stringify([...this.ids]), () => [...this.ids.keys()].map((name) => h("option", { value: name })));
    const first = persons.find((one) => next.has(one.id));
    if (!this.to.value && first) this.to.value = shown(first);
  }

  async ask() {
    this.askedAt = Date.now();
    try {
      [this.now, this.past] = await Promise.all([get("/api/v1/handover"), list("/api/v1/handover/list?limit=20", 1)]);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!this.now) render(this.body, `error ${error.status}`, () => h("p", { class: "rows-empty" }, error.status === 404 ? t("handover.none") : error.message));
      return;
    }
    this.paint();
  }

  paint() {
    const { now, app } = this;
    render(this.head, JSON.stringify([now.shift, now.since, now.figures, app.duty.roster?.rev, language()]), () => [
      h("h1", {}, t("handover.title")), h("span", {}, dutyText(now.shift)),
      h("span", { class: "quiet" }, [t("handover.since", { at: shortTime(parse(now.since)) }), now.figures ? t("handover.figures", now.figures) : "", now.hidden_count ? t("filter.hidden", { n: now.hidden_count }) : ""].filter(Boolean).join(" · ")),
      h("span", { class: "head-actions" }, this.able && app.duty.roster?.persons?.length ? h("button", { type: "button", class: "chip", "data-roster-substitute": "", onclick: () => substituteDialog({ app, answer: app.duty.roster }) }, t("roster.substitute")) : ""),
    ]);
    const last = now.last;
    const waits = last && !last.accepted_at;
    render(this.pending, JSON.stringify([last, language()]), () => (waits ? this.waiting(last) : ""));
    const broken = new Set(now.broken_promises ?? []);
    const alerts = [...(now.open ?? []), ...(now.acked ?? [])];
    const names = new Map(alerts.map((one) => [one.id, one]));
    const { at: _at, last: _last, figures: _figures, ...rest } = now;
    render(this.body, JSON.stringify([rest, language()]), () => [
      this.part("open", now.open ?? [], (one) => this.alert(one, broken)),
      this.part("acked", now.acked ?? [], (one) => this.alert(one, broken)),
      this.part("broken", [...broken].map((id) => names.get(id) ?? app.store.alert.get(id)).filter(Boolean), (one) => this.alert(one, broken)),
      this.part("hidden", now.hidden ?? [], (one) => h("li", {}, h("span", {}, app.store.asset.get(one.asset)?.name ?? one.asset), h("small", {}, [...new Set(one.reasons.map(reasonName))].join(" · ")), h("span", { class: "quiet" }, parse(one.until) === null ? "" : t("hider.until", { at: shortTime(parse(one.until)) })))),
      this.part("hiders", [...(now.silences ?? []), ...(now.maintenance ?? [])], (one) => h("li", {}, h("span", {}, matchText(one.match ?? {}, app)), h("small", {}, [one.by, one.comment].filter(Boolean).join(" · ")), h("span", { class: "quiet" }, parse(one.until) === null ? "" : t("hider.until", { at: shortTime(parse(one.until)) })))),
      this.part("sources", now.sources ?? [], (one) => h("li", {}, icon("ring-dashed", "is-unknown"), h("span", {}, sourceName(one.id)), h("span", { class: "quiet" }, parse(one.silent_since ?? one.failing_since) === null ? "" : span(serverNow() - parse(one.silent_since ?? one.failing_since))))),
    ]);
    render(this.list, JSON.stringify([this.past, language()]), () => [h("h2", {}, t("handover.past")), this.past.length ? h("ul", { class: "frequent" }, ...this.past.map((one) => this.pastRow(one))) : h("p", { class: "quiet" }, t("handover.nopast"))]);
  }

  part(name, rows, row) {
    return h("section", { class: "load-part", "data-handover-part": name }, h("h2", {}, t(`handover.part.${name}`), " ", h("b", {}, rows.length)), rows.length ? h("ul", { class: "handover-list" }, ...rows.map(row)) : h("p", { class: "quiet" }, t("handover.part.none")));
  }

  alert(alert, broken) {
    const time = h("time", {});
    running(time, parse(alert.raised_at));
    const who = alertHolder(alert);
    return h("li", { class: `sev-${alert.severity}` }, alertIcon(alert), h("a", { href: `/alerts?alert=${encodeURIComponent(alert.id)}`, "data-inside": "" }, alertTitle(alert, this.app)), time,
      h("span", { class: who.open || broken.has(alert.id) ? "is-open" : "quiet" }, broken.has(alert.id) ? t("handover.broken", { who: who.text }) : who.text), alert.ack?.comment ? h("small", {}, alert.ack.comment) : "");
  }

  /** One signature is there: who takes over reads the same picture and signs too. */
  waiting(last) {
    const mine = last.by === this.app.me.name;
    return h("div", { class: `handover-wait${last.unsigned ? " is-late" : ""}` }, h("strong", {}, t("handover.waits", { by: last.by, to: last.to, at: shortTime(parse(last.at)) })), last.remarks ? h("p", {}, last.remarks) : "",
      last.unsigned ? h("p", { class: "is-open" }, t("handover.unsigned")) : "", mine || !this.able ? h("p", { class: "quiet" }, t("handover.other")) : h("button", { type: "button", class: "primary", "data-accept": "", onclick: () => this.acceptDialog(last) }, t("handover.accept")));
  }

  acceptDialog(last) {
    dialog(t("handover.accept.title"), (close) => {
      const remarks = h("textarea", { rows: "3", maxlength: "4000", "data-accept-remarks": "" });
      const message = new Message();
      const button = h("button", { type: "submit", class: "primary", "data-accept-send": "" }, t("handover.accept"));
      return h("form", { class: "form", onsubmit: async (event) => {
        event.preventDefault();
        if (await carry(button, message, () => send("POST", `/api/v1/handover/${encodeURIComponent(last.id)}/accept`, { remarks: remarks.value.trim() }))) {
          close();
          this.ask();
        }
      } }, h("p", {}, t("handover.waits", { by: last.by, to: last.to, at: shortTime(parse(last.at)) })), h("p", { class: "quiet" }, countsText(last.counts)), last.remarks ? h("blockquote", {}, last.remarks) : "", field(t("handover.remarks"), remarks), h("div", { class: "actions" }, button), message.node);
    });
  }

  pastRow(one) {
    const signed = one.accepted_at ? t("handover.signed", { by: one.accepted_by, at: shortTime(parse(one.accepted_at)) }) : t("handover.notsigned");
    return h("li", { class: one.accepted_at ? "" : "is-open" }, h("span", {}, h("time", {}, stamp(parse(one.at)).slice(0, 16)), " ", one.shift ? pick(one.shift.name) : "", ` ${one.by} → ${one.to}`), h("small", {}, [countsText(one.counts), signed, one.remarks, one.accept_remarks].filter(Boolean).join(" · ")));
  }

  async give(event) {
    event.preventDefault();
    if (!this.to.value.trim()) {
      this.message.say("error", t("handover.needs"));
      return;
    }
    const made = await carry(this.button, this.message, () => send("POST", "/api/v1/handover", { to: this.ids?.get(this.to.value.trim()) ?? this.to.value.trim(), remarks: this.remarks.value.trim() }));
    if (!made) return;
    this.remarks.value = "";
    this.app.context.dirty = false;
    this.message.say("done", t("handover.given", { to: made.to ?? this.to.value }));
    this.ask();
  }
}

const countsText = (counts) => (counts ? t("handover.counts", { open: counts.open ?? 0, acked: counts.acked ?? 0, hidden: counts.hidden ?? 0, broken: counts.broken_promises ?? 0, sources: counts.sources ?? 0 }) : "");
