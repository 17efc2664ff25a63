"""One order on many alerts: one command, one transaction, and an undo."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.bus import Bus
from feeds.journal import Journal
from feeds.model import Outcome, Result
from tests.alerts.builders import asset, command
from tests.alerts.rig import Rig

ASSETS = [asset(f"n{number}") for number in range(6)]


@pytest.fixture
async def rig(bus: Bus, journal: Journal) -> Rig:
    rig = Rig(bus, journal)
    await rig.assets(*ASSETS)
    await rig.start()
    for member in ASSETS:
        await rig.health("down", member.id)
    await rig.step(1)
    return rig


async def order(rig: Rig, id: str = "o1", **args: Any) -> Result:
    await rig.send(command("order", "", rig.now, id=id, args={"comment": "同一光缆中断", **args}))
    await rig.step(0.1)
    return (await rig.answers())[-1]


def outcome(result: Result) -> tuple[int, dict[str, int]]:
    assert result.after is not None
    return result.after["done"], result.after["skipped"]


async def test_one_order_acknowledges_all_and_its_undo_takes_back_what_still_stands(rig: Rig) -> None:
    ids = list(await rig.shown())
    assert outcome(await order(rig, action="ack", ids=[*ids, "rubbish"])) == (6, {"closed": 1})
    assert all(alert.ack is not None for alert in (await rig.shown()).values())
    entries = await rig.journal.entries(kind="alert", command="o1")
    assert sorted(entry.subject for entry in entries) == sorted(ids)
    assert {(entry.actor, entry.reason) for entry in entries} == {("zhang", "同一光缆中断")}
    assert outcome(await order(rig, "o2", action="ack", ids=ids)) == (0, {"acked": 6})
    await rig.send(command("unack", ids[0], rig.now, id="c3"))
    await rig.send(command("ack", ids[0], rig.now, id="c4"))
    await rig.step(1)
    undone = await order(rig, "o5", action="unack", ids=ids, undo_at=entries[0].at)
    assert outcome(undone) == (5, {"changed": 1})
    await rig.assert_whole()


async def test_an_undo_does_not_reopen_what_the_order_closed(rig: Rig) -> None:
    ids = list(await rig.shown())
    await rig.health("ok", "n0")
    await rig.step(60)
    assert sum(not alert.active for alert in (await rig.shown()).values()) == 1
    assert outcome(await order(rig, action="ack", ids=ids)) == (6, {})
    entries = await rig.journal.entries(kind="alert", command="o1")
    undone = await order(rig, "o2", action="unack", ids=ids, undo_at=entries[0].at)
    assert outcome(undone) == (5, {"closed": 1})
    await rig.assert_whole()


async def test_what_was_raised_after_the_preview_is_passed_over(rig: Rig) -> None:
    shown = await rig.shown()
    assert outcome(await order(rig, action="ack", ids=list(shown), before=rig.now - 60)) == (0, {"newer": 6})


async def test_a_shelf_ends_for_all_of_the_order(rig: Rig) -> None:
    ids = list(await rig.shown())
    assert outcome(await order(rig, action="shelve", ids=ids, until=rig.now + 600)) == (6, {})
    assert all("shelved" in alert.suppressed_by for alert in (await rig.shown()).values())
    await rig.step(601)
    assert not any(alert.suppressed_by for alert in (await rig.shown()).values())


@pytest.mark.parametrize(
    ("args", "detail"),
    [
        ({"action": "comment"}, "unknown_action"),
        ({"action": "shelve"}, "bad_until"),
        ({"action": "ack", "ids": "all"}, "unknown_action"),
    ],
)
async def test_an_order_that_is_wrong_for_every_alert_changes_none(rig: Rig, args: dict[str, Any], detail: str) -> None:
    before = await rig.shown()
    result = await order(rig, **{"ids": list(before), **args})
    assert (result.outcome, result.detail) == (Outcome.INVALID, detail)
    assert await rig.shown() == before


async def test_alerts_of_another_region_are_passed_over(rig: Rig) -> None:
    ids = list(await rig.shown())
    await rig.send(command("order", "", rig.now, id="o1", actor_region="532324", args={"action": "ack", "ids": ids}))
    await rig.step(0.1)
    assert outcome((await rig.answers())[-1]) == (0, {"region": 6})
