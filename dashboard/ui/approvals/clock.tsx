/** The count of a limit on a calendar, and how the due day came about. */
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { clock as timeOf, day as dayOf, parse, today as todayNow } from "../core/time";
import { sumOf, weeksOf, type CaseDetail, type Clock, type ClockDay } from "./detail";
import { shortDay } from "./words";

const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

const LEGEND = ["counted", "ahead", "over", "off", "local_holiday", "excluded", "unpublished"] as const;

export function Calendar({ clock }: { clock: Clock }) {
  const today = todayNow.value;
  const weeks = weeksOf(clock.days);
  const counts = new Map<string, number>();
  for (const day of clock.days) {
    const look = lookOf(day, clock.due, today);
    const name = look === "due" ? (day.day > today ? "ahead" : "counted") : look;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return (
    <section class="panel clock-calendar" data-part="calendar">
      <header class="case-head"><h2>{t("approvals.clock")}</h2>
        <span class="quiet">{t("approvals.clock.note")}</span></header>
      <div class="clock-scroll">
        <div class="clock-grid" role="group" aria-label={t("approvals.clock")}>
          {WEEKDAYS.map((n) => <span key={n} class="quiet clock-weekday">{t(`approvals.weekday.${n}`)}</span>)}
          {weeks.flat().map(({ day, shown }) => (
            <Day key={day} day={day} shown={shown} today={today} due={clock.due} />
          ))}
        </div>
      </div>
      <footer class="clock-legend quiet">
        {LEGEND.map((name) => counts.get(name) ? (
          <span key={name}><i class={`mark-${name}`} />{t(`approvals.mark.${name}`)} {counts.get(name)}</span>
        ) : null)}
      </footer>
    </section>
  );
}

/** The mark of a day; counted days ahead of today, and those after the due day, look different. */
function lookOf(day: ClockDay, due: string | null, today: string): string {
  if (day.mark !== "counted") return day.mark;
  return due && day.day > due ? "over" : day.day > today ? "ahead" : "counted";
}

interface DayProps {
  day: string;
  shown: ClockDay | null;
  today: string;
  due: string | null;
}

function Day({ day, shown, today, due }: DayProps) {
  const date = day.endsWith("-01")
    ? t("approvals.firstday", { m: Number(day.slice(5, 7)) }) : String(Number(day.slice(8)));
  if (!shown) return <div class="clock-day is-outside"><small>{date}</small></div>;
  const classes = ["clock-day", `mark-${lookOf(shown, due, today)}`, day === today ? "is-today" : ""];
  const words = wordsOf(shown, day === today);
  return (
    <div class={classes.filter(Boolean).join(" ")} data-day={day} title={`${day} ${words}`}>
      <small>{date}</small>
      <b>{shown.mark === "start" ? "0" : shown.number || ""}</b>
      <span>{words}</span>
    </div>
  );
}

/** Marks that stand on their days in words. */
const NAMED: ReadonlySet<string> = new Set(["off", "excluded", "unpublished"]);

function wordsOf(day: ClockDay, today: boolean): string {
  const words = [];
  if (day.mark === "start") words.push(t("approvals.mark.start"));
  if (day.mark === "due") words.push(t("approvals.mark.due"));
  if (day.name) words.push(day.name);
  else if (NAMED.has(day.mark)) words.push(t(`approvals.mark.${day.mark}`));
  if (day.makeup) words.push(t("approvals.mark.makeup"));
  if (day.provisional) words.push(t("approvals.mark.provisional"));
  if (today) words.push(t("approvals.mark.today"));
  return words.join(" ");
}

/** Natural days, less what does not count; and what comes next. */
export function Account({ detail, clock }: { detail: CaseDetail; clock: Clock }) {
  return (
    <section class="panel clock-account" data-part="account">
      <header class="case-head"><h2>{t("approvals.sum")}</h2></header>
      <ul class="sum-lines">
        {sumOf(clock).map((line) => (
          <li key={`${line.name} ${line.label}`} class={`sum-${line.name}`} data-sum={line.name}>
            <span>{t(`approvals.sum.${line.name}`, {
              label: line.label, from: shortDay(clock.day0), to: shortDay(line.label), n: clock.n,
              more: clock.extended_by,
            })}</span>
            <b>{line.days < 0 ? `− ${-line.days}` : line.days}</b>
          </li>
        ))}
      </ul>
      {clock.unpublished
        ? <p class="case-note light-grey">{t("approvals.unpublished", { year: clock.unpublished })}</p> : null}
      {clock.paused ? <p class="case-note">{t("approvals.resumed", { day: clock.if_resumed_today ?? "—" })}</p> : null}
      {detail.due_source && detail.due_source !== clock.due
        ? <p class="case-note quiet">
          {t("approvals.duesource", { day: detail.due_source, own: clock.due ?? "—" })}</p> : null}
      <Changes detail={detail} />
    </section>
  );
}

/** Every change of light, state or value, with the moment at which it was true and at which it was seen. */
function Changes({ detail }: { detail: CaseDetail }) {
  return (
    <>
      <h2 class="account-head">{t("approvals.events")}</h2>
      <ul class="event-lines">
        {detail.events.map((event, index) => (
          <li key={index}>
            <time>{eventTime(event.at)}</time>
            <span>{eventText(event.name, event.body)}
              <small> {t(`approvals.cause.${event.cause || "fact"}`)}
                {event.seen.slice(0, 16) > event.at.slice(0, 16)
                  ? ` ${t("approvals.seen", { at: eventTime(event.seen) })}` : ""}
              </small>
            </span>
          </li>
        ))}
        {detail.events.length ? null : <li class="quiet">{t("approvals.events.none")}</li>}
      </ul>
    </>
  );
}

/** "11-24 14:05" */
export const eventTime = (at: string): string => {
  const ms = parse(at);
  return ms === null ? "" : `${dayOf(ms).slice(5)} ${timeOf(ms).slice(0, 5)}`;
};

function eventText(name: string, body: Record<string, unknown>): string {
  if (name === "light") {
    const word = (light: unknown): string => t(`approvals.light.${String(light) || "none"}`);
    return t("approvals.event.light", { from: word(body.from), to: word(body.to) });
  }
  if (name === "state") {
    const word = (state: unknown): string => t(`approvals.state.${String(state)}`);
    return t("approvals.event.state", { from: word(body.from), to: word(body.to) });
  }
  if (name === "corrected") {
    const parts = Object.entries(body).map(([field, change]) => {
      const [was, is] = (Array.isArray(change) ? change : [null, null]) as [unknown, unknown];
      return `${t(`approvals.field.${field}`)} ${corrected(field, was)} → ${corrected(field, is)}`;
    });
    return t("approvals.event.corrected", { parts: joined(parts) });
  }
  return name;
}

/** Days are stored as ordinals, times in seconds. */
function corrected(field: string, value: unknown): string {
  if (value === null || value === "") return "—";
  if (typeof value === "number" && field.endsWith("_day")) return ordinal(value);
  if (typeof value === "number" && field.endsWith("_at")) return eventTime(new Date(value * 1000).toISOString());
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Day 719163 of Python's calendar is 1970-01-01. */
const ordinal = (n: number): string => new Date((n - 719_163) * 86_400_000).toISOString().slice(0, 10);
