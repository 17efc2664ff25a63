// The duty roster: a month or two weeks as a calendar, what is wrong said in its cell, people, leave, substitutes, import.
import { h } from "./dom.js";
import { t, pick } from "./i18n.js";
import { send } from "./api.js";
import { day, parse, serverNow, shortTime } from "./time.js";
import { AdminView, mayChange, table } from "./adminlist.js";
import { changesDialog } from "./changes.js";
import { dutyText } from "./duty.js";
import { carry } from "./forms.js";
import { addDays, content, dutyOf, monthDays, onLeave, weekdayOf } from "./rosterplan.js";
import { cellDialog, importDialog, leaveDialog, personDialog, shiftsDialog, substituteDialog } from "./rosterforms.js";

const PATH = "/api/v1/roster";

export function rosterView(node, app) {
  const state = { month: day(serverNow()).slice(0, 7), span: "month" };
  return new AdminView(node, app, { name: "roster", path: PATH, note: t("roster.note"), body: (answer, view) => body(answer, view, state), head: (view) => head(view) });
}

/** Another content of the roster; true when the journal has it. `view` then shows it. */
export async function keep(view, changes, button, message, comment = "") {
  const answer = await carry(button, message, () => send("PUT", PATH, { rev: view.answer.rev, comment, ...content(view.answer), ...changes }));
  if (answer) {
    view.take(answer);
    view.app.duty.ask();
  }
  return Boolean(answer);
}

function head(view) {
  const chip = (name, onclick) => h("button", { type: "button", class: "chip", [`data-roster-${name}`]: "", onclick }, t(`roster.${name}`));
  return [view.may ? chip("substitute", () => substituteDialog(view)) : "", mayChange(view) ? [chip("leave", () => leaveDialog(view)), chip("shifts", () => shiftsDialog(view)), chip("import", () => importDialog(view))] : "",
    h("button", { type: "button", class: "chip", "data-history": "", onclick: () => changesDialog(view, "roster") }, t("rules.history")), mayChange(view) ? h("button", { type: "button", class: "primary", "data-add": "", onclick: () => personDialog(view) }, t("roster.person.add")) : ""];
}

function body(roster, view, state) {
  if (!roster.rev && !roster.persons?.length) return h("p", { class: "rows-empty" }, t("roster.none"));
  return [
    h("p", { class: "roster-now" }, h("span", { class: "quiet" }, t("duty.now")), " ", dutyText(roster.now), roster.next ? h("span", { class: "quiet" }, ` · ${t("roster.next", { at: shortTime(parse(roster.next.begins)) })} ${dutyText(roster.next)}`) : ""),
    switches(view, state), calendar(roster, view, state), findings(roster), people(roster, view), away(roster, view),
  ];
}

function switches(view, state) {
  const again = () => {
    view.body.wfSignature = undefined;
    view.paint();
  };
  const to = (span) => h("button", { type: "button", class: "chip", "data-span": span, "aria-pressed": String(state.span === span), onclick: () => {
    state.span = span;
    again();
  } }, t(`roster.span.${span}`));
  const step = (by) => h("button", { type: "button", class: "chip", "aria-label": t(by < 0 ? "avail.before" : "avail.after"), onclick: () => {
    const [year, month] = state.month.split("-").map(Number);
    state.month = new Date(Date.UTC(year, month - 1 + by, 1)).toISOString().slice(0, 7);
    again();
  } }, by < 0 ? "‹" : "›");
  return h("div", { class: "roster-switch" }, to("month"), to("weeks"), state.span === "month" ? [step(-1), h("b", {}, state.month), step(1)] : "");
}

function calendar(roster, view, state) {
  const today = day(serverNow());
  const days = state.span === "month" ? monthDays(state.month) : Array.from({ length: 14 }, (_, n) => addDays(addDays(today, 1 - weekdayOf(today)), n));
  const names = new Map((roster.persons ?? []).map((one) => [one.id, one.name]));
  return h("div", { class: "calendar", role: "grid", "data-calendar": "" }, ...[1, 2, 3, 4, 5, 6, 7].map((one) => h("div", { class: "calendar-head" }, t(`weekday.${one}`))),
    ...days.map((date) => h("div", { class: `calendar-day${date === today ? " is-today" : ""}${state.span === "month" && date.slice(0, 7) !== state.month ? " is-other" : ""}`, "data-date": date }, h("span", { class: "calendar-date" }, state.span === "month" ? Number(date.slice(8)) : date.slice(5)),
      ...(roster.shifts ?? []).map((shift) => cell(roster, view, date, shift, names)))));
}

/** One shift of one day: two persons and a leader, and what is wrong with it in words. */
function cell(roster, view, date, shift, names) {
  const duty = dutyOf(roster, date, shift.id);
  const faults = (roster.findings ?? []).filter((one) => one.date === date && one.shift === shift.id);
  const who = ({ id, instead }) => h("span", { class: onLeave(roster, id, date) ? "is-open" : instead ? "is-swapped" : "", title: instead ? t("roster.instead", { name: names.get(instead) ?? instead }) : "" }, names.get(id) ?? id);
  const words = duty ? [h("span", { class: "shift-officers" }, duty.officers.map((one, index) => [index ? " " : "", who(one)])), duty.leader ? h("small", {}, t("duty.leader"), " ", who(duty.leader)) : ""] : h("span", { class: "quiet" }, "—");
  const inside = [h("small", { class: "shift-name" }, pick(shift.name) || shift.id), words, ...faults.map((one) => h("em", { class: "fault" }, short(one)))];
  const classes = `calendar-cell${faults.length ? " is-faulty" : ""}${duty?.dated ? " is-dated" : ""}`;
  if (!mayChange(view)) return h("div", { class: classes }, ...inside);
  return h("button", { type: "button", class: classes, "data-shift": shift.id, onclick: () => cellDialog(view, date, shift) }, ...inside);
}

/** The cell says day and shift itself. */
const short = (one) => pick(one.message).replace(/^\d{4}-\d\d-\d\d \S+?[::]\s*/, "");

function findings(roster) {
  const rows = roster.findings ?? [];
  return [h("h2", {}, t("roster.findings", { n: rows.length })), rows.length ? h("ul", { class: "faults" }, ...rows.slice(0, 60).map((one) => h("li", {}, h("b", {}, one.date || "—"), " ", pick(one.message)))) : h("p", { class: "quiet pad" }, t("roster.sound"))];
}

function people(roster, view) {
  const may = mayChange(view);
  const heads = ["name", "phone", "contacts", "account", "language", ""].map((name) => (name ? t(`roster.person.${name}`) : ""));
  return [h("h2", {}, t("roster.people", { n: roster.persons.length })), table(heads, roster.persons.map((one) => ({ id: one.id, cells: [
    [h("b", {}, one.name), h("small", { class: "block" }, one.id)], [one.phone || "—", one.mail ? h("small", { class: "block" }, one.mail) : ""], Object.entries(one.contacts ?? {}).map(([key, value]) => `${key} ${value}`).join(" · ") || "—", one.account || "—", { "zh-CN": "中文", en: "English" }[one.language] ?? "—",
    may ? h("span", { class: "row-actions" }, h("button", { type: "button", class: "chip", "data-act": "edit", onclick: () => personDialog(view, one) }, t("form.edit")), h("button", { type: "button", class: "chip", "data-act": "remove", onclick: (event) => keep(view, { persons: view.answer.persons.filter((other) => other.id !== one.id) }, event.currentTarget, view.message) }, t("form.remove"))) : "",
  ] })), { "data-people": "" })];
}

function away(roster, view) {
  const name = (id) => roster.persons.find((one) => one.id === id)?.name ?? id;
  const drop = (key, one) => (mayChange(view) ? h("button", { type: "button", class: "chip", "data-act": `drop-${key}`, onclick: (event) => keep(view, { [key]: view.answer[key].filter((other) => JSON.stringify(other) !== JSON.stringify(one)) }, event.currentTarget, view.message) }, t("form.remove")) : "");
  const rows = [
    ...(roster.leave ?? []).map((one) => h("li", {}, h("b", {}, name(one.person)), ` ${t("roster.away", { first: one.first, last: one.last })} `, h("span", { class: "quiet" }, one.reason), drop("leave", one))),
    ...(roster.substitutes ?? []).map((one) => h("li", {}, h("b", {}, name(one.substitute)), ` ${t("roster.swapped", { date: one.date, shift: pick(roster.shifts.find((shift) => shift.id === one.shift)?.name) || one.shift, name: name(one.person) })} `, h("span", { class: "quiet" }, one.reason), drop("substitutes", one))),
  ];
  return [h("h2", {}, t("roster.awaylist", { n: rows.length })), rows.length ? h("ul", { class: "faults", "data-away": "" }, ...rows) : h("p", { class: "quiet pad" }, t("load.calm"))];
}
