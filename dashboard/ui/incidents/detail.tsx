/** One incident: what and where, grade and response, reports due, figures, posts, orders, and its life. */
import { query, setQuery } from "../core/address";
import { Age } from "../core/age";
import { duration } from "../core/format";
import { t, tOr } from "../core/i18n";
import { className } from "../core/names";
import { mayDo, regionName } from "../core/site";
import { parse, stamp } from "../core/time";
import { useDetail } from "../core/usedetail";
import type { IncidentDetail, IncidentRecord, ObligationRecord } from "../records";
import { briefs, useBriefs } from "../briefs/records";
import { proposalsOf, useProposals } from "../plans/records";
import { tasksOfIncident, useTasks } from "../tasks/records";
import { Countdown, reportName } from "./countdown";
import { openOrder, openProof, ordersFor } from "./orders";
import { Proposals } from "../plans/proposals";
import { GradeMark } from "./grademark";
import { Briefs } from "./brieflist";
import { Marks } from "./marklist";
import { Messages } from "./messages";
import { NextSteps } from "./next";
import { Reach } from "./reach";
import { Tasks } from "./tasklist";
import { reportsOf, rowOf, useIncidents } from "./records";

export default function IncidentDetailPanel() {
  useIncidents();
  const id = query("incident");
  return id ? <Detail key={id} id={id} /> : <p class="rows-empty">{t("incidents.choose")}</p>;
}

/** The revisions of everything on which the next steps of an incident depend. */
function useVersions(id: string): string {
  useTasks();
  useBriefs();
  useProposals();
  const briefsOf = briefs().filter(({ incident }) => incident === id);
  const around = [...tasksOfIncident(id), ...briefsOf, ...proposalsOf(id), ...reportsOf(id)];
  return [rowOf(id), ...around].map((record) => `${record?.id} ${record?.rev}`).join();
}

function Detail({ id }: { id: string }) {
  const path = `/api/v1/incidents/${encodeURIComponent(id)}`;
  const { detail: whole, missing } = useDetail<IncidentDetail>(path, [useVersions(id)]);
  return (
    <article class="warning-detail incident-detail" data-id={id}>
      <button type="button" class="chip warning-close" onClick={() => setQuery({ incident: null })}>
        {t("warnings.close")}
      </button>
      {whole ? <Whole incident={whole} />
        : <p class="rows-empty">{t(missing ? "incidents.missing" : "incidents.loading")}</p>}
    </article>
  );
}

function Whole({ incident }: { incident: IncidentDetail }) {
  return (
    <>
      <Head incident={incident} />
      <NextSteps incident={incident} />
      <Orders incident={incident} />
      <Proposal incident={incident} />
      <Proposals incident={incident.id} />
      {incident.outside ? <p class="is-bad" data-outside="">{t("incidents.outside")}</p> : null}
      {incident.text ? <p class="warning-text">{incident.text}</p> : null}
      <Reports id={incident.id} />
      <Briefs incident={incident.id} />
      <Tasks incident={incident} />
      <Messages incident={incident} />
      <Figures incident={incident} />
      <Marks incident={incident} />
      <Reach incident={incident} />
      <Facts incident={incident} />
      <Life steps={incident.timeline} />
    </>
  );
}

function Head({ incident }: { incident: IncidentRecord }) {
  return (
    <header class="incident-head">
      <GradeMark incident={incident} />
      <div>
        <p>
          {incident.mode === "real" ? null : <b class="stamp is-exercise">{t("warning.exercise")}</b>}
          <b>{t(`incidents.phase.${incident.phase}`)}</b> <Age since={incident.phase_at} />
          {incident.response
            ? <b class={`grade-${incident.response}`}> {t("incidents.response", { level: incident.response })}</b>
            : <span class="quiet"> {t("incidents.no-response")}</span>}
        </p>
        <h2>{incident.title}</h2>
        <p class="quiet mono">{incident.id}</p>
      </div>
    </header>
  );
}

function Orders({ incident }: { incident: IncidentRecord }) {
  if (!mayDo("command")) return null;
  return (
    <div class="incident-orders" role="group" aria-label={t("incidents.orders")}>
      {ordersFor(incident).map((order) => (
        <button key={order} type="button" class="chip" data-order={order} onClick={() => openOrder(order, incident)}>
          {t(`incidents.order.${order}`)}
        </button>
      ))}
    </div>
  );
}

/** The grade that the figures give and nobody has given yet. */
function Proposal({ incident }: { incident: IncidentRecord }) {
  const proposal = incident.grade_proposal;
  if (!proposal) return null;
  const dead = proposal.if_missing_dead;
  return (
    <p class="incident-proposal is-hatched">
      {t("incidents.proposed", { grade: t(`incidents.grade.${proposal.grade}`) })}
      {proposal.criterion ? ` (${proposal.criterion})` : ""}
      {dead ? ` ${t("incidents.if-dead", { grade: t(`incidents.grade.${dead}`) })}` : ""}
      <small class="quiet"> {proposal.source}</small>
    </p>
  );
}

function Reports({ id }: { id: string }) {
  const reports = reportsOf(id);
  return (
    <section>
      <p class="incident-tasks">
        <a href={`/tasks?incident=${encodeURIComponent(id)}`} data-inside="">{t("nav.tasks")}</a>
      </p>
      <h3>{t("incidents.reports")}</h3>
      {reports.length ? (
        <ul class="incident-reports">{reports.map((due) => <Report key={due.id} due={due} />)}</ul>
      ) : <p class="quiet">{t("incidents.reports.none")}</p>}
    </section>
  );
}

function Report({ due }: { due: ObligationRecord }) {
  const at = parse(due.due_at);
  return (
    <li class={`is-${due.state}${due.late ? " was-late" : ""}`} data-id={due.id}>
      <span>{reportName(due)}<small class="quiet"> {at === null ? t("incidents.at-once") : stamp(at)}</small></span>
      {due.unmet ? <Countdown due={due} /> : <b>{t(`incidents.report.${due.state}`)}</b>}
      {due.late && due.state === "met"
        ? <b class="is-bad">{t("incidents.was-late", { span: duration(due.late_seconds * 1000) })}</b> : null}
      {due.because_regraded ? <small>{t("incidents.because-regraded")}</small> : null}
      {due.proof ? <small class="quiet">{proofWords(due)}</small> : null}
      {due.unmet && mayDo("command")
        ? (
          <button type="button" class="chip" data-proof="" onClick={() => openProof(due)}>
            {t("incidents.proof")}
          </button>
        ) : null}
    </li>
  );
}

function proofWords(due: ObligationRecord): string {
  const proof = due.proof!;
  const parts = [stamp(parse(proof.at) ?? 0), proof.recipient, proof.number];
  return [...parts, proof.retroactive ? t("incidents.retroactive") : ""].filter(Boolean).join(" · ");
}

function Figures({ incident }: { incident: IncidentRecord }) {
  const figures = Object.entries(incident.figures);
  if (!figures.length) return null;
  return (
    <section>
      <h3>{t("incidents.figures")}</h3>
      <ul class="incident-figures">
        {figures.map(([what, figure]) => (
          <li key={what} data-figure={what}>
            <b>{figure.value.toLocaleString("en-US")}</b> {t(`incidents.figure.${what}`)}
            <small class="quiet"> {figure.source}{figure.official ? ` ${t("incidents.official")}` : ""}</small>
            {figure.others.map((other) => (
              <small key={other.source} class="is-bad"> {other.source}：{other.value.toLocaleString("en-US")}</small>
            ))}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Facts({ incident }: { incident: IncidentRecord }) {
  const when = (value: string | null): string => (parse(value) === null ? "" : stamp(parse(value)!));
  const rows: [string, string][] = [
    ["class", className(incident.event_class)],
    ["place", [incident.place, regionName(incident.region)].filter(Boolean).join(" · ")],
    ["received", when(incident.received_at)],
    ["occurred", when(incident.occurred_at) || t("incidents.unknown")],
    ["posts", incident.posts.map((held) => `${t(`incidents.post.${held.post}`)} ${held.holder}`).join("；")],
    ["receipts", incident.receipts.join("；")],
    ["merged", incident.merged.join("；")],
    ["merged_into", incident.merged_into],
    ["transferred_to", incident.transferred_to],
    ["reason", incident.phase_reason],
    ["watched", when(incident.watched_until)],
    ["cause", incident.cause],
    ["lessons", incident.lessons],
  ];
  return (
    <dl class="facts">
      {rows.map(([name, value]) => value ? (
        <div key={name} data-fact={name}><dt>{t(`incidents.fact.${name}`)}</dt><dd>{value}</dd></div>
      ) : null)}
    </dl>
  );
}

function Life({ steps }: { steps: IncidentDetail["timeline"] }) {
  return (
    <section>
      <h3>{t("incidents.life")}</h3>
      <ol class="warning-life">
        {[...steps].reverse().map((step) => (
          <li key={step.seq}>
            <time>{stamp(parse(step.at) ?? 0)}</time>{" "}
            {tOr(`incidents.entry.${step.name}`, t(`incidents.order.${step.name}`))}
            <small>{[step.actor, step.reason].filter(Boolean).join("：")}</small>
          </li>
        ))}
      </ol>
    </section>
  );
}
