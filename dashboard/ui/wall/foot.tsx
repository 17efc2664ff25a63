/** The foot of the wall: the load on the people, the warnings in force, the sources. */
import { useKpi } from "../alerts/load";
import { sources, warnings } from "../alerts/summary";
import { useRoom } from "../core/fit";
import { length, number, span } from "../core/format";
import { t } from "../core/i18n";
import { joined, sourceName, warningEvent, warningPlace, warningTitle } from "../core/names";
import { Icon } from "../core/shapes";
import { now, parse, shortTime } from "../core/time";
import type { AlertLoad, Kpi, LoadOuts, ResponseTimes, WarningRecord } from "../records";
import { HourBars } from "./hourbars";

/** The load hour by hour, and the figures that have a target: bright only when out of it. */
export function LoadStrip() {
  const kpi = useKpi();
  const load = kpi?.load;
  return (
    <>
      <h2>{load ? t("load.strip", { n: load.operators }) : t("load.none")}</h2>
      <div class="load">
        <div class="load-plot">{load ? <HourBars load={load} /> : null}</div>
        <div class="strip">
          {load ? <Figures load={load} kpi={kpi} /> : null}
        </div>
      </div>
    </>
  );
}

/** Rate, flood and times always; how many are stale or chattering only while it is out of target. */
function Figures({ load, kpi }: { load: AlertLoad; kpi: Kpi }) {
  const out = kpi.outs;
  const { flood, rate, stale, chattering } = load;
  const floodNote = flood.on
    ? t("load.flood.since", { at: shortTime(parse(flood.since)) })
    : t("load.flood.ten", { n: flood.in_ten_minutes });
  const p90 = (times: ResponseTimes | undefined): string => t("load.p90.short", { p90: length(times?.p90_s) });
  return (
    <>
      <Target name="rate" label={t("load.rate.short")} value={number(rate.per_operator)} out={out.rate}
        note={t("load.target", { n: rate.target })} />
      <Target name="flood" label={t("load.flood")} value={t(flood.on ? "load.flood.yes" : "load.flood.no")}
        out={out.flood} note={floodNote} />
      <Target name="mtta" label={t("load.mtta")} value={length(kpi.mtta?.median_s)} out={out.mtta}
        note={p90(kpi.mtta)} />
      <Target name="mttr" label={t("load.mttr")} value={length(kpi.mttr?.median_s)} out={out.mttr}
        note={p90(kpi.mttr)} />
      {out.stale ? (
        <Target name="stale" label={t("load.stale.short")} value={String(stale.count)} out={out.stale}
          note={t("load.stale.note", { limit: stale.limit })} />
      ) : null}
      {out.chattering ? (
        <Target name="chattering" label={t("load.chattering")} value={String(chattering.count)} out={out.chattering}
          note={t("load.target", { n: 0 })} />
      ) : null}
    </>
  );
}

type Out = LoadOuts["rate"];

interface TargetProps {
  name: string;
  label: string;
  value: preact.ComponentChildren;
  note: string;
  out?: Out;
}

/** A figure with its name and target; colour and shape only when it is out of it. */
function Target({ name, label, value, note, out = "" }: TargetProps) {
  return (
    <div class={`kpi${out ? ` is-out is-${out}` : ""}`} data-kpi={name}>
      <span class="kpi-name">{label}</span>
      <strong>
        {out ? <><Icon shape={out === "down" ? "diamond" : "triangle"} class={`is-${out}`} /> </> : null}{value}
      </strong>
      <small>{note}</small>
    </div>
  );
}

const CHIP = 2.2;

/** The warnings in force; exercises stamped and apart, tests only counted. */
export function WarningChips() {
  const [box, room] = useRoom<HTMLUListElement>();
  const { real, exercise, others } = warnings.value;
  const rows = [...real, ...exercise];
  const fits = Math.max(1, Math.floor(room / CHIP));
  const cut = Math.max(0, rows.length - fits);
  const notes = [cut ? t("board.more", { n: cut }) : "", others ? t("chips.hidden", { n: others }) : ""];
  return (
    <>
      <header class="feed-head">
        <h2>{t("chips.title", { n: real.length })}</h2>
        <span class="quiet">{joined(notes)}</span>
      </header>
      <ul class="chips" ref={box}>
        {rows.slice(0, fits).map((warning) => <Chip key={warning.id} warning={warning} />)}
        {rows.length ? null : <li class="quiet">{t("feed.nowarning")}</li>}
      </ul>
    </>
  );
}

function Chip({ warning }: { warning: WarningRecord }) {
  const until = parse(warning.expires);
  const exercise = warning.status === "Exercise";
  return (
    <li class={`warning-chip colour-${warning.colour || "none"}${exercise ? " is-exercise" : ""}`}
      title={warningTitle(warning)}>
      {exercise ? <b class="stamp">{t("warning.exercise")}</b> : null}
      <i class="chip-colour">{t(`colour.letter.${warning.colour || "none"}`)}</i>
      <span class="chip-what">{warningEvent(warning)} {warningPlace(warning)}</span>
      {until === null ? null : <small>{t("warning.until", { at: shortTime(until) })}</small>}
    </li>
  );
}

/** How many sources speak, which are silent, which is slowest. */
export function SourceSummary() {
  const at = now();
  const all = sources.value;
  const bad = all.filter((source) => source.state !== "ok");
  const speaking = all.filter((source) => source.state !== "silent" && parse(source.at) !== null);
  const [slowest] = speaking.sort((a, b) => (parse(a.at) ?? 0) - (parse(b.at) ?? 0));
  const [first] = bad;
  const since = first ? parse(first.silent_since ?? first.failing_since ?? first.at) : null;
  return (
    <>
      <h2>{t("sources.heading")}</h2>
      <div class="stats">
        <strong class="stat-big">{t("sources.fraction", { ok: all.length - bad.length, all: all.length })}</strong>
        {first ? (
          <div class="stat is-off">
            <span class="stat-name">{t(bad.length > 1 ? "sources.off.n" : "sources.off", { n: bad.length })}</span>
            <strong><i>{sourceName(first.id)} {since === null ? "" : span(at - since)}</i></strong>
          </div>
        ) : null}
        {slowest ? (
          <div class="stat">
            <span class="stat-name">{t("sources.slowest")}</span>
            <strong>{sourceName(slowest.id)} {span(at - (parse(slowest.at) ?? at))}</strong>
          </div>
        ) : null}
      </div>
    </>
  );
}
