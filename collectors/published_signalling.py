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
        self._states: dict[str, tuple[bool, float]] | None = None

    def __call__(self, asset: str) -> bool | None:
        """True while the camera's signalling is in order by a fresh reading. None before the picture was read."""
        if self._states is None:
            return None
        in_order, fresh_until = self._states.get(asset, (False, 0.0))
        return in_order and fresh_until > self._clock()

    async def run(self, is_needed: Callable[[], bool]) -> None:
        """Follow the live picture until cancelled, while somebody wants it. A lost bus is tried again."""
        while True:
            if not is_needed():
                self._states = None
                await asyncio.sleep(IDLE)
                continue
            try:
                await self._follow(is_needed)
            except BusError as error:
                log.debug("the states of cameras wait for the bus: %s", error)
                await asyncio.sleep(IDLE)

    async def _follow(self, is_needed: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        state = await self._bus.state((Kind.STATE,))
        states: dict[str, tuple[bool, float]] = {}
        for id, record in state.records.get(Kind.STATE, {}).items():
            _note(states, id, record)
        self._states, stream, cursor = states, self._bus.keys.changes, state.last
        until = loop.time() + WHOLE_EVERY
        while is_needed() and loop.time() < until:
            entries = await self._bus.read({stream: cursor}, block=0)
            for entry in entries:
                cursor = entry.id
                for change in entry.items:
                    if change.kind == Kind.STATE:
                        _note(states, change.id, change.after)
            if not entries:
                await asyncio.sleep(EVERY)


def _note(states: dict[str, tuple[bool, float]], id: str, record: Any) -> None:
    reading = record.readings.get(READING) if isinstance(record, AssetState) else None
    if reading is None:
        states.pop(id, None)
    else:
        states[id] = reading.value == IN_ORDER, reading.fresh_until
