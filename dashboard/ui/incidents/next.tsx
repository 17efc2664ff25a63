/** What is to be done about an incident next: its steps in order, the first open one as the main button. */
import { address, navigate } from "../core/address";
import { t } from "../core/i18n";
import { me, mayDo, mayOrder } from "../core/site";
import { startBrief } from "../briefs/orders";
import { briefs, inHand, useBriefs } from "../briefs/records";
import { Message, useAct } from "../forms/act";
import { confirmProposal } from "../plans/proposals";
import { proposalsOf, useProposals } from "../plans/records";
import type { IncidentRecord, ObligationRecord, ProposalRecord } from "../records";
import { awaitsSignature, tasksOfIncident, useTasks } from "../tasks/records";
import { reportName } from "./countdown";
import { openOrder, openProof } from "./orders";
import { unmetOf } from "./records";

/** One step: done, or what a press does; `waits` says for whom it waits where this person cannot do it. */
interface Step {
  name: string;
  done: boolean;
  words?: string;
  press?: () => unknown;
  waits?: string;
}

export function NextSteps({ incident }: { incident: IncidentRecord }) {
  useTasks();
  useBriefs();
  useProposals();
  const act = useAct();
  if (!incident.open || !mayDo("command")) return null;
  const steps = stepsOf(incident);
  const first = steps.find(({ done }) => !done);
  const press = (step: Step): void => {
    const result = step.press?.();
    if (result instanceof Promise) void act.run(() => result);
  };
  return (
    <section class="incident-next-steps" aria-label={t("incidents.next")}>
      <ol>
        {steps.map((step) => (
          <li key={step.name} data-step={step.name} class={step.done ? "is-done" : step === first ? "is-next" : ""}>
            {step.done || !step.press ? <span>{step.done ? "✓ " : ""}{t(`incidents.next.${step.name}`)}</span> : (
              <button type="button" class={step === first ? "primary" : "chip"} disabled={act.busy}
                onClick={() => press(step)}>
                {step.words ?? t(`incidents.next.${step.name}`)}
              </button>
            )}
          </li>
        ))}
      </ol>
      {first ? <p class="quiet">{first.waits ?? t(`incidents.next.${first.name}.hint`)}</p>
        : <p class="quiet">{t("incidents.next.all")}</p>}
      <Message said={act.said} />
    </section>
  );
}

function stepsOf(incident: IncidentRecord): Step[] {
  const order = (name: string) => (): void => openOrder(name, incident);
  const active = incident.phase === "active";
  const [due] = unmetOf(incident.id);
  const steps: Step[] = [
    { name: "open", done: active, press: order("open") },
    { name: "post", done: incident.posts.some(({ post }) => post === "commander"), press: order("post") },
    { name: "grade", done: incident.grade !== "", press: order("grade") },
    ...planSteps(proposalsOf(incident.id)),
    ...taskSteps(incident.id),
  ];
  if (due) steps.push(reportStep(incident, due));
  return active ? steps : steps.slice(0, 1);
}

function planSteps(proposals: readonly ProposalRecord[]): Step[] {
  const plans = proposals.filter(({ kind }) => kind !== "incident");
  const open = plans.find(({ state }) => state === "open");
  if (!open) return plans.some(({ state }) => state === "confirmed") ? [{ name: "plan", done: true }] : [];
  const may = mayOrder(open.answers);
  return [{
    name: "plan", done: false,
    ...(may ? { press: () => confirmProposal(open) }
      : { waits: t(me.value.demo ? "incidents.next.plan.demo" : "incidents.next.plan.waits") }),
  }];
}

function taskSteps(incident: string): Step[] {
  const tasks = tasksOfIncident(incident);
  const unsigned = tasks.filter(awaitsSignature).length;
  if (!tasks.length) return [];
  return [{
    name: "sign", done: unsigned < tasks.length,
    press: () => navigate(address("/tasks", { incident })),
  }];
}

function reportStep(incident: IncidentRecord, due: ObligationRecord): Step {
  const words = t("incidents.next.report.of", { report: reportName(due) });
  if (due.channel === "phone") return { name: "report", done: false, words, press: () => openProof(due) };
  const begun = briefs().find((brief) => brief.incident === incident.id && brief.step === due.step
    && inHand(brief));
  const press = begun ? () => navigate(address("/briefs", { brief: begun.id }))
    : () => startBrief(incident.id, due.step, incident.text);
  return { name: "report", done: false, words, press };
}

