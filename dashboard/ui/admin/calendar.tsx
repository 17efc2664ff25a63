/** The roster as a calendar: one cell a shift, with two officers, a leader, and what is wrong with it in words. */
import { pick, t } from "../core/i18n";
import { day, serverNow } from "../core/time";
import { weekdayOf } from "../core/days";
import { openCell } from "./rosterforms";
import { insteadOf, personName, shiftName, type RosterDocument, type RosterShift, type RosterView } from "./rosterbook";

const WEEK = [1, 2, 3, 4, 5, 6, 7];

interface Props {
  roster: RosterDocument;
  view: RosterView;
  days: readonly string[];
  /** The month that is shown; null where it is a stretch of weeks. */
  month: string | null;
}

export function Calendar({ roster, view, days, month }: Props) {
  const today = day(serverNow());
  return (
    <div class="calendar" data-calendar="">
      {WEEK.map((number) => <div key={number} class="calendar-head">{t(`weekday.${number}`)}</div>)}
      {days.map((date) => {
        const other = month !== null && date.slice(0, 7) !== month;
        const name = `calendar-day${date === today ? " is-today" : ""}${other ? " is-other" : ""}`;
        return (
          <div key={date} class={name} data-date={date}>
            <span class="calendar-date">
              {month === null ? date.slice(5) : Number(date.slice(8))}
              <i class="calendar-weekday">{t(`weekday.${weekdayOf(date)}`)}</i>
            </span>
            {roster.shifts.map((shift) => (
              <Cell key={shift.id} roster={roster} view={view} date={date} shift={shift} />
            ))}
          </div>
        );
      })}
    </div>
  );
}

interface CellProps {
  roster: RosterDocument;
  view: RosterView;
  date: string;
  shift: RosterShift;
}

function Cell({ roster, view, date, shift }: CellProps) {
  const duty = roster.plan.find((planned) => planned.date === date && planned.shift === shift.id);
  const findings = roster.findings.filter((finding) => finding.date === date && finding.shift === shift.id);
  const dated = roster.assignments.some((assignment) => assignment.date === date && assignment.shift === shift.id);
  const person = ({ id, name }: { id: string; name: string }) => (
    <Person key={id} roster={roster} date={date} shift={shift.id} id={id} name={name} />
  );
  const inside = (
    <>
      <small class="shift-name">{shiftName(shift)}</small>
      {duty ? <span class="shift-officers">{duty.officers.map((officer, at) => [at ? " " : "", person(officer)])}</span>
        : <span class="quiet">—</span>}
      {duty?.leader ? <small>{t("duty.leader")} {person(duty.leader)}</small> : null}
      {findings.map((finding, at) => <em key={at} class="fault">{short(pick(finding.message))}</em>)}
    </>
  );
  const name = `calendar-cell${findings.length ? " is-faulty" : ""}${dated ? " is-dated" : ""}`;
  if (!view.mayWhole) return <div class={name} data-shift={shift.id}>{inside}</div>;
  return (
    <button type="button" class={name} data-shift={shift.id} onClick={() => openCell(view, date, shift)}>
      {inside}
    </button>
  );
}

interface PersonProps {
  roster: RosterDocument;
  date: string;
  shift: string;
  id: string;
  name: string;
}

/** A name; marked where that person is on leave, or does the shift in another's place. */
function Person({ roster, date, shift, id, name }: PersonProps) {
  const away = roster.leave.some((leave) => leave.person === id && leave.first <= date && date <= leave.last);
  const instead = insteadOf(roster, date, shift, id);
  const title = instead ? t("roster.instead", { name: personName(roster, instead) }) : undefined;
  return <span class={away ? "is-open" : instead ? "is-swapped" : ""} title={title}>{name || id}</span>;
}

/** A finding without the day and the shift: its cell says them. */
const short = (message: string): string => message.replace(/^\d{4}-\d\d-\d\d \S+?[:：]\s*/, "");
