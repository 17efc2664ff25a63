/** One case: its light, steps, calendar clock, and everything on record, without personal values. */
import { useEffect, useState } from "preact/hooks";
import { path } from "../core/address";
import { ProblemError, send } from "../core/api";
import { t } from "../core/i18n";
import { joined } from "../core/names";
import { Icon } from "../core/shapes";
import { mayAct, mayDo, regionName } from "../core/site";
import { now, parse } from "../core/time";
import { Row } from "./cases";
import { stepName } from "./charts";
import { Account, Calendar, eventTime } from "./clock";
import { STEPS } from "./counts";
import { useAnswer } from "./data";
import type { CaseDetail, StepVisit } from "./detail";
import { fieldText } from "./form";
import { Side } from "./side";
import { kindOf, leftText, Light, lightOf } from "./words";

const keyOf = (address: string): string => /^\/approvals\/cases\/(\d+)$/.exec(address)?.[1] ?? "";

export default function CasePage() {
  const key = keyOf(path());
  const { value: detail, failed } = useAnswer<CaseDetail>(key ? `/api/v1/approvals/cases/${key}` : null);
  if (failed && !detail) return <p class="rows-empty" role="alert">{failed.message}</p>;
  if (!detail || String(detail.key) !== key) return <p class="rows-empty">{t("approvals.waiting")}</p>;
  return (
    <>
      <Head detail={detail} />
      <Steps steps={detail.steps} step={detail.step} closed={detail.state === "closed"} />
      {detail.clock ? <Calendar clock={detail.clock} />
        : <section class="panel clock-calendar"><p class="rows-empty">{t("approvals.nolimit")}</p></section>}
      {detail.clock ? <Account detail={detail} clock={detail.clock} /> : <section class="panel clock-account" />}
      <Side detail={detail} />
      {detail.parts.length ? (
        <section class="panel case-parts">
          <header class="case-head"><h2>{t("approvals.parts")}</h2></header>
          <ul class="case-rows">{detail.parts.map((part) => <Row key={part.key} row={part} card={undefined} />)}</ul>
        </section>
      ) : null}
    </>
  );
}

function Head({ detail }: { detail: CaseDetail }) {
  const clock = detail.clock;
  return (
    <header class="panel case-title">
      <span class="case-light"><Light light={lightOf(detail)} /></span>
      <div class="case-name">
        <span class="quiet">{detail.department_name} · {regionName(detail.region)} · {detail.number}</span>
        <h1>{detail.item_name || detail.item}</h1>
      </div>
      <Fact label={t("approvals.column.left")}>{leftText(detail) || t(`approvals.state.${detail.state}`)}</Fact>
      <Fact label={t("approvals.column.due")}>{detail.due ? `${detail.due} 24:00` : "—"}</Fact>
      <Fact label={t("approvals.turns")}>{clock?.yellow_at ? eventTime(clock.yellow_at) : "—"}</Fact>
      <Fact label={t("approvals.limit")}>
        {clock ? t("approvals.limit.of", { n: clock.n, more: clock.extended_by }) : "—"}
      </Fact>
      <Fact label={t("approvals.kind")}>{kindOf(detail.kind)}</Fact>
      <Fact label={t("approvals.applicant")}><Applicant detail={detail} /></Fact>
      <span class="case-doors">
        {mayDo("supervise") && mayAct(detail.region)
          ? <a class="chip" data-inside="" href={orderDraft(detail)}>{t("approvals.order.new")}</a> : null}
        <button type="button" class="chip" onClick={() => print()}>{t("approvals.print")}</button>
      </span>
    </header>
  );
}

function orderDraft({ id, department, region }: CaseDetail): string {
  return `/approvals/orders?${new URLSearchParams({ draft: id, department, region })}`;
}

function Fact({ label, children }: { label: string; children: preact.ComponentChildren }) {
  return <div class="case-fact"><span class="quiet">{label}</span><strong>{children}</strong></div>;
}

interface Unmasked {
  values: Record<string, string>;
  until: string;
}

/** The masked applicant; unmasked for five minutes with a reason, which the audit log has. */
function Applicant({ detail }: { detail: CaseDetail }) {
  const [asking, setAsking] = useState(false);
  const [shown, setShown] = useState<Unmasked | null>(null);
  const [failed, setFailed] = useState("");
  const over = shown !== null && (parse(shown.until) ?? 0) <= now();
  useEffect(() => {
    if (over) setShown(null);
  }, [over]);
  useEffect(() => setShown(null), [detail.key]);
  const ask = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const reason = fieldText(event, "reason");
    try {
      setShown(await send<Unmasked>("POST", `/api/v1/approvals/cases/${detail.key}/unmask`, { reason }));
      setAsking(false);
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      setFailed(error.message);
    }
  };
  if (shown) return <span class="unmasked" data-unmasked="">{Object.values(shown.values).join(" ")}</span>;
  if (asking) {
    return (
      <form class="unmask-form" onSubmit={(event) => void ask(event)}>
        <input name="reason" required minLength={2} maxLength={500} autoFocus
          placeholder={t("approvals.unmask.reason")} />
        <button class="primary">{t("approvals.unmask")}</button>
        {failed ? <small role="alert">{failed}</small> : null}
      </form>
    );
  }
  const may = mayDo("unmask") && (detail.applicant.name || detail.applicant.has_id || detail.applicant.has_phone);
  return (
    <>
      {detail.applicant.name || "—"}{" "}
      {may ? (
        <button type="button" class="chip" onClick={() => setAsking(true)}>{t("approvals.unmask.ask")}</button>
      ) : null}
    </>
  );
}

const PATH_SHAPES = { done: "check", present: "triangle", ahead: "ring" } as const;

function pathState(last: StepVisit | undefined, closed: boolean): keyof typeof PATH_SHAPES {
  if (!last) return "ahead";
  return last.ended || last.end_unknown || closed ? "done" : "present";
}

/** Why a step has no visit: the case stands in it, has passed it without a record, or has not come to it. */
function absentText(name: string, step: string, closed: boolean): string {
  if (name === step && !closed) return "approvals.here";
  const order: readonly string[] = STEPS;
  return closed || order.indexOf(name) < order.indexOf(step) ? "approvals.norecord" : "approvals.notyet";
}

/** The five steps with their last visit; steps under other names hang below. */
function Steps({ steps, step, closed }: { steps: readonly StepVisit[]; step: string; closed: boolean }) {
  const others = steps.filter((visit) => !visit.five);
  return (
    <section class="panel case-path" data-part="steps">
      <ol>
        {STEPS.map((name) => {
          const visits = steps.filter((visit) => visit.five === name);
          const last = visits.at(-1);
          const present = !closed && step === name;
          const state = present ? "present" : pathState(last, closed);
          return (
            <li key={name} class={`path-${state}`} aria-current={present ? "step" : undefined}>
              <span class="path-mark"><Icon shape={PATH_SHAPES[state]} /></span>
              <b>{stepName(name)}</b>
              {last ? <Visit visit={last} visits={visits.length} />
                : <small>{t(absentText(name, step, closed))}</small>}
            </li>
          );
        })}
      </ol>
      {others.length ? <p class="quiet case-note">{joined(others.map((visit) => visit.name))}</p> : null}
    </section>
  );
}

function Visit({ visit, visits }: { visit: StepVisit; visits: number }) {
  const open = visit.ended ? eventTime(visit.ended) : t("approvals.sofar");
  const end = visit.end_unknown ? t("approvals.endunknown") : open;
  return (
    <>
      {visit.limit === null ? null : <small>{t("approvals.steplimit", { n: visit.limit })}</small>}
      <small>{visit.owner}</small>
      <small>{visit.started ? eventTime(visit.started) : ""} – {end}</small>
      {visits > 1 ? <small>{t("approvals.visits", { n: visits })}</small> : null}
    </>
  );
}
