/** The duty log of a day: what the site did and what people wrote, newest first; corrected words are struck through. */
import { useEffect, useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { get, ProblemError } from "../core/api";
import { addDays } from "../core/days";
import { pick, t } from "../core/i18n";
import { mayDo } from "../core/site";
import { clock, day, parse, serverNow, stamp } from "../core/time";
import { refusalWords } from "../forms/act";
import { incidentPath } from "../incidents/address";
import { incidentsOf, rowOf, useIncidents } from "../incidents/records";
import type { LogPage as Page, LogRow as Row } from "../records";
import { personName } from "../shell/duty";
import { openCorrection, openEntry, written } from "./form";

const AGAIN = 15_000;

export default function LogPage() {
  useIncidents();
  const date = query("day") ?? day(serverNow());
  const { page, failed, more } = useRows(date, query("kind") ?? "", query("of") ?? "");
  return (
    <>
      <Head date={date} kinds={page?.kinds ?? []} />
      {failed ? <p class="rows-empty">{failed}</p> : null}
      {page && !page.items.length ? <p class="rows-empty">{t("log.none")}</p> : null}
      {page || failed ? null : <p class="rows-empty">{t("log.loading")}</p>}
      <ol class="log-rows">{(page?.items ?? []).map((row) => <LogRow key={row.seq} row={row} />)}</ol>
      {page?.next ? <button type="button" class="chip" onClick={more}>{t("log.more")}</button> : null}
    </>
  );
}

function useRows(date: string, kind: string, incident: string) {
  const [page, setPage] = useState<Page | null>(null);
  const [failed, setFailed] = useState("");
  const address = `/api/v1/log?${new URLSearchParams({ day: date, kind, incident, mode: "*" }).toString()}`;
  useEffect(() => {
    const aborter = new AbortController();
    const ask = (): void => void get<Page>(address, aborter.signal).then(
      (answer) => (setPage(answer), setFailed("")),
      (error: unknown) => void (error instanceof ProblemError && !aborter.signal.aborted
        && setFailed(refusalWords(error))),
    );
    ask();
    const timer = setInterval(ask, AGAIN);
    return () => (clearInterval(timer), aborter.abort());
  }, [address, written.value]);
  const more = (): void => {
    if (!page?.next) return;
    void get<Page>(`${address}&cursor=${encodeURIComponent(page.next)}`).then(
      (older) => setPage({ ...older, items: [...page.items, ...older.items] }),
    );
  };
  return { page, failed, more };
}

function Head({ date, kinds }: { date: string; kinds: readonly string[] }) {
  const chosen = [...incidentsOf("open"), ...incidentsOf("ended"), ...incidentsOf("exercise")];
  return (
    <header class="page-head">
      <h1>{t("log.title")}</h1>
      <span class="log-day">
        <button type="button" class="chip" aria-label={t("log.day.before")}
          onClick={() => setQuery({ day: addDays(date, -1) })}>‹</button>
        <input type="date" aria-label={t("log.day")} value={date}
          onChange={(event) => setQuery({ day: event.currentTarget.value || null })} />
        <button type="button" class="chip" aria-label={t("log.day.after")}
          onClick={() => setQuery({ day: addDays(date, 1) })}>›</button>
      </span>
      <select aria-label={t("log.kind")} value={query("kind") ?? ""}
        onChange={(event) => setQuery({ kind: event.currentTarget.value || null })}>
        <option value="">{t("log.kind.any")}</option>
        {kinds.map((kind) => <option key={kind} value={kind}>{t(`log.kind.${kind}`)}</option>)}
      </select>
      <select aria-label={t("log.incident")} value={query("of") ?? ""}
        onChange={(event) => setQuery({ of: event.currentTarget.value || null })}>
        <option value="">{t("log.incident.any")}</option>
        {chosen.map(({ id, title }) => <option key={id} value={id}>{title}</option>)}
      </select>
      <span class="head-actions">
        {mayDo("command") ? (
          <button type="button" class="chip primary" data-new="" onClick={() => openEntry(query("of") ?? "")}>
            {t("log.new")} <kbd>l</kbd>
          </button>
        ) : null}
      </span>
    </header>
  );
}

function LogRow({ row }: { row: Row }) {
  const { at, claimed_at: claimed, corrected_by: correctedBy } = row;
  const notes = [
    claimed ? t("log.claimed", { at: stamp(parse(claimed) ?? 0) }) : "", row.retroactive ? t("log.retroactive") : "",
    row.corrects ? t("log.corrects", { id: row.corrects }) : "",
    correctedBy ? t("log.corrected-by", { id: correctedBy }) : "",
  ].filter(Boolean);
  return (
    <li class={correctedBy ? "is-struck" : ""} data-id={row.subject}>
      <time>{clock(parse(at) ?? 0)}</time>
      <b class="stamp">{t(`log.kind.${row.kind}`)}</b>
      <span>
        {row.mode === "real" ? null : <b class="stamp is-exercise">{t("log.exercise")}</b>}
        <span class="log-text">{pick(row.text)}</span>
        {notes.length ? <small class="quiet">{notes.join(" · ")}</small> : null}
      </span>
      <span class="log-about">
        {row.incident ? (
          <a href={incidentPath(row.incident)} data-inside="">{rowOf(row.incident)?.title ?? row.incident}</a>
        ) : null}
      </span>
      <span class="log-who">{personName(row.actor)}</span>
      <small class={row.intact ? "quiet mono" : "is-bad"} title={row.hash}>
        {row.intact ? "" : `${t("log.broken")} `}{t("log.entry", { chain: row.chain, number: row.number })}
      </small>
      {row.record === "log" && !correctedBy && mayDo("command") ? (
        <button type="button" class="chip" data-correct=""
          onClick={() => openCorrection(row.subject, pick(row.text))}>{t("log.correct")}</button>
      ) : null}
    </li>
  );
}
