/** The reporting clock of an incident: the report that is due next on its line, the others, and the briefs. */
import { duration } from "../core/format";
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { store } from "../core/picture";
import { mayDo } from "../core/site";
import { now, parse, shortTime, stamp } from "../core/time";
import type { IncidentRecord, ObligationRecord } from "../records";
import { Countdown, reportName } from "./countdown";
import { sourceWords } from "./grade";
import { openProof } from "./orders";
import { dueAt, reportsOf, unmetOf } from "./records";

export function ReportingClock({ incident }: { incident: IncidentRecord }) {
  const [next] = unmetOf(incident.id);
  const others = reportsOf(incident.id).filter((due) => due.id !== next?.id)
    .sort((a, b) => Number(b.unmet) - Number(a.unmet));
  return (
    <section class="incident-clock-panel">
      <header class="feed-head">
        <h2>{t("incidents.reports")}</h2>
        {next ? <small>{sourceWords(next.source)}</small> : null}
      </header>
      {next ? <Next due={next} /> : (
        <p class="quiet">{t(others.length ? "wall.nothing.due" : "incidents.reports.none")}</p>
      )}
      <ul class="incident-reports">{others.map((due) => <Report key={due.id} due={due} />)}</ul>
    </section>
  );
}

function Next({ due }: { due: ObligationRecord }) {
  const at = parse(due.due_at);
  const left = dueAt(due) - now();
  const old = !store.ready.value;
  const state = old ? "" : left < 0 ? "is-late" : `is-${due.state}`;
  const words = old ? "--:--" : at === null ? t("incidents.at-once")
    : `${left < 0 ? "+" : ""}${duration(Math.abs(left))}`;
  return (
    <div class="incident-due" data-id={due.id}>
      <p>
        <span>{reportName(due)}{due.because_regraded ? <small> {t("incidents.because-regraded")}</small> : null}</span>
        <Proof due={due} />
      </p>
      <div class="incident-due-line">
        <strong class={state} role="timer">{words}</strong>
        <small>
          {at === null ? "" : t("incidents.due", { at: shortTime(at) })}
          {due.warn_at ? <span>{t("incidents.warned", { at: shortTime(parse(due.warn_at)) })}</span> : null}
        </small>
      </div>
      {at === null ? null : <Line due={due} at={at} />}
    </div>
  );
}

/** The term on a line: from its start to the due time, its yellow part, and the present moment. */
function Line({ due, at }: { due: ObligationRecord; at: number }) {
  const from = parse(due.starts_at) ?? at;
  const share = (moment: number): number =>
    Math.round(1000 * Math.min(1, Math.max(0, (moment - from) / Math.max(1, at - from)))) / 10;
  const yellow = share(parse(due.warn_at) ?? at);
  return (
    <div class="incident-term" aria-hidden="true">
      <i class="term-gone" style={`width:${share(now())}%`} />
      <i class="term-yellow" style={`left:${yellow}%`} />
      <i class="term-now" style={`left:${share(now())}%`} />
      <small>{shortTime(from)}</small><small>{shortTime(at)}</small>
    </div>
  );
}

function Proof({ due }: { due: ObligationRecord }) {
  if (!due.unmet || !mayDo("command")) return null;
  return (
    <button type="button" class="chip" data-proof="" onClick={() => openProof(due)}>{t("incidents.proof")}</button>
  );
}

function Report({ due }: { due: ObligationRecord }) {
  const at = parse(due.due_at);
  const term = at === null ? t("incidents.at-once") : t("incidents.due", { at: shortTime(at) });
  return (
    <li class={`is-${due.state}${due.late ? " was-late" : ""}`} data-id={due.id}>
      <span>
        {due.state === "met" ? "✓" : "○"} {reportName(due)}
        <small class="quiet" title={at === null ? "" : stamp(at)}>
          {due.proof ? proofWords(due) : joined([term, due.because_regraded && t("incidents.because-regraded")])}
        </small>
      </span>
      {due.unmet ? <Countdown due={due} /> : (
        <b>
          {t(`incidents.report.${due.state}`)}
          {due.late ? <small class="is-bad">{lateWords(due)}</small> : null}
        </b>
      )}
      <Proof due={due} />
    </li>
  );
}

/** Lateness stays for ever. */
const lateWords = (due: ObligationRecord): string =>
  t("incidents.was-late", { span: duration(due.late_seconds * 1000) });

function proofWords(due: ObligationRecord): string {
  const proof = due.proof!;
  return joined([
    shortTime(parse(proof.at)), proof.recipient, proof.number, proof.retroactive && t("incidents.retroactive"),
  ]);
}
