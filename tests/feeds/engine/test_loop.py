"""The engines' loop: the loss of a store is logged once, and the engine restarts from its record."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Sequence
from typing import Any

import pytest

from feeds.bus import Bus, StreamEntry
from feeds.clock import SiteClock
from feeds.engine import loop, run_engine
from feeds.journal import JournalLost
from tests.patience import PATIENCE


class Enough(Exception):
    """Ends the test's loop."""


class Recorder:
    """Journals every second step while the journal is available."""

    name = "project"
    opened_step, stale = 0.0, False

    def __init__(self, fails: int) -> None:
        self.opened = self.steps = 0
        self.fails = fails
        self.collected: list[bool] = []

    async def open(self, bus: Bus) -> dict[str, str]:
        self.opened += 1
        self.collected.append(gc.isenabled())
        return {bus.keys.changes: "0-0"}

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        self.steps += 1
        if self.opened <= self.fails:
            raise JournalLost("the disk is full")
        if self.steps > self.fails + 1:
            raise Enough

    def clock_stepped(self, by: float, now: float) -> None:
        """Nothing is due at a wall time."""

    def rest(self, now: float) -> float:
        return 0.001


async def test_a_journal_that_is_away_is_said_once_and_the_engine_opens_again_until_it_is_back(
    bus: Bus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(loop, "BACKOFF", (0.001, 0.004))
    caplog.set_level(logging.INFO, "feeds.engine.loop")
    engine = Recorder(fails=5)
    with pytest.raises(Enough):
        async with asyncio.timeout(PATIENCE):
            await run_engine(engine, bus)
    messages = [
        (record.levelname, record.getMessage()) for record in caplog.records if record.name == "feeds.engine.loop"
    ]
    assert messages == [
        ("WARNING", "project: the journal is lost: the disk is full"),
        ("INFO", "project: the journal is back"),
    ]
    assert engine.opened == 6
    assert engine.collected == [False] * 6, "what is read at a start is no garbage"
    assert gc.isenabled()


class Witness(Recorder):
    """Records the times it sees and the clock steps it is told of."""

    def __init__(self, clock: Moved) -> None:
        super().__init__(fails=0)
        self.clock = clock
        self.events: list[tuple[str, float]] = []

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        self.events.append(("time", now))
        if len(self.events) == 1:
            self.clock.ahead = 86_400.0
        elif len(self.events) == 3:
            self.clock.ahead = 0.0
        elif len(self.events) > 4:
            raise Enough

    def clock_stepped(self, by: float, now: float) -> None:
        self.events.append(("set", round(by)))


class Moved:
    """A wall clock that moves only when it is set."""

    ahead = 0.0

    def __call__(self) -> float:
        return 1_800_000_000.0 + self.ahead


async def test_an_engine_is_told_that_the_clock_was_set_before_it_sees_a_time_of_after_that(
    bus: Bus, caplog: pytest.LogCaptureFixture
) -> None:
    wall = Moved()
    engine = Witness(wall)
    with pytest.raises(Enough):
        async with asyncio.timeout(PATIENCE):
            await run_engine(engine, bus, SiteClock(wall, lambda: 5000.0, lambda: "boot"))
    before, ahead = 1_800_000_000.0, 1_800_086_400.0
    assert engine.events[:5] == [("time", before), ("set", 86_400), ("time", ahead), ("set", -86_400), ("time", before)]
    messages = [record.getMessage() for record in caplog.records if "clock was set" in record.getMessage()]
    assert ["+1 d 00:00:00" in messages[0], "-1 d 00:00:00" in messages[1]] == [True, True]
    beat = (await bus.beats())["project"]
    assert beat.stats["clock_steps"] >= 1.0


async def test_a_step_that_an_engine_finds_while_it_opens_is_counted_too(bus: Bus) -> None:
    engine = Recorder(fails=0)
    engine.opened_step = -3600.0
    with pytest.raises(Enough):
        async with asyncio.timeout(PATIENCE):
            await run_engine(engine, bus, SiteClock(Moved(), lambda: 5000.0, lambda: "boot"))
    stats = (await bus.beats())["project"].stats
    assert (stats["clock_steps"], stats["clock_step_s"]) == (1.0, -3600.0)


async def test_an_engine_whose_record_was_mended_is_opened_again_at_once(bus: Bus) -> None:
    class Mended(Recorder):
        """Finds its record changed at its first step."""

        async def open(self, bus: Bus) -> dict[str, str]:
            self.stale = False
            return await super().open(bus)

        async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
            self.steps += 1
            self.stale = self.opened == 1
            if self.opened == 2:
                raise Enough

    engine = Mended(fails=0)
    with pytest.raises(Enough):
        async with asyncio.timeout(PATIENCE):
            await run_engine(engine, bus)
    assert (engine.opened, engine.steps) == (2, 2)


class Idle(Recorder):
    """Has nothing to do for an hour."""

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        self.steps += 1
        if self.steps > 8:
            raise Enough

    def rest(self, now: float) -> float:
        return 3600.0


async def test_an_engine_beats_every_second_also_when_an_entry_comes_shortly_before(
    bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed, beats = 0.0, list[float]()
    beat = bus.beat

    async def read(cursors: dict[str, str], *, block: float, count: int = 200) -> list[StreamEntry]:
        nonlocal passed
        passed += min(block, 0.9)  # then something arrives
        return []

    async def noted(*arguments: Any) -> None:
        beats.append(passed)
        await beat(*arguments)

    monkeypatch.setattr(bus, "read", read)
    monkeypatch.setattr(bus, "beat", noted)
    with pytest.raises(Enough):
        await run_engine(Idle(fails=0), bus, SiteClock(lambda: 1e9 + passed, lambda: 5000.0 + passed, lambda: "boot"))
    assert [round(at, 2) for at in beats[:4]] == [0.0, 1.0, 2.0, 3.0]
