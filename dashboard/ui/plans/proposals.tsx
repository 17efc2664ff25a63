/** The proposals about one incident: why, what a confirmation does in full, and the answer. */
import { Age } from "../core/age";
import { duration } from "../core/format";
import { t } from "../core/i18n";
import { mayOrder } from "../core/site";
import { parse } from "../core/time";
import { openForm } from "../forms/form";
import type { PlannedTaskRecord, ProposalRecord } from "../records";
import { personName } from "../shell/duty";
import { holderName, useUnits } from "../tasks/units";
import { answerProposal, planName, proposalsOf, usePlans, useProposals } from "./records";

export function Proposals({ incident }: { incident: string }) {
  useProposals();
  usePlans();
  useUnits();
  const proposals = proposalsOf(incident);
  if (!proposals.length) return null;
  return (
    <section class="plan-proposals">
      <header class="feed-head"><h2>{t("plans.proposals")}</h2></header>
      {proposals.map((proposal) => <Proposal key={proposal.id} proposal={proposal} />)}
    </section>
  );
}

function Proposal({ proposal }: { proposal: ProposalRecord }) {
  const open = proposal.state === "open";
  const at = parse(open ? proposal.proposed_at : proposal.answered_at);
  return (
    <article class={`plan-proposal is-${proposal.state}`} data-id={proposal.id}>
      <p>
        <b>{t(`plans.kind.${proposal.kind}`, { plan: planName(proposal.plan), level: proposal.level })}</b>{" "}
        <span>{t(`plans.state.${proposal.state}`)}</span> {at === null ? null : <Age since={at} form="ago" />}
        {proposal.unanswered ? <b class="is-bad"> {t("plans.unanswered")}</b> : null}
        <small class="quiet"> {[proposal.answered_by, proposal.reason].filter(Boolean).join("：")}</small>
      </p>
      {proposal.cause ? <p class="quiet mono">{proposal.cause}</p> : null}
      {open ? <Effect proposal={proposal} /> : null}
      {open && mayOrder(proposal.answers) ? <Answers proposal={proposal} /> : null}
    </article>
  );
}

function Effect({ proposal }: { proposal: ProposalRecord }) {
  const { tasks, left, vacant, checklist, resources, messages } = proposal.effect;
  const more: [string, string][] = [
    ["vacant", vacant.map((post) => t(`incidents.post.${post}`)).join("、")],
    ["checklist", checklist.join("；")],
    ["resources", resources.join("、")],
    ["messages", messages.map(({ template, groups }) => [template, ...groups].join(" ")).join("；")],
  ];
  return (
    <>
      <ul class="plan-tasks">
        {tasks.map((task) => <PlannedTask key={task.key} task={task} />)}
        {left.map(({ task, title, holder }) => (
          <li key={task}>{title}<small class="quiet"> {personName(holder)}</small></li>
        ))}
        {!tasks.length && !left.length ? <li class="quiet">{t("plans.no-tasks")}</li> : null}
      </ul>
      {more.map(([name, words]) => words ? <p key={name}><small>{t(`plans.${name}`)}：{words}</small></p> : null)}
    </>
  );
}

function PlannedTask({ task }: { task: PlannedTaskRecord }) {
  const who = [holderName(task), personName(task.holder)].filter(Boolean).join(" ");
  const span = duration(task.after * 1000);
  return (
    <li data-key={task.key}>
      <b>{task.title}</b> <span>{who}</span>{" "}
      <small>
        {task.depends.length
          ? t("plans.after-task", { task: task.depends.join("、"), span }) : t("plans.after", { span })}
      </small>
      {task.problem ? <b class="is-bad"> {t(`plans.problem.${task.problem}`)}</b> : null}
    </li>
  );
}

function Answers({ proposal }: { proposal: ProposalRecord }) {
  return (
    <div class="incident-orders">
      <button type="button" class="chip primary" data-confirm="" onClick={() => confirmProposal(proposal)}>
        {t("plans.confirm")}
      </button>
      <button type="button" class="chip" data-decline="" onClick={() => declineProposal(proposal)}>
        {t("plans.decline")}
      </button>
    </div>
  );
}

/** The second click confirms; where the level falls, each task that is left is decided first. */
/** Opens the confirmation, with a decision for each task that is left when a level falls. */
export function confirmProposal(proposal: ProposalRecord): void {
  const { left, tasks } = proposal.effect;
  openForm({
    title: t(`plans.kind.${proposal.kind}`, { plan: planName(proposal.plan), level: proposal.level }),
    parts: left.map(({ task, title }) => ({
      name: task, label: title, kind: "select",
      options: [["keep", t("plans.keep")], ["withdraw", t("plans.withdraw")]],
    })),
    initial: Object.fromEntries(left.map(({ task }) => [task, "keep"])),
    label: t("plans.confirm-tasks", { n: tasks.length }),
    save: (values) => answerProposal(proposal, "confirm", left.length ? { decisions: values } : {}),
  });
}

/** Opens the form of a no, which needs a reason. */
export function declineProposal(proposal: ProposalRecord): void {
  openForm({
    title: t("plans.decline"),
    parts: [{ name: "reason", label: t("incidents.field.reason"), kind: "lines", required: true, max: 4000 }],
    initial: { reason: "" },
    label: t("plans.decline"),
    save: (values) => answerProposal(proposal, "decline", values),
  });
}
