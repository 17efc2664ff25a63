// The roster's dialogs: one shift of one day, a person, leave, a substitute, shifts and their turns, import from CSV.
import { h, setText } from "./dom.js";
import { t, pick } from "./i18n.js";
import { raw, send } from "./api.js";
import { day, serverNow } from "./time.js";
import { Message, carry, choices, dialog, field, select, values } from "./forms.js";
import { teamOf } from "./rosterplan.js";
import { keep } from "./rosterview.js";

const PATH = "/api/v1/roster";

/** A form in a dialog: `save(values, button, message)` gives true when it is done. */
function formDialog(title, fields, save, className = "", label = t("form.save")) {
  return dialog(title, (close) => {
    const message = new Message();
    const button = h("button", { type: "submit", class: "primary", "data-send": "" }, label);
    return h("form", { class: "form", onsubmit: async (event) => {
      event.preventDefault();
      if (await save(values(event.currentTarget), button, message)) close();
    } }, ...fields, h("div", { class: "actions" }, button), message.node);
  }, className);
}

const persons = (roster, none = "—") => [...(none === null ? [] : [["", none]]), ...roster.persons.map((one) => [one.id, one.name])];
const input = (name, value = "", more = {}) => h("input", { name, value, ...more });

export function cellDialog(view, date, shift) {
  const roster = view.answer;
  const team = teamOf(roster, date, shift.id);
  const rest = roster.assignments.filter((one) => one.date !== date || one.shift !== shift.id);
  const back = team?.dated ? h("button", { type: "button", class: "chip", "data-pattern": "", onclick: async (event) => {
    const sheet = event.currentTarget.closest("dialog");
    if (await keep(view, { assignments: rest }, event.currentTarget, view.message)) sheet.close();
  } }, t("roster.cell.pattern")) : "";
  formDialog(`${date} ${pick(shift.name) || shift.id}`, [
    h("p", { class: "quiet" }, t("roster.cell.what", { from: shift.start, to: shift.end })),
    h("div", { class: "form-row" }, field(t("roster.officer1"), select("one", persons(roster), team?.officers?.[0] ?? "")), field(t("roster.officer2"), select("two", persons(roster), team?.officers?.[1] ?? "")), field(t("duty.leader"), select("leader", persons(roster), team?.leader ?? ""))), back,
  ], ({ one, two, leader }, button, message) => keep(view, { assignments: [...rest, { date, shift: shift.id, officers: [one, two].filter(Boolean), leader }] }, button, message));
}

export function personDialog(view, one = null) {
  const roster = view.answer;
  const contacts = Object.entries(one?.contacts ?? {}).map(([key, value]) => `${key} ${value}`).join("\n");
  formDialog(one ? one.name : t("roster.person.add"), [
    h("div", { class: "form-row" }, field(t("roster.person.id"), input("id", one?.id, { required: true, maxlength: "64", readonly: Boolean(one) })), field(t("roster.person.name"), input("name", one?.name, { required: true, maxlength: "64" }))),
    h("div", { class: "form-row" }, field(t("roster.person.phone"), input("phone", one?.phone, { maxlength: "32" })), field(t("roster.person.mail"), input("mail", one?.mail, { maxlength: "200" }))),
    field(t("roster.person.contacts"), h("textarea", { name: "contacts", rows: "3", class: "mono", placeholder: "sms 13800000000\nwecom zhangsan" }, contacts), t("roster.person.contacts.note")),
    h("div", { class: "form-row" }, field(t("roster.person.account"), input("account", one?.account, { maxlength: "64" }), t("roster.person.account.note")), field(t("roster.person.language"), select("language", [["", "—"], ["zh-CN", "中文"], ["en", "English"]], one?.language ?? ""))),
  ], (found, button, message) => {
    const lines = found.contacts.split("\n").map((line) => line.trim().split(/\s+/)).filter((line) => line.length > 1);
    const person = { region: "", ...(one ?? {}), ...found, contacts: Object.fromEntries(lines.map(([key, ...value]) => [key, value.join(" ")])) };
    return keep(view, { persons: one ? roster.persons.map((other) => (other.id === one.id ? person : other)) : [...roster.persons, person] }, button, message);
  });
}

export function leaveDialog(view) {
  const roster = view.answer;
  const today = day(serverNow());
  formDialog(t("roster.leave"), [field(t("roster.person.name"), select("person", persons(roster, null))), h("div", { class: "form-row" }, field(t("roster.first"), input("first", today, { type: "date", required: true })), field(t("roster.last"), input("last", today, { type: "date", required: true }))), field(t("roster.reason"), input("reason", "", { maxlength: "200" }))],
    (leave, button, message) => keep(view, { leave: [...roster.leave, leave] }, button, message));
}

/** Somebody does one shift in another's place: duty officers may do this themselves. */
export function substituteDialog(view) {
  const roster = view.answer;
  const shifts = roster.shifts.map((one) => [one.id, pick(one.name) || one.id]);
  formDialog(t("roster.substitute"), [
    h("div", { class: "form-row" }, field(t("roster.date"), input("date", day(serverNow()), { type: "date", required: true })), field(t("roster.shift"), select("shift", shifts))),
    h("div", { class: "form-row" }, field(t("roster.person"), select("person", persons(roster, null))), field(t("roster.substitutename"), select("substitute", persons(roster, null), roster.persons[1]?.id))), field(t("roster.reason"), input("reason", "", { maxlength: "200", required: true })),
  ], async (wish, button, message) => {
    const answer = await carry(button, message, () => send("POST", `${PATH}/substitutes`, { ...wish, rev: roster.rev }));
    if (answer) {
      view.take?.(answer);
      view.app.duty.ask();
    }
    return Boolean(answer);
  });
}

const teamText = (teams) => (teams ?? []).map((one) => [...one.officers, one.leader ? `/ ${one.leader}` : ""].filter(Boolean).join(" ")).join("\n");

/** "zhang li / wang": two persons, after the stroke the leader; one line a team. */
function readTeams(text) {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const [officers, leader = ""] = line.split("/").map((part) => part.trim());
    return { officers: officers.split(/[\s,,]+/).filter(Boolean), leader };
  });
}

/** The shifts of a day and for each the teams that take turns. */
export function shiftsDialog(view) {
  const roster = view.answer;
  const list = h("div", { class: "step-forms" });
  const add = (shift = { id: "", name: { "zh-CN": "", en: "" }, start: "08:00", end: "20:00" }) => list.append(shiftForm(roster, shift));
  (roster.shifts.length ? roster.shifts : [undefined]).forEach(add);
  formDialog(t("roster.shifts"), [h("p", { class: "quiet" }, t("roster.shifts.note")), list, h("div", { class: "actions" }, h("button", { type: "button", class: "chip", onclick: () => add() }, t("roster.shift.add")))], (_values, button, message) => {
    const read = [...list.children].map(readShift);
    // A shift with several patterns keeps those that this form does not show.
    const others = roster.patterns.filter((one, index) => roster.patterns.findLastIndex((other) => other.shift === one.shift) !== index);
    return keep(view, { shifts: read.map((one) => one.shift), patterns: [...others, ...read.map((one) => one.pattern).filter((one) => one.teams.length)] }, button, message);
  }, "is-wide");
}

function shiftForm(roster, shift) {
  const pattern = roster.patterns.findLast((one) => one.shift === shift.id);
  const days = choices([1, 2, 3, 4, 5, 6, 7].map((one) => [String(one), t(`weekday.${one}`)]), (pattern?.days ?? []).map(String));
  const cell = (key, name, value, more = {}) => field(t(`roster.shift.${key}`), h("input", { "data-field": name, value: value ?? "", ...more }));
  const item = h("fieldset", { class: "form" }, h("div", { class: "form-row" }, cell("id", "id", shift.id, { required: true, maxlength: "32" }), cell("zh", "zh", shift.name["zh-CN"]), cell("en", "en", shift.name.en), cell("start", "start", shift.start, { type: "time", required: true }), cell("end", "end", shift.end, { type: "time", required: true })),
    h("div", { class: "form-row" }, cell("first", "first", pattern?.first ?? day(serverNow()), { type: "date" }), cell("last", "last", pattern?.last ?? "", { type: "date" }), field(t("roster.shift.every"), select("", [["day", t("roster.every.day")], ["week", t("roster.every.week")]], pattern?.every ?? "day", { "data-field": "every" }))),
    h("div", { class: "form-field" }, h("span", {}, t("hide.field.days")), days.node), field(t("roster.shift.teams"), h("textarea", { "data-field": "teams", rows: "4", class: "mono", placeholder: "zhang li / wang" }, teamText(pattern?.teams)), t("roster.shift.teams.note", { list: roster.persons.map((one) => one.id).join(" ") })),
    h("div", {}, h("button", { type: "button", class: "chip", onclick: () => item.remove() }, t("form.remove"))));
  item.wfDays = days;
  return item;
}

function readShift(item) {
  const of = (name) => item.querySelector(`[data-field="${name}"]`).value.trim();
  const shift = { id: of("id"), name: { "zh-CN": of("zh"), en: of("en") }, start: of("start"), end: of("end") };
  return { shift, pattern: { shift: shift.id, first: of("first"), last: of("last"), every: of("every"), days: item.wfDays.chosen().map(Number), teams: readTeams(of("teams")) } };
}

/** A CSV from the office: first looked at, then kept. */
export function importDialog(view) {
  const text = h("textarea", { name: "csv", class: "mono", rows: "10", required: true, spellcheck: "false", placeholder: "date,shift,officer1,officer2,leader" });
  const file = h("input", { type: "file", accept: ".csv,text/csv", onchange: async () => file.files[0] && (text.value = await file.files[0].text()) });
  const said = h("div", { "data-import-said": "" });
  const post = (dry) => raw("POST", `${PATH}:import?rev=${view.answer.rev}&dry_run=${dry}`, text.value, "text/csv");
  formDialog(t("roster.import"), [h("p", { class: "quiet" }, t("roster.import.note")), file, text, h("div", { class: "actions" }, h("button", { type: "button", class: "chip", "data-try": "", onclick: async (event) => {
    const message = new Message();
    const answer = await carry(event.currentTarget, message, () => post(true));
    said.replaceChildren(message.node);
    if (answer) {
      const own = (answer.assignments ?? []).length - (view.answer.assignments ?? []).length;
      said.append(h("p", {}, t("roster.import.would", { n: Math.max(0, own), faults: answer.findings.length })), h("ul", { class: "faults" }, ...answer.findings.slice(0, 20).map((one) => h("li", {}, h("b", {}, one.date), " ", pick(one.message)))));
    }
  } }, t("roster.import.try"))), said], async (_values, button, message) => {
    const answer = await carry(button, message, () => post(false));
    if (answer) view.take(answer);
    else setText(said, "");
    return Boolean(answer);
  }, "is-wide", t("roster.import.keep"));
}
