/** Open cases by days left, the five steps, the months, and the month against others. */
import { query, setQuery } from "../core/address";
import { addMonths } from "../core/days";
import { count, number, percent } from "../core/format";
import { language, t } from "../core/i18n";
import { day, parse } from "../core/time";
import { STEPS, type Backlog } from "./counts";
import { shortDay } from "./words";
import type { Ageing, Compared, FigureRow, SlowStep, Summary } from "./data";

const BUCKETS = [
  ["over", ["overdue_over_10", "overdue_6_10", "overdue_3_5", "overdue_1_2"]],
  ["due", ["today"]],
  ["left", ["1", "2_3", "4_5", "6_10", "over_10"]],
  ["not", ["paused", "unknown"]],
] as const;
const TONES: Readonly<Record<string, string>> = { over: "red", due: "yellow", not: "grey" };

/** A bar a bucket; a press shows its cases in the list. */
export function AgeingChart({ ageing }: { ageing: Ageing | null }) {
  const left = ageing?.left ?? {};
  const most = Math.max(1, ...Object.values(left));
  const total = Object.values(left).reduce((sum, n) => sum + n, 0);
  return (
    <section class="panel case-ageing" data-part="ageing">
      <header class="case-head"><h2>{t("approvals.ageing", { n: count(total) })}</h2>
        <span class="quiet" title={t("approvals.ageing.press")}>
          {ageing ? aheadText(ageing.forecast) : ""}</span></header>
      <div class="age-groups" tabIndex={0}>
        {BUCKETS.map(([name, buckets]) => (
          <div key={name} class="age-group" style={`flex:${buckets.length}`}>
            <div class="age-bars">
              {buckets.map((bucket) => <Bar key={bucket} bucket={bucket} n={left[bucket] ?? 0} most={most}
                tone={bucket === "1" ? "yellow" : (TONES[name] ?? "normal")} due={ageing?.due[bucket]} />)}
            </div>
            <span class={`age-name ${TONES[name] ? `light-${TONES[name]}` : "quiet"}`}>
              {t(`approvals.bucket.${name}`)}
            </span>
          </div>
        ))}
      </div>
    </section>
  );
}

/** "5 日内到期 8，20 日内 31；按近 60 日进度约 1.2 月" */
function aheadText({ due, months }: Ageing["forecast"]): string {
  const shown = (days: string): string => (due[days] === null || due[days] === undefined ? "—" : count(due[days]));
  return t("approvals.ahead", { week: shown("5"), month: shown("20"), months: number(months) });
}

interface BarProps {
  bucket: string;
  n: number;
  most: number;
  tone: string;
  due: [string, string] | undefined;
}

function Bar({ bucket, n, most, tone, due }: BarProps) {
  const chosen = query("bucket") === bucket;
  const label = `${t(`approvals.bucket.${bucket}`)} ${n}`;
  const press = (): void => setQuery(chosen ? { bucket: null, due: null }
    : { bucket, due: due ? due.join(",") : null, light: null });
  return (
    <button type="button" class={`age-bar tone-${n ? tone : "none"}`} aria-pressed={chosen}
      title={label} data-bucket={bucket} disabled={!n} onClick={press}>
      <b>{count(n)}</b>
      <i style={`height:${n ? Math.max(2, (n / most) * 100) : 0}%`} />
      <span>{t(`approvals.bucket.${bucket}`)}</span>
    </button>
  );
}

/** Where the open cases stand, and the steps that take longest. */
export function StepsChart({ backlog, slow }: { backlog: Backlog; slow: readonly SlowStep[] | null }) {
  const rest = Object.entries(backlog.steps).filter(([step]) => !STEPS.includes(step as (typeof STEPS)[number]));
  const others = rest.reduce((sum, [, n]) => sum + n, 0);
  const rows = [...STEPS.map((step) => [step, backlog.steps[step] ?? 0] as const), ["", others] as const];
  const most = Math.max(1, ...rows.map(([, n]) => n));
  return (
    <section class="panel case-steps" data-part="steps" tabIndex={0}>
      <header class="case-head"><h2>{t("approvals.steps")}</h2>
        <span class="quiet">{t("approvals.steps.note")}</span></header>
      <ul class="step-bars">
        {rows.filter(([step, n]) => step || n).map(([step, n]) => (
          <li key={step}>
            <span>{step ? stepName(step) : t("approvals.step.other")}</span>
            <i style={`width:${(n / most) * 60}%`} /><b>{count(n)}</b>
          </li>
        ))}
      </ul>
      <SlowSteps slow={slow} />
    </section>
  );
}

export const stepName = (step: string): string => (language() === "en" ? t(`approvals.step.${step}`) : step);

function SlowSteps({ slow }: { slow: readonly SlowStep[] | null }) {
  if (!slow?.length) return <p class="quiet case-note">{t("approvals.slow.none")}</p>;
  return (
    <table class="case-table">
      <thead><tr>
        <th>{t("approvals.slow")}</th><th>{t("approvals.median")}</th><th>P90</th><th>{t("approvals.overlimit")}</th>
      </tr></thead>
      <tbody>
        {slow.slice(0, 5).map((step) => (
          <tr key={`${step.item}/${step.step}`}>
            <td class="cut">{step.item_name} {step.step}</td>
            <td>{number(step.median_days)}</td><td>{number(step.p90_days)}</td>
            <td class={step.over_limit ? "light-yellow" : ""}>{step.over_limit} / {step.n}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Finished cases of thirteen months, with the mark of the same month of the year before, and the share in time. */
export function MonthsChart({ months, before, present }: {
  months: readonly FigureRow[]; before: readonly FigureRow[]; present: string;
}) {
  const own = new Map(months.map((row) => [row.key, row]));
  const earlier = new Map(before.map((row) => [row.key, row]));
  const names = Array.from({ length: 13 }, (_, index) => addMonths(present, index - 12));
  const doneBefore = (month: string): number => earlier.get(addMonths(month, -12))?.done ?? 0;
  const most = Math.max(1, ...names.flatMap((month) => [own.get(month)?.done ?? 0, doneBefore(month)]));
  return (
    <section class="panel case-months" data-part="months">
      <header class="case-head"><h2>{t("approvals.months")}</h2>
        <span class="quiet"><i class="legend-before" /> {t("approvals.months.before")}</span></header>
      <div class="month-bars">
        {names.map((month) => {
          const row = own.get(month);
          const was = doneBefore(month);
          return (
            <div key={month} class={month === present ? "is-present" : ""} title={`${month} ${count(row?.done ?? 0)}`}>
              <span class="month-plot">
                <i style={`height:${((row?.done ?? 0) / most) * 100}%`}><b>{row ? count(row.done) : ""}</b></i>
                {was ? <u style={`bottom:${(was / most) * 100}%`} /> : null}
              </span>
              <span>{t("approvals.month", { m: Number(month.slice(5)) })}</span>
              <small>{row ? percent(row.in_time_share).replace("%", "") : "—"}</small>
            </div>
          );
        })}
      </div>
    </section>
  );
}

/** The month so far against as many working days of the month before (环比) and of the year before (同比). */
export function Comparison({ summary }: { summary: Summary | null }) {
  if (!summary) return <section class="panel case-compare"><p class="rows-empty">{t("approvals.waiting")}</p></section>;
  const { previous, year_before: year } = summary.compared;
  const rate = (of: { done: number; working_days: number | null }): number | null =>
    of.working_days ? of.done / of.working_days : null;
  const own = rate(summary);
  const today = day(parse(summary.as_of) ?? 0);
  const to = summary.to < today ? summary.to : today;
  const opposite = signs(summary, previous);
  return (
    <section class="panel case-compare" data-part="compare" tabIndex={0}>
      <header class="case-head">
        <h2>{t("approvals.compare", { from: shortDay(summary.from), to: shortDay(to) })}</h2></header>
      <table class="case-table is-numbers">
        <thead><tr><th /><th>{t("approvals.compare.own")}</th><th>{previous.from.slice(5)}–{previous.to.slice(5)}</th>
          <th>{t("approvals.compare.previous")}</th>
          <th title={`${year.from} – ${year.to}`}>{t("approvals.compare.base")}</th>
          <th>{t("approvals.compare.year")}</th></tr></thead>
        <tbody>
          <Line name="accepted" own={summary.accepted} was={previous.accepted} year={year.accepted} form={count}
            change={[previous.change.accepted, year.change.accepted]} />
          <Line name="done" own={summary.done} was={previous.done} year={year.done} form={count}
            change={[previous.change.done, year.change.done]} />
          <Line name="workdays" own={summary.working_days} was={previous.working_days} year={year.working_days}
            form={String} />
          <Line name="rate" own={own} was={rate(previous)} year={rate(year)} form={number} strong
            change={[ratio(own, rate(previous), previous), ratio(own, rate(year), year)]} />
          <Line name="share" own={summary.in_time_share} was={previous.in_time_share} year={year.in_time_share}
            form={percent} points />
          <Line name="mean" own={summary.mean_days} was={previous.mean_days} year={year.mean_days} form={number} />
        </tbody>
      </table>
      {opposite ? <p class="case-note light-yellow">{t("approvals.compare.opposite")}</p> : null}
    </section>
  );
}

/** No percentage of a base of fewer than 30 cases; the server gives none either. */
function ratio(own: number | null, was: number | null, base: Compared): number | null {
  return own === null || !was || base.change.done === null ? null : own / was - 1;
}

function signs(summary: Summary, base: Compared): boolean {
  const days = summary.working_days && base.working_days ? summary.working_days / base.working_days : null;
  const change = base.change.done;
  if (change === null || days === null) return false;
  return Math.sign(change) * Math.sign((1 + change) / days - 1) < 0;
}

interface LineProps {
  name: string;
  own: number | null;
  was: number | null;
  year: number | null;
  form: (value: number) => string;
  change?: [number | null, number | null];
  points?: boolean;
  strong?: boolean;
}

function Line({ name, own, was, year, form, change, points = false, strong = false }: LineProps) {
  const shown = (value: number | null): string => (value === null ? "—" : form(value));
  const difference = (base: number | null, share: number | null | undefined): string => {
    if (share !== undefined) return share === null ? t("approvals.few") : signed(share * 100, "%");
    if (own === null || base === null) return "—";
    return points ? t("approvals.points", { n: signed((own - base) * 100, "") }) : signed(own - base, "");
  };
  return (
    <tr class={strong ? "is-strong" : ""} data-line={name}>
      <th>{t(`approvals.line.${name}`)}</th><td>{shown(own)}</td>
      <td>{shown(was)}</td><td>{difference(was, change?.[0])}</td>
      <td>{shown(year)}</td><td>{difference(year, change?.[1])}</td>
    </tr>
  );
}

const signed = (value: number, unit: string): string =>
  `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(Math.round(value * 10) / 10)}${unit}`;
