/** The warnings: in force by county and colour, and the list of all, real ones first, exercises and tests apart. */
import { computed } from "@preact/signals";
import { allWarnings, warnings } from "../alerts/summary";
import { query, setQuery } from "../core/address";
import { count } from "../core/format";
import { t, tOr } from "../core/i18n";
import { warningTitle } from "../core/names";
import { store } from "../core/picture";
import { counties, countyShort } from "../core/site";
import { parse, shortTime } from "../core/time";
import { VirtualList } from "../core/virtual";
import type { WarningRecord } from "../records";
import { COLOURS, colourOf, countByCounty, inOrder, matching, STATES } from "./order";
import { EmergencyTabs } from "./tabs";

const ROW = 54;
const SHOWS = ["real", "exercise", "test"] as const;
type Show = (typeof SHOWS)[number];

const showOf = (warning: WarningRecord): Show => {
  return warning.status === "Actual" ? "real" : warning.status === "Exercise" ? "exercise" : "test";
};
const lists = computed(() => {
  const by: Record<Show, WarningRecord[]> = { real: [], exercise: [], test: [] };
  for (const warning of inOrder(allWarnings.value)) by[showOf(warning)].push(warning);
  return by;
});
const counts = computed(() => countByCounty(warnings.value.real, counties.value.map((county) => county.adcode)));

export default function WarningsPage() {
  const show = SHOWS.find((name) => name === query("show")) ?? "real";
  const filter = { county: query("county"), colour: query("colour"), state: query("state") };
  const all = lists.value[show];
  const rows = matching(all, filter);
  return (
    <>
      <EmergencyTabs here="warnings" />
      <Matrix county={filter.county} colour={filter.colour} />
      <div class="warnings-filters">
        <div role="group" aria-label={t("warnings.which")}>
          {SHOWS.map((name) => (
            <button key={name} type="button" class={`chip show-${name}`} aria-pressed={name === show} data-show={name}
              onClick={() => setQuery({ show: name === "real" ? null : name })}>
              {t(`warnings.show.${name}`)} <b>{count(lists.value[name].length)}</b>
            </button>
          ))}
        </div>
        <div role="group" aria-label={t("warnings.states")}>
          {STATES.map((name) => (
            <button key={name} type="button" class="chip" aria-pressed={name === filter.state} data-state={name}
              onClick={() => setQuery({ state: name === filter.state ? null : name })}>
              {t(`warning.state.${name}`)} <b>{count(all.filter((warning) => warning.state === name).length)}</b>
            </button>
          ))}
        </div>
      </div>
      {show === "exercise" ? <p class="exercise-note"><b class="stamp">{t("warning.exercise")}</b>
        {t("warnings.exercise.note")}</p> : null}
      {rows.length ? (
        <VirtualList rows={rows} keyOf={(warning) => warning.id} height={ROW} shown={query("warning")}
          label={t("warnings.list")} class="warning-rows">
          {(warning, style) => <Row key={warning.id} warning={warning} style={style} />}
        </VirtualList>
      ) : <p class="rows-empty">{t(store.ready.value ? "warnings.none" : "warnings.waiting")}</p>}
    </>
  );
}

/** Warnings in force: a row for each colour, a column for each county. */
function Matrix({ county, colour }: { county: string | null; colour: string | null }) {
  const codes = ["", ...counties.value.map((each) => each.adcode)];
  const whole = counts.value.get("") ?? {};
  return (
    <div class="warning-matrix-box">
      <table class="warning-matrix">
        <caption>{t("warnings.matrix", { n: count(warnings.value.real.length) })}</caption>
        <thead>
          <tr>
            <th scope="col"><span class="sr-only">{t("warnings.colour")}</span></th>
            {codes.map((code) => (
              <th key={code} scope="col" aria-selected={code !== "" && code === county}>
                {code ? countyShort(code) : t("warnings.all")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {COLOURS.filter((name) => name !== "none" || whole.none).map((name) => (
            <tr key={name} class={`colour-${name}`}>
              <th scope="row"><i class="chip-colour">{t(`colour.letter.${name}`)}</i></th>
              {codes.map((code) => {
                const n = counts.value.get(code)?.[name] ?? 0;
                const chosen = name === colour && (code || null) === county;
                return <td key={code}>{n ? <Cell n={n} code={code} colour={name} chosen={chosen} /> : <i>·</i>}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ n, code, colour, chosen }: { n: number; code: string; colour: string; chosen: boolean }) {
  const place = code ? countyShort(code) : t("warnings.all");
  return (
    <button type="button" aria-pressed={chosen} data-county={code} data-colour={colour}
      aria-label={t("warnings.cell", { place, colour: t(`colour.${colour}`), n })}
      onClick={() => setQuery(chosen ? { county: null, colour: null } : { county: code || null, colour })}>
      {count(n)}
    </button>
  );
}

function Row({ warning, style }: { warning: WarningRecord; style: string }) {
  const chosen = query("warning") === warning.id;
  const classes = `warning-row colour-${colourOf(warning)} state-${warning.state}${chosen ? " is-chosen" : ""}`;
  return (
    <div role="listitem" style={style} data-id={warning.id}>
      <button type="button" class={classes} aria-pressed={chosen}
        onClick={() => setQuery({ warning: chosen ? null : warning.id }, { open: !query("warning") })}>
        <i class="chip-colour">{t(`colour.letter.${colourOf(warning)}`)}</i>
        <span class="warning-what">
          <Stamp status={warning.status} />{warningTitle(warning)}
          <small>{[warning.headline, warning.sender_name].filter(Boolean).join(" · ")}</small>
        </span>
        <span class="warning-when"><StateWord warning={warning} /><small>{times(warning)}</small></span>
      </button>
    </div>
  );
}

export function Stamp({ status }: { status: string }) {
  if (status === "Actual") return null;
  if (status === "Exercise") return <b class="stamp is-exercise">{t("warning.exercise")}</b>;
  return <b class="stamp is-test">{tOr(`warning.status.${status}`, status)}</b>;
}

/** The state in a word, and what is doubtful about the message. */
export function StateWord({ warning }: { warning: WarningRecord }) {
  const marks = [
    warning.signature === "invalid" ? t("warnings.signature.invalid") : "",
    warning.faulty ? t("warnings.faulty") : "",
  ].filter(Boolean);
  return (
    <b class={`warning-state is-${warning.state}`}>
      {marks.map((mark) => <i key={mark} class="warning-mark">{mark}</i>)}
      {warning.lapsed ? t("warnings.lapsed") : t(`warning.state.${warning.state}`)}
    </b>
  );
}

function times(warning: WarningRecord): string {
  const start = shortTime(parse(warning.onset) ?? parse(warning.sent));
  const end = shortTime(parse(warning.ended_at) ?? parse(warning.expires));
  return end ? `${start} → ${end}` : start;
}
