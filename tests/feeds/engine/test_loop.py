"""The engines' loop: a store that goes away is said once, and the engine starts again from its record."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Sequence

import pytest

from feeds.bus import Bus, StreamEntry
from feeds.engine import loop, run_engine
from feeds.journal import JournalLost
from tests.patience import PATIENCE


class Enough(Exception):
    """The test has seen what it wanted."""


class Recorder:
    """Journals every second step, as long as the journal is there."""

    name = "project"

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
    said = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "feeds.engine.loop"]
    assert said == [
        ("WARNING", "project: the journal is lost: the disk is full"),
        ("INFO", "project: the journal is back"),
    ]
    assert engine.opened == 6
    assert engine.collected == [False] * 6, "what is read at a start is no garbage"
    assert gc.isenabled()
