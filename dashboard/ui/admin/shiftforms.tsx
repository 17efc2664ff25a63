/** The shifts of a day, and for each the teams that take turns. */
import { t } from "../core/i18n";
import { day, serverNow } from "../core/time";
import { FieldView, type Field, type Values } from "../forms/field";
import { openForm } from "../forms/form";
import {
  keepRoster, type Pattern, type RosterDocument, type RosterShift, type RosterView, type Team,
} from "./rosterbook";

const STROKE = "/";
const BETWEEN = /[\s,，]+/;

function teamText(teams: readonly Team[]): string {
  const lines = teams.map(({ officers, leader }) => [...officers, leader ? `${STROKE} ${leader}` : ""]);
  return lines.map((line) => line.filter(Boolean).join(" ")).join("\n");
}

/** "zhang li / wang": two persons, after the stroke the leader; one line a team. */
export function readTeams(text: string): Team[] {
  return text.split("\n").map((line) => line.trim()).filter(Boolean).map((line) => {
    const [officers = "", leader = ""] = line.split(STROKE).map((part) => part.trim());
    return { officers: officers.split(BETWEEN).filter(Boolean), leader };
  });
}

/** A shift with the pattern that counts: of several the last one. */
function valuesOf(roster: RosterDocument, shift: RosterShift): Values {
  const pattern = roster.patterns.findLast((other) => other.shift === shift.id);
  return {
    id: shift.id, zh: shift.name["zh-CN"] ?? "", en: shift.name.en ?? "", start: shift.start, end: shift.end,
    first: pattern?.first ?? day(serverNow()), last: pattern?.last ?? "", every: pattern?.every ?? "day",
    days: (pattern?.days ?? []).map(String), teams: teamText(pattern?.teams ?? []),
  };
}

interface ShiftValues {
  id: string; zh: string; en: string; start: string; end: string;
  first: string; last: string; every: string; days: string[]; teams: string;
}

const shiftOf = ({ id, zh, en, start, end }: ShiftValues): RosterShift =>
  ({ id, name: { "zh-CN": zh, en }, start, end });

const patternOf = ({ id, first, last, every, days, teams }: ShiftValues): Pattern =>
  ({ shift: id, first, last, every, days: days.map(Number), teams: readTeams(teams) });

export function openShifts(view: RosterView): void {
  const roster = view.answer;
  if (!roster) return;
  const fresh = (): Values => valuesOf(roster, { id: "", name: {}, start: "08:00", end: "20:00" });
  const shifts = roster.shifts.length ? roster.shifts.map((shift) => valuesOf(roster, shift)) : [fresh()];
  // A shift with several patterns keeps those that this form does not show.
  const older = roster.patterns.filter((pattern, at) => {
    return roster.patterns.findLastIndex((other) => other.shift === pattern.shift) !== at;
  });
  openForm({
    title: t("roster.shifts"),
    wide: true,
    initial: { shifts },
    parts: [{
      name: "shifts", label: t("roster.shifts.note"),
      draw: (value, set) => <Shifts roster={roster} shifts={value as Values[]} set={set} fresh={fresh} />,
    }],
    save: (values) => {
      const given = values.shifts as ShiftValues[];
      const patterns = [...older, ...given.map(patternOf).filter((pattern) => pattern.teams.length)];
      return keepRoster(view, { shifts: given.map(shiftOf), patterns });
    },
  });
}

interface Props {
  roster: RosterDocument;
  shifts: Values[];
  set: (shifts: Values[]) => void;
  fresh: () => Values;
}

function Shifts({ roster, shifts, set, fresh }: Props) {
  const rows = fields(roster);
  const change = (at: number, name: string, value: unknown): void =>
    set(shifts.map((shift, index) => (index === at ? { ...shift, [name]: value } : shift)));
  return (
    <div class="step-forms">
      {shifts.map((shift, at) => (
        <fieldset key={at} class="form">
          {rows.map((row, index) => (
            <div key={index} class="form-row">
              {row.map((field) => (
                <FieldView key={field.name} field={field} value={shift[field.name]}
                  set={(value) => change(at, field.name, value)} />
              ))}
            </div>
          ))}
          <div>
            <button type="button" class="chip" onClick={() => set(shifts.filter((_, other) => other !== at))}>
              {t("form.remove")}
            </button>
          </div>
        </fieldset>
      ))}
      <div class="actions">
        <button type="button" class="chip" onClick={() => set([...shifts, fresh()])}>{t("roster.shift.add")}</button>
      </div>
    </div>
  );
}

function fields(roster: RosterDocument): Field[][] {
  const of = (name: string, more: Partial<Field> = {}): Field => ({ name, label: t(`roster.shift.${name}`), ...more });
  const every = [["day", t("roster.every.day")], ["week", t("roster.every.week")]] as const;
  const weekdays = [1, 2, 3, 4, 5, 6, 7].map((number) => [String(number), t(`weekday.${number}`)] as const);
  return [
    [
      of("id", { required: true, max: 32 }), of("zh"), of("en"), of("start", { kind: "time", required: true }),
      of("end", { kind: "time", required: true }),
    ],
    [of("first", { kind: "date" }), of("last", { kind: "date" }), of("every", { kind: "select", options: every })],
    [{ name: "days", label: t("hide.field.days"), kind: "choices", options: weekdays }],
    [of("teams", {
      kind: "code", rows: 4, placeholder: "zhang li / wang",
      note: t("roster.shift.teams.note", { list: roster.persons.map((person) => person.id).join(" ") }),
    })],
  ];
}
