"""Rate limit of reading from one broker. Data beyond it waits in the socket, so that TCP slows the broker down.

A flood must cost no more than a part of a core: the other sources, and the other brokers, are read on.
"""

from __future__ import annotations

from dataclasses import dataclass

PACKETS, BYTES = 4000.0, 4.0 * 2**20
"""A second, of one connection."""
BURST = 1.0
"""Seconds of that which may come at once: the retained messages of a new subscription."""
AT_ONCE = 200
"""Packets after which the others have their turn."""


@dataclass(slots=True)
class Pace:
    """`held` counts the seconds for which nothing was read, `held_at` (loop time) when that was last so."""

    received: int = 0
    held: float = 0.0
    held_at: float = float("-inf")
    _debt: float = 0.0
    _at: float = 0.0

    def spend(self, packets: int, size: int, now: float) -> float:
        """Seconds to wait before more is taken, 0 while the broker keeps within its rate. `now` in loop time."""
        self.received += packets
        self._debt = max(0.0, self._debt - (now - self._at)) + max(packets / PACKETS, size / BYTES)
        self._at = now
        if self._debt <= BURST:
            return 0.0
        wait = self._debt - BURST
        self.held += wait
        self.held_at = now
        return wait
