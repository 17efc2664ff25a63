/** Incidents that rules of the site propose: from which alert, warning or receipt, and the answer of who is on duty. */
import { navigate } from "../core/address";
import { Age } from "../core/age";
import { t, tOr } from "../core/i18n";
import { className } from "../core/names";
import { mayOrder, regionName } from "../core/site";
import { Message, useAct } from "../forms/act";
import { incidentPath } from "../incidents/address";
import type { ProposalRecord } from "../records";
import { declineProposal } from "./proposals";
import { answerProposal, promotionsOpen, useProposals } from "./records";

export function Promotions() {
  useProposals();
  const open = promotionsOpen();
  if (!open.length) return null;
  return (
    <section class="plan-promotions" aria-label={t("plans.promotions")}>
      <h3>{t("plans.promotions")} <b>{open.length}</b></h3>
      {open.map((proposal) => <Promotion key={proposal.id} proposal={proposal} />)}
    </section>
  );
}

function Promotion({ proposal }: { proposal: ProposalRecord }) {
  const act = useAct();
  const { title, about, event_class: slug, nature, grade } = proposal.effect;
  const confirm = async (): Promise<void> => {
    const answer = await act.run(() => answerProposal(proposal, "confirm", {}));
    if (answer?.incident) navigate(incidentPath(answer.incident));
  };
  const words = [
    className(slug), nature ? t(`incidents.nature.${nature}`) : "", grade ? t(`incidents.grade.${grade}`) : "",
    regionName(proposal.region),
  ];
  return (
    <article class="plan-proposal is-open" data-id={proposal.id}>
      <p><b>{title || t("plans.kind.incident")}</b> <Age since={proposal.proposed_at} form="ago" /></p>
      <p>{about}</p>
      <p class="quiet">{words.filter(Boolean).join(" · ")}</p>
      {proposal.reason ? <p class="is-bad">{tOr(`plans.reason.${proposal.reason}`, proposal.reason)}</p> : null}
      <p class="quiet mono">{proposal.cause}</p>
      {mayOrder(proposal.answers) ? (
        <div class="incident-orders">
          <button type="button" class="chip primary" data-confirm="" disabled={act.busy}
            onClick={() => void confirm()}>{t("plans.open-incident")}</button>
          <button type="button" class="chip" data-decline="" onClick={() => declineProposal(proposal)}>
            {t("plans.decline")}
          </button>
        </div>
      ) : null}
      <Message said={act.said} />
    </article>
  );
}
