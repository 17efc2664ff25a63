"""A start that need not compare Redis with the journal: when it may leave that out, and when it must not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from feeds import wire
from feeds.bus import Bus, BusLost
from feeds.engine import journaled, position
from feeds.journal import Intake, Journal
from feeds.model import Change, Kind
from tests.alerts.builders import asset, command
from tests.alerts.rig import Killed, Rig
from watchfloor.repair import documents

ASSETS = [f"r{n}" for n in range(6)]


class Comparisons:
    """Compares at every start, also where the engine need not, and holds that it need not only if nothing differs."""

    def __init__(self) -> None:
        self.trusted: list[bool] = []
        self.differing: list[str] = []

    async def unpublished(self, bus: Bus, kind: str, records: Any, at: float, *, trusted: bool) -> list[Change]:
        changes = await position.unpublished(bus, kind, records, at, trusted=False)
        if kind == Kind.ALERT:
            self.trusted.append(trusted)
            self.differing = [change.id for change in changes]
            assert not (trusted and changes), f"trusted, but {self.differing} differ"
        return changes


@pytest.fixture
def comparisons(monkeypatch: pytest.MonkeyPatch) -> Comparisons:
    watching = Comparisons()
    monkeypatch.setattr(journaled, "unpublished", watching.unpublished)
    return watching


@pytest.fixture
async def rig(bus: Bus, journal: Journal, intake: Intake, comparisons: Comparisons) -> Rig:
    """An engine with six open alerts, started once on all of them."""
    rig = Rig(bus, journal, intake=intake)
    await rig.start()
    await rig.assets(*map(asset, ASSETS))
    for id in ASSETS:
        await rig.health("down", id)
    await rig.step()
    await rig.step(60)
    assert len(rig.engine.core.alerts) == len(ASSETS)
    await rig.start()
    return rig


async def act(rig: Rig, action: str, subject: str, **args: object) -> None:
    rig.now += 1
    await rig.send(command(action, subject, rig.now, id=f"{action}-{rig.now}", args=args))
    await rig.step(0.1)


async def test_whatever_happened_a_trusted_start_finds_nothing_that_differs(rig: Rig, comparisons: Comparisons) -> None:
    ids = list(rig.engine.core.alerts)
    happenings: list[Callable[[], Awaitable[None]]] = [
        lambda: act(rig, "ack", ids[0]),
        lambda: act(rig, "shelve", ids[1], until=rig.now + 600, reason="works"),
        lambda: act(rig, "comment", ids[2], text="seen"),
        lambda: rig.health("ok", "r3"),
        lambda: rig.step(30),
        lambda: rig.step(400),
        lambda: rig.health("down", "r3"),
        lambda: rig.step(30),
        lambda: rig.set_clock(-300),
        lambda: rig.step(1),
        lambda: rig.set_clock(86_400, restart=True),
        lambda: rig.step(1),
    ]
    for happen in happenings:
        await happen()
        await rig.step(0.1)
        await rig.start()
    assert comparisons.trusted[2:] == [True] * (len(comparisons.trusted) - 2)
    assert len(comparisons.trusted) >= len(happenings)


async def test_it_reads_no_live_alert_when_redis_has_as_many_as_the_journal(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaled, "unpublished", position.unpublished)
    monkeypatch.setattr(position, "TRUSTED_FROM", len(ASSETS))
    stored, read = rig.bus.stored, []

    async def reading(kind: str) -> dict[bytes, bytes]:
        read.append(kind)
        return await stored(kind)

    monkeypatch.setattr(rig.bus, "stored", reading)
    await rig.start()
    assert Kind.ALERT not in read
    gone = next(iter(rig.engine.core.alerts))
    await rig.bus.write([("HDEL", rig.bus.keys.state(Kind.ALERT), gone)])
    await rig.start()
    assert Kind.ALERT in read
    await rig.assert_whole()


async def test_a_small_site_is_always_compared(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journaled, "unpublished", position.unpublished)
    damaged = next(iter(rig.engine.core.alerts))
    await rig.bus.write([("HSET", rig.bus.keys.state(Kind.ALERT), damaged, b"\xc1")])
    await rig.start()
    await rig.assert_whole()


# -- when it may not be trusted ------------------------------------------------------


async def test_not_after_a_kill_between_the_journal_and_the_publication(
    rig: Rig, comparisons: Comparisons, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: object, **__: object) -> str:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(rig.bus, "commit", dies)
        await rig.send(command("ack", next(iter(rig.engine.core.alerts)), rig.now))
        with pytest.raises(Killed):
            await rig.step(1)
    await rig.start()
    assert (comparisons.trusted[-1], len(comparisons.differing)) == (False, 1)
    await rig.start()
    assert comparisons.trusted[-1]


async def test_not_after_a_start_that_was_killed_while_it_published(
    rig: Rig, comparisons: Comparisons, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rig.bus.write([("DEL", rig.bus.keys.state(Kind.ALERT)), ("DEL", rig.bus.keys.engine("alert"))])

    async def dies(changes: object) -> None:
        raise BusLost("killed here")

    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(rig.bus, "announce", dies)
            with pytest.raises(BusLost):
                await rig.start()
        assert (comparisons.trusted[-1], len(comparisons.differing)) == (False, len(ASSETS))
    await rig.start()
    assert not comparisons.trusted[-1]
    await rig.assert_whole()


async def test_not_in_another_life_of_redis(rig: Rig, comparisons: Comparisons) -> None:
    """A server that restarted may have forgotten its last second, or have been restored from an older file."""
    rig.bus.epoch = "another-life"
    await rig.start()
    assert not comparisons.trusted[-1]


async def test_not_when_redis_restarted_while_a_batch_was_being_settled(rig: Rig, comparisons: Comparisons) -> None:
    """The batch is committed under the new life's name, by an engine that read the state of the former life."""
    rig.bus.epoch = "another-life"
    await act(rig, "ack", next(iter(rig.engine.core.alerts)))
    assert (await rig.bus.saved("alert")).epoch == "another-life"
    await rig.start()
    assert not comparisons.trusted[-1]


async def test_not_with_a_redis_of_an_older_moment(rig: Rig, comparisons: Comparisons) -> None:
    """Every key of the site as it was a batch ago: also when the server's life has the same name."""
    keys = [rig.bus.keys.state(Kind.ALERT), rig.bus.keys.engine("alert")]
    async with rig.bus.pipeline() as pipe:
        for key in keys:
            pipe.dump(key)
        before = await pipe.execute()
    await act(rig, "ack", next(iter(rig.engine.core.alerts)))
    async with rig.bus.pipeline() as pipe:
        for key, dumped in zip(keys, before, strict=True):
            pipe.restore(key, 0, dumped, replace=True)
        await pipe.execute()
    await rig.start()
    assert (comparisons.trusted[-1], len(comparisons.differing)) == (False, 1)


async def test_not_with_a_journal_of_an_older_moment_that_went_another_way(rig: Rig, comparisons: Comparisons) -> None:
    """A restored journal counts its batches on from where the backup was taken: equal numbers, other content."""
    first = next(iter(rig.engine.core.alerts))
    documents_before = await rig.journal.docs("alert")
    cursor_before = await rig.journal.cursor("alert")
    await act(rig, "ack", first)
    async with rig.journal.begin() as tx:  # restored, and acknowledged the other one before it was lost again
        assert cursor_before is not None
        turn = cursor_before["pending"]["turn"] + 1
        cursor_before["pending"] |= {"turn": turn, "recorded": "the other way"}
        await tx.set_cursor("alert", cursor_before)
        for doc in documents_before:
            await tx.put("alert", doc.id, doc.body, open=doc.open, seq=doc.seq)
    await rig.start()
    assert (comparisons.trusted[-1], comparisons.differing) == (False, [first])


async def test_not_after_another_version_of_the_program(
    rig: Rig, comparisons: Comparisons, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may give records another form."""
    monkeypatch.setattr(position, "version", lambda name: "99.0")
    await rig.start()
    assert not comparisons.trusted[-1]
    await rig.start()
    assert comparisons.trusted[-1]


async def test_not_when_another_process_repaired_a_document_meanwhile(
    rig: Rig, comparisons: Comparisons, journal: Journal
) -> None:
    """The alert is readable, and as many as before are open: only its content changed."""
    damaged = next(iter(rig.engine.core.alerts))
    shown_before = replace(rig.engine.core.alerts[damaged], text="damaged")
    doc = next(doc for doc in await journal.docs("alert") if doc.id == damaged)
    async with journal.begin() as tx:
        await tx.put("alert", damaged, doc.body | {"text": "damaged"}, open=True, seq=doc.seq)
    await rig.bus.write([("HSET", rig.bus.keys.state(Kind.ALERT), damaged, wire.encode(shown_before))])
    await documents.mend(journal, "alert", damaged, "admin1")
    await rig.start()
    assert (comparisons.trusted[-1], comparisons.differing) == (False, [damaged])
    await rig.assert_whole()


async def test_not_with_a_document_that_cannot_be_read(rig: Rig, comparisons: Comparisons, journal: Journal) -> None:
    damaged = next(iter(rig.engine.core.alerts))
    async with journal.begin() as tx:
        await tx.put("alert", damaged, {"nobody": "can read this"}, open=True, seq=1)
    await rig.start()
    assert (comparisons.trusted[-1], comparisons.differing) == (False, [damaged])


async def test_root_causes_are_always_compared(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """They follow from live states of assets too, which change while the engine is away."""
    compared: dict[str, bool] = {}

    async def unpublished(bus: Bus, kind: str, records: Any, at: float, *, trusted: bool) -> list[Change]:
        compared[kind] = not trusted
        return await position.unpublished(bus, kind, records, at, trusted=trusted)

    monkeypatch.setattr(journaled, "unpublished", unpublished)
    await rig.start()
    assert compared == {Kind.ALERT: False, Kind.ROOT_CAUSE: True}
