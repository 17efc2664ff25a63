"""Workflows: what leads where, who may do it, and the limits that begin with it."""

from __future__ import annotations

from typing import Any

import pytest

from approvals.cards.workflows import CARD, ORDER, limits_of
from feeds.tasks.workflow import TaskActionRefused, TaskLife, Workflow, act, begin, overdue
from tests.feeds.workdays.books import NATION, at

LIMITS = limits_of(NATION)


def walk(workflow: Workflow, *actions: tuple[str, str, str], **more: Any) -> TaskLife:
    """A task after actions: who, what, when. Each has a reason."""
    life = begin(workflow, "li", at("2026-09-01T09:00"))
    for by, action, moment in actions:
        life = act(workflow, life, action, by=by, at=at(moment), limits=LIMITS, reason="因为", **more)
    return life


ISSUED = (("li", "submit", "2026-09-30T09:00"), ("wang", "approve", "2026-09-30T10:00"))


def test_row_46_an_appeal_is_made_within_five_working_days() -> None:
    life = walk(CARD, ("rule:x", "raise", "2026-09-29T10:00"))
    assert (life.state, life.limit, life.limit_at) == ("raised", "appeal", at("2026-10-13T00:00"))


def test_row_47_an_order_is_signed_within_one_day_and_answered_within_five() -> None:
    assert walk(ORDER, *ISSUED).limit_at == at("2026-10-09T00:00")
    signed = walk(ORDER, *ISSUED, ("zhang", "sign", "2026-10-08T15:00"))
    assert (signed.limit, signed.limit_at) == ("feedback", at("2026-10-15T00:00"))


def test_a_red_order_is_answered_within_three_days() -> None:
    life = walk(ORDER, *ISSUED)
    signed = act(ORDER, life, "sign", by="zhang", at=at("2026-10-08T15:00"), limits=limits_of(NATION, red=True))
    assert signed.limit_at == at("2026-10-13T00:00")


def test_an_extension_is_added_to_the_limit_once_and_is_five_days_at_most() -> None:
    life = walk(ORDER, *ISSUED, ("zhang", "sign", "2026-10-08T15:00"))
    for days in (0, 6):
        with pytest.raises(TaskActionRefused, match="days"):
            act(ORDER, life, "extend", by="li", at=at("2026-10-09T09:00"), limits=LIMITS, reason="同意", days=days)
    longer = act(ORDER, life, "extend", by="li", at=at("2026-10-09T09:00"), limits=LIMITS, reason="同意", days=2)
    assert longer.limit_at == at("2026-10-17T00:00")
    with pytest.raises(TaskActionRefused, match="too_often"):
        act(ORDER, longer, "extend", by="li", at=at("2026-10-10T09:00"), limits=LIMITS, reason="再", days=1)


def test_another_person_reviews() -> None:
    with pytest.raises(TaskActionRefused, match="same_person"):
        walk(ORDER, ("li", "submit", "2026-09-30T09:00"), ("li", "approve", "2026-09-30T10:00"))
    back = walk(ORDER, ("li", "submit", "2026-09-30T09:00"), ("wang", "return", "2026-09-30T10:00"))
    assert back.state == "draft"


def test_an_answer_is_sent_back_once() -> None:
    answered = (*ISSUED, ("zhang", "sign", "2026-10-08T15:00"), ("zhang", "feedback", "2026-10-09T15:00"))
    again = (("li", "reject", "2026-10-10T09:00"), ("zhang", "feedback", "2026-10-12T09:00"))
    life = walk(ORDER, *answered, *again)
    assert life.state == "answered"
    assert walk(ORDER, *answered, again[0]).limit_at == at("2026-10-15T00:00")
    with pytest.raises(TaskActionRefused, match="too_often"):
        act(ORDER, life, "reject", by="li", at=at("2026-10-12T10:00"), limits=LIMITS, reason="再改")
    assert act(ORDER, life, "accept", by="li", at=at("2026-10-12T10:00"), limits=LIMITS).state == "closed"


def test_what_is_over_takes_no_action_and_a_void_order_needs_a_reason() -> None:
    life = begin(ORDER, "li", 1.0)
    with pytest.raises(TaskActionRefused, match="reason"):
        act(ORDER, life, "void", by="li", at=2.0, limits=LIMITS)
    void = walk(ORDER, ("li", "void", "2026-09-30T09:00"))
    for action, code in (("urge", "state"), ("dance", "unknown_action")):
        with pytest.raises(TaskActionRefused, match=code):
            act(ORDER, void, action, by="li", at=at("2026-09-30T10:00"), limits=LIMITS)
    assert ORDER.possible("void") == []


def test_a_limit_is_noted_once_as_passed_at_its_own_moment() -> None:
    life = walk(ORDER, *ISSUED)
    assert overdue(life, at("2026-10-08T23:59:59")) is None
    late = overdue(life, at("2026-10-12T09:00"))
    assert late is not None
    assert (late.overdue_at, late.history[-1].action, late.history[-1].at) == (
        at("2026-10-09T00:00"),
        "overdue",
        at("2026-10-09T00:00"),
    )
    assert overdue(late, at("2026-10-13T09:00")) is None


@pytest.mark.parametrize("workflow", [CARD, ORDER], ids=lambda workflow: workflow.name)
def test_every_state_is_reached_and_left(workflow: Workflow) -> None:
    reached = {workflow.first}
    while True:
        more = {t.to for (state, _), t in workflow.transitions.items() if t.to and (state in reached or state == "*")}
        if more <= reached:
            break
        reached |= more
    assert reached == set(workflow.states)
    assert all(workflow.possible(state) for state in reached - workflow.final)
