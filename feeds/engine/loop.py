"""The loop that every engine which owns state runs in: read, step, beat, reopen after a loss."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from feeds.bus import Bus, BusError, BusFull, StreamEntry, entry_order
from feeds.clock import Clock, StepWatch, now, spoken
from feeds.engine.vitals import Vitals
from feeds.journal import JournalLost
from feeds.role_status import RoleStatus

log = logging.getLogger(__name__)

BEAT = 0.5
KEEP = 10.0
BACKOFF = (0.05, 1.0)


class Engine(Protocol):
    """What owns one kind of state."""

    name: str

    async def open(self, bus: Bus) -> dict[str, str]:
        """Load state, publish what was journaled but not published; returns a cursor by stream."""

    async def step(self, entries: Sequence[StreamEntry], now: float) -> None:
        """Take entries in (or none: timers), make it durable, commit."""

    def clock_stepped(self, by: float, now: float) -> None:
        """The wall clock was set by `by` seconds, to `now`: compute everything anew that is due at a wall time."""

    def rest(self, now: float) -> float:
        """Seconds after which it must be called again when nothing comes in: until its next timer, 0 when more
        waits elsewhere than on the bus. Each turn without news costs an idle site, so let it be long."""


async def run_engine(engine: Engine, bus: Bus, clock: Clock = now, status: RoleStatus | None = None) -> None:
    """Run an engine for ever. A lost bus or journal is said once, everything reopened with backoff, and said when back.

    An engine that could not journal knows more than its record does: it starts again from the record.
    """
    loss, vitals, watch = _Loss(engine.name), Vitals(status), StepWatch(clock)
    while True:
        try:
            vitals.start()
            await bus.open()
            watch.restart()  # a step from here on; one from before stands in the engine's own record
            cursors = await _opened(engine, bus)
            await _follow(engine, bus, cursors, watch, vitals, loss)
        except (BusError, JournalLost) as error:
            loss.say(error)
            vitals.lost()
            if isinstance(error, BusFull):
                await _relieve(engine, bus)
            await asyncio.sleep(loss.pause())
        finally:
            vitals.stop()


async def _opened(engine: Engine, bus: Bus) -> dict[str, str]:
    """What it reads it keeps: the garbage collector would look at all of it again and again, and find nothing."""
    began, collects = time.perf_counter(), gc.isenabled()
    gc.disable()
    try:
        cursors = await engine.open(bus)
    finally:
        if collects:
            gc.enable()
    log.debug("%s: everything is read, at work after %.2f s", engine.name, time.perf_counter() - began)
    return cursors


class _Loss:
    """What is away, said once; and how long to wait before the next attempt, seconds."""

    def __init__(self, engine: str) -> None:
        self._engine, self._what, self._pause = engine, "", BACKOFF[0]

    def say(self, error: BusError | JournalLost) -> None:
        what = "the journal" if isinstance(error, JournalLost) else "the bus"
        if what != self._what:
            log.warning("%s: %s is lost: %s", self._engine, what, error)
        self._what = what

    def pause(self) -> float:
        pause, self._pause = self._pause, min(self._pause * 2, BACKOFF[1])
        return pause

    def over(self, epoch: str) -> None:
        """A whole step went well: to open and to read is not enough, a full disk lets both."""
        if self._what:
            log.info("%s: %s is back", self._engine, self._what, extra={"epoch": epoch})
        self._what, self._pause = "", BACKOFF[0]


async def _follow(
    engine: Engine, bus: Bus, cursors: dict[str, str], watch: StepWatch, vitals: Vitals, loss: _Loss
) -> None:
    """Read and step until the server is another one (the caller reopens)."""
    epoch, beaten, kept, dirty = bus.epoch, 0.0, _time(engine, watch, vitals), False
    while bus.epoch == epoch:
        entries = await bus.read(cursors, block=min(engine.rest(_time(engine, watch, vitals)), BEAT))
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
            if dirty:  # what a step read but had nothing to say about
                await bus.commit(engine.name, cursors=cursors)
                dirty = False
        if at - kept >= KEEP or at < kept:
            await bus.trim_read(cursors)
            kept = at


def _time(engine: Engine, watch: StepWatch, vitals: Vitals) -> float:
    """The wall time. The engine hears that the clock was set before it sees a time of after that."""
    at, by = watch.read()
    if by:
        log.warning("%s: the clock was set by %s: everything due is computed anew", engine.name, spoken(by))
        vitals.clock_stepped(by)
        engine.clock_stepped(by, at)
    return at


async def _relieve(engine: Engine, bus: Bus) -> None:
    """Give memory back: what this engine has committed need not stay, even while nothing can be written."""
    try:
        await bus.trim_read((await bus.saved(engine.name)).cursors)
    except BusError as error:
        log.debug("%s: no relief: %s", engine.name, error)
