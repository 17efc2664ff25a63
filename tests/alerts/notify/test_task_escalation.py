"""A task that nobody signs for goes to the head of its unit, then to the leader of the shift, each once."""

from __future__ import annotations

from typing import Any

from feeds.bus import Bus
from feeds.documents.escalations import EscalationSettings, StepSettings
from feeds.journal import Journal
from feeds.model import Change, Severity
from feeds.model.tasks import Task
from tests.alerts.builders import T0, rule
from tests.alerts.rig import DESK, Rig
from tests.alerts.rosters import PHONES, SMS, roster

MINUTE = 60.0
RULE = rule("task-unsigned", "unsigned", over="task", severity=Severity.MAJOR)
POLICY = EscalationSettings(
    id="tasks",
    kinds=("task",),
    steps=(
        StepSettings(after=0.0, who=("unit-head",), channels=("sms",)),
        StepSettings(after=600.0, who=("leader",), channels=("sms",)),
    ),
)


def _task(**fields: Any) -> Task:
    values: dict[str, Any] = {"id": "532300:T2026-0001", "title": "设警戒区", "region": "532300", "unit": "gaj"}
    values |= {"head": "gaj-wang", "created_by": "li", "created_at": T0, "state_at": T0, "state": "issued"}
    return Task(**values | fields)


async def _started(bus: Bus, journal: Journal) -> Rig:
    rig = Rig(bus, journal, receivers=(DESK, SMS), rules=(RULE,), escalations=(POLICY,))
    await rig.start()
    persons = [{"id": id, "name": id, "phone": phone} for id, phone in PHONES.items()]
    head = {"id": "wang-head", "name": "公安王", "phone": "13900000001", "account": "gaj-wang"}
    await rig.order("roster_put", 0, doc=roster(persons=[*persons, head]))
    return rig


async def _say(rig: Rig, task: Task) -> None:
    await rig.bus.announce([Change(kind="task", id=task.id, after=task, at=rig.now)])
    await rig.step()


async def _escalations(rig: Rig) -> list[tuple[float, str]]:
    """(minutes after T0, person) of every message of the escalation."""
    return [
        ((item.created - T0) / MINUTE, item.body["to"]["person"])
        for item in await rig.journal.outbox_for("a1")
        if item.receiver == "sms" and item.body["reason"] == "escalation"
    ]


async def test_the_head_hears_at_once_and_the_leader_ten_minutes_later_each_once(bus: Bus, journal: Journal) -> None:
    rig = await _started(bus, journal)
    await _say(rig, _task(sign_late=True))
    for _ in range(30):
        await rig.step(MINUTE)
    await rig.start()
    await _say(rig, _task(sign_late=True, rev=2))
    await rig.step(MINUTE)
    assert await _escalations(rig) == [(0, "wang-head"), (10, "wang")]


async def test_after_the_signature_nobody_more_hears(bus: Bus, journal: Journal) -> None:
    rig = await _started(bus, journal)
    await _say(rig, _task(sign_late=True))
    await _say(rig, _task(state="signed", signed_at=T0 + 1, rev=2))
    for _ in range(20):
        await rig.step(MINUTE)
    assert [person for _, person in await _escalations(rig)] == ["wang-head"]


async def test_a_head_who_is_not_in_the_roster_lets_the_leader_hear_at_once(bus: Bus, journal: Journal) -> None:
    rig = await _started(bus, journal)
    await _say(rig, _task(sign_late=True, head="gone"))
    await rig.step(1.0)
    assert [person for _, person in await _escalations(rig)] == ["wang"]
