"""Worked examples 6 to 8 over HTTP: a plan with its tasks and escalation, an extension, supervision in working days."""

from __future__ import annotations

from typing import Any

import pytest

from tests.alerts.rosters import PHONES, roster
from tests.api.command.site import CommandSite, Desk, Record, iso
from tests.incidents.plans.test_proposals import TEXT

HEAD = {"id": "head", "name": "环境局长", "phone": "13900000001", "account": "sthj-1"}
MONITOR = TEXT.replace(
    'title: 环境监测, unit: sthj, due: "+30m"', 'title: 环境监测, unit: sthj, due: "+30m", sign_within: "30m"'
)


async def published(site: CommandSite, text: str) -> None:
    """A version of a plan, written by Li and published by the leader Zhao."""
    li, zhao = site.staff(), site.staff("zhao", "leader")
    version = (await li.give("/plans", text=text))["id"]
    await li.give(f"/plans/{version}/rehearse")
    await li.give(f"/plans/{version}/review")
    assert await li.refused(f"/plans/{version}/publish") == (403, "")
    await zhao.give(f"/plans/{version}/publish")


async def _proposed(site: CommandSite) -> tuple[Desk, Desk, str, str]:
    """Li, the leader Zhao, an incident graded III at 14:20, and the proposal to start its plan."""
    await published(site, MONITOR)
    li, zhao = site.staff(), site.staff("zhao", "leader")
    number = await li.incident("14:12")
    await site.until("14:20")
    await li.give(f"/incidents/{number}/grade", grade="III", basis="重伤 10 人")
    (proposal,) = await li.items("/proposals", incident=number)
    return li, zhao, number, proposal["id"]


async def _tasks(desk: Desk, incident: str) -> dict[str, Record]:
    tasks = await desk.items(f"/incidents/{incident}/tasks")
    return {task["plan_key"].removeprefix("hazchem:"): task for task in tasks}


async def _alerts(desk: Desk, rule: str) -> list[Record]:
    return [alert for alert in await desk.items("/alerts") if alert["rule"] == rule]


async def test_example_6_a_proposal_that_nobody_answers_is_an_alert(site: CommandSite) -> None:
    li, _, _, proposal = await _proposed(site)
    await site.until("14:24:59")
    assert await _alerts(li, "plan-unanswered") == []
    await site.until("14:25")
    assert len(await _alerts(li, "plan-unanswered")) == 1
    assert await li.refused(f"/proposals/{proposal}/confirm") == (403, "")


async def test_example_6_the_confirmation_is_the_start_of_every_term(site: CommandSite) -> None:
    li, zhao, number, proposal = await _proposed(site)
    await site.until("14:26")
    await zhao.give(f"/proposals/{proposal}/confirm")
    tasks = await _tasks(li, number)
    assert {key: task["due"] for key, task in tasks.items()} == {
        "cordon": iso("14:41"),
        "hospitals": iso("14:46"),
        "monitor": iso("14:56"),
        "evacuate": None,
    }
    police = site.staff("gaj-1", "unit")
    await police.give(f"/tasks/{tasks['cordon']['id']}/sign")
    await site.until("14:38")
    await police.give(f"/tasks/{tasks['cordon']['id']}/ask-done", text="已设置")
    await li.give(f"/tasks/{tasks['cordon']['id']}/done")
    assert (await _tasks(li, number))["evacuate"]["due"] == iso("15:38")


async def test_example_6_a_higher_level_issues_only_what_it_adds_and_nothing_twice(site: CommandSite) -> None:
    li, zhao, number, proposal = await _proposed(site)
    await site.until("14:26")
    await zhao.give(f"/proposals/{proposal}/confirm")
    before = await _tasks(li, number)
    await site.until("15:40")
    await li.give(f"/incidents/{number}/grade", grade="II", basis="死亡 10 人")
    up = next(each for each in await li.items("/proposals", incident=number) if each["level"] == "II")
    await zhao.give(f"/proposals/{up['id']}/confirm")
    after = await _tasks(li, number)
    assert set(after) - set(before) == {"province"}
    assert after["province"]["sign_by"] == iso("15:50")
    assert await zhao.refused(f"/proposals/{up['id']}/confirm") == (409, "answered")
    assert await _tasks(li, number) == after


async def test_example_6_an_unsigned_task_goes_to_the_head_of_the_unit_and_then_to_the_leader(
    site: CommandSite,
) -> None:
    people = [{"id": id, "name": id, "phone": phone} for id, phone in PHONES.items()]
    admin = site.staff("root", "admin")
    await admin.change("PUT", "/roster", rev=0, comment="", **roster(persons=[*people, HEAD]))
    li, zhao, number, proposal = await _proposed(site)
    await site.until("14:26")
    await zhao.give(f"/proposals/{proposal}/confirm")
    monitor = (await _tasks(li, number))["monitor"]["id"]
    await site.until("14:56")
    (alert,) = [each for each in await _alerts(li, "task-unsigned") if each["asset"] == monitor]
    await site.until("15:05:59")
    assert await _notified(li, alert) == [("head", iso("14:56"))]
    await site.until("15:06")
    assert await _notified(li, alert) == [("head", iso("14:56")), ("wang", iso("15:06"))]


async def _notified(desk: Desk, alert: Record) -> list[tuple[str, str]]:
    """Who was told of an alert by its escalation, and when."""
    whole = await desk.get(f"/alerts/{alert['id']}")
    return [(notice["person"], notice["created"]) for notice in whole["notices"] if notice["reason"] == "escalation"]


async def _evacuation(site: CommandSite) -> tuple[Desk, Desk, str]:
    """Li, a person of the unit, and a task that is due at 15:38 and signed for."""
    li, police = site.staff(), site.staff("gaj-1", "unit")
    number = await li.incident("14:12")
    task = await li.give(
        "/tasks", title="组织疏散", incident=number, unit="gaj", due_at="2026-11-27T15:38:00+08:00", issue=True
    )
    await police.give(f"/tasks/{task['id']}/sign")
    return li, police, str(task["id"])


async def test_example_7_an_extension_that_is_granted_keeps_the_first_due_time(site: CommandSite) -> None:
    li, police, task = await _evacuation(site)
    await site.until("15:30")
    await police.give(f"/tasks/{task}/extend", until="2026-11-27T16:08:00+08:00", reason="道路中断")
    await site.until("15:34")
    await li.give(f"/tasks/{task}/answer-extension", granted=True)
    await site.until("16:00")
    await police.give(f"/tasks/{task}/ask-done", text="已疏散")
    done = await li.give(f"/tasks/{task}/done")
    assert (done["due_first"], done["due"], done["timely"]) == (iso("15:38"), iso("16:08"), "extended")


async def test_example_7_after_the_due_time_no_extension_is_asked_for(site: CommandSite) -> None:
    _, police, task = await _evacuation(site)
    await site.until("15:39")
    late = {"until": "2026-11-27T16:08:00+08:00", "reason": "道路中断"}
    assert await police.refused(f"/tasks/{task}/extend", **late) == (409, "after_due")


async def _supervised(site: CommandSite, day: str, workdays: int) -> tuple[Desk, str]:
    """Li, and a supervision order that was issued at nine in the morning of that day."""
    await site.until(f"{day} 09:00")
    li, zhao = site.staff(), site.staff("zhao", "leader")
    task = await zhao.give(
        "/tasks", title="督办整改", kind="supervision", unit="gaj", due_workdays=workdays, issue=True
    )
    return li, str(task["id"])


@pytest.mark.parametrize(
    ("day", "workdays", "due"), [("09-28", 5, "10-10"), ("11-27", 5, "12-04"), ("02-12", 10, "03-04")]
)
async def test_example_8_a_term_counts_working_days(site: CommandSite, day: str, workdays: int, due: str) -> None:
    li, task = await _supervised(site, day, workdays)
    assert (await li.get(f"/tasks/{task}"))["due"] == f"2026-{due}T15:59:59.999Z"


async def test_example_8_the_light_turns_with_the_working_days(site: CommandSite) -> None:
    li, task = await _supervised(site, "09-28", 5)
    await _sign(site, task)
    lights: dict[str, Any] = {}
    for time in ("10-08 23:59:59", "10-09 00:00", "10-10 23:59:59", "10-11 00:00"):
        await site.until(time)
        lights[time] = (await li.get(f"/tasks/{task}"))["light"]
    assert list(lights.values()) == ["green", "yellow", "yellow", "red"]


async def _sign(site: CommandSite, task: str) -> None:
    await site.staff("gaj-1", "unit").give(f"/tasks/{task}/sign")


async def test_a_term_of_working_days_needs_a_calendar_that_ispublished(site: CommandSite) -> None:
    await site.until("12-30 09:00")
    zhao = site.staff("zhao", "leader")
    body: dict[str, Any] = {"title": "督办", "kind": "supervision", "unit": "gaj", "due_workdays": 200, "issue": True}
    assert await zhao.refused("/tasks", **body) == (422, "no_calendar")
