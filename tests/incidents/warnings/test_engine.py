"""The command engine: CAP documents become warnings, durable before they are published."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from itertools import permutations

import pytest
import pytest_asyncio

from feeds.bus import Bus
from feeds.cap.message import CapMessage, parse
from feeds.isolation.process import Outlasted
from feeds.journal import Journal
from feeds.model import Command, Outcome, Result
from incidents.engine import CommandEngine, CommandRole
from incidents.warnings.registry import KEEP
from tests.incidents.builders import T0, id_of
from tests.incidents.rig import ASSETS, Killed, Rig, asset, cap, place_code
from tests.patience import until

A, U, C = id_of("A", 0), id_of("U", 600), id_of("C", 1200)
CHAIN = (
    cap("A", 0),
    cap("U", 600, msg_type="Update", references=(A,)),
    cap("C", 1200, msg_type="Cancel", references=(A, U)),
)


@pytest_asyncio.fixture
async def rig(bus: Bus, journal: Journal) -> AsyncIterator[Rig]:
    rig = Rig(bus, journal)
    await rig.start()
    yield rig


async def test_a_warning_has_its_counties_and_the_assets_inside(rig: Rig) -> None:
    await rig.send(cap("A"))
    await rig.step(1)
    (warning,) = (await rig.shown()).values()
    assert (warning.id, warning.state, warning.source) == (A, "active", "cma")
    assert "532301" in warning.regions
    assert warning.affected == {"camera": 1, "router": 1}
    (entry,) = await rig.entries()
    assert (entry.name, entry.subject, entry.body["source"]) == ("received", A, "cma")
    assert entry.body["raw"].encode() == cap("A")
    await rig.assert_consistent()


async def test_a_geocode_alone_is_shown_by_its_region_or_the_one_above(rig: Rig) -> None:
    await rig.send(cap("A", area=place_code("532301000000")), cap("B", area=place_code("532324101001")))
    await rig.step(1)
    shown = {warning.identifier: warning for warning in (await rig.shown()).values()}
    exact, above = shown["A"].areas[0], shown["B"].areas[0]
    assert (exact.regions, exact.resolved) == (("532301",), "exact")
    assert (above.regions, above.resolved) == (("532324",), "parent")
    assert above.geometry is not None
    remark = next(finding for finding in shown["B"].findings if finding.code == "GEOCODE_UNKNOWN")
    assert "按上级区划显示" in remark.message["zh-CN"]
    assert "Nanhua" in remark.message["en"]
    assert shown["A"].affected == {"camera": 1, "router": 1}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_the_order_of_arrival_does_not_matter(rig: Rig, order: tuple[int, ...]) -> None:
    for n in order:
        await rig.send(CHAIN[n])
        await rig.step(500)
    shown = await rig.shown()
    assert {id: (w.state, w.ended_by) for id, w in shown.items()} == {A: ("superseded", U), U: ("cancelled", C)}
    assert rig.engine.registry.waiting == {}
    await rig.assert_consistent()


async def test_a_repeated_feed_changes_nothing(rig: Rig) -> None:
    await rig.send(*CHAIN)
    await rig.step(1300)
    before = await rig.entries()
    for _ in range(3):
        await rig.send(*CHAIN)
        await rig.step(30)
    await rig.start()
    await rig.send(*CHAIN)
    await rig.step(30)
    assert await rig.entries() == before


async def test_time_alone_ends_a_warning_and_removes_it_a_day_later(rig: Rig) -> None:
    await rig.send(cap("A"))
    await rig.step(1)
    await rig.step(3600)
    assert await rig.states() == {"A": "expired"}
    assert (await rig.shown())[A].ended_by == ""
    await rig.step(KEEP)
    assert await rig.shown() == {}
    assert (await rig.names())[-1] == ("removed", "A")
    doc = await rig.journal.doc("warning", A)
    assert doc is not None
    assert (doc.open, doc.body["state"]) == (False, "expired")
    await rig.assert_consistent()
    assert (await rig.changes())[-1].after is None


async def test_a_cancel_of_a_removed_warning_shows_it_again_for_a_day(rig: Rig) -> None:
    await rig.send(cap("A"))
    await rig.step(1)
    await rig.step(3600 + KEEP)
    assert await rig.shown() == {}
    await rig.send(cap("C", 3600 + KEEP, msg_type="Cancel", references=(A,), expires=None))
    await rig.step(1)
    assert await rig.states() == {"A": "cancelled"}
    await rig.assert_consistent()


async def test_an_orphan_cancel_is_remembered_across_a_restart(rig: Rig) -> None:
    await rig.send(CHAIN[2])
    await rig.step(1)
    await rig.start()
    await rig.send(CHAIN[0])
    await rig.step(1)
    assert await rig.states() == {"A": "cancelled"}
    await rig.assert_consistent()


async def test_strict_mode_makes_a_dead_letter_of_what_lenient_mode_accepts_with_findings(rig: Rig) -> None:
    broken = cap("B").replace(b"<severity>Moderate</severity>", b"<severity>Yellow</severity>")
    await rig.send(broken, b"<not xml", cap("A"))
    await rig.step(1)
    assert await rig.states() == {"A": "active"}
    assert await rig.bus.dead_counts() == {"cma": 2}
    letters = await rig.bus.dead_letters()
    assert {letter.raw for letter in letters} == {broken, b"<not xml"}
    assert any("INVALID_ENUM" in letter.reason for letter in letters)
    await rig.send(broken, mode="lenient", source="relay")
    await rig.step(1)
    warning = (await rig.shown())[id_of("B", 0)]
    assert any(finding.code == "INVALID_ENUM" and finding.error for finding in warning.findings)
    assert (await rig.bus.dead_counts()).get("relay") is None


async def test_an_exercise_has_no_effect_on_actual_warnings(rig: Rig) -> None:
    await rig.send(cap("A"), cap("X", 60, status="Exercise", msg_type="Update", references=(A,)))
    await rig.step(61)
    assert {warning.identifier: (warning.status, warning.state) for warning in (await rig.shown()).values()} == {
        "A": ("Actual", "active"),
        "X": ("Exercise", "active"),
    }


async def test_killed_between_journal_and_publish_loses_and_repeats_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Bus.commit

    async def killed(*_args: object, **_named: object) -> str:
        raise Killed

    await rig.send(*CHAIN[:2])
    monkeypatch.setattr(Bus, "commit", killed)
    with pytest.raises(Killed):
        await rig.step(601)
    monkeypatch.setattr(Bus, "commit", commit)
    assert await rig.shown() == {}
    journaled = await rig.names()
    await rig.start()
    assert await rig.states() == {"A": "superseded", "U": "active"}
    await rig.step(0)
    assert await rig.names() == journaled
    await rig.assert_consistent()


async def test_killed_before_the_journal_reads_the_message_again(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    begin = Journal.begin

    def killed(*_args: object) -> object:
        raise Killed

    await rig.send(cap("A"), b"<not xml")
    monkeypatch.setattr(Journal, "begin", killed)
    with pytest.raises(Killed):
        await rig.step(1)
    monkeypatch.setattr(Journal, "begin", begin)
    fresh = Rig(rig.bus, rig.journal)
    fresh.now = rig.now
    await fresh.start()
    await fresh.step(0)
    assert await fresh.states() == {"A": "active"}
    await fresh.assert_consistent()


async def test_an_empty_redis_is_filled_from_the_journal(rig: Rig, valkey_url: str) -> None:
    await rig.send(*CHAIN[:2])
    await rig.step(601)
    before = await rig.shown()
    empty = Bus(valkey_url, rig.bus.site + "9")
    await empty.open()
    try:
        second = Rig(empty, rig.journal)
        second.now = rig.now
        await second.start()
        assert await second.shown() == before
        await second.send(CHAIN[2])
        await second.step(600)
        assert await second.states() == {"A": "superseded", "U": "cancelled"}
        await second.assert_consistent()
    finally:
        await empty.close()


async def test_another_inventory_updates_the_counts(rig: Rig, bus: Bus, journal: Journal) -> None:
    command = CommandRole(bus, journal, ASSETS, clock=lambda: rig.now)
    rig.engine = command.engine
    rig.cursors = await rig.engine.open(bus)
    await rig.send(cap("A"))
    await rig.step(1)
    await command.reload({"in3": asset("in3", 25.1, 101.5, "pump")})
    await rig.step(1)
    assert (await rig.shown())[A].affected == {"pump": 1}
    assert (await rig.names())[-1] == ("recounted", "A")
    await rig.assert_consistent()


async def test_an_unknown_command_is_rejected(rig: Rig) -> None:
    wish = Command(
        id="1", action="dance", subject="A", actor="li", role="duty", actor_region="", at=T0, valid_until=T0 + 5
    )
    await rig.bus.send("command", wish)
    await rig.step(1)
    answers = await rig.bus.read({rig.bus.keys.results: "0-0"}, block=0.001)
    assert [item for entry in answers for item in entry.items] == [
        Result(command="1", outcome=Outcome.INVALID, detail="unknown_action")
    ]


async def test_it_runs_until_cancelled(rig: Rig, bus: Bus, journal: Journal) -> None:
    command = CommandRole(bus, journal, ASSETS, clock=lambda: rig.now)
    task = asyncio.create_task(command.run())
    await rig.send(cap("A", expires=None))
    await until(rig.shown)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_message_that_outlasts_its_process_is_set_aside_and_the_next_one_is_taken(
    bus: Bus, journal: Journal
) -> None:
    async def outlasted(raw: bytes, mode: str, profile: str, keys: tuple[str, ...]) -> CapMessage:
        if b"poison" in raw:
            raise Outlasted("not read within 3 s")
        return parse(raw, mode, profile, keys)

    rig = Rig(bus, journal)
    await rig.start()
    rig.engine = CommandEngine(journal, rig.assets, clock=lambda: rig.now, reading=outlasted)
    rig.cursors = await rig.engine.open(bus)
    poison = cap("P", headline="poison")
    await rig.send(poison, cap("A"))
    await rig.step(1)
    assert await rig.states() == {"A": "active"}
    (letter,) = await bus.dead_letters()
    assert letter.raw == poison
    assert hashlib.sha256(poison).hexdigest() in letter.reason
    await rig.start()
    await rig.step(1)
    assert await bus.dead_counts() == {"cma": 1}, "what was set aside is not read again"


async def test_a_warning_that_left_memory_long_ago_is_still_known_when_it_comes_again(rig: Rig) -> None:
    await rig.send(cap("A"))
    await rig.step(1)
    await rig.step(3600 + KEEP)
    rig.engine.registry.held.clear()
    await rig.start()
    await rig.send(cap("A"))
    await rig.step(1)
    assert [name for name, _ in await rig.names()].count("received") == 1
