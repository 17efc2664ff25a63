/** The duty roster: a month or two weeks as a calendar, what is wrong with it, people, leave, substitutes, import. */
import { useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { pick, t } from "../core/i18n";
import { isSmall } from "../core/small";
import { day, parse, serverNow, shortTime } from "../core/time";
import { RowActions, Table, type Column } from "../forms/table";
import { shiftText } from "../shell/duty";
import { Calendar } from "./calendar";
import { openChanges } from "./changes";
import { addMonths, daysFrom, mondayOf, monthDays } from "../core/days";
import {
  keepRoster, PATH, personName, refreshRoster, shiftName, type RosterDocument, type RosterLists, type RosterPerson,
  type RosterView as View,
} from "./rosterbook";
import { openImport } from "./rosterimport";
import { openLeave, openPerson, openSubstitute } from "./rosterforms";
import { openShifts } from "./shiftforms";
import { AddButton, AdminFrame, HistoryButton, useAdminView } from "./view";

const MOST = 60;

/** What the calendar shows: a month of whole weeks, or two weeks from this one's Monday, as a phone does at first. */
function useSpan(): { month: string; weeks: boolean; days: string[] } {
  const [today] = useState(() => day(serverNow()));
  const month = query("month") ?? today.slice(0, 7);
  const weeks = (query("span") ?? (isSmall() ? "weeks" : "month")) === "weeks";
  return { month, weeks, days: weeks ? daysFrom(mondayOf(today), 14) : monthDays(month) };
}

export default function RosterView() {
  const { month, weeks, days } = useSpan();
  const view = useAdminView<RosterDocument>(`${PATH}?first=${days[0]}&days=${days.length}`);
  return (
    <AdminFrame view={view} name="roster" note={t("roster.note")} head={<Head view={view} />}>
      {(roster) => roster.rev || roster.persons.length ? (
        <>
          <OnDuty roster={roster} />
          <Switch month={month} weeks={weeks} />
          <Calendar roster={roster} view={view} days={days} month={weeks ? null : month} />
          <Findings roster={roster} />
          <People roster={roster} view={view} />
          <Away roster={roster} view={view} />
        </>
      ) : <p class="rows-empty">{t("roster.none")}</p>}
    </AdminFrame>
  );
}

function Head({ view }: { view: View }) {
  const { answer } = view;
  if (!answer) return null;
  const chip = (name: string, open: () => void) => (
    <button type="button" class="chip" {...{ [`data-roster-${name}`]: "" }} onClick={open}>
      {t(`roster.${name}`)}
    </button>
  );
  const refresh = (): void => void refreshRoster(view);
  return (
    <>
      {view.may ? chip("substitute", () => openSubstitute(answer, refresh)) : null}
      {view.mayWhole ? chip("leave", () => openLeave(view)) : null}
      {view.mayWhole ? chip("shifts", () => openShifts(view)) : null}
      {view.mayWhole ? chip("import", () => openImport(view)) : null}
      <HistoryButton open={() => openChanges({ name: "roster", may: view.mayWhole, undone: refresh })} />
      {view.mayWhole ? <AddButton label={t("roster.person.add")} open={() => openPerson(view)} /> : null}
    </>
  );
}

function OnDuty({ roster: { now, next } }: { roster: RosterDocument }) {
  return (
    <p class="roster-now">
      <span class="quiet">{t("duty.now")}</span> {shiftText(now)}
      {next ? (
        <span class="quiet"> · {t("roster.next", { at: shortTime(parse(next.begins)) })} {shiftText(next)}</span>
      ) : null}
    </p>
  );
}

function Switch({ month, weeks }: { month: string; weeks: boolean }) {
  const span = (name: string, chosen: boolean) => (
    <button type="button" class="chip" data-span={name} aria-pressed={chosen}
      onClick={() => setQuery({ span: name })}>
      {t(`roster.span.${name}`)}
    </button>
  );
  const step = (by: number) => (
    <button type="button" class="chip" aria-label={t(by < 0 ? "avail.before" : "avail.after")}
      onClick={() => setQuery({ month: addMonths(month, by) })}>
      {by < 0 ? "‹" : "›"}
    </button>
  );
  return (
    <div class="roster-switch">
      {span("month", !weeks)}
      {span("weeks", weeks)}
      {weeks ? null : <>{step(-1)}<b>{month}</b>{step(1)}</>}
    </div>
  );
}

function Findings({ roster }: { roster: RosterDocument }) {
  const { findings } = roster;
  return (
    <>
      <h2>{t("roster.findings", { n: findings.length })}</h2>
      {findings.length ? (
        <ul class="faults">
          {findings.slice(0, MOST).map((finding, index) => (
            <li key={index}><b>{finding.date || "—"}</b> {pick(finding.message)}</li>
          ))}
        </ul>
      ) : <p class="quiet pad">{t("roster.sound")}</p>}
    </>
  );
}

const LANGUAGES: Readonly<Record<string, string>> = { "zh-CN": "中文", en: "English" };

function People({ roster, view }: { roster: RosterDocument; view: View }) {
  const remove = async ({ id }: RosterPerson): Promise<void> => {
    const persons = roster.persons.filter((person) => person.id !== id);
    await view.act.run(() => keepRoster(view, { persons }));
  };
  const contacts = (person: RosterPerson): string =>
    Object.entries(person.contacts ?? {}).map(([key, value]) => `${key} ${value}`).join(t("list.and")) || "—";
  const columns: Column<RosterPerson>[] = [
    { head: t("roster.person.name"), cell: ({ id, name }) => <><b>{name}</b><small class="block">{id}</small></> },
    {
      head: t("roster.person.phone"),
      cell: ({ phone, mail }) => <>{phone || "—"}{mail ? <small class="block">{mail}</small> : null}</>,
    },
    { head: t("roster.person.contacts"), cell: contacts, class: "is-wrapped" },
    { head: t("roster.person.account"), cell: (person) => person.account || "—" },
    { head: t("roster.person.language"), cell: (person) => LANGUAGES[person.language ?? ""] ?? "—" },
    {
      head: "",
      cell: (person) => (
        <RowActions actions={view.mayWhole ? [
          { name: "edit", label: t("form.edit"), run: () => openPerson(view, person) },
          { name: "remove", label: t("form.remove"), run: () => remove(person) },
        ] : []} />
      ),
    },
  ];
  return (
    <>
      <h2>{t("roster.people", { n: roster.persons.length })}</h2>
      <Table mark="people" columns={columns} rows={roster.persons} keyOf={(person) => person.id} />
    </>
  );
}

function Away({ roster, view }: { roster: RosterDocument; view: View }) {
  const { leave, substitutes } = roster;
  const drop = (name: string, changes: Partial<RosterLists>) => view.mayWhole ? (
    <button type="button" class="chip" data-act={`drop-${name}`}
      onClick={() => void view.act.run(() => keepRoster(view, changes))}>
      {t("form.remove")}
    </button>
  ) : null;
  return (
    <>
      <h2>{t("roster.awaylist", { n: leave.length + substitutes.length })}</h2>
      {leave.length + substitutes.length ? (
        <ul class="faults" data-away="">
          {leave.map((away, at) => (
            <li key={`leave ${at}`}>
              <b>{personName(roster, away.person)}</b> {t("roster.away", { first: away.first, last: away.last })}
              {away.deputy ? <b> {t("roster.deputy.is", { name: personName(roster, away.deputy) })}</b> : null}
              <span class="quiet">{away.reason}</span>
              {drop("leave", { leave: leave.filter((other) => other !== away) })}
            </li>
          ))}
          {substitutes.map((swap, at) => {
            const shift = shiftName(roster.shifts.find((other) => other.id === swap.shift)) || swap.shift;
            const words = { date: swap.date, shift, name: personName(roster, swap.person) };
            return (
              <li key={`swap ${at}`}>
                <b>{personName(roster, swap.substitute)}</b> {t("roster.swapped", words)}
                <span class="quiet">{swap.reason}</span>
                {drop("substitutes", { substitutes: substitutes.filter((other) => other !== swap) })}
              </li>
            );
          })}
        </ul>
      ) : <p class="quiet pad">{t("roster.nobodyaway")}</p>}
    </>
  );
}
