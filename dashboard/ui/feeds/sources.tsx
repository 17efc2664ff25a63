/** The page of sources: which speak, which are silent or fail and since when; and Watchfloor's own processes. */
import { computed } from "@preact/signals";
import { sources, type SourceState } from "../alerts/summary";
import { query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { count } from "../core/format";
import { t, tOr } from "../core/i18n";
import { errorText, joined, sourceName } from "../core/names";
import { store } from "../core/picture";
import { Icon, type ShapeName } from "../core/shapes";
import { regionName, site } from "../core/site";
import { Views } from "../core/views";
import { VirtualList } from "../core/virtual";
import { Table, type Column } from "../forms/table";
import type { SourceRecord } from "../records";

const ROW = 56;
const STATES: readonly SourceState[] = ["silent", "failing", "ok"];
const SHAPES: Readonly<Record<SourceState, ShapeName>> = { silent: "ring-dashed", failing: "triangle", ok: "dot" };
const HEALTHS: Readonly<Record<SourceState, string>> = { silent: "unknown", failing: "degraded", ok: "ok" };

/** The open alert about each source that has one, by the source's id. */
const alertIds = computed(() => {
  const about = [...store.all("alert").values()].filter((alert) => alert.active && alert.subject_kind === "source");
  return new Map(about.map((alert) => [alert.asset, alert.id]));
});
const roles = computed(() =>
  [...store.all("source").values()].filter((source) => source.is_role).sort((a, b) => (a.id < b.id ? -1 : 1)));

export default function SourcesPage() {
  return (
    <Views names={["data", "roles"]} prefix="sources">
      {(name) => (name === "data" ? <DataSources /> : <Roles />)}
    </Views>
  );
}

function matches(source: SourceRecord, text: string): boolean {
  const words = [source.id, sourceName(source.id), kindWords(source), regionName(source.region)];
  return !text || words.join(" ").toLowerCase().includes(text);
}

function DataSources() {
  const all = sources.value;
  const state = STATES.find((name) => name === query("state"));
  const text = (query("q") ?? "").trim().toLowerCase();
  const rows = all.filter((source) => (!state || source.state === state) && matches(source, text));
  const speaking = all.filter((source) => source.state === "ok").length;
  return (
    <>
      <header class="list-top">
        <h1>{t("sources.title", { ok: count(speaking), all: count(all.length) })}</h1>
      </header>
      <div class="source-filters">
        {STATES.map((name) => <StateButton key={name} name={name} all={all} chosen={state === name} />)}
        <input type="search" data-source-search="" aria-label={t("sources.search")} placeholder={t("sources.search")}
          value={query("q") ?? ""} onInput={(event) => setQuery({ q: event.currentTarget.value || null })} />
      </div>
      {rows.length ? (
        <VirtualList rows={rows} keyOf={(source) => source.id} height={ROW} label={t("sources.heading")}>
          {(source, style) => <SourceRow key={source.id} source={source} style={style} />}
        </VirtualList>
      ) : <p class="rows-empty">{t(all.length ? "sources.nomatch" : "sources.empty")}</p>}
    </>
  );
}

function StateButton({ name, all, chosen }: { name: SourceState; all: readonly SourceRecord[]; chosen: boolean }) {
  const n = all.filter((source) => source.state === name).length;
  return (
    <button type="button" class="chip" aria-pressed={chosen} data-state={name}
      onClick={() => setQuery({ state: chosen ? null : name })}>
      <StateIcon state={n ? name : "ok"} shape={SHAPES[name]} /> {t(`source.state.${name}`)} <b>{count(n)}</b>
    </button>
  );
}

/** Of a count that is zero only the shape is left: nothing bright where nothing is wrong. */
function StateIcon({ state, shape = SHAPES[state] }: { state: SourceState; shape?: ShapeName }) {
  return <Icon shape={shape} class={`is-${HEALTHS[state]}`} />;
}

/** The kind, unless the name says it, and the place. */
function kindWords(source: SourceRecord, name = ""): string {
  const place = source.region && source.region !== site.value.region ? regionName(source.region) : "";
  const kind = tOr(`source.kind.${source.kind}`, source.kind);
  return joined([kind === name ? "" : kind, place]);
}

/** How a source does and since when; for one that speaks how late it is. */
function SourceRow({ source, style }: { source: SourceRecord; style: string }) {
  const state = source.state;
  const alert = alertIds.value.get(source.id);
  const name = sourceName(source.id);
  return (
    <div role="listitem" style={style} data-id={source.id}>
      <div class={`source-row is-${HEALTHS[state]}`}>
        <StateIcon state={state} />
        <div class="source-name">
          {alert ? <a href={`/alerts?alert=${encodeURIComponent(alert)}`} data-inside="">{name}</a> : <b>{name}</b>}
          <small>{joined([kindWords(source, name), name === source.id ? "" : source.id])}</small>
        </div>
        <div class="source-state">
          <span class={state === "silent" ? "is-hatched" : ""}>
            {t(`source.state.${state}`)} <Age since={source.silent_since ?? source.failing_since} form="span" />
          </span>
          <small>{wrong(source)}</small>
        </div>
        <Moments source={source} />
      </div>
    </div>
  );
}

/** What is wrong with a source in words; how late it is where nothing is. */
function wrong(source: SourceRecord): string {
  const { failing, targets, dead_letters: dead } = source;
  return joined([
    errorText(source.error),
    failing ? t("sources.failing", { n: failing, all: targets }) : targets ? t("sources.ofall", { n: targets }) : "",
    dead ? t("sources.unreadable", { n: count(dead) }) : "",
    source.lag >= 1 ? t("sources.late", { n: source.lag.toFixed(1) }) : "",
  ]);
}

function Moments({ source }: { source: SourceRecord }) {
  const moments = [["last", source.at], ["valid", source.valid_at], ["new", source.new_at]] as const;
  return (
    <dl class="source-moments">
      {moments.map(([name, at]) => (
        <div key={name} class={`is-${name}`}>
          <dt>{t(`sources.${name}`)}</dt>
          <dd>{at ? <Age since={at} form="ago" /> : "—"}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Figures of a process (feeds/engine/vitals.py) with their units. */
const FIGURES = [
  ["rss_mb", "MB"], ["cpu_s", "s"], ["loop_lag_ms", "ms"], ["queue_lag_ms", "ms"], ["entries", ""], ["losses", ""],
  ["clock_steps", ""], ["standbys", ""],
] as const;

function Roles() {
  const state = (source: SourceRecord) => {
    const name = source.state;
    const since = source.silent_since ?? source.failing_since;
    return <><StateIcon state={name} /> {t(`source.state.${name}`)} <Age since={since} form="span" /></>;
  };
  const columns: Column<SourceRecord>[] = [
    { head: t("sources.role"), cell: (source) => <b>{sourceName(source.id)}</b> },
    { head: t("sources.state"), cell: state },
    { head: t("sources.last"), cell: (source) => <Age since={source.at} form="ago" /> },
    ...FIGURES.map(([figure, unit]): Column<SourceRecord> => ({
      head: t(`sources.${figure}`), class: "is-number", cell: ({ stats }) => figureText(stats?.[figure], unit),
    })),
    { head: t("sources.error"), class: "is-wrapped", cell: (source) => errorText(source.error) || "—" },
  ];
  return (
    <>
      <header class="list-top"><h1>{t("sources.roles")}</h1></header>
      <Table mark="roles" columns={columns} rows={roles.value} keyOf={(source) => source.id} />
    </>
  );
}

const figureText = (value: number | undefined, unit: string): string =>
  value === undefined ? "—" : `${count(Math.round(value))} ${unit}`.trim();
