/** Plans and proposals as views, and the orders about them. */
import { useEffect } from "preact/hooks";
import { send } from "../core/api";
import { ExtraView } from "../core/extraview";
import { pick } from "../core/i18n";
import { store } from "../core/picture";
import type { PlanRecord, ProposalRecord } from "../records";

const planView = new ExtraView("plans", { kind: "plan", face: "full" });
const proposalView = new ExtraView("proposals", { kind: "proposal", face: "full", filter: { mode: "*" } });

/** Asks for the plans while the panel is there. True once they are here. */
export function usePlans(): boolean {
  useEffect(() => store.need(planView), []);
  return planView.ready.value;
}

/** Asks for the proposals while the panel is there. */
export function useProposals(): void {
  useEffect(() => store.need(proposalView), []);
}

/** Every version that is not retired, by plan, the newest first. */
export const plans = (): PlanRecord[] =>
  [...planView.all().values()].sort((a, b) => (a.plan < b.plan ? -1 : a.plan > b.plan ? 1 : b.version - a.version));

/** The version of an id, while it is in use. */
export const planOf = (id: string): PlanRecord | undefined => planView.all().get(id);

/** The incidents that rules propose and nobody has answered, the oldest first. */
export const promotionsOpen = (): ProposalRecord[] =>
  [...proposalView.all().values()].filter(({ kind, state }) => kind === "incident" && state === "open")
    .sort((a, b) => (a.proposed_at < b.proposed_at ? -1 : 1));

/** The name of a plan, its id until the plans are here. */
export function planName(plan: string): string {
  const version = plans().find((each) => each.plan === plan);
  return version ? pick(version.name) : plan;
}

/** A proposal, while it is on the screens. */
export const proposalOf = (id: string): ProposalRecord | undefined => proposalView.all().get(id);

/** The proposals about an incident, those that wait first. */
export const proposalsOf = (incident: string): ProposalRecord[] =>
  [...proposalView.all().values()].filter((proposal) => proposal.incident === incident)
    .sort((a, b) => Number(b.state === "open") - Number(a.state === "open")
      || (a.proposed_at < b.proposed_at ? 1 : -1));

/** Gives an order about a version. */
export const orderPlan = (plan: PlanRecord, order: string, body: object = {}): Promise<PlanRecord> =>
  send<PlanRecord>("POST", `/api/v1/plans/${encodeURIComponent(plan.id)}/${order}`, { rev: plan.rev, ...body });

/** Answers a proposal from the revision that the person has seen. */
export const answerProposal = (proposal: ProposalRecord, answer: string, body: object): Promise<ProposalRecord> =>
  send<ProposalRecord>("POST", `/api/v1/proposals/${encodeURIComponent(proposal.id)}/${answer}`,
    { rev: proposal.rev, ...body });
