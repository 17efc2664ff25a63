"""The way out to the bus: many observations per stream entry, and nothing lost for good when the bus is.

While the bus is lost or full nothing piles up: each job keeps its latest observations (one
set a target), and all of them are published again when the bus is back, or is another one.
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

SOON, CALM = 0.08, 0.5
"""Seconds that an observation waits for others to share its publication, which wakes every role behind: as a rule, and
while nothing has changed its face lately."""
LIVELY = 3.0
"""Seconds after a change of face, or the start, in which nothing waits longer than SOON: what follows explains it."""
FLUSH_AT = 400
"""Observations in one stream entry at most."""
MOST = 5 * FLUSH_AT
"""Observations that wait at most, whatever the time: some 10 ms of work for the projector."""
TOGETHER = 20
"""Stream entries in one publication at most."""
SOURCE = "role.collect"
"""Who an entry is from."""
RETRY_FIRST, RETRY_LAST = 0.1, 1.0
"""Seconds between tries while the bus does not take anything."""

log = logging.getLogger(__name__)


class Publisher(Protocol):
    """What collectors need of feeds.bus.Bus."""

    epoch: str

    async def publish(self, feed: str, kind: str, items: Sequence[object], *, source: str) -> None:
        """Raises BusLost, BusFull."""

    async def publish_all(self, feed: str, envelopes: Iterable[tuple[str, Sequence[object]]], *, source: str) -> None:
        """Several envelopes of (kind, items) together. Raises BusLost, BusFull."""


class Outbox:
    """`everything` gives the latest observations of all targets; `on_epoch` is told when the bus is another one."""

    def __init__(
        self, bus: Publisher, everything: Callable[[], Iterable[Observation]], on_epoch: Callable[[], None]
    ) -> None:
        self._bus = bus
        self._everything = everything
        self._on_epoch = on_epoch
        self._observations: list[Observation] = []
        self._heartbeats: dict[str, Heartbeat] = {}
        self._sooner = asyncio.Event()
        self._due = inf
        self._lively_until = 0.0
        self._epoch = ""
        self._refill = False
        self.published = 0
        self.losses = 0
        self.trouble = ""

    def put(self, observations: Sequence[Observation], within: float = SOON) -> None:
        """Published within so many seconds: 0.0 when something changed its face, CALM when nothing did."""
        self._observations += observations
        now = asyncio.get_running_loop().time()
        if not within:
            self._lively_until = now + LIVELY
        if len(self._observations) >= MOST:
            within = 0.0
        self._ask(now + (within if now >= self._lively_until else min(within, SOON)))

    def beat(self, heartbeat: Heartbeat) -> None:
        """The newest heartbeat of each source is enough."""
        self._heartbeats[heartbeat.source] = heartbeat
        self._ask(asyncio.get_running_loop().time() + SOON)

    def _ask(self, due: float) -> None:
        """Publish at that moment (monotonic seconds), unless a sooner one is asked for."""
        if due < self._due:
            self._due = due
            self._sooner.set()

    async def run(self) -> None:
        """Publishes for ever. The first rounds bring news, too."""
        pause = RETRY_FIRST
        self._lively_until = asyncio.get_running_loop().time() + LIVELY
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
            self._sooner.clear()
            with suppress(TimeoutError):  # nobody wants it sooner: what has gathered by now goes together
                async with asyncio.timeout_at(None if self._due == inf else self._due):
                    await self._sooner.wait()
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
        for start in range(0, len(envelopes), TOGETHER):
            await self._publish(envelopes[start : start + TOGETHER])
        self._refill = False
        self._see_epoch()

    async def _publish(self, envelopes: Sequence[tuple[str, Sequence[object]]]) -> None:
        """Entries of many sources: every observation names its own, and each publication wakes every role."""
        await self._bus.publish_all("network", envelopes, source=SOURCE)
        self.published += sum(len(items) for _, items in envelopes)

    def _see_epoch(self) -> None:
        """A server that began anew knows nothing: it gets everything again."""
        if self._epoch and self._bus.epoch != self._epoch:
            log.warning("the bus began anew; everything known is published again", extra={"epoch": self._bus.epoch})
            self._refill = True
            self._on_epoch()
        self._epoch = self._bus.epoch

    def _lost(self, error: BusLost | BusFull) -> None:
        self._refill = True
        if not self.trouble:
            self.losses += 1
            word = "full" if isinstance(error, BusFull) else "lost"
            log.warning("bus %s; the latest of every target is held", word, extra={"error": str(error)})
        self.trouble = str(error) or type(error).__name__

    def _back(self) -> None:
        if self.trouble:
            log.info("bus back; what was held is published")
            self.trouble = ""
