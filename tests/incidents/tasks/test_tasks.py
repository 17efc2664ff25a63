"""Tasks through the engine of the command role: their life, clocks, evidence and incidents, with a moved clock."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.model.tasks import Task
from feeds.tasks.sheets import sheet_rules
from incidents.tasks.drafts import TaskDraft
from tests.incidents.commands import SITE, CommandDesk, moment

SHA = "ab" * 32


def _photo(**fields: Any) -> dict[str, Any]:
    return {"sha256": SHA, "name": "p.jpg", "media": "image/jpeg", "size": 1000} | fields


def _events(task: Task) -> list[str]:
    return [event.action for event in task.history]


async def test_a_task_of_an_incident_from_issue_to_its_end(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    await desk.at("14:26")
    id = await desk.tasked(incident, due_within=900.0, evidence="photo")
    assert id == f"{incident}/1"
    task = desk.task(id)
    assert (task.state, task.light, task.due, task.due_first) == ("issued", "green", moment("14:41"), moment("14:41"))
    await desk.by_unit("task.sign", id)
    await desk.by_unit("task.feedback", id, text="两个路口已封")
    refused = await desk.refused("task.ask-done", id, role="unit", actor="gaj-1")
    assert refused == ("conflict", "needs_photo")
    await desk.by_unit("task.evidence", id, **_photo())
    await desk.by_unit("task.feedback", id, text="现场照片", evidence=[SHA])
    await desk.at("14:35")
    await desk.by_unit("task.ask-done", id)
    await desk.done("task.done", id)
    task = desk.task(id)
    assert (task.state, task.light, task.timely, task.open) == ("done", "green-done", "first", False)
    await desk.done("task.close", id)
    assert _events(desk.task(id)) == [
        *("create", "issue", "sign", "feedback", "evidence", "feedback", "ask-done", "done", "close")
    ]


async def test_who_signs_and_when_decides_whether_it_was_late(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    await desk.at("14:26")
    id = await desk.tasked(incident, unit="sthj")
    assert desk.task(id).sign_by == moment("14:56")
    await desk.at("14:55:59")
    assert not desk.task(id).sign_late
    await desk.at("14:56")
    assert desk.task(id).sign_late
    assert _events(desk.task(id)) == ["create", "issue", "unsigned"]
    await desk.by_unit("task.sign", id, actor="sthj-1")
    assert (desk.task(id).sign_by, desk.task(id).signed_at) == (None, moment("14:56"))


async def test_a_task_names_the_account_that_hears_first_of_what_is_late(desk: CommandDesk) -> None:
    incident = await desk.opened()
    task = await desk.tasked(incident)
    assert desk.task(task).head == "gaj-head"
    await desk.done("task.reassign", task, unit="sthj", reason="移交")
    assert desk.task(task).head == "sthj-1"
    await desk.done("incident.post", incident, post="commander", holder="zhao")
    posted = await desk.done("task.create", title="请求增援", incident=incident, post="commander", issue=True)
    assert desk.task(posted).head == "zhao"


async def test_under_response_two_a_task_is_signed_for_within_ten_minutes(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    response = {"level": "II", "matters": "泄漏", "measures": "疏散", "expected_end": moment("18:00")}
    await desk.done("incident.respond", incident, role="leader", actor="wang", **response)
    await desk.at("15:40")
    assert desk.task(await desk.tasked(incident)).sign_by == moment("15:50")


@pytest.mark.parametrize(
    ("minutes", "yellow", "red"), [(15, "14:36", "14:41"), (60, "15:06", "15:26"), (6, "14:27", "14:32")]
)
async def test_a_term_of_minutes_is_yellow_for_its_last_third_and_at_least_five_minutes(
    desk: CommandDesk, minutes: int, yellow: str, red: str
) -> None:
    incident = await desk.opened("14:12")
    await desk.at("14:26")
    id = await desk.tasked(incident, due_within=minutes * 60.0)
    for time, light in ((yellow, "yellow"), (red, "red")):
        desk.now = moment(time) - 1
        await desk.step()
        assert desk.task(id).light != light
        await desk.at(time)
        assert desk.task(id).light == light
    assert desk.task(id).late
    assert [name for name in _events(desk.task(id)) if name != "unsigned"] == ["create", "issue", "yellow", "red"]


async def test_a_term_of_days_is_yellow_from_the_working_day_before(desk: CommandDesk) -> None:
    await desk.at("11-26 10:00")  # Thursday
    id = await desk.tasked(due_at=moment("11-30 18:00"), kind="improvement", **_leader())
    await desk.at("11-27 00:00")  # Friday; Monday's working day before
    assert desk.task(id).light == "yellow"
    assert desk.task(id).warn_at == moment("11-27 00:00")


def _leader() -> dict[str, Any]:
    return {"role": "leader", "actor": "wang"}


async def test_an_extension_is_asked_before_the_due_time_and_keeps_the_first(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    await desk.at("14:26")
    id = await desk.tasked(incident, due_within=900.0)
    await desk.by_unit("task.sign", id)
    later: dict[str, Any] = {"until": moment("15:00"), "reason": "道路中断"}
    await desk.by_unit("task.extend", id, **later)
    assert await desk.refused("task.extend", id, role="unit", actor="gaj-1", **later) == ("conflict", "extension_open")
    await desk.done("task.answer-extension", id, granted=True, reason="同意")
    task = desk.task(id)
    assert (task.due, task.due_first, task.light) == (moment("15:00"), moment("14:41"), "green")
    await desk.at("14:50")
    await desk.by_unit("task.ask-done", id)
    await desk.done("task.done", id)
    assert desk.task(id).timely == "extended"


async def test_an_extension_is_refused_with_a_reason_and_not_asked_too_late(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident, due_within=900.0)
    await desk.by_unit("task.sign", id)
    await desk.by_unit("task.extend", id, until=moment("15:30"), reason="人手不足")
    assert await desk.refused("task.answer-extension", id, granted=False) == ("invalid", "missing:reason")
    await desk.done("task.answer-extension", id, granted=False, reason="不同意")
    assert desk.task(id).due == moment("14:27")
    await desk.at("14:27")
    late: dict[str, Any] = {"until": moment("15:30"), "reason": "人手不足", "role": "unit", "actor": "gaj-1"}
    assert await desk.refused("task.extend", id, **late) == ("conflict", "after_due")


async def test_a_task_asked_in_time_is_in_time_however_late_it_is_accepted(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident, due_within=900.0)
    await desk.by_unit("task.sign", id)
    await desk.at("14:20")
    await desk.by_unit("task.ask-done", id)
    await desk.at("15:00")
    assert (desk.task(id).light, desk.task(id).late) == ("grey", False)
    await desk.done("task.done", id)
    assert (desk.task(id).timely, desk.task(id).late) == ("first", False)


async def test_a_returned_task_is_signed_for_again_and_its_clock_went_on(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident, due_within=900.0)
    await desk.by_unit("task.sign", id)
    await desk.by_unit("task.ask-done", id)
    await desk.at("14:30")
    assert await desk.refused("task.return", id) == ("invalid", "missing:reason")
    await desk.done("task.return", id, reason="照片看不清")
    assert (desk.task(id).state, desk.task(id).light, desk.task(id).sign_by) == ("returned", "red", moment("15:00"))
    await desk.by_unit("task.sign", id)
    assert desk.task(id).state == "signed"


async def test_a_refused_task_goes_back_and_is_given_to_another(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident)
    assert await desk.refused("task.refuse", id, role="unit", actor="gaj-1") == ("invalid", "missing:reason")
    await desk.by_unit("task.refuse", id, reason="不是我局职责")
    assert (desk.task(id).state, desk.task(id).light) == ("refused", "")
    await desk.done("task.reassign", id, unit="sthj", reason="改由生态环境局")
    task = desk.task(id)
    assert (task.state, task.unit, task.holders_before[0].unit) == ("issued", "sthj", "gaj")
    refused = await desk.refused("task.sign", id, role="unit", actor="gaj-1")
    assert refused == ("forbidden", "role")


async def test_only_the_holder_signs_or_duty_says_for_whom(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident)
    assert await desk.refused("task.sign", id) == ("forbidden", "not_holder")
    assert await desk.refused("task.sign", id, role="admin", actor="root") == ("forbidden", "role")
    await desk.done("task.sign", id, on_behalf="州公安局 王 电话")
    assert desk.task(id).history[-1].data == {"on_behalf": "州公安局 王 电话"}


async def test_a_post_of_the_incident_has_a_task_whoever_holds_it(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    await desk.done("incident.post", incident, post="commander", holder="zhao")
    id = await desk.tasked(incident, unit="", post="commander")
    await desk.done("incident.post", incident, post="commander", holder="qian", from_holder="zhao")
    assert await desk.refused("task.sign", id, role="operator", actor="zhao") == ("forbidden", "role")
    await desk.done("task.sign", id, role="operator", actor="qian")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"unit": "empty"}, "empty_unit:unit"),
        ({"unit": "nobody"}, "unknown_unit:unit"),
        ({"person": "li"}, "one_holder:unit"),
        ({"unit": ""}, "one_holder:unit"),
        ({"title": " "}, "missing:title"),
        ({"due_within": 0.0}, "no_term:due_within"),
        ({"due_at": moment("14:00")}, "past:due"),
        ({"due_at": moment("15:00"), "due_within": 60.0}, "two_dues:due"),
        ({"parent": "no"}, "unknown_task:parent"),
        ({"kind": "wish"}, "unknown_kind:kind"),
        ({"kind": "instruction"}, "missing:author"),
    ],
)
async def test_a_draft_that_cannot_be_issued_is_refused_at_the_desk(
    desk: CommandDesk, fields: dict[str, Any], code: str
) -> None:
    incident = await desk.opened("14:12")
    values: dict[str, Any] = {"title": "任务", "incident": incident, "unit": "gaj", "issue": True} | fields
    assert await desk.refused("task.create", **values) == ("invalid", code)


async def test_duty_reviews_after_the_fact_in_an_incident_and_another_person_before_without(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident)
    assert await desk.refused("task.review", id) == ("conflict", "same_person")
    await desk.done("task.review", id, actor="zhou")
    assert desk.task(id).reviewed_by == "zhou"
    draft: dict[str, Any] = {"title": "督办网络整改", "unit": "gaj", "kind": "supervision", "due_within": 3600.0}
    assert await desk.refused("task.create", issue=True, **draft) == ("conflict", "not_reviewed")
    id = await desk.done("task.create", **draft)
    assert id == f"{SITE}:T2026-0001"
    assert await desk.refused("task.issue", id) == ("conflict", "not_reviewed")
    assert await desk.refused("task.review", id) == ("conflict", "same_person")
    await desk.done("task.review", id, actor="zhou")
    await desk.done("task.issue", id)
    assert desk.task(id).state == "issued"


async def test_an_instruction_needs_two_persons_or_its_author_and_ends_when_the_office_has_seen_it(
    desk: CommandDesk,
) -> None:
    incident = await desk.opened("14:12")
    values: dict[str, Any] = {
        "title": "全力救治伤员",
        "unit": "gaj",
        "kind": "instruction",
        "author": "wang",
        "written_on": "paper",
    }
    refused = await desk.refused("task.create", incident=incident, issue=True, **values)
    assert refused == ("conflict", "not_reviewed")
    own = await desk.done("task.create", incident=incident, issue=True, **values, **_leader())
    assert desk.task(own).state == "issued"
    id = await desk.done("task.create", incident=incident, **values)
    await desk.done("task.review", id, actor="zhou")
    await desk.done("task.issue", id)
    await desk.by_unit("task.sign", id)
    await desk.by_unit("task.ask-done", id)
    assert await desk.refused("task.done", id) == ("invalid", "missing:seen_by")
    await desk.done("task.done", id, seen_by="王副州长办公室 陈")


async def test_a_task_with_open_children_cannot_be_done(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    above = await desk.tasked(incident)
    below = await desk.tasked(incident, parent=above, unit="sthj")
    await desk.by_unit("task.sign", above)
    await desk.by_unit("task.ask-done", above)
    assert await desk.refused("task.done", above) == ("conflict", "open_children")
    await desk.done("task.withdraw", below, reason="不再需要")
    await desk.done("task.done", above)


async def test_an_incident_ends_without_open_tasks_or_carries_them_over_by_name(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    first, second = await desk.tasked(incident), await desk.tasked(incident, unit="sthj")
    await desk.done("task.withdraw", first, reason="重复")
    leader = _leader()
    assert await desk.refused("incident.end", incident, **leader) == ("conflict", "open_tasks")
    assert await desk.refused("incident.end", incident, carry_over=[first], **leader) == ("conflict", "open_tasks")
    assert desk.incident(incident).phase == "active"
    await desk.done("incident.end", incident, carry_over=[second], **leader)
    assert (desk.task(second).carried_over, desk.task(second).state) == (True, "issued")


async def test_tasks_go_on_under_the_target_of_a_merge_and_come_back(desk: CommandDesk) -> None:
    target = await desk.opened("14:12")
    own = await desk.tasked(target)
    merged = await desk.opened("14:16")
    moved = await desk.tasked(merged)
    await desk.at("14:25")
    await desk.done("incident.merge", merged, into=target)
    assert (desk.task(moved).incident, desk.task(moved).id) == (target, f"{merged}/1")
    assert [task.id for task in desk.engine.tasks.of(target)] == [own, moved]
    after = await desk.tasked(target)
    await desk.by_unit("task.sign", moved)
    await desk.at("14:40")
    await desk.done("incident.unmerge", merged)
    assert [task.id for task in desk.engine.tasks.of(merged)] == [moved]
    assert [task.id for task in desk.engine.tasks.of(target)] == [own, after]
    assert await desk.tasked(merged) == f"{merged}/2"


async def test_reminder_sheets_are_numbered_and_signed_for(desk: CommandDesk) -> None:
    values: dict[str, Any] = {"kind": "supervision", "due_within": 2 * 86_400.0, **_leader()}
    await desk.at("11-25 10:00")  # Wednesday; due on Friday at 10:00
    id = await desk.tasked("", **values)
    await desk.at("11-26 00:00")
    await desk.at("11-27 10:00")
    await desk.at("11-28 10:00")
    task = desk.task(id)
    assert [(sheet.number, sheet.at) for sheet in task.sheets] == [
        (f"{id}/蓝1", moment("11-26 00:00")),
        (f"{id}/橙1", moment("11-27 10:00")),
        (f"{id}/红1", moment("11-28 10:00")),
    ]
    await desk.by_unit("task.sign-sheet", id, sheet=f"{id}/蓝1")
    assert await desk.refused("task.sign-sheet", id, role="unit", actor="gaj-1", sheet=f"{id}/蓝1") == (
        "conflict",
        "no_sheet",
    )
    assert [bool(sheet.signed_by) for sheet in desk.task(id).sheets] == [True, False, False]


def test_every_sheet_names_its_source() -> None:
    assert all(rule.source for rule in sheet_rules())


async def test_a_stopped_engine_raises_late_what_was_due_with_its_own_times(desk: CommandDesk) -> None:
    values: dict[str, Any] = {"kind": "supervision", "due_within": 3600.0, **_leader()}
    await desk.at("14:00")
    id = await desk.tasked("", **values)
    await desk.start()
    await desk.at("17:00")
    task = desk.task(id)
    assert [(sheet.colour, sheet.at) for sheet in task.sheets] == [
        ("blue", moment("14:40")),
        ("orange", moment("15:00")),
        ("red", moment("16:00")),
    ]
    assert (task.light, task.sign_late) == ("red", True)


async def test_another_domain_issues_a_task_once_by_its_key(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    tasks = desk.engine.tasks
    draft = TaskDraft(title="布控", incident=incident, unit="gaj", due_within=900.0, plan_key="hazchem:cordon")
    first = tasks.issue(draft, desk.now, by="wang", command="c1")
    assert tasks.issue(draft, desk.now, by="wang") is tasks.tasks[first.id]
    waiting = TaskDraft(title="疏散", incident=incident, unit="sthj", due_within=3600.0, depends=(first.id,))
    second = tasks.issue(waiting, desk.now, by="wang")
    assert (second.light, second.due) == ("grey", None)
    seen: list[tuple[str, str]] = []
    tasks.followers.append(lambda before, after, now: seen.append((after.id, after.state)))
    await desk.by_unit("task.sign", first.id)
    tasks.start_clock(second.id, moment("14:38"), desk.now)
    assert desk.task(second.id).due == moment("15:38")
    assert seen == [(first.id, "signed"), (second.id, "issued")]
    entries = await desk.journal.entries(kind="task", limit=100)
    assert next((entry.name, entry.command) for entry in entries if entry.subject == first.id) == ("issue", "c1")


async def test_numbers_are_not_used_twice_and_ended_tasks_leave_after_a_day(desk: CommandDesk) -> None:
    first = await desk.tasked("", **_leader())
    await desk.done("task.withdraw", first, reason="错发")
    await desk.at("11-29 15:00")
    assert first not in desk.engine.tasks.tasks
    await desk.start()
    assert await desk.tasked("", **_leader()) == f"{SITE}:T2026-0002"
    assert await desk.refused("task.sign", first, role="unit", actor="gaj-1") == ("conflict", "")


async def test_the_tasks_of_an_incident_stay_until_it_is_archived(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident)
    await desk.done("task.withdraw", id, reason="错发")
    await desk.at("11-29 15:00")
    assert id in desk.engine.tasks.tasks
    await desk.done("incident.end", incident, **_leader())
    await desk.done("incident.review", incident, cause="阀门老化", lessons="更换")
    await desk.done("incident.archive", incident, **_leader())
    await desk.at("11-29 15:01")
    assert id not in desk.engine.tasks.tasks
    assert (await desk.shown("task")) == {}


async def test_a_revision_of_another_moment_is_a_conflict(desk: CommandDesk) -> None:
    incident = await desk.opened("14:12")
    id = await desk.tasked(incident)
    await desk.by_unit("task.sign", id)
    result = await desk.order("task.withdraw", id, rev=1, reason="错发")
    assert (str(result.outcome), (result.after or {})["state"]) == ("conflict", "signed")


async def test_a_task_of_an_exercise_is_one(desk: CommandDesk) -> None:
    incident = await desk.done("incident.create", mode="exercise", place="甲")
    assert desk.task(await desk.tasked(incident)).mode == "exercise"
