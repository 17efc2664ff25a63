"""The next steps of an incident: which there are, which is the current one, who may take it and how."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.incidents.next_steps import IncidentContext, NextStep, next_steps
from feeds.kinds import INCIDENT
from feeds.model.incidents import Incident, PostHolder

AT = 1_795_000_000.0
COMMANDER = PostHolder(post="commander", holder="张", since=AT, by="li")


def incident(**fields: Any) -> dict[str, Any]:
    values: dict[str, Any] = {"id": "i", "region": "532301", "received_at": AT, "created_at": AT}
    return INCIDENT.view(Incident(**values | {"created_by": "li", "phase_at": AT} | fields))


def current(steps: list[NextStep]) -> NextStep:
    [step] = [step for step in steps if step.current]
    return step


def due(id: str, at: str | None, channel: str = "network", unmet: bool = True) -> dict[str, Any]:
    return {"id": id, "step": "first", "channel": channel, "due_at": at, "unmet": unmet}


GRADED = {"phase": "active", "posts": (COMMANDER,), "grade": "III"}


def test_a_report_that_was_received_has_to_be_opened_and_nothing_else_yet() -> None:
    [step] = next_steps(incident(), IncidentContext(tasks=({"state": "issued", "awaits_signature": True},)))
    assert (step.name, step.current, step.action, step.roles) == ("open", True, "order", ("duty", "leader"))


def test_what_is_not_open_any_more_has_no_steps() -> None:
    assert next_steps(incident(phase="ended"), IncidentContext()) == []


@pytest.mark.parametrize(("fields", "expected"), [({}, "post"), ({"posts": (COMMANDER,)}, "grade")])
def test_a_commander_comes_before_the_grade(fields: dict[str, Any], expected: str) -> None:
    assert current(next_steps(incident(phase="active", **fields), IncidentContext())).name == expected


def test_the_newest_open_proposal_of_a_plan_waits_for_the_roles_that_may_answer() -> None:
    plans = [
        {"id": "old", "kind": "start", "state": "open", "proposed_at": "2026-11-01", "answers": ["leader"]},
        {"id": "new", "kind": "start", "state": "open", "proposed_at": "2026-11-02", "answers": ["leader"]},
        {"id": "promotion", "kind": "incident", "state": "open", "proposed_at": "2026-11-03", "answers": ["duty"]},
    ]
    step = current(next_steps(incident(**GRADED), IncidentContext(proposals=tuple(plans))))
    assert (step.action, step.proposal, step.roles) == ("confirm", "new", ("leader",))
    plans[0]["state"] = plans[1]["state"] = "declined"
    assert [step.name for step in next_steps(incident(**GRADED), IncidentContext(proposals=tuple(plans)))][3:] == []


@pytest.mark.parametrize(("unsigned", "done"), [((True, True), False), ((True, False), True)])
def test_the_signature_step_is_done_once_one_task_is_signed_for(unsigned: tuple[bool, bool], done: bool) -> None:
    tasks = tuple({"state": "issued" if awaits else "signed", "awaits_signature": awaits} for awaits in unsigned)
    step = next_steps(incident(**GRADED), IncidentContext(tasks=tasks))[-1]
    assert (step.name, step.done, step.action) == ("sign", done, "tasks")


def test_a_task_that_was_only_drafted_or_was_withdrawn_is_not_signed_for() -> None:
    unissued = tuple({"state": state, "awaits_signature": False} for state in ("draft", "review", "withdrawn"))
    waiting = {"state": "issued", "awaits_signature": True}
    assert next_steps(incident(**GRADED), IncidentContext(tasks=unissued))[-1].name == "grade"
    step = next_steps(incident(**GRADED), IncidentContext(tasks=(*unissued, waiting)))[-1]
    assert (step.name, step.done) == ("sign", False)


def test_the_report_that_is_due_first_comes_next_and_at_once_is_before_every_time() -> None:
    rows = (due("met", "2026-11-01", unmet=False), due("later", "2026-11-03"), due("phone", None, "phone"))
    step = current(next_steps(incident(**GRADED), IncidentContext(obligations=rows)))
    assert (step.name, step.action, step.obligation) == ("report", "proof", "phone")


def test_a_report_in_writing_goes_on_with_the_brief_in_hand_and_else_begins_one() -> None:
    rows, brief = (due("d", "2026-11-01"),), {"id": "b", "step": "first", "in_hand": True, "created_at": "2026"}
    begun = IncidentContext(obligations=rows, briefs=(brief, brief | {"id": "done", "in_hand": False}))
    assert current(next_steps(incident(**GRADED), begun)).brief == "b"
    for briefs in ((), (brief | {"in_hand": False},), (brief | {"step": "final"},)):
        step = current(next_steps(incident(**GRADED), IncidentContext(obligations=rows, briefs=briefs)))
        assert (step.action, step.brief, step.obligation) == ("draft", "", "d")
