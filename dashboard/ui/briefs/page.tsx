/** The briefs: what must go out by when, what is being written, and what went out. */
import { useState } from "preact/hooks";
import { query, setQuery } from "../core/address";
import { t } from "../core/i18n";
import { mayDo } from "../core/site";
import { parse, stamp } from "../core/time";
import { Countdown, reportName } from "../incidents/countdown";
import { openProof } from "../incidents/orders";
import { incidentsOf, unmetOf, useIncidents } from "../incidents/records";
import type { BriefRecord, ObligationRecord } from "../records";
import { EmergencyTabs } from "../warnings/tabs";
import { draftDaily, openDraft } from "./orders";
import { briefKind, briefs, useBriefs } from "./records";

export default function BriefsPage() {
  useIncidents();
  const here = useBriefs();
  const all = briefs();
  const due = [...incidentsOf("open"), ...incidentsOf("ended")].flatMap(({ id }) => unmetOf(id));
  const drafts = all.filter((brief) => brief.in_hand);
  const out = all.filter((brief) => !drafts.includes(brief));
  return (
    <>
      <EmergencyTabs here="briefs" />
      {mayDo("command") ? (
        <div class="warnings-filters">
          <button type="button" class="chip primary" data-new="" onClick={() => openDraft()}>{t("briefs.new")}</button>
          <Daily drafts={drafts} />
        </div>
      ) : null}
      <section data-part="due">
        <h2>{t("briefs.due")} <b>{due.length}</b></h2>
        {due.length ? <ul class="brief-rows">{due.map((each) => <DueRow key={each.id} due={each} />)}</ul>
          : <p class="quiet">{t("briefs.due.none")}</p>}
      </section>
      <Briefs part="drafts" rows={drafts} here={here} />
      <Briefs part="out" rows={out} here={here} />
    </>
  );
}

/** Today's daily report of the whole floor by one press. */
function Daily({ drafts }: { drafts: readonly BriefRecord[] }) {
  const [refused, setRefused] = useState("");
  const press = async (): Promise<void> => setRefused(await draftDaily(drafts));
  return (
    <>
      <button type="button" class="chip" data-daily="" onClick={() => void press()}>{t("briefs.daily")}</button>
      {refused ? <span role="alert">{refused}</span> : null}
    </>
  );
}

/** A report that is due: its countdown, the way to its brief, and the proof. */
function DueRow({ due }: { due: ObligationRecord }) {
  return (
    <li class="brief-due">
      <span>{reportName(due)} <small>{due.incident}</small></span>
      <Countdown due={due} />
      {mayDo("command") ? (
        <span class="brief-acts">
          <button type="button" class="chip" onClick={() => openDraft(due.incident, due.step)}>
            {t("briefs.draft", { step: t(`incidents.step.${due.step}`) })}
          </button>
          <button type="button" class="chip" onClick={() => openProof(due)}>{t("incidents.proof")}</button>
        </span>
      ) : null}
    </li>
  );
}

function Briefs({ part, rows, here }: { part: string; rows: readonly BriefRecord[]; here: boolean }) {
  const chosen = query("brief");
  return (
    <section data-part={part}>
      <h2>{t(`briefs.${part}`)} <b>{rows.length}</b></h2>
      {rows.length ? (
        <ul class="brief-rows">
          {rows.map((brief) => (
            <li key={brief.id}>
              <button type="button" class="brief-row" aria-pressed={brief.id === chosen} data-id={brief.id}
                onClick={() => setQuery({ brief: brief.id }, { open: !chosen })}>
                <strong>{brief.title}</strong>
                <span class={`brief-state is-${brief.state}`}>{t(`briefs.state.${brief.state}`)}</span>
                <small>
                  {[brief.number, briefKind(brief), stamp(parse(brief.created_at) ?? 0).slice(0, 16)]
                    .filter(Boolean).join(" · ")}
                </small>
              </button>
            </li>
          ))}
        </ul>
      ) : <p class="quiet">{t(here ? "briefs.none" : "briefs.loading")}</p>}
    </section>
  );
}
