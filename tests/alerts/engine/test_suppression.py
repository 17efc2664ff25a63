"""What hides alerts, over a real bus and a real journal: recorded, told, and found again after a restart or a loss."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from alerts.suppression import silences
from feeds.bus import Bus
from feeds.journal import Journal
from feeds.model import Kind, Outcome
from tests.alerts.builders import T0, asset, command
from tests.alerts.desk import foreign
from tests.alerts.rig import Killed, Rig

ROOT, LEAF = asset("root"), asset("leaf", parents=("root",))


@pytest.fixture
async def rig(bus: Bus, journal: Journal) -> Rig:
    rig = Rig(bus, journal)
    await rig.assets(ROOT, LEAF)
    await rig.start()
    return rig


@pytest.fixture
async def emptied(bus: Bus, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bus]:
    empty = Bus(valkey_url, "8" + bus.site)
    await empty.open()
    monkeypatch.setattr(empty, "epoch", "another-life")
    yield empty
    await empty.close()


async def order(rig: Rig, action: str, subject: str, id: str = "c1", **args: Any) -> None:
    await rig.send(command(action, subject, rig.now, id=id, args={"comment": "计划内", **args}))
    await rig.step(0.1)


async def outage(rig: Rig) -> tuple[str, str]:
    """The root fails, then the leaf; their alerts' ids."""
    await rig.health("down", "root")
    await rig.step()
    await rig.health("down", "leaf")
    await rig.step(1)
    by_asset = {alert.asset: alert.id for alert in (await rig.shown()).values()}
    return by_asset["root"], by_asset["leaf"]


async def queued_reasons(rig: Rig, id: str) -> list[str]:
    return [item.body["reason"] for item in await rig.journal.outbox_for(id)]


async def test_a_child_is_recorded_hidden_and_not_sent(rig: Rig) -> None:
    root, leaf = await outage(rig)
    shown = await rig.shown()
    assert shown[leaf].suppressed_by == (f"inhibited:{root}",)
    assert shown[root].affected == {"router": 1}
    assert (await queued_reasons(rig, root), await queued_reasons(rig, leaf)) == (["first"], [])
    (item,) = await rig.journal.outbox_for(root)
    assert item.body["alert"]["affected"] == {"router": 1}
    await rig.assert_whole()


async def cut_off(rig: Rig) -> dict[str, str]:
    """The root alert of each asset that is cut off, as the screens are told."""
    state = await rig.bus.state((Kind.ROOT_CAUSE,))
    return {key: cause.root for key, cause in state.records[Kind.ROOT_CAUSE].items()}


async def test_an_asset_below_a_failure_names_its_root_alert_until_that_recovers(rig: Rig) -> None:
    await rig.health("down", "root")
    await rig.step(1)
    (root,) = [alert.id for alert in (await rig.shown()).values()]
    assert await cut_off(rig) == {"leaf": root}, "it has no alert of its own"
    await rig.start()
    await rig.step(1)
    assert await cut_off(rig) == {"leaf": root}
    await rig.health("ok", "root")
    await rig.step(60)
    assert await cut_off(rig) == {}


async def test_after_the_loss_of_redis_the_root_causes_are_published_again(rig: Rig, emptied: Bus) -> None:
    root, _ = await outage(rig)
    rig.bus = emptied
    await rig.start()
    await rig.assets(ROOT, LEAF)
    await rig.step(1)
    assert await cut_off(rig) == {"leaf": root}


async def test_neither_a_restart_nor_the_loss_of_redis_shows_what_was_hidden(rig: Rig, emptied: Bus) -> None:
    root, leaf = await outage(rig)
    await rig.start()
    await rig.step(1)
    assert (await rig.shown())[leaf].suppressed_by == (f"inhibited:{root}",)
    rig.bus = emptied
    await rig.start()
    await rig.step(120)
    await rig.assets(LEAF)
    await rig.step(1)
    await rig.assets(ROOT)
    await rig.step(1)
    assert (await rig.shown())[leaf].suppressed_by == (f"inhibited:{root}",)
    assert (await queued_reasons(rig, root), await queued_reasons(rig, leaf)) == (["first"], [])
    await rig.assert_whole()


async def test_shelf_silence_and_window_are_journaled_with_who_and_why_and_run_on_after_a_restart(rig: Rig) -> None:
    root, _ = await outage(rig)
    await order(rig, "shelve", root, until=rig.now + 50)
    await order(rig, "silence", "s1", "c2", until=rig.now + 40, match={"rule": "down"})
    await order(rig, "maintain", "m1", "c3", starts=rig.now + 10, until=rig.now + 60, match={"assets": ["root"]})
    assert [answer.outcome for answer in await rig.answers()] == [Outcome.DONE] * 3
    entry = (await rig.journal.entries(kind="silence"))[0]
    assert (entry.name, entry.actor, entry.reason, entry.command) == ("created", "zhang", "计划内", "c2")
    await rig.start()
    await rig.step(20)
    assert (await rig.shown())[root].suppressed_by == ("maintenance:m1", "shelved", "silenced:s1")
    rig.now += 100
    await rig.start()
    await rig.step()
    assert (await rig.shown())[root].suppressed_by == ()
    names = [(entry.name, round(entry.at - T0, 1)) for entry in await rig.journal.entries(kind="maintenance")]
    assert names == [("created", 1.2), ("began", 11.2), ("ended", 61.2)]
    assert await rig.journal.docs("silence", open=True) == []
    assert await queued_reasons(rig, root) == ["first"]
    await rig.assert_whole()


async def test_an_order_that_comes_twice_is_carried_out_once(rig: Rig) -> None:
    for _ in range(2):
        await order(rig, "silence", "s1", until=T0 + 40, match={"rule": "down"})
    assert [answer.outcome for answer in await rig.answers()] == [Outcome.DONE, Outcome.DONE]
    assert [entry.name for entry in await rig.journal.entries(kind="silence")] == ["created", "began"]
    (doc,) = await rig.journal.docs("silence")
    assert silences.load(doc.body) == rig.engine.core.suppressions.get("s1")


async def test_reports_are_kept_once_though_it_is_killed_before_it_could_answer(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, active in enumerate((True, False)):
        args = {"alerts": [foreign("x", active=active)]}
        await rig.send(command("report", "", rig.now, id=f"r{number}", role="ingest", args=args))

    async def dies(*_: Any, **__: Any) -> str:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rig.bus, "commit", dies)
        with pytest.raises(Killed):
            await rig.step(0.1)
    assert await rig.answers() == []
    await rig.start()
    await rig.step(0.1)
    assert [answer.outcome for answer in await rig.answers()] == [Outcome.DONE, Outcome.DONE]
    assert [name for _, name in await rig.names()] == ["raise", "clear"]
    await rig.assert_whole()


async def test_who_was_told_before_it_was_hidden_is_told_of_the_end_after_a_restart(rig: Rig) -> None:
    root, _ = await outage(rig)
    await order(rig, "silence", "s1", until=rig.now + 1000, match={"assets": ["root"]})
    await rig.start()
    await rig.health("ok", "root")
    await rig.step(1)
    assert await queued_reasons(rig, root) == ["first", "cleared"]
