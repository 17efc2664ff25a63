/** What is to be done about an incident next, as the server says: the first open step is the main button. */
import { address, navigate } from "../core/address";
import { t } from "../core/i18n";
import { me, mayDo, mayOrder } from "../core/site";
import { startBrief } from "../briefs/orders";
import { Message, useAct } from "../forms/act";
import { confirmProposal } from "../plans/proposals";
import { proposalOf } from "../plans/records";
import type { IncidentDetail, NextStep } from "../records";
import { reportName } from "./countdown";
import { openOrder, openProof } from "./orders";
import { obligationOf } from "./records";

export function NextSteps({ incident }: { incident: IncidentDetail }) {
  const act = useAct();
  const steps = incident.next_steps;
  if (!steps.length || !mayDo("command")) return null;
  const current = steps.find((step) => step.current);
  return (
    <section class="incident-next-steps" aria-label={t("incidents.next")}>
      <ol>
        {steps.map((step) => (
          <li key={step.name} data-step={step.name} class={step.done ? "is-done" : step.current ? "is-next" : ""}>
            {step.done || !mayTake(step) ? <span>{step.done ? "✓ " : ""}{t(`incidents.next.${step.name}`)}</span> : (
              <button type="button" class={step.current ? "primary" : "chip"} disabled={act.busy}
                onClick={() => void act.run(() => Promise.resolve(take(step, incident)))}>
                {words(step)}
              </button>
            )}
          </li>
        ))}
      </ol>
      <p class="quiet">{current ? hint(current) : t("incidents.next.all")}</p>
      <Message said={act.said} />
    </section>
  );
}

const mayTake = (step: NextStep): boolean => mayOrder(step.roles);

/** Why somebody else has to take a step, or how it is done. */
function hint(step: NextStep): string {
  if (step.action === "confirm" && !mayTake(step)) {
    return t(me.value.demo ? "incidents.next.plan.demo" : "incidents.next.plan.waits");
  }
  return t(`incidents.next.${step.name}.hint`);
}

function words(step: NextStep): string {
  const due = obligationOf(step.obligation);
  return due ? t("incidents.next.report.of", { report: reportName(due) }) : t(`incidents.next.${step.name}`);
}

/** Opens the form or the page on which a step is taken. */
function take(step: NextStep, incident: IncidentDetail): unknown {
  const due = obligationOf(step.obligation);
  switch (step.action) {
    case "order": return openOrder(step.name, incident);
    case "confirm": {
      const proposal = proposalOf(step.proposal);
      return proposal && confirmProposal(proposal);
    }
    case "tasks": return navigate(address("/tasks", { incident: incident.id }));
    case "brief": return navigate(address("/briefs", { brief: step.brief }));
    case "proof": return due && openProof(due);
    case "draft": return due && startBrief(incident.id, due.step, incident.text);
  }
}
