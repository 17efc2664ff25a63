/** Forms of the roster: one shift of one day, a person, leave, a substitute. */
import { send } from "../core/api";
import { t } from "../core/i18n";
import { day, serverNow } from "../core/time";
import type { Field } from "../forms/field";
import { openForm } from "../forms/form";
import {
  keepRoster, meantTeam, PATH, personOptions, shiftName, shiftOptions, type Leave, type RosterLists, type RosterPerson,
  type RosterShift, type RosterView,
} from "./rosterbook";

/** Who does one shift of one day, whatever the pattern says; or as the pattern says again. */
export function openCell(view: RosterView, date: string, shift: RosterShift): void {
  const roster = view.answer;
  if (!roster) return;
  const { officers: [first = "", second = ""], leader } = meantTeam(roster, date, shift.id);
  const others = roster.assignments.filter((dated) => dated.date !== date || dated.shift !== shift.id);
  const person = (name: string, label: string): Field => {
    return { name, label, kind: "select", options: personOptions(roster) };
  };
  const dated = others.length < roster.assignments.length;
  openForm({
    title: `${date} ${shiftName(shift)}`,
    initial: { officer1: first, officer2: second, leader, pattern: false },
    parts: [
      { words: <p class="quiet">{t("roster.cell.what", { from: shift.start, to: shift.end })}</p> },
      [
        person("officer1", t("roster.officer1")), person("officer2", t("roster.officer2")),
        person("leader", t("duty.leader")),
      ],
      ...(dated ? [{ name: "pattern", label: t("roster.cell.pattern"), kind: "check" } satisfies Field] : []),
    ],
    save: (values) => {
      const team = values as { officer1: string; officer2: string; leader: string };
      const officers = [team.officer1, team.officer2].filter(Boolean);
      const assignment = { date, shift: shift.id, officers, leader: team.leader };
      return keepRoster(view, { assignments: values.pattern ? others : [...others, assignment] });
    },
  });
}

const SPACES = /\s+/;

/** "sms 13800000000": one line a receiver. */
function readContacts(text: string): Record<string, string> {
  const lines = text.split("\n").map((line) => line.trim().split(SPACES)).filter((line) => line.length > 1);
  return Object.fromEntries(lines.map(([key = "", ...value]) => [key, value.join(" ")]));
}

export function openPerson(view: RosterView, person: RosterPerson | null = null): void {
  const roster = view.answer;
  if (!roster) return;
  const lines = Object.entries(person?.contacts ?? {}).map(([key, value]) => `${key} ${value}`);
  const languages = [["", "—"], ["zh-CN", "中文"], ["en", "English"]] as const;
  openForm({
    title: person ? person.name : t("roster.person.add"),
    initial: {
      id: person?.id ?? "", name: person?.name ?? "", phone: person?.phone ?? "", mail: person?.mail ?? "",
      contacts: lines.join("\n"), account: person?.account ?? "", language: person?.language ?? "",
    },
    parts: [
      [
        { name: "id", label: t("roster.person.id"), required: true, max: 64, readOnly: person !== null },
        { name: "name", label: t("roster.person.name"), required: true, max: 64 },
      ],
      [
        { name: "phone", label: t("roster.person.phone"), max: 32 },
        { name: "mail", label: t("roster.person.mail"), max: 200 },
      ],
      {
        name: "contacts", label: t("roster.person.contacts"), note: t("roster.person.contacts.note"), kind: "code",
        placeholder: "sms 13800000000\nwecom zhangsan",
      },
      [
        { name: "account", label: t("roster.person.account"), note: t("roster.person.account.note"), max: 64 },
        { name: "language", label: t("roster.person.language"), kind: "select", options: languages },
      ],
    ],
    save: (values) => {
      const contacts = readContacts(values.contacts as string);
      const next = { region: "", ...person, ...values, contacts } as unknown as RosterPerson;
      const persons = person
        ? roster.persons.map((other) => (other.id === person.id ? next : other))
        : [...roster.persons, next];
      return keepRoster(view, { persons });
    },
  });
}

export function openLeave(view: RosterView): void {
  const roster = view.answer;
  if (!roster) return;
  const today = day(serverNow());
  openForm({
    title: t("roster.leave"),
    initial: { person: roster.persons[0]?.id ?? "", first: today, last: today, reason: "", deputy: "" },
    parts: [
      { name: "person", label: t("roster.person.name"), kind: "select", options: personOptions(roster, null) },
      [
        { name: "first", label: t("roster.first"), kind: "date", required: true },
        { name: "last", label: t("roster.last"), kind: "date", required: true },
      ],
      {
        name: "deputy", label: t("roster.deputy"), kind: "select", note: t("roster.deputy.note"),
        options: [["", "—"], ...personOptions(roster, null)],
      },
      { name: "reason", label: t("roster.reason"), max: 200 },
    ],
    save: (values) => keepRoster(view, { leave: [...roster.leave, values as unknown as Leave] }),
  });
}

/** Somebody does one shift in another's place. Duty officers may do this themselves. */
export function openSubstitute(roster: RosterLists & { rev: number }, done: () => void): void {
  const people = personOptions(roster, null);
  openForm({
    title: t("roster.substitute"),
    initial: {
      date: day(serverNow()), shift: roster.shifts[0]?.id ?? "", person: people[0]?.[0] ?? "",
      substitute: people[1]?.[0] ?? "", reason: "",
    },
    parts: [
      [
        { name: "date", label: t("roster.date"), kind: "date", required: true },
        { name: "shift", label: t("roster.shift"), kind: "select", options: shiftOptions(roster) },
      ],
      [
        { name: "person", label: t("roster.person"), kind: "select", options: people },
        { name: "substitute", label: t("roster.substitutename"), kind: "select", options: people },
      ],
      { name: "reason", label: t("roster.reason"), max: 200, required: true },
    ],
    save: (values) => send("POST", `${PATH}/substitutes`, { ...values, rev: roster.rev }),
    done,
  });
}
