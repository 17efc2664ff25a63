"""Mass messages (worked example 14): two persons, waves until enough answered, and nobody is sent to twice."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from feeds.journal import OutboxItem
from feeds.kinds import CAMPAIGN
from feeds.model import Outcome
from tests.incidents.commands import CommandDesk, moment

SECOND = {"role": "leader", "actor": "wang"}


def people(first: int, count: int) -> list[dict[str, str]]:
    return [{"id": f"p{n}", "name": f"人员{n}", "address": f"139000000{n:02}"} for n in range(first, first + count)]


def body(**fields: Any) -> dict[str, Any]:
    """48 people in two groups, of whom three have to answer within a quarter of an hour."""
    groups = [{"name": "甲组", "people": people(0, 24)}, {"name": "乙组", "people": people(24, 24)}]
    return {"text": "请立即到岗", "channel": "sms", "groups": groups, "need": 3, "wave_after": 900.0} | fields


async def queued(desk: CommandDesk) -> list[OutboxItem]:
    return await desk.journal.outbox_due(desk.now, 1000)


async def sent(desk: CommandDesk, **fields: Any) -> str:
    """The message of the example, drafted at 14:25, approved, and sent at 14:30."""
    await desk.at("14:25")
    id = await desk.done("campaign.create", **body(**fields))
    await desk.done("campaign.approve", id, **SECOND)
    await desk.at("14:30")
    return await desk.done("campaign.send", id)


async def test_more_than_twenty_people_need_a_second_person(desk: CommandDesk) -> None:
    id = await desk.done("campaign.create", **body())
    assert await desk.refused("campaign.send", id) == ("conflict", "not_approved")
    assert await desk.refused("campaign.approve", id) == ("forbidden", "same_person")
    assert await queued(desk) == []


async def test_twenty_people_are_sent_to_by_one_person(desk: CommandDesk) -> None:
    id = await desk.done("campaign.create", **body(groups=[{"name": "甲组", "people": people(0, 20)}], need=0))
    await desk.done("campaign.send", id)
    assert len(await queued(desk)) == 20
    assert desk.engine.campaigns.campaigns[id].state == "ended"


@pytest.mark.parametrize(
    "changed",
    [{"text": "请立即到岗。"}, {"groups": [{"name": "甲组", "people": people(0, 25)}]}],
    ids=["a changed full stop", "one more recipient"],
)
async def test_a_change_after_the_approval_voids_it(desk: CommandDesk, changed: dict[str, Any]) -> None:
    id = await desk.done("campaign.create", **body())
    await desk.done("campaign.approve", id, **SECOND)
    await desk.done("campaign.edit", id, **changed)
    assert await desk.refused("campaign.send", id) == ("conflict", "approval_void")
    await desk.done("campaign.approve", id, **SECOND)
    await desk.done("campaign.send", id)


async def test_an_approval_is_void_after_fifteen_minutes(desk: CommandDesk) -> None:
    id = await desk.done("campaign.create", **body())
    await desk.done("campaign.approve", id, **SECOND)
    desk.now += 901
    assert await desk.refused("campaign.send", id) == ("conflict", "approval_void")


async def test_the_next_group_follows_when_too_few_have_answered_and_the_third_answer_ends_it(
    desk: CommandDesk,
) -> None:
    id = await sent(desk)
    assert {item.body["to"]["person"] for item in await queued(desk)} == {f"p{n}" for n in range(24)}
    await desk.at("14:36")
    await desk.done("campaign.answer", id, person="p1", text="1")
    await desk.done("campaign.answer", id, person="p2", text="1")
    await desk.at("14:44:59")
    assert len(desk.engine.campaigns.campaigns[id].waves) == 1
    await desk.at("14:45:00")
    campaign = desk.engine.campaigns.campaigns[id]
    assert [(wave.group, wave.at) for wave in campaign.waves] == [("甲组", moment("14:30")), ("乙组", moment("14:45"))]
    await desk.at("14:49")
    await desk.done("campaign.answer", id, person="p30", text="1")
    campaign = desk.engine.campaigns.campaigns[id]
    assert (campaign.state, campaign.reached_at) == ("reached", moment("14:49"))
    await desk.done("campaign.answer", id, person="p31", text="1")
    assert desk.engine.campaigns.campaigns[id].answered == 4


async def test_waves_that_reach_too_few_people_say_so(desk: CommandDesk) -> None:
    id = await sent(desk)
    await desk.at("14:45")
    await desk.at("15:00")
    assert desk.engine.campaigns.campaigns[id].state == "ended"
    assert (await desk.names("campaign"))[-1] == "unreached"


async def test_nobody_is_sent_to_twice_whatever_is_killed_between(desk: CommandDesk) -> None:
    id = await sent(desk)
    for time in ("14:30:01", "14:44:59", "14:45:00", "14:45:01"):
        await desk.start()
        await desk.at(time)
    counts = Counter(item.key for item in await queued(desk))
    assert counts == {f"{id}:p{n}": 1 for n in range(48)}


async def test_what_was_due_while_the_engine_stood_still_is_sent_at_its_start(desk: CommandDesk) -> None:
    id = await sent(desk)
    desk.now = moment("14:50")
    await desk.start()
    await desk.step()
    assert [wave.at for wave in desk.engine.campaigns.campaigns[id].waves] == [moment("14:30"), moment("14:50")]
    assert len(await queued(desk)) == 48


async def test_after_a_standstill_the_groups_follow_one_by_one_and_each_has_its_time_to_answer(
    desk: CommandDesk,
) -> None:
    groups = [{"name": f"第{n}组", "people": people(n * 5, 5)} for n in range(4)]
    id = await sent(desk, groups=groups)
    desk.now = moment("16:00")
    await desk.start()
    await desk.step()
    assert len(await queued(desk)) == 10
    await desk.at("16:14:59")
    assert len(await queued(desk)) == 10
    await desk.at("16:15")
    waves = desk.engine.campaigns.campaigns[id].waves
    assert [wave.at for wave in waves] == [moment("14:30"), moment("16:00"), moment("16:15")]


@pytest.mark.parametrize("need", [6, 2000])
async def test_more_answers_than_recipients_are_refused(desk: CommandDesk, need: int) -> None:
    groups = [{"name": "甲组", "people": people(0, 5)}]
    assert await desk.refused("campaign.create", **body(groups=groups, need=need)) == (
        "invalid",
        "need_above_recipients:need",
    )
    id = await desk.done("campaign.create", **body(groups=groups, need=5))
    assert await desk.refused("campaign.edit", id, groups=[{"name": "甲组", "people": people(0, 4)}]) == (
        "invalid",
        "need_above_recipients:need",
    )


async def test_a_person_or_number_that_is_named_twice_gets_one_message(desk: CommandDesk) -> None:
    twice = [{"name": "甲组", "people": people(0, 2)}, {"name": "乙组", "people": [*people(1, 1), *people(5, 1)]}]
    id = await desk.done("campaign.create", **body(groups=twice, need=0))
    assert [len(group.people) for group in desk.engine.campaigns.campaigns[id].groups] == [2, 1]


async def test_who_has_no_address_is_shown_and_not_sent_to(desk: CommandDesk) -> None:
    groups = [{"name": "", "people": [*people(0, 1), {"id": "x", "name": "无号", "address": ""}]}]
    await desk.done("campaign.send", await desk.done("campaign.create", **body(groups=groups, need=0)))
    assert [item.body["to"]["person"] for item in await queued(desk)] == ["p0"]


async def test_cancelling_takes_out_what_was_not_sent_yet(desk: CommandDesk) -> None:
    id = await sent(desk)
    await desk.done("campaign.cancel", id, reason="情况解除")
    assert await queued(desk) == []
    await desk.at("14:50")
    assert len(desk.engine.campaigns.campaigns[id].waves) == 1
    assert await desk.refused("campaign.send", id) == ("conflict", "transition")


async def test_two_shifts_that_send_at_once_are_told_of_each_other(desk: CommandDesk) -> None:
    id = await desk.done("campaign.create", **body())
    await desk.done("campaign.approve", id, **SECOND)
    rev = desk.engine.campaigns.campaigns[id].rev
    await desk.done("campaign.send", id, rev=rev)
    second = await desk.order("campaign.send", id, rev=rev, actor="zhou")
    assert second.outcome is Outcome.CONFLICT
    assert second.after is not None
    assert second.after["sent_by"] == "li"


async def test_answers_of_strangers_and_roles_without_command_are_refused(desk: CommandDesk) -> None:
    id = await sent(desk)
    assert await desk.refused("campaign.answer", id, person="nobody") == ("invalid", "unknown_recipient:person")
    assert await desk.refused("campaign.create", role="operator", **body()) == ("forbidden", "role")
    assert await desk.refused("campaign.send", "532300:M20261127-0099") == ("not_found", "")


async def test_who_has_changed_a_message_does_not_approve_it(desk: CommandDesk) -> None:
    id = await desk.done("campaign.create", **body())
    await desk.done("campaign.edit", id, text="请撤离", **SECOND)
    assert await desk.refused("campaign.approve", id, **SECOND) == ("forbidden", "same_person")
    assert await desk.refused("campaign.approve", id) == ("forbidden", "same_person")
    await desk.done("campaign.approve", id, actor="zhou")
    await desk.done("campaign.send", id)


async def test_a_message_whose_approval_is_void_waits_for_another_one(desk: CommandDesk) -> None:
    """It is a draft again, by time and by a change, so that nobody takes it for approved."""
    id = await desk.done("campaign.create", **body())
    await desk.done("campaign.approve", id, **SECOND)
    desk.now += 900
    await desk.step()
    campaign = desk.engine.campaigns.campaigns[id]
    assert (campaign.state, campaign.needs_approval) == ("draft", True)
    assert CAMPAIGN.view(campaign)["orders"] == ["edit", "approve", "cancel"]
    await desk.done("campaign.approve", id, **SECOND)
    await desk.done("campaign.edit", id, text="请立即到岗！")
    campaign = desk.engine.campaigns.campaigns[id]
    assert (campaign.state, campaign.needs_approval) == ("draft", True)


async def test_records_and_entries_bear_no_number_of_a_recipient(desk: CommandDesk) -> None:
    id = await sent(desk)
    await desk.done("campaign.answer", id, person="p1", text="1")
    shown = json.dumps(CAMPAIGN.view(desk.engine.campaigns.campaigns[id]), ensure_ascii=False)
    assert "13900000001" not in shown
    assert "•••0001" in shown
    entries = await desk.journal.entries(kind="campaign")
    assert all("1390000" not in json.dumps(entry.body) for entry in entries)
    assert entries[-1].body["who"] == "人员1"


async def test_answers_of_one_person_are_bounded(desk: CommandDesk) -> None:
    id = await sent(desk)
    for _ in range(20):
        await desk.done("campaign.answer", id, person="p1", text="1")
    assert await desk.refused("campaign.answer", id, person="p1") == ("invalid", "too_many_answers:person")


@pytest.mark.parametrize("by", [3600.0, -3600.0])
async def test_the_next_group_keeps_its_time_when_the_wall_clock_is_set(desk: CommandDesk, by: float) -> None:
    id = await sent(desk)
    await desk.at("14:40")
    desk.now += by
    desk.engine.clock_stepped(by, desk.now)
    await desk.step()
    assert len(desk.engine.campaigns.campaigns[id].waves) == 1
    desk.now += 300
    await desk.step()
    assert len(desk.engine.campaigns.campaigns[id].waves) == 2
