"""The main loop of every engine that owns state: read, step, heartbeat, reopen after a loss."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from feeds.bus import Bus, BusError, BusFull, StreamEntry, entry_order
from feeds.clock import Clock, StepWatch, now, spoken
from feeds.engine.vitals import Vitals
from feeds.garbage import uncollected
from feeds.journal import JournalLost
from feeds.role_status import RoleStatus

log = logging.getLogger(__name__)

BEAT = 1.0
"""Seconds between two heartbeats, and the longest wait for entries."""
KEEP = 10.0
BACKOFF = (0.05, 1.0)


class Engine(Protocol):
    """An owner of one kind of state."""

    name: str
    opened_step: float
    """Seconds by which the wall clock was set while the engine was down, as `open` found; 0.0 for none."""
    stale: bool
    """True when the record was changed by somebody else: the engine is opened again after this step."""

    async def open(self, bus: Bus) -> dict[str, str]:
        """Load state and publish what was journaled but not published; returns a cursor by stream."""

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        """Take entries (or none: timers), make the results durable, commit."""

    def clock_stepped(self, by: float, now: float) -> None:
        """The wall clock was set by `by` seconds, to `now`: recompute every deadline in wall time."""

    def rest(self, now: float) -> float:
        """Seconds after which it must be called again when nothing arrives: until its next timer, or 0 when more waits
        outside the bus. Each idle call costs processor time, so return long times.
        """


async def run_engine(engine: Engine, bus: Bus, clock: Clock = now, status: RoleStatus | None = None) -> None:
    """Run an engine for ever. A lost bus or journal is said once, everything reopened with backoff, and said when back.

    An engine that could not journal has state beyond its record, so it restarts from the record.
    """
    loss, vitals, watch = StoreLoss(engine.name), Vitals(status), StepWatch(clock)
    while True:
        try:
            vitals.start()
            epoch = await bus.open()
            watch.restart()  # detects steps from here on; earlier ones are in the engine's own record
            cursors = await _opened(engine, bus)
            if engine.opened_step:
                vitals.clock_stepped(engine.opened_step)
            await _follow(engine, bus, epoch, cursors, watch, vitals, loss)
        except (BusError, JournalLost) as error:
            loss.say(error)
            vitals.lost()
            if isinstance(error, BusFull):
                await _trim(engine, bus)
            await asyncio.sleep(loss.pause())
        finally:
            vitals.stop()


async def _opened(engine: Engine, bus: Bus) -> dict[str, str]:
    """Open the engine, and exempt the loaded state from garbage collection, which would scan it in vain."""
    began = time.perf_counter()
    with uncollected():
        cursors = await engine.open(bus)
    log.debug("%s: everything is read, at work after %.2f s", engine.name, time.perf_counter() - began)
    return cursors


class StoreLoss:
    """A loss of a store, logged once, and the pause before the next attempt, seconds."""

    def __init__(self, engine: str) -> None:
        self._engine, self._lost, self._pause = engine, "", BACKOFF[0]

    def say(self, error: BusError | JournalLost) -> None:
        lost = error.store if isinstance(error, JournalLost) else "the bus"
        if lost != self._lost:
            log.warning("%s: %s is lost: %s", self._engine, lost, error)
        self._lost = lost

    def pause(self) -> float:
        pause, self._pause = self._pause, min(self._pause * 2, BACKOFF[1])
        return pause

    def over(self, epoch: str) -> None:
        """End the loss after a complete step. Opening and reading is not enough: both succeed on a full disk."""
        if self._lost:
            log.info("%s: %s is back", self._engine, self._lost, extra={"epoch": epoch})
        self._lost, self._pause = "", BACKOFF[0]


async def _follow(
    engine: Engine, bus: Bus, epoch: str, cursors: dict[str, str], watch: StepWatch, vitals: Vitals, loss: StoreLoss
) -> None:
    """Read and step until the server is not that of `epoch` any more or the engine is stale (the caller reopens)."""
    beaten, clock_saved, dirty = 0.0, _time(engine, watch, vitals), False
    while bus.epoch == epoch and not engine.stale:
        at = _time(engine, watch, vitals)
        beat_in = min(max(beaten + BEAT - at, 0.0), BEAT)
        entries = await bus.read(cursors, block=min(engine.rest(at), beat_in))
        at = _time(engine, watch, vitals)
        if entries:
            vitals.took(len(entries), max(0.0, at - entry_order(entries[0].id)[0] / 1000))
        await engine.step(entries, at)
        loss.over(epoch)
        for entry in entries:
            cursors[entry.stream] = entry.id
        dirty = dirty or bool(entries)
        at = _time(engine, watch, vitals)
        if at - beaten >= BEAT or at < beaten:
            await bus.beat(engine.name, at, vitals.read(), vitals.trouble)
            beaten = at
            if dirty:  # progress of steps that published nothing
                await bus.commit(engine.name, cursors=cursors)
                dirty = False
        if at - clock_saved >= KEEP or at < clock_saved:
            await bus.trim_read(cursors)
            clock_saved = at


def _time(engine: Engine, watch: StepWatch, vitals: Vitals) -> float:
    """The wall time. The engine is told of a step of the clock before it sees a later time."""
    at, by = watch.read()
    if by:
        log.warning("%s: the clock was set by %s: everything due is computed anew", engine.name, spoken(by))
        vitals.clock_stepped(by)
        engine.clock_stepped(by, at)
    return at


async def _trim(engine: Engine, bus: Bus) -> None:
    """Free memory in Redis: committed entries need not stay, even while nothing can be written."""
    try:
        await bus.trim_read((await bus.saved(engine.name)).cursors)
    except BusError as error:
        log.debug("%s: trimming failed: %s", engine.name, error)
