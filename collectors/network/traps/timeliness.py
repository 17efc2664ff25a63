"""Timeliness of SNMPv3 notifications (RFC 3414, 3.2 (7) b), against recorded messages that are replayed. Pure.

The sender of a trap is the authoritative engine: its boots and time only go forward. The newest boots and time of each
engine are stored as long as the listener runs.
"""

from __future__ import annotations

from collections.abc import Callable

WINDOW = 150.0
"""Seconds by which a message may be behind the engine's newest time."""
LAST_BOOTS = 2**31 - 1
"""An engine that has reached this number of boots accepts nothing any more (RFC 3414, 2.2.2)."""


class EngineClocks:
    """The newest boots and time of each sender engine, from authentic messages. `clock` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._engines: dict[bytes, tuple[int, int, float]] = {}

    def accept(self, engine: bytes, boots: int, time: int) -> bool:
        """True for a message within the time window. Stores its boots and time. The message must be authentic."""
        now = self._clock()
        last = self._engines.get(engine)
        if boots >= LAST_BOOTS:
            return False
        if last is not None:
            last_boots, last_time, heard_at = last
            expected = last_time + (now - heard_at)
            if boots < last_boots or (boots == last_boots and time < expected - WINDOW):
                return False
            if (boots, time) <= (last_boots, last_time):
                return True  # late, and within the window
        self._engines[engine] = (boots, time, now)
        return True
