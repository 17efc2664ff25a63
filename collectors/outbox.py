"""The way out to the bus: many observations per stream entry, and nothing lost for good when the bus is.

While the bus is lost or full nothing piles up: each job keeps its latest observations (one
set a target), and all of them are published again when the bus is back, or is another one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from feeds.bus import BusFull, BusLost
from feeds.model import Heartbeat, Observation

FLUSH_AFTER = 0.08
"""Seconds that an observation waits for others to share its stream entry: those of one slot of the schedule."""
FLUSH_AT = 400
"""Observations in one stream entry at most."""
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

    async def publish_all(
        self, feed: str, envelopes: Iterable[tuple[str, Sequence[object]]], *, source: str
    ) -> None:
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
        self._some = asyncio.Event()
        self._hurry = asyncio.Event()
        self._epoch = ""
        self._refill = False
        self.published = 0
        self.losses = 0
        self.trouble = ""

    def put(self, observations: Sequence[Observation], *, hurry: bool = False) -> None:
        """Published within FLUSH_AFTER; at once with `hurry` (something changed its face)."""
        self._observations += observations
        self._some.set()
        if hurry or len(self._observations) >= FLUSH_AT:
            self._hurry.set()

    def beat(self, heartbeat: Heartbeat) -> None:
        """The newest heartbeat of each source is enough."""
        self._heartbeats[heartbeat.source] = heartbeat
        self._some.set()

    async def run(self) -> None:
        """Publishes for ever."""
        pause = RETRY_FIRST
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
        if not self._refill:
            await self._some.wait()
            try:
                async with asyncio.timeout(FLUSH_AFTER):
                    await self._hurry.wait()
            except TimeoutError:
                pass  # nobody hurries: what has gathered by now goes together
        self._some.clear()
        self._hurry.clear()

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
            self._some.set()
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

