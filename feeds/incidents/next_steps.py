"""What is to be done about an incident, step by step. Pure; pages only draw the steps.

Opening comes first. Once the incident is handled it wants a commander, a grade, an answer to the plan that is proposed,
a signature for its first task, and then its reports, the nearest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from feeds.incidents.phases import BY_DUTY

StepName = Literal["open", "post", "grade", "plan", "sign", "report"]
StepAction = Literal["order", "confirm", "tasks", "proof", "brief", "draft"]
_UNISSUED = ("draft", "review", "withdrawn")
Record = Mapping[str, Any]
"""A record in its public form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """A step and whether it is done. `current`: it is the first that is not.

    `roles` may take it, nobody may while there are none. `action` is how: `order` is the order of that name about the
    incident, `confirm` answers the proposal, `tasks` and `brief` are done on those pages, `proof` enters how the report
    was received, `draft` begins the brief that reports. `proposal`, `obligation` and `brief` are the ids of what it is
    about, "" for none.
    """

    name: StepName
    done: bool
    current: bool
    roles: tuple[str, ...]
    action: StepAction
    proposal: str
    obligation: str
    brief: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentContext:
    """The records of one incident, in their public form: tasks, obligations, proposals and briefs."""

    tasks: tuple[Record, ...] = ()
    obligations: tuple[Record, ...] = ()
    proposals: tuple[Record, ...] = ()
    briefs: tuple[Record, ...] = ()


def next_steps(incident: Record, around: IncidentContext) -> list[NextStep]:
    """The steps of an incident in their order. There are none once it is not open any more."""
    if not incident["open"]:
        return []
    active = incident["phase"] == "active"
    commanded = any(held["post"] == "commander" for held in incident["posts"])
    steps = [
        _ordered(incident, "open", active),
        _ordered(incident, "post", commanded),
        _ordered(incident, "grade", incident["grade"] != ""),
        *_plan(around.proposals),
        *_signature(around.tasks),
        *_report(around),
    ]
    return _marked(steps if active else steps[:1])


def _marked(steps: list[NextStep]) -> list[NextStep]:
    """The steps, of which the first that is not done is the current one."""
    first = next((index for index, step in enumerate(steps) if not step.done), -1)
    return [replace(step, current=index == first) for index, step in enumerate(steps)]


def _step(
    name: StepName,
    done: bool,
    roles: Iterable[str],
    action: StepAction = "order",
    *,
    proposal: str = "",
    obligation: str = "",
    brief: str = "",
) -> NextStep:
    return NextStep(
        name=name,
        done=done,
        current=False,
        roles=tuple(roles),
        action=action,
        proposal=proposal,
        obligation=obligation,
        brief=brief,
    )


def _ordered(incident: Record, name: StepName, done: bool) -> NextStep:
    return _step(name, done, incident["orders"].get(name, ()))


def _plan(proposals: Iterable[Record]) -> list[NextStep]:
    """The answer to the newest proposal of a plan that is open; done once one was confirmed."""
    plans = [proposal for proposal in proposals if proposal["kind"] != "incident"]
    waiting = [proposal for proposal in plans if proposal["state"] == "open"]
    if waiting:
        proposal = max(waiting, key=lambda each: str(each["proposed_at"]))
        return [_step("plan", False, proposal["answers"], "confirm", proposal=proposal["id"])]
    confirmed = any(proposal["state"] == "confirmed" for proposal in plans)
    return [_step("plan", True, (), "confirm")] if confirmed else []


def _signature(tasks: tuple[Record, ...]) -> list[NextStep]:
    """A unit signs for a task; done as soon as one was signed for. What was never issued, or withdrawn, wants none."""
    issued = [task for task in tasks if task["state"] not in _UNISSUED]
    if not issued:
        return []
    return [_step("sign", not all(task["awaits_signature"] for task in issued), BY_DUTY, "tasks")]


def _report(around: IncidentContext) -> list[NextStep]:
    """The report that is due next: by phone a proof is entered, otherwise a brief is written and sent."""
    unmet = [due for due in around.obligations if due["unmet"]]
    if not unmet:
        return []
    due = min(unmet, key=lambda each: str(each["due_at"] or ""))
    if due["channel"] == "phone":
        return [_step("report", False, BY_DUTY, "proof", obligation=due["id"])]
    begun = [brief for brief in around.briefs if brief["step"] == due["step"] and brief["in_hand"]]
    if not begun:
        return [_step("report", False, BY_DUTY, "draft", obligation=due["id"])]
    brief = max(begun, key=lambda each: str(each["created_at"]))
    return [_step("report", False, BY_DUTY, "brief", obligation=due["id"], brief=brief["id"])]
