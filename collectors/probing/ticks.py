"""When is each job due? One heap for all of them, on absolute ticks, so that nothing drifts.

Pure: it knows no clock and no tasks; `now` is monotonic seconds and comes from outside.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from dataclasses import dataclass, field
from hashlib import blake2b
from math import floor

GRID = 0.2
"""Seconds. Jobs fall on multiples of this: what a check costs is mostly waking up, here and in every role behind."""


def phase(name: str, interval: float) -> float:
    """Where in its interval a job falls, in seconds: always the same for the same name, evenly spread over many.

    A multiple of GRID, except where the interval is too short to hold two of them.
    """
    share = int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) / 2**64
    slots = floor(interval / GRID + 1e-9)
    return floor(share * slots) * GRID if slots > 1 else share * interval


def next_tick(now: float, interval: float, offset: float) -> float:
    """The first moment after `now` that lies `offset` past a multiple of `interval`."""
    tick = (floor((now - offset) / interval) + 1) * interval + offset
    # Rounding may give back `now` itself, when `now` is a tick.
    return tick if tick - now > interval * 1e-6 else tick + interval


@dataclass(slots=True)
class Schedule:
    """Jobs by their due time. A job is on the heap once; it is put back when it has run."""

    _heap: list[tuple[float, int, Hashable]] = field(default_factory=list)
    _live: dict[Hashable, int] = field(default_factory=dict)
    _turn: int = 0

    def put(self, job: Hashable, due: float) -> None:
        """Due at `due`; an earlier date for the same job no longer counts."""
        self._turn += 1
        self._live[job] = self._turn
        heapq.heappush(self._heap, (due, self._turn, job))

    def drop(self, job: Hashable) -> None:
        """Forget a job (its place on the heap is passed over when it comes up)."""
        self._live.pop(job, None)

    def due(self, now: float) -> list[tuple[float, Hashable]]:
        """Takes out and returns everything that is due, with the time it was due at, earliest first."""
        ready: list[tuple[float, Hashable]] = []
        while self._heap and self._heap[0][0] <= now:
            when, turn, job = heapq.heappop(self._heap)
            if self._live.get(job) == turn:
                del self._live[job]
                ready.append((when, job))
        return ready

    def next_due(self) -> float | None:
        """When something is due next, None when there is nothing."""
        while self._heap and self._live.get(self._heap[0][2]) != self._heap[0][1]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def __len__(self) -> int:
        return len(self._live)
