/** What is handed over: open and acknowledged alerts, broken promises, what is hidden and by whom, silent sources. */
import type { ComponentChildren } from "preact";
import { reasonName } from "../alerts/hidden";
import { matchText } from "../alerts/match";
import { Age } from "../core/age";
import { t } from "../core/i18n";
import { alertHolder, alertTitle, sourceName } from "../core/names";
import { store } from "../core/picture";
import { AlertIcon, Icon } from "../core/shapes";
import { parse, shortTime } from "../core/time";
import { personName } from "../shell/duty";
import { incidentPath } from "../incidents/address";
import { Countdown, reportName } from "../incidents/countdown";
import type { AlertRecord, ObligationRecord } from "../records";
import type { Handover, HiddenAlert, Hiding } from "./handoverbook";

/** Rows of a part; the rest is counted, with the way to the list. */
const MOST = 50;

export function HandoverParts({ handover }: { handover: Handover }) {
  const { open, acked, hidden, silences, maintenance, sources, incidents, obligations, receipts, log } = handover;
  const broken = new Set(handover.broken_promises);
  const listed = new Map([...open, ...acked].map((alert) => [alert.id, alert]));
  const late = [...broken].flatMap((id) => listed.get(id) ?? store.all("alert").get(id) ?? []);
  const alert = (record: AlertRecord) => <AlertRow key={record.id} alert={record} broken={broken.has(record.id)} />;
  return (
    <div class="handover-grid">
      <Part name="incidents" rows={incidents} row={(incident) => (
        <li key={incident.id}>
          <a href={incidentPath(incident.id)} data-inside="">{incident.title || incident.id}</a>
          <span class="quiet">{t(`incidents.phase.${incident.phase}`)}</span>
        </li>
      )} />
      <Part name="obligations" rows={obligations} row={(due) => <DueRow key={due.id} due={due} />} />
      <CommandParts handover={handover} />
      <Part name="receipts" rows={receipts} row={(receipt) => (
        <li key={receipt.id}>
          <a href="/receipts" data-inside="">{receipt.title || receipt.text}</a>
          <Age since={receipt.received_at} />
        </li>
      )} />
      <Part name="log" rows={log} row={(entry) => (
        <li key={entry.id}>
          <time>{shortTime(parse(entry.at))}</time>
          <span>{entry.text}</span>
          <span class="quiet">{personName(entry.author)}</span>
        </li>
      )} />
      <Part name="open" rows={open} row={alert} />
      <Part name="acked" rows={acked} row={alert} />
      <Part name="broken" rows={late} row={alert} />
      <Part name="hidden" rows={hidden} row={(item, at) => <HiddenRow key={at} item={item} />} />
      <Part name="hiders" rows={[...silences, ...maintenance]}
        row={(item) => <HidingRow key={item.id} item={item} />} />
      <Part name="sources" rows={sources} row={(source) => (
        <li key={source.id}>
          <Icon shape="ring-dashed" class="is-unknown" />
          <span>{sourceName(source.id)}</span>
          <span class="quiet"><Age since={source.silent_since ?? source.failing_since} form="span" /></span>
        </li>
      )} />
    </div>
  );
}

/** What waits for people: tasks, proposals, answers to messages, exercises that run, marks that are old. */
function CommandParts({ handover }: { handover: Handover }) {
  const { tasks, proposals, messages, exercises, marks } = handover;
  return (
    <>
      <Part name="tasks" rows={tasks} row={(task) => (
        <li key={task.id}>
          <a href={`/tasks?task=${encodeURIComponent(task.id)}`} data-inside="">{task.title}</a>
          <span class={task.unsigned || task.late ? "is-open" : "quiet"}>{t(`tasks.state.${task.state}`)}</span>
        </li>
      )} />
      <Part name="proposals" rows={proposals} row={(proposal) => (
        <li key={proposal.id}>
          <a href={proposal.incident ? incidentPath(proposal.incident) : "/incidents"} data-inside="">
            {[proposal.effect.title || proposal.plan, proposal.level].filter(Boolean).join(" ")}
          </a>
          <Age since={proposal.proposed_at} />
        </li>
      )} />
      <Part name="messages" rows={messages} row={(message) => (
        <li key={message.id}>
          <a href={`/messages?campaign=${encodeURIComponent(message.id)}`} data-inside="">{message.text}</a>
          <span class="quiet">{t("handover.answered", { n: message.answered, of: message.need })}</span>
        </li>
      )} />
      <Part name="exercises" rows={exercises} row={(exercise) => (
        <li key={exercise.id}><a href="/exercises" data-inside="">{exercise.title}</a></li>
      )} />
      <Part name="marks" rows={marks} row={(mark) => (
        <li key={mark.id}>
          <a href={incidentPath(mark.incident)} data-inside="">
            {[t(`marks.kind.${mark.kind}`), mark.text].filter(Boolean).join(" ")}
          </a>
          <Age since={mark.at} />
        </li>
      )} />
    </>
  );
}

/** A report that is due, with the way to its incident. */
function DueRow({ due }: { due: ObligationRecord }) {
  return (
    <li>
      <a href={incidentPath(due.incident)} data-inside="">{reportName(due)}</a>
      <span class="quiet">{due.incident}</span>
      <Countdown due={due} />
    </li>
  );
}

interface PartProps<T> {
  name: string;
  rows: readonly T[];
  row: (item: T, at: number) => ComponentChildren;
}

function Part<T>({ name, rows, row }: PartProps<T>) {
  const rest = rows.length - MOST;
  return (
    <section class="load-part" data-handover-part={name}>
      <h2>{t(`handover.part.${name}`)} <b>{rows.length}</b></h2>
      {rows.length ? <ul class="handover-list">{rows.slice(0, MOST).map(row)}</ul>
        : <p class="quiet">{t("handover.part.none")}</p>}
      {rest > 0 ? <p><a href="/alerts" data-inside="">{t("board.more", { n: rest })}</a></p> : null}
    </section>
  );
}

function AlertRow({ alert, broken }: { alert: AlertRecord; broken: boolean }) {
  const who = alertHolder(alert);
  return (
    <li class={`sev-${alert.severity}`}>
      <AlertIcon alert={alert} />
      <a href={`/alerts?alert=${encodeURIComponent(alert.id)}`} data-inside="">{alertTitle(alert)}</a>
      <Age since={alert.raised_at} />
      <span class={who.open || broken ? "is-open" : "quiet"}>
        {broken ? t("handover.broken", { who: who.text }) : who.text}
      </span>
      {alert.ack?.comment ? <small>{alert.ack.comment}</small> : null}
    </li>
  );
}

function Until({ at }: { at: string | null }) {
  const until = parse(at);
  return <span class="quiet">{until === null ? "" : t("hider.until", { at: shortTime(until) })}</span>;
}

function HiddenRow({ item }: { item: HiddenAlert }) {
  return (
    <li>
      <span>{store.all("asset").get(item.asset)?.name ?? item.asset}</span>
      <small>{[...new Set(item.reasons.map(reasonName))].join(" · ")}</small>
      <Until at={item.until} />
    </li>
  );
}

function HidingRow({ item }: { item: Hiding }) {
  return (
    <li>
      <span>{matchText(item.match ?? {})}</span>
      <small>{[item.by && personName(item.by), item.comment].filter(Boolean).join(" · ")}</small>
      <Until at={item.until} />
    </li>
  );
}
