"""Issuing the tasks of a confirmed proposal, withdrawing those that its answer names, and the clocks that follow.

Called by the domain of proposals, in the transaction of its own steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.model import Outcome
from feeds.model.incidents import Incident
from feeds.model.plans import ActionProposal, PlannedTask
from feeds.model.tasks import Task
from incidents.plans.effects import draft_of, in_order, plan_key
from incidents.refusals import OrderRefused
from incidents.tasks.domain import TaskDomain

KEEP, WITHDRAW = "keep", "withdraw"


def issue_tasks(
    proposal: ActionProposal, incident: Incident, tasks: TaskDomain, now: float, *, by: str, command: str = ""
) -> tuple[str, ...]:
    """Issue the tasks of a proposal, all or none, and return their ids. Raises OrderRefused.

    A task that the incident has already under its key is not issued again. The clock of a task that depends on ended
    ones runs from now.
    """
    prefix = plan_key(proposal.plan, "")
    keys = [task.plan_key.removeprefix(prefix) for task in tasks.of(incident.id) if task.plan_key.startswith(prefix)]
    ordered = in_order(proposal.effect.tasks, keys)
    for planned in ordered:
        tasks.check(draft_of(planned, proposal.plan, incident, (), proposal.people, proposal.speed), now)
    issued = []
    for planned in ordered:
        if planned.key in keys:
            continue
        depends = _depends(planned, proposal.plan, incident, tasks)
        ids = tuple(task.id for task in depends)
        draft = draft_of(planned, proposal.plan, incident, ids, proposal.people, proposal.speed)
        task = tasks.issue(draft, now, by=by, command=command)
        issued.append(task.id)
        if depends and not any(other.open for other in depends):
            tasks.start_clock(task.id, now, now)
    return tuple(issued)


def _depends(planned: PlannedTask, plan: str, incident: Incident, tasks: TaskDomain) -> list[Task]:
    others = (tasks.by_key(incident.id, plan_key(plan, key)) for key in planned.depends)
    return [task for task in others if task is not None]


def withdraw_tasks(
    proposal: ActionProposal, decisions: Mapping[str, Any], tasks: TaskDomain, now: float, *, by: str, command: str = ""
) -> tuple[str, ...]:
    """Withdraw the tasks whose decision is to withdraw, and return their ids.

    Every task that is left must have a decision. Raises OrderRefused `undecided:TASK` or `unknown_decision`.
    """
    for left in proposal.effect.left:
        if left.task not in decisions:
            raise OrderRefused(f"undecided:{left.task}")
    left_ids = {left.task for left in proposal.effect.left}
    if not set(decisions) <= left_ids or not set(decisions.values()) <= {KEEP, WITHDRAW}:
        raise OrderRefused("unknown_decision", Outcome.INVALID)
    chosen = tuple(id for id, decision in decisions.items() if decision == WITHDRAW)
    for id in chosen:
        tasks.withdraw(id, now, by=by, reason=proposal.id, command=command)
    return chosen


class DependentClocks:
    """Starts the clock of a task when the last one that it depends on ends. A follower of `TaskDomain`."""

    def __init__(self, tasks: TaskDomain) -> None:
        self._tasks = tasks

    def __call__(self, before: Task | None, after: Task, now: float) -> None:
        """Take one change of a task."""
        if after.open or before is None or not before.open:
            return
        for task in self._tasks.of(after.incident):
            if after.id not in task.depends or not task.open or task.starts_at is not None:
                continue
            others = (self._tasks.tasks.get(id) for id in task.depends)
            if not any(other is not None and other.open for other in others):
                self._tasks.start_clock(task.id, now, now)
