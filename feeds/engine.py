"""The loop that every engine which owns state runs in: read, step, beat, reopen after a loss."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from feeds.bus import Bus, BusError, BusFull, StreamEntry, entry_order
from feeds.clock import Clock, now
from feeds.vitals import Vitals

log = logging.getLogger(__name__)

TICK = 0.1
BEAT = 0.5
KEEP = 10.0
BACKOFF = (0.05, 1.0)


class Engine(Protocol):
    """What owns one kind of state."""

    name: str

    async def open(self, bus: Bus) -> dict[str, str]:
        """Load state, publish what was journaled but not published; returns a cursor by stream."""

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        """Take entries in (or none: timers), make it durable, commit. Called every TICK at the latest."""


async def run_engine(engine: Engine, bus: Bus, clock: Clock = now) -> None:
    """Run an engine for ever; a lost bus is said once, reopened with backoff, and said again when back."""
    pause, lost, vitals = BACKOFF[0], False, Vitals()
    while True:
        try:
            vitals.start()
            await bus.open()
            cursors = await engine.open(bus)
            if lost:
                log.info("%s: the bus is back", engine.name, extra={"epoch": bus.epoch})
            pause, lost = BACKOFF[0], False
            await _follow(engine, bus, cursors, clock, vitals)
        except BusError as error:
            if not lost:
                log.warning("%s: the bus is lost: %s", engine.name, error)
            lost = True
            vitals.lost()
            if isinstance(error, BusFull):
                await _relieve(engine, bus)
            await asyncio.sleep(pause)
            pause = min(pause * 2, BACKOFF[1])
        finally:
            vitals.stop()


async def _follow(engine: Engine, bus: Bus, cursors: dict[str, str], clock: Clock, vitals: Vitals) -> None:
    """Read and step until the server is another one (the caller reopens)."""
    epoch, beaten, kept, dirty = bus.epoch, 0.0, clock(), False
    while bus.epoch == epoch:
        entries = await bus.read(cursors, block=TICK)
        if entries:
            vitals.took(len(entries), max(0.0, clock() - entry_order(entries[0].id)[0] / 1000))
        await engine.step(entries, clock())
        for entry in entries:
            cursors[entry.stream] = entry.id
        dirty = dirty or bool(entries)
        at = clock()
        if at - beaten >= BEAT or at < beaten:
            await bus.beat(engine.name, at, vitals.read())
            beaten = at
            if dirty:  # what a step read but had nothing to say about
                await bus.commit(engine.name, cursors=cursors)
                dirty = False
        if at - kept >= KEEP or at < kept:
            await bus.trim_read(cursors)
            kept = at


async def _relieve(engine: Engine, bus: Bus) -> None:
    """Give memory back: what this engine has committed need not stay, even while nothing can be written."""
    try:
        await bus.trim_read((await bus.saved(engine.name)).cursors)
    except BusError as error:
        log.debug("%s: no relief: %s", engine.name, error)
