"""Worked examples 14 and 18 over HTTP: a mass message with two persons and waves, and an exercise beside real work."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tests.api.command.site import CommandSite, Desk, Record


def _group(name: str, first: int, count: int) -> Record:
    """A group of people with numbers of their own."""
    numbers = [{"name": f"人员{n}", "number": f"139000000{n:02}"} for n in range(first, first + count)]
    return {"name": name, "numbers": numbers}


BODY: dict[str, Any] = {
    "text": "请立即到岗",
    "groups": [_group("甲组", 0, 24), _group("乙组", 24, 24)],
    "need": 3,
    "wave_after": 900,
}


async def _queued(site: CommandSite) -> list[str]:
    """The keys of the messages that were handed to the outbox, one for each recipient."""
    waiting = await site.journal.outbox_due(site.at + 86_400, 1000)
    return [item.key for item in waiting if item.receiver == "sms"]


async def _sent(site: CommandSite) -> tuple[Desk, str, list[str]]:
    """Li, the message of 48 people sent at 14:30, and the ids of its recipients in the first group."""
    li, zhao = site.staff(), site.staff("zhao", "leader")
    await site.until("14:25")
    number = (await li.give("/campaigns", **BODY))["id"]
    await zhao.give(f"/campaigns/{number}/approve")
    await site.until("14:30")
    await li.give(f"/campaigns/{number}/send")
    rows = await li.items(f"/campaigns/{number}/recipients")
    return li, str(number), [row["id"] for row in rows if row["group"] == "甲组"]


async def test_example_14_the_drafter_does_not_approve_and_a_change_voids_the_approval(site: CommandSite) -> None:
    li, zhao = site.staff(), site.staff("zhao", "leader")
    number = (await li.give("/campaigns", **BODY))["id"]
    assert len(await li.items(f"/campaigns/{number}/recipients")) == 48
    assert await li.refused(f"/campaigns/{number}/approve") == (403, "same_person")
    await zhao.give(f"/campaigns/{number}/approve")
    await li.change("PATCH", f"/campaigns/{number}", text="请立即到岗。")
    assert await li.refused(f"/campaigns/{number}/send") == (409, "approval_void")
    assert await _queued(site) == []


async def test_example_14_the_second_group_follows_and_the_third_answer_ends_it(site: CommandSite) -> None:
    li, number, first = await _sent(site)
    assert len(await _queued(site)) == 24
    for person in first[:2]:
        await li.give(f"/campaigns/{number}/answer", person=person, text="1")
    await site.until("14:44:59")
    assert len(await _queued(site)) == 24
    await site.until("14:45:00")
    assert len(await _queued(site)) == 48
    await site.until("14:49")
    reached = await li.give(f"/campaigns/{number}/answer", person=first[2], text="1")
    assert (reached["state"], reached["answered"]) == ("reached", 3)


async def test_example_14_nobody_gets_it_twice_after_a_restart(site: CommandSite) -> None:
    li, number, first = await _sent(site)
    await site.start()
    await li.give(f"/campaigns/{number}/answer", person=first[0], text="1")
    await site.until("14:45:00")
    await site.start()
    await site.until("14:46:00")
    assert set(Counter(await _queued(site)).values()) == {1}
    assert len(await _queued(site)) == 48


INJECTS = [
    {"at": "+00:00:00", "kind": "receipt", "body": {"channel": "119", "text": "储罐阀门泄漏", "class": "hazchem"}},
    {"at": "+00:05:00", "kind": "casualties", "body": {"what": "grave", "value": 2, "source": "120"}},
]


async def _started(site: CommandSite) -> tuple[Desk, str]:
    """Li, and an exercise at ten times the speed that was started at 14:00."""
    li = site.staff()
    exercise = (
        await li.give("/exercises", title="液氨泄漏推演", participants=["13900000001"], speed=10, injects=INJECTS)
    )["id"]
    assert exercise == "532300:X20261127-0001"
    await li.give(f"/exercises/{exercise}/start")
    return li, exercise


async def test_example_18_an_inject_of_minute_five_arrives_after_half_a_minute(site: CommandSite) -> None:
    li, exercise = await _started(site)
    await site.until("14:00:29")
    assert (await li.get(f"/incidents/{exercise}"))["figures"] == {}
    await site.until("14:00:30")
    assert (await li.get(f"/incidents/{exercise}"))["figures"]["grave"]["value"] == 2


async def _real(desk: Desk) -> list[Any]:
    """What counts of the real day: figures, open records, reports due."""
    window = {"from": "2026-11-27T00:00:00+08:00", "to": "2026-11-28T00:00:00+08:00"}
    figures = (await desk.get("/figures", **window))["items"]
    lists = [await desk.items(f"/{kind}") for kind in ("incidents", "tasks", "obligations", "receipts", "alerts")]
    return [figures, *lists]


async def test_example_18_nothing_real_moves_while_an_exercise_runs(site: CommandSite) -> None:
    li, zhao = site.staff(), site.staff("zhao", "leader")
    real = await li.incident("13:40")
    await li.give(f"/incidents/{real}/grade", grade="III", basis="重伤 10 人")
    await site.until("14:00")
    before, queued = await _real(li), await _queued(site)
    _, exercise = await _started(site)
    await li.give(f"/incidents/{exercise}/open", event_class="hazchem", place_unknown=True)
    await li.give(f"/incidents/{exercise}/grade", grade="II", basis="推演")
    await li.give("/tasks", title="推演任务", incident=exercise, role="duty", issue=True, due_within=60)
    await zhao.give(f"/exercises/{exercise}/stop")
    assert await _real(li) == before
    assert await _queued(site) == queued


async def test_example_18_an_outsider_is_not_called(site: CommandSite) -> None:
    li, exercise = await _started(site)
    body: dict[str, Any] = {"incident": exercise, "text": "请到岗", "groups": [_group("", 1, 2)]}
    assert await li.refused("/campaigns", **body) == (422, "not_participant")
    inside = await li.give("/campaigns", **body | {"groups": [_group("", 1, 1)]})
    assert (await li.get(f"/campaigns/{inside['id']}/preview"))["text"] == "【演练】请到岗"


async def test_example_18_a_real_critical_alert_is_at_the_top_at_once(site: CommandSite) -> None:
    li = site.staff()
    real = await li.incident("13:30")
    await li.give(f"/incidents/{real}/grade", grade="II", basis="死亡 10 人")
    await site.until("14:00")
    await _started(site)
    await site.until("14:05")
    (worst, *_) = await li.items("/alerts")
    assert (worst["rule"], worst["severity"], worst["raised_at"]) == (
        "clock-late",
        "critical",
        "2026-11-27T06:05:00.000Z",
    )
