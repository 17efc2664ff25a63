"""The signalling of cameras as the live picture has it: derived from all their readings by the projector.

A listener that tells other systems about our cameras says what people here see, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from feeds.bus import BusError, State
from feeds.bus.entries import StreamEntry
from feeds.bus.keys import Keys
from feeds.clock import Clock
from feeds.model import AssetState, Kind

READING, IN_ORDER = "camera.rung[signalling]", "ok"
EVERY, WHOLE_EVERY = 0.3, 300.0
"""Seconds between two looks at the changes, and between two readings of the whole state."""
IDLE = 1.0

log = logging.getLogger(__name__)


class PictureBus(Protocol):
    """The part of feeds.bus.Bus that following the live picture needs."""

    keys: Keys

    async def state(self, kinds: Iterable[str]) -> State:
        """Raises BusLost."""

    async def read(self, cursors: Mapping[str, str], *, block: float, count: int = 200) -> list[StreamEntry]:
        """Raises BusLost."""


class PublishedSignalling:
    """Call it with the id of a camera. `clock` gives epoch seconds."""

    def __init__(self, bus: PictureBus, clock: Clock) -> None:
        self._bus = bus
        self._clock = clock
        self._known: dict[str, tuple[bool, float]] | None = None

    def __call__(self, asset: str) -> bool | None:
        """True while the camera's signalling is in order by a fresh reading. None before the picture was read."""
        if self._known is None:
            return None
        in_order, fresh_until = self._known.get(asset, (False, 0.0))
        return in_order and fresh_until > self._clock()

    async def run(self, wanted: Callable[[], bool]) -> None:
        """Follow the live picture until cancelled, while somebody wants it. A lost bus is tried again."""
        while True:
            if not wanted():
                self._known = None
                await asyncio.sleep(IDLE)
                continue
            try:
                await self._follow(wanted)
            except BusError as error:
                log.debug("the states of cameras wait for the bus: %s", error)
                await asyncio.sleep(IDLE)

    async def _follow(self, wanted: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        state = await self._bus.state((Kind.STATE,))
        known: dict[str, tuple[bool, float]] = {}
        for id, record in state.records.get(Kind.STATE, {}).items():
            _note(known, id, record)
        self._known, stream, cursor = known, self._bus.keys.changes, state.last
        until = loop.time() + WHOLE_EVERY
        while wanted() and loop.time() < until:
            entries = await self._bus.read({stream: cursor}, block=0)
            for entry in entries:
                cursor = entry.id
                for change in entry.items:
                    if change.kind == Kind.STATE:
                        _note(known, change.id, change.after)
            if not entries:
                await asyncio.sleep(EVERY)


def _note(known: dict[str, tuple[bool, float]], id: str, record: Any) -> None:
    reading = record.readings.get(READING) if isinstance(record, AssetState) else None
    if reading is None:
        known.pop(id, None)
    else:
        known[id] = reading.value == IN_ORDER, reading.fresh_until
