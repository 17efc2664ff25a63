"""The wall clock is set by minutes, a day and a year under incidents: reports due, tasks, proposals and receipts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feeds.model.plans import ActionProposal, ProposalEffect
from feeds.model.tasks import Task
from incidents.plans.registry import ProposalRegistry
from incidents.tasks.clock_steps import after_clock_step
from incidents.tasks.lights import timed
from tests.incidents.commands import CommandDesk, moment

DAY = 86_400.0
STEPS = (300.0, DAY, 365 * DAY)


async def set_clock(desk: CommandDesk, by: float, *, restarted: bool) -> None:
    """Set the clock of the engine, which runs on or is started anew without knowing by how much."""
    desk.now += by
    if restarted:
        await desk.start()
    else:
        desk.engine.clock_stepped(by, desk.now)
    await desk.step()


@pytest.mark.parametrize("by", STEPS)
async def test_a_report_keeps_its_remaining_time_when_the_clock_is_set_forward_and_back(
    desk: CommandDesk, by: float
) -> None:
    id = await desk.opened("14:12")
    await desk.done("incident.grade", id, grade="III", basis="重伤 10 人")
    owed = [(due.policy, due.state, due.due_at) for due in desk.engine.obligations.of(id)]
    await set_clock(desk, by, restarted=False)
    (phone,) = desk.due(id, "first", "phone")
    assert (phone.state, phone.late, phone.due_at) == ("pending", False, moment("14:42") + by)
    await set_clock(desk, -by, restarted=False)
    assert [(due.policy, due.state, due.due_at) for due in desk.engine.obligations.of(id)] == owed
    await desk.at("14:42")
    (phone,) = desk.due(id, "first", "phone")
    assert (phone.state, phone.late) == ("late", True)
    assert (await desk.shown("obligation"))[phone.id] == phone


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
async def test_a_report_that_was_owed_while_the_clock_was_ahead_waits_no_longer_than_its_term(
    desk: CommandDesk, restarted: bool
) -> None:
    by = 365 * DAY
    desk.now += by
    receipt = await desk.receipt("r1", "14:05", received_at=desk.now, updated_at=desk.now)
    id = await desk.done(
        "incident.create", event_class="hazchem", place="楚雄市", text="液氨泄漏", lat=25.04, lon=101.5
    )
    await desk.done("incident.open", id)
    await desk.done("incident.grade", id, grade="III", basis="重伤 10 人")
    await set_clock(desk, -by, restarted=restarted)
    (phone,), (daily,) = desk.due(id, "first", "phone"), desk.due(id, "follow-up", "written")
    assert phone.due_at is not None
    assert desk.now < phone.due_at <= desk.now + 1800
    assert daily.due_at == moment("17:00")
    assert desk.incident(id).received_at <= desk.now
    desk.now = phone.due_at
    await desk.step()
    assert desk.due(id, "first", "phone")[0].state == "late"
    assert desk.engine.receipts.receipts[receipt].unanswered
    assert "clock-set" in await desk.names("obligation")
    assert await desk.journal.verify() == []


async def test_after_days_without_the_role_the_next_daily_report_is_owed(desk: CommandDesk) -> None:
    id = await desk.opened("14:12")
    await desk.done("incident.grade", id, grade="III", basis="重伤 10 人")
    await desk.at("11-30 10:00")
    reports = desk.due(id, "follow-up", "written")
    assert [(due.state, due.due_at) for due in reports] == [
        ("late", moment("17:00")),
        ("late", moment("11-28 08:00")),
        ("pending", moment("11-30 17:00")),
    ]


async def test_a_task_of_minutes_keeps_its_remaining_time(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident, due_within=900.0)
    for by in (365 * DAY, -365 * DAY):
        await set_clock(desk, by, restarted=False)
        assert (desk.task(id).light, desk.task(id).late, desk.task(id).sign_late) == ("green", False, False)
    assert (desk.task(id).due, desk.task(id).sign_by) == (moment("14:27"), moment("14:42"))
    await desk.at("14:27")
    assert desk.task(id).light == "red"


async def test_a_task_of_days_is_red_while_the_clock_is_ahead_and_not_afterwards(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident, due_within=20 * DAY, kind="supervision")
    due = desk.task(id).due
    assert due is not None
    await set_clock(desk, 365 * DAY, restarted=False)
    ahead = desk.task(id)
    assert (ahead.light, ahead.late, ahead.due) == ("red", True, due)
    assert ahead.sheets
    await set_clock(desk, -365 * DAY, restarted=False)
    back = desk.task(id)
    assert (back.light, back.late, back.due) == ("green", False, due)
    assert max(event.at for event in back.history) <= desk.now
    assert max(sheet.at for sheet in back.sheets) <= desk.now
    desk.now = due + 1
    await desk.step()
    late = desk.task(id)
    assert (late.light, late.late) == ("red", True)
    assert len(late.sheets) > len(back.sheets)
    assert len({sheet.number for sheet in late.sheets}) == len(late.sheets)


def test_an_ended_task_leaves_the_screens_a_day_after_its_end_although_it_ended_in_the_future() -> None:
    now = moment("14:00")
    task = Task(
        id="1", title="x", region="532300", created_by="li", created_at=now, state="done", state_at=now + 365 * DAY
    )
    after = after_clock_step(task, 0.0, now)
    assert after.state_at == now
    assert after_clock_step(after, 0.0, now) is after
    assert timed(after, now)[0].state == "done"


def test_a_level_that_starts_by_itself_keeps_its_time_to_be_stopped() -> None:
    now, registry = moment("14:00"), ProposalRegistry()
    proposal = ActionProposal(
        id="1",
        kind="start",
        plan="p",
        version="p@1",
        level="III",
        region="532300",
        proposed_at=now - 60,
        auto_at=now + 240,
        effect=ProposalEffect(),
    )
    registry.put(proposal)
    (ahead,) = registry.clock_stepped(365 * DAY, now + 365 * DAY)
    assert ahead.auto_at == now + 365 * DAY + 240
    registry.put(ahead)
    (back,) = registry.clock_stepped(-365 * DAY, now)
    assert replace(back, rev=1) == proposal
