"""The engine over a real Valkey and a real journal: what is recorded, published, answered, and survives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from alerts.rules.rule import compile_rules
from feeds.bus import Bus
from feeds.documents.alert import Bookkeeping, alert_of, dump
from feeds.journal import Journal
from feeds.model import Alert, Change, Kind, Outcome, Severity
from tests.alerts.builders import T0, asset, change, command, gone, rule, state
from tests.alerts.rig import DESK, Killed, Rig

NEW = replace(DESK, id="new")
HELD = rule(hold=10.0, recover_for=5.0)


@pytest.fixture
async def rig(bus: Bus, journal: Journal) -> Rig:
    rig = Rig(bus, journal)
    await rig.assets()
    await rig.start()
    return rig


@pytest.fixture
async def emptied(bus: Bus, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bus]:
    """What is left when the server's data is deleted: nothing, in another epoch."""
    empty = Bus(valkey_url, "9" + bus.site)
    await empty.open()
    monkeypatch.setattr(empty, "epoch", "another-life")
    yield empty
    await empty.close()


async def fired(rig: Rig) -> Alert:
    await rig.health("down")
    await rig.step()
    (alert,) = (await rig.shown()).values()
    return alert


async def test_a_failure_is_journaled_with_its_reason_and_shown(rig: Rig) -> None:
    alert = await fired(rig)
    (entry,) = await rig.entries()
    assert (entry.name, entry.subject, entry.body["text"], entry.body["seq"]) == ("raise", alert.id, "health=down", 1)
    assert (alert.region, alert.severity, alert.active, alert.acked) == ("532301", Severity.CRITICAL, True, False)
    await rig.assert_whole()


async def test_an_acknowledgement_is_journaled_with_who_when_and_why_and_answered(rig: Rig) -> None:
    alert = await fired(rig)
    await rig.send(command("ack", alert.id, rig.now + 1, id="c9", expected_rev=1))
    await rig.step(1)
    entry = (await rig.entries())[-1]
    assert (entry.name, entry.actor, entry.reason, entry.command, entry.at) == ("ack", "zhang", "查看中", "c9", T0 + 1)
    assert entry.body["before"] == {"ack": None}
    (answer,) = await rig.answers()
    assert (answer.command, answer.outcome) == ("c9", Outcome.DONE)
    assert answer.after is not None
    assert answer.after["acked"] is True
    await rig.assert_whole()


async def test_the_change_says_which_command_caused_it(rig: Rig) -> None:
    alert = await fired(rig)
    await rig.send(command("ack", alert.id, rig.now, id="c9"))
    await rig.step(1)
    entries = await rig.bus.read({rig.bus.keys.changes: "0-0"}, block=0.001)
    changes = [item for entry in entries for item in entry.items if item.kind == Kind.ALERT]
    assert [change.cause for change in changes][-1] == "c9"


async def test_a_refused_command_is_answered_and_leaves_no_trace(rig: Rig) -> None:
    alert = await fired(rig)
    await rig.send(command("ack", alert.id, rig.now, role="viewer"))
    await rig.step(1)
    assert [(a.outcome, a.detail) for a in await rig.answers()] == [(Outcome.FORBIDDEN, "role")]
    assert await rig.names() == [(0, "raise")]


async def test_a_command_past_its_time_is_refused_as_late(rig: Rig) -> None:
    alert = await fired(rig)
    await rig.send(command("ack", alert.id, rig.now))
    await rig.step(6)
    assert [answer.outcome for answer in await rig.answers()] == [Outcome.LATE]


async def test_a_command_that_comes_twice_is_done_once(rig: Rig) -> None:
    alert = await fired(rig)
    for _ in range(2):
        await rig.send(command("comment", alert.id, rig.now, id="c1"))
    await rig.step(1)
    await rig.send(command("comment", alert.id, rig.now, id="c1"))
    await rig.step(1)
    assert [name for _, name in await rig.names()] == ["raise", "comment"]
    assert [answer.outcome for answer in await rig.answers()] == [Outcome.DONE, Outcome.DONE]


async def test_two_people_who_close_an_alert_in_one_batch_do_not_both_do_it(rig: Rig) -> None:
    alert = await fired(rig)
    await rig.health("ok")
    for id in ("c1", "c2"):
        await rig.send(command("ack", alert.id, rig.now, id=id))
    for id in ("c3", "c4"):
        await rig.send(command("comment", alert.id, rig.now, id=id))
    await rig.step(1)
    assert [name for _, name in await rig.names()] == ["raise", "clear", "ack", "comment", "comment"]
    assert [answer.outcome for answer in await rig.answers()].count(Outcome.CONFLICT) == 1
    await rig.assert_whole()


async def test_a_closed_alert_leaves_the_screens_and_can_still_be_commented(rig: Rig) -> None:
    alert = await fired(rig)
    await rig.send(command("ack", alert.id, rig.now))
    await rig.step(1)
    await rig.health("ok")
    await rig.step(1)
    assert await rig.shown() == {}
    await rig.send(command("comment", alert.id, rig.now, id="c2"))
    await rig.step(1)
    assert [name for _, name in await rig.names()] == ["raise", "ack", "clear", "comment"]
    await rig.assert_whole()


async def test_what_was_waiting_goes_on_after_a_restart(bus: Bus, journal: Journal) -> None:
    rig = Rig(bus, journal, rules=[HELD])
    await rig.assets()
    await rig.start()
    await rig.health("down")
    await rig.step()
    rig.now += 60
    await rig.start()
    await rig.step()
    assert await rig.names() == [(10, "raise")]
    await rig.assert_whole()


async def test_changes_that_came_while_nobody_ran_are_taken_in_at_their_own_times(bus: Bus, journal: Journal) -> None:
    rig = Rig(bus, journal, rules=[HELD])
    await rig.assets()
    await rig.start()
    await rig.step()
    for second, health in ((1, "down"), (30, "ok"), (60, "down")):
        await rig.change(change(state("r1", health), T0 + second))
    rig.now = T0 + 65
    await rig.start()
    await rig.step()
    assert await rig.names() == [(11, "raise"), (35, "clear")]
    await rig.step(10)
    assert (await rig.names())[-1] == (70, "reraise")


@pytest.mark.parametrize("lost", ["clean stop", "killed between journal and publish"])
async def test_a_restart_repeats_nothing_and_loses_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    alert = await fired(rig)
    await rig.send(command("ack", alert.id, rig.now, id="c1"))
    await rig.health("degraded")
    await rig.health("down", "r1")
    if lost == "clean stop":
        await rig.step(1)
    else:
        await _step_killed(rig, monkeypatch)
        assert await rig.answers() == []
        assert (await rig.shown())[alert.id].rev == 1
    before = await rig.names()
    await rig.start()
    assert (await rig.shown()) == rig.engine.core.alerts
    await rig.step(1)
    assert await rig.names() == before
    assert [(a.command, a.outcome) for a in await rig.answers()] == [("c1", Outcome.DONE)]
    await rig.assert_whole()


async def test_killed_after_a_timer_alone_was_journaled_it_does_not_run_out_twice(
    bus: Bus, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = Rig(bus, journal, rules=[HELD])
    await rig.assets()
    await rig.start()
    await rig.health("down")
    await rig.step()
    rig.now += 20
    await _step_killed(rig, monkeypatch)
    await rig.start()
    await rig.step(1)
    assert await rig.names() == [(10, "raise")]
    await rig.assert_whole()


async def _step_killed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """One step that dies after the journal took it and before the bus heard of it."""

    async def dies(*_: Any, **__: Any) -> str:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rig.bus, "commit", dies)
        with pytest.raises(Killed):
            await rig.step(1)


async def test_killed_before_the_journal_nothing_has_happened_and_all_of_it_happens_later(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.health("down")

    def dies() -> Any:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(rig.journal, "begin", dies)
        with pytest.raises(Killed):
            await rig.step()
    await rig.start()
    await rig.step(1)
    assert await rig.names() == [(0, "raise")]
    await rig.assert_whole()


async def test_redis_lost_with_everything_in_it_the_alerts_come_back_from_the_journal(rig: Rig, emptied: Bus) -> None:
    alert = await fired(rig)
    await rig.send(command("ack", alert.id, rig.now))
    await rig.step(1)
    rig.bus = emptied
    await rig.start()
    assert set(await rig.shown()) == {alert.id}
    await rig.step(1)
    stale = (await rig.shown())[alert.id]
    assert (stale.active, stale.acked, stale.stale_since) == (True, True, T0 + 1)
    await rig.assets()
    await rig.health("down")
    await rig.step(1)
    assert await rig.names() == [(0, "raise"), (0, "ack"), (1, "stale"), (2, "fresh")]
    await rig.assert_whole()
    assert len(await rig.journal.outbox_for(alert.id)) == 1


async def test_a_gap_in_the_change_stream_asks_every_rule_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.step()
    await rig.health("down")

    async def gap(stream: str, cursor: str) -> bool:
        return True

    monkeypatch.setattr(rig.bus, "gap", gap)
    rig.now += 1
    await rig.start()
    assert await rig.names() == [(1, "raise")]
    await rig.assert_whole()


async def test_alerts_that_redis_alone_still_shows_are_taken_away(rig: Rig) -> None:
    alert = await fired(rig)
    ghost = alert_of(dump(alert, Bookkeeping()) | {"id": "ghost"})
    await rig.bus.commit("test", cursors={}, changes=[Change(kind=Kind.ALERT, id="ghost", after=ghost, at=T0)])
    await rig.start()
    assert set(await rig.shown()) == {alert.id}


async def test_a_reload_applies_at_the_next_step(rig: Rig) -> None:
    await fired(rig)
    rig.engine.replace(compile_rules([rule(id="not-ok", when='health != "ok"', hold=5.0)]), [DESK])
    await rig.step(1)
    await rig.step(5)
    entries = await rig.entries()
    assert [(e.name, e.body["text"]) for e in entries] == [
        ("raise", "health=down"),
        ("removed", "rule_removed"),
        ("raise", "health=down"),
    ]
    await rig.assert_whole()


async def test_rules_that_changed_while_nobody_ran_apply_at_the_start(rig: Rig) -> None:
    await fired(rig)
    rig.rules = [rule(severity=Severity.MINOR)]
    await rig.start()
    await rig.step(1)
    assert await rig.names() == [(0, "raise"), (1, "severity_down")]


async def test_an_asset_that_leaves_takes_its_alert_with_it(rig: Rig) -> None:
    await fired(rig)
    await rig.change(gone(Kind.STATE, "r1", rig.now), gone(Kind.ASSET, "r1", rig.now))
    await rig.step(1)
    entry = (await rig.entries())[-1]
    assert (entry.name, entry.body["text"]) == ("removed", "subject_gone")


async def test_steps_without_news_write_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    await rig.step(1)
    commits: list[str] = []
    commit = rig.bus.commit

    async def counted(engine: str, **more: Any) -> str:
        commits.append(engine)
        return await commit(engine, **more)

    monkeypatch.setattr(rig.bus, "commit", counted)
    for _ in range(5):
        await rig.step(1)
    await rig.health("ok")
    commits.clear()
    await rig.step(1)
    assert commits == []


async def test_a_storm_is_one_transaction(rig: Rig) -> None:
    many = [asset(f"n{number}") for number in range(300)]
    await rig.change(*(change(member, rig.now) for member in many))
    await rig.change(*(change(state(member.id, "down"), rig.now) for member in many))
    await rig.step(1)
    assert len(await rig.shown()) == 300
    await rig.assert_whole()


async def test_an_undecodable_or_foreign_entry_does_not_stop_the_engine(rig: Rig) -> None:
    await rig.bus._redis.xadd(rig.bus.keys.commands("alert"), {"s": "x", "e": b"\xc1"})
    await rig.step(1)
    assert (await fired(rig)).active


async def test_receivers_are_told_once_of_each_side_and_the_same_ones(rig: Rig) -> None:
    alert = await fired(rig)
    rig.engine.replace(compile_rules(rig.rules), [replace(DESK, severities=()), NEW])
    await rig.health("ok")
    await rig.step(1)
    queued = await rig.journal.outbox_for(alert.id)
    assert [(item.key, item.body["reason"]) for item in queued] == [
        (f"{alert.id}:1:desk", "first"),
        (f"{alert.id}:2:desk", "cleared"),
    ]
    assert queued[0].body["asset"] == {"id": "r1", "name": "路由器 r1", "kind": "router", "region": "532301"}
    assert queued[0].body["alert"]["raised_at"] == "2027-01-15T08:00:00.000Z"
    assert queued[0].body["site"] == "楚雄州"


async def test_who_was_told_of_an_alert_hears_that_its_asset_was_removed_and_not_that_it_cleared(rig: Rig) -> None:
    alert = await fired(rig)
    await rig.change(gone(Kind.STATE, "r1", rig.now), gone(Kind.ASSET, "r1", rig.now))
    await rig.step(1)
    reasons = [item.body["reason"] for item in await rig.journal.outbox_for(alert.id)]
    assert reasons == ["first", "removed"]
    assert (await rig.shown())[alert.id].removed
    await rig.assets()
    await rig.health("down")
    await rig.step(1)
    again = (await rig.shown())[alert.id]
    assert (again.active, again.removed) == (True, False)


async def test_who_was_told_is_known_after_a_restart(rig: Rig) -> None:
    alert = await fired(rig)
    rig.receivers = [NEW, DESK]
    await rig.start()
    await rig.health("ok")
    await rig.step(1)
    assert [item.key for item in await rig.journal.outbox_for(alert.id)] == [f"{alert.id}:1:desk", f"{alert.id}:2:desk"]
