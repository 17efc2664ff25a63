/** What is to be done about an incident next, as the server says: the first open step is the main button. */
import { address, navigate } from "../core/address";
import { t } from "../core/i18n";
import { me, mayDo, mayOrder } from "../core/site";
import { startBrief } from "../briefs/orders";
import { Message, useAct } from "../forms/act";
import { confirmProposal } from "../plans/proposals";
import { proposalOf } from "../plans/records";
import type { IncidentDetail, NextStep } from "../records";
import { openEntry } from "../dutylog/form";
import { newTask } from "../tasks/orders";
import { reportName } from "./countdown";
import { openOrder, openProof, ordersFor } from "./orders";
import { obligationOf } from "./records";

/** The bar below the map: the steps with the next one as the main button, then every order that is possible. */
export function ActionBar({ incident }: { incident: IncidentDetail }) {
  if (!mayDo("command")) return null;
  return (
    <div class="incident-actions">
      <NextSteps incident={incident} />
      <Orders incident={incident} />
    </div>
  );
}

function Orders({ incident }: { incident: IncidentDetail }) {
  const main = incident.next_steps.filter((step) => step.current && step.action === "order").map(({ name }) => name);
  const orders = ordersFor(incident).filter((order) => !main.includes(order as NextStep["name"]));
  return (
    <div class="incident-orders" role="group" aria-label={t("incidents.orders")}>
      {incident.open ? (
        <button type="button" class="chip" data-order="task" onClick={() => newTask(incident.id)}>
          {t("tasks.new")}
        </button>
      ) : null}
      {orders.map((order) => (
        <button key={order} type="button" class="chip" data-order={order} onClick={() => openOrder(order, incident)}>
          {t(`incidents.order.${order}`)}
        </button>
      ))}
      <button type="button" class="chip" data-order="log" onClick={() => openEntry(incident.id)}>
        {t("log.new")} <kbd>l</kbd>
      </button>
    </div>
  );
}

function NextSteps({ incident }: { incident: IncidentDetail }) {
  const act = useAct();
  const steps = incident.next_steps;
  if (!steps.length) return null;
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
