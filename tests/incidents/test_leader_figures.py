"""Figures for leaders: the review of the worked example through the engine, and each definition."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.incidents import leader_figures as figures
from feeds.incidents.leader_figures import LeaderRecords
from feeds.model.tasks import Task
from tests.incidents.commands import CommandDesk, moment


async def prove(desk: CommandDesk, incident: str, step: str, channel: str) -> None:
    due = next(due for due in desk.due(incident, step, channel) if due.unmet)
    proof: dict[str, Any] = {"channel": "network", "number": "回执"}
    if channel == "phone":
        proof = {"channel": "phone", "recipient": "省值班室 陈", "number": "0871-1"}
    await desk.done("obligation.proof", due.id, **proof)


async def lived(desk: CommandDesk) -> str:
    """The incident of the worked example, from 14:12 to 19:40."""
    await desk.at("14:12")
    id = await desk.done("incident.create", event_class="hazchem", place="楚雄市", text="泄漏")
    await desk.at("14:19")
    await desk.done("incident.verify", id, called_back="119 指挥中心")
    await desk.at("14:20")
    await desk.done("incident.open", id)
    await desk.done("incident.grade", id, grade="III", basis="重伤 10 人")
    await desk.at("14:26")
    task = await desk.tasked(id, due_within=900.0)
    await desk.at("14:29")
    await desk.by_unit("task.sign", task)
    await desk.at("14:31")
    await prove(desk, id, "first", "phone")
    await desk.at("14:38")
    await desk.by_unit("task.feedback", task, text="已封路")
    await desk.by_unit("task.ask-done", task)
    await desk.done("task.done", task)
    await desk.at("14:58")
    await prove(desk, id, "first", "written")
    await desk.at("17:05")
    await prove(desk, id, "follow-up", "written")
    await desk.at("19:40")
    await desk.done("incident.end", id, role="leader", reason="处置完毕")
    return id


def records(desk: CommandDesk, **fields: Any) -> LeaderRecords:
    values: dict[str, Any] = {
        "incidents": list(desk.engine.incidents.incidents.values()),
        "obligations": list(desk.engine.obligations.obligations.values()),
        "tasks": list(desk.engine.tasks.records().values()),
        "start": moment("00:00"),
        "end": moment("11-28 00:00"),
        "now": desk.now,
    }
    return LeaderRecords(**values | fields)


async def test_the_review_of_an_incident(desk: CommandDesk) -> None:
    id = await lived(desk)
    all_records = records(desk)
    reviewed = figures.review(
        desk.incident(id), desk.engine.obligations.of(id), all_records.tasks, moment("14:26"), desk.now
    )
    minutes = {name: seconds / 60 for name, seconds in reviewed.seconds().items()}
    assert minutes == {
        "verified": 7,
        "graded": 8,
        "confirmed": 14,
        "first_signed": 17,
        "phone": 19,
        "first_feedback": 26,
        "written": 46,
        "ended": 328,
    }
    assert (reviewed.on_time, reviewed.late) == ({"first": 2}, {"follow-up": 1})


async def test_each_figure_by_its_definition(desk: CommandDesk) -> None:
    await lived(desk)
    other = await desk.opened("20:00")
    await desk.opened("20:05", mode="exercise")
    false = await desk.opened("20:10")
    await desk.done("incident.false", false, role="leader", reason="误报")
    counted = records(desk)
    first = figures.first_report(counted)
    assert (first.n, first.median, first.running) == (1, 19 * 60.0, 1)
    assert [measured.id for measured in first.counted if measured.seconds is None] == [other]
    assert figures.verification(counted).counted[0].seconds == 7 * 60.0
    signing = figures.signing(counted)
    assert (signing.n, signing.median, list(signing.groups)) == (1, 3 * 60.0, ["gaj"])
    handling = figures.handling(counted)
    assert (handling.median, handling.running, list(handling.groups)) == (328 * 60.0, 1, ["III"])
    late = figures.lateness(counted)
    assert (late.part, late.all, late.share) == (1, 3, 1 / 3)


async def test_an_overdue_report_is_late_before_it_is_met(desk: CommandDesk) -> None:
    id = await desk.opened("14:12")
    await desk.done("incident.grade", id, grade="III", basis="x")
    await desk.at("14:43")
    late = figures.lateness(records(desk))
    assert [(measured.seconds, measured.group) for measured in late.counted] == [(60.0, "first")]
    assert figures.lateness(records(desk, end=moment("14:42"))).all == 0


@pytest.mark.parametrize(
    ("values", "median", "p90"),
    [([], None, None), ([5.0], 5.0, 5.0), ([1.0, 2.0], 1.0, 2.0), ([*map(float, range(1, 11))], 5.0, 9.0)],
)
def test_percentiles_are_of_the_nearest_rank(values: list[float], median: float | None, p90: float | None) -> None:
    assert (figures.percentile(values, 0.5), figures.percentile(values, 0.9)) == (median, p90)


def test_a_figure_without_records_has_no_value() -> None:
    nothing = LeaderRecords(incidents=(), obligations=(), tasks=tuple[Task, ...](), start=0, end=1, now=2)
    assert figures.first_report(nothing).median is None
    assert figures.lateness(nothing).share is None
