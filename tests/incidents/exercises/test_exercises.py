"""Exercises (worked example 18): injects by a clock of their own, apart from everything real, among participants."""

from __future__ import annotations

from typing import Any

import pytest

from tests.incidents.commands import CommandDesk, moment

A = {"lat": 25.045, "lon": 101.546}
INJECTS = [
    {"at": 0.0, "kind": "receipt", "body": {"channel": "119", "text": "储罐阀门泄漏", "class": "hazchem", **A}},
    {"at": 300.0, "kind": "casualties", "body": {"what": "grave", "value": 2, "source": "120"}},
    {"at": 1200.0, "kind": "alert", "body": {"rule": "link-down", "asset": "county-532324"}},
]


async def prepared(desk: CommandDesk, **fields: Any) -> str:
    values: dict[str, Any] = {
        "title": "液氨泄漏推演",
        "participants": ["zhang", "li"],
        "speed": 10.0,
        "injects": INJECTS,
    } | fields
    return await desk.done("exercise.create", **values)


async def test_an_inject_of_minute_five_arrives_after_half_a_minute_at_ten_times_the_speed(desk: CommandDesk) -> None:
    await desk.at("14:00")
    id = await prepared(desk)
    assert id == "532300:X20261127-0001"
    await desk.done("exercise.start", id)
    await desk.step()
    (receipt,) = [receipt for receipt in desk.engine.receipts.receipts.values() if receipt.mode == "exercise"]
    assert (receipt.text, receipt.channel, receipt.event_class) == ("储罐阀门泄漏", "119", "hazchem")
    await desk.at("14:00:29")
    assert desk.incident(id).figures == {}
    await desk.at("14:00:30")
    assert desk.incident(id).figures["grave"].value == 2
    injects = desk.engine.exercises.exercises[id].injects
    assert [inject.given_at for inject in injects] == [moment("14:00"), moment("14:00:30"), None]


async def test_a_pause_holds_the_clock_and_a_stop_ends_it(desk: CommandDesk) -> None:
    await desk.at("14:00")
    id = await prepared(desk)
    await desk.done("exercise.start", id)
    await desk.at("14:00:20")
    await desk.done("exercise.pause", id)
    await desk.at("15:00")
    assert desk.engine.exercises.exercises[id].elapsed == 200
    assert desk.incident(id).figures == {}
    await desk.done("exercise.resume", id)
    await desk.at("15:00:10")
    assert desk.incident(id).figures["grave"].value == 2
    await desk.done("exercise.stop", id)
    await desk.at("16:00")
    assert desk.engine.exercises.exercises[id].injects[2].given_at is None
    assert await desk.refused("exercise.start", id) == ("conflict", "transition")


async def test_an_inject_arrives_once_whatever_is_killed_between(desk: CommandDesk) -> None:
    await desk.at("14:00")
    id = await prepared(desk)
    await desk.done("exercise.start", id)
    for time in ("14:00:10", "14:00:30", "14:00:31", "14:02:00", "14:02:01"):
        await desk.start()
        await desk.at(time)
    assert len(desk.incident(id).casualties) == 1
    assert len([receipt for receipt in desk.engine.receipts.receipts.values() if receipt.mode == "exercise"]) == 2
    assert (await desk.names("exercise")).count("injected") == 3


async def test_an_inject_by_hand_arrives_at_once(desk: CommandDesk) -> None:
    id = await prepared(desk, injects=[])
    await desk.done("exercise.start", id)
    await desk.done("exercise.inject", id, kind="casualties", body={"what": "dead", "value": 1, "source": "现场"})
    assert desk.incident(id).figures["dead"].value == 1


async def test_nothing_real_moves_while_an_exercise_runs(desk: CommandDesk) -> None:
    """Open real incidents, reports due to the superior, receipts and the outbox are the same before and after."""
    real = await desk.opened()
    await desk.done("incident.grade", real, grade="III", basis="重伤")

    async def real_things() -> tuple[Any, ...]:
        incidents = {id: it for id, it in (await desk.shown("incident")).items() if it.mode == "real"}
        receipts = {id: it for id, it in (await desk.shown("receipt")).items() if it.mode == "real"}
        tasks = {id: it for id, it in (await desk.shown("task")).items() if it.mode == "real"}
        due = {id: it for id, it in (await desk.shown("obligation")).items() if it.mode == "real"}
        return incidents, receipts, tasks, due, await desk.journal.outbox_count()

    before = await real_things()
    desk.now = moment("14:13")
    id = await prepared(desk)
    await desk.done("exercise.start", id)
    await desk.at("14:13:40")
    await desk.done("incident.open", id, event_class="hazchem", place_unknown=True)
    await desk.done("incident.grade", id, grade="III", basis="推演")
    await desk.at("14:15")
    assert await real_things() == before


async def test_an_exercise_sends_to_participants_only_and_stamps_what_it_sends(desk: CommandDesk) -> None:
    id = await prepared(desk)
    participants = [{"id": "zhang", "name": "张", "address": "13900000001"}]
    outsider = {"id": "wang", "name": "王", "address": "13900000002"}
    message = {"incident": id, "text": "请到岗", "channel": "sms"}
    refused = await desk.refused(
        "campaign.create", groups=[{"name": "", "people": [*participants, outsider]}], **message
    )
    assert refused == ("invalid", "not_participant:groups")
    campaign = await desk.done("campaign.create", groups=[{"name": "", "people": participants}], **message)
    assert campaign.startswith("532300:MX20261127-")
    await desk.done("campaign.send", campaign)
    (item,) = await desk.journal.outbox_due(desk.now, 10)
    assert item.body["text"] == "【演练】请到岗"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"speed": 61.0}, "speed:speed"),
        ({"injects": [{"at": 0, "kind": "flood"}]}, "inject_kind:injects"),
        ({"injects": [{"at": 0, "kind": "casualties", "body": {"what": "dead"}}]}, "inject_body:injects"),
        ({"title": ""}, "missing:title"),
    ],
)
async def test_what_cannot_be_played_is_refused(desk: CommandDesk, fields: dict[str, Any], code: str) -> None:
    values = {"title": "推演", "injects": []} | fields
    assert await desk.refused("exercise.create", **values) == ("invalid", code)


async def test_an_inject_that_the_intake_refuses_is_noted_with_its_reason(desk: CommandDesk) -> None:
    id = await prepared(desk, injects=[])
    await desk.done("exercise.start", id)
    await desk.done("exercise.inject", id, kind="casualties", body={"what": "dead", "value": -1, "source": "现场"})
    assert desk.engine.exercises.exercises[id].injects[0].refused == "figure_out_of_range"


@pytest.mark.parametrize(
    "inject",
    [
        {"kind": "casualties", "body": {"what": "dead", "value": "约10人", "source": "现场"}},
        {"kind": "casualties", "body": {"what": ["dead"], "value": 1, "source": "现场"}},
        {"kind": "casualties", "body": {"what": "dead", "value": float("nan"), "source": "现场"}},
        {"kind": "casualties", "body": {"what": "dead", "value": 1, "source": "现场", "valid_at": "14:00"}},
        {"kind": "receipt", "body": {"text": "泄漏", "lat": 95, "lon": 101}},
        {"kind": "receipt", "body": {"text": "泄漏", "lat": 25.0}},
        {"kind": "receipt", "body": {"text": "泄漏", "channel": "radio"}},
        {"kind": "receipt", "body": {"text": "长" * 4001}},
    ],
    ids=["words", "list", "nan", "time", "latitude", "half", "channel", "long"],
)
async def test_an_inject_that_no_intake_could_read_is_refused_before_it_is_due(
    desk: CommandDesk, inject: dict[str, Any]
) -> None:
    values: dict[str, Any] = {"title": "推演", "injects": [{"at": 0.0, **inject}]}
    assert await desk.refused("exercise.create", **values) == ("invalid", "inject_body:injects")
    id = await prepared(desk, injects=[])
    await desk.done("exercise.start", id)
    assert await desk.refused("exercise.inject", id, **inject) == ("invalid", "inject_body:injects")


async def test_injects_by_hand_count_among_the_most_of_an_exercise(desk: CommandDesk) -> None:
    inject: dict[str, Any] = {"kind": "alert", "body": {"rule": "link-down"}}
    id = await prepared(desk, injects=[{"at": 3600.0, **inject}] * 500)
    await desk.done("exercise.start", id)
    assert await desk.refused("exercise.inject", id, **inject) == ("invalid", "too_many_injects:injects")


async def test_an_order_from_an_older_form_of_the_exercise_is_a_conflict(desk: CommandDesk) -> None:
    id = await prepared(desk)
    await desk.done("exercise.start", id)
    assert await desk.refused("exercise.stop", id, rev=1) == ("conflict", "")


async def test_stopping_takes_back_what_its_messages_have_not_sent_yet(desk: CommandDesk) -> None:
    await desk.at("14:00")
    id = await prepared(desk, injects=[])
    await desk.done("exercise.start", id)
    groups = [{"name": name, "people": [{"id": name, "address": f"1390000000{name}"}]} for name in ("zhang", "li")]
    message: dict[str, Any] = {"incident": id, "text": "请到岗", "channel": "sms", "groups": groups}
    message |= {"need": 1, "wave_after": 900.0}
    campaign = await desk.done("campaign.create", **message)
    await desk.done("campaign.send", campaign)
    await desk.done("exercise.stop", id)
    await desk.at("14:20")
    assert desk.engine.campaigns.campaigns[campaign].state == "cancelled"
    assert await desk.journal.outbox_due(desk.now, 10) == []
    assert await desk.refused("campaign.create", **message) == ("conflict", "exercise_over")


@pytest.mark.parametrize("by", [3600.0, -3600.0])
async def test_the_clock_of_an_exercise_neither_jumps_nor_halts_when_the_wall_clock_is_set(
    desk: CommandDesk, by: float
) -> None:
    await desk.at("14:00")
    id = await prepared(desk)
    await desk.done("exercise.start", id)
    await desk.at("14:00:10")
    desk.now += by
    desk.engine.clock_stepped(by, desk.now)
    await desk.step()
    assert desk.incident(id).figures == {}
    desk.now += 20
    await desk.step()
    assert desk.incident(id).figures["grave"].value == 2
