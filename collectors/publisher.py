"""Publisher of observations and heartbeats to the bus, many observations in one stream entry.

While the bus is lost or full nothing accumulates: each job stores its latest observations only. All of them are
published when the bus is back or is a new one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from math import inf
from typing import Protocol

from feeds.bus import BusFull, BusLost
from feeds.model import Heartbeat, Observation

SHORT_DELAY, IDLE_DELAY = 0.08, 0.5
"""Batching delay in seconds: IDLE_DELAY for results without a change of state, SHORT_DELAY for others.

Each publication wakes every role that follows."""
ACTIVE_FOR = 3.0
"""Seconds after a change of state, or after the start, during which nothing waits longer than SHORT_DELAY.

The results that follow a change explain it."""
FLUSH_AT = 400
"""Observations in one stream entry at most."""
MAX_WAITING = 5 * FLUSH_AT
"""Observations that wait at most, whatever the delay: about 10 ms of work for the projector."""
ENTRIES_AT_ONCE = 20
"""Stream entries in one publication at most."""
SOURCE = "role.collect"
"""The source of the stream entries."""
RETRY_FIRST, RETRY_LAST = 0.1, 1.0
"""Seconds between two attempts while the bus takes nothing, doubling."""

log = logging.getLogger(__name__)


class PublishingBus(Protocol):
    """The part of feeds.bus.Bus that collectors need."""

    epoch: str

    async def publish(self, feed: str, kind: str, items: Sequence[object], *, source: str) -> None:
        """Raises BusLost, BusFull."""

    async def publish_all(self, feed: str, envelopes: Iterable[tuple[str, Sequence[object]]], *, source: str) -> None:
        """Several envelopes of (kind, items) together. Raises BusLost, BusFull."""


class Outbox:
    """Batches and publishes. `everything` gives the latest observations of all targets.

    `on_epoch` is called when the bus is a new one.
    """

    def __init__(
        self, bus: PublishingBus, everything: Callable[[], Iterable[Observation]], on_epoch: Callable[[], None]
    ) -> None:
        self._bus = bus
        self._everything = everything
        self._on_epoch = on_epoch
        self._observations: list[Observation] = []
        self._heartbeats: dict[str, Heartbeat] = {}
        self._wake = asyncio.Event()
        self._due = inf
        self._active_until = 0.0
        self._epoch = ""
        self._refill = False
        self.published = 0
        self.losses = 0
        self.trouble = ""

    def put(self, observations: Sequence[Observation], within: float = SHORT_DELAY) -> None:
        """Publish within so many seconds: 0.0 after a change of state, IDLE_DELAY without one."""
        self._observations += observations
        now = asyncio.get_running_loop().time()
        if not within:
            self._active_until = now + ACTIVE_FOR
        if len(self._observations) >= MAX_WAITING:
            within = 0.0
        self._schedule(now + (within if now >= self._active_until else min(within, SHORT_DELAY)))

    def beat(self, heartbeat: Heartbeat) -> None:
        """Publish a heartbeat. Only the newest of each source is sent."""
        self._heartbeats[heartbeat.source] = heartbeat
        self._schedule(asyncio.get_running_loop().time() + SHORT_DELAY)

    def _schedule(self, due: float) -> None:
        """Publish at `due` (monotonic seconds), unless an earlier time is set."""
        if due < self._due:
            self._due = due
            self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled. The start counts as a change of state."""
        pause = RETRY_FIRST
        self._active_until = asyncio.get_running_loop().time() + ACTIVE_FOR
        while True:
            await self._gather()
            try:
                await self._flush()
            except (BusLost, BusFull) as error:
                self._lost(error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, RETRY_LAST)
            else:
                pause = RETRY_FIRST
                self._back()

    async def _gather(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._refill and self._due > loop.time():
            self._wake.clear()
            with suppress(TimeoutError):  # no earlier time was set
                async with asyncio.timeout_at(None if self._due == inf else self._due):
                    await self._wake.wait()
        self._due = inf

    async def _flush(self) -> None:
        observations, self._observations = self._observations, []
        heartbeats, self._heartbeats = list(self._heartbeats.values()), {}
        if self._refill:
            observations = list(self._everything())
        envelopes: list[tuple[str, Sequence[object]]] = [
            ("observation", observations[start : start + FLUSH_AT]) for start in range(0, len(observations), FLUSH_AT)
        ]
        if heartbeats:
            envelopes.append(("heartbeat", heartbeats))
        for start in range(0, len(envelopes), ENTRIES_AT_ONCE):
            await self._publish(envelopes[start : start + ENTRIES_AT_ONCE])
        self._refill = False
        self._check_epoch()

    async def _publish(self, envelopes: Sequence[tuple[str, Sequence[object]]]) -> None:
        """Publish entries of many sources together. Every observation names its own source."""
        await self._bus.publish_all("network", envelopes, source=SOURCE)
        self.published += sum(len(items) for _, items in envelopes)

    def _check_epoch(self) -> None:
        """Publish everything again to a new bus, which is empty."""
        if self._epoch and self._bus.epoch != self._epoch:
            log.warning("the bus is a new one; all observations are published again", extra={"epoch": self._bus.epoch})
            self._refill = True
            self._on_epoch()
        self._epoch = self._bus.epoch

    def _lost(self, error: BusLost | BusFull) -> None:
        self._refill = True
        if not self.trouble:
            self.losses += 1
            state = "full" if isinstance(error, BusFull) else "lost"
            log.warning("bus %s; the latest observations of every target are held", state, extra={"error": str(error)})
        self.trouble = str(error) or type(error).__name__

    def _back(self) -> None:
        if self.trouble:
            log.info("bus back; held observations are published")
            self.trouble = ""
