"""Due times of jobs: one heap for all jobs, on absolute ticks, so that nothing drifts.

Pure: `now` is given in monotonic seconds.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable
from dataclasses import dataclass, field
from hashlib import blake2b
from math import floor

GRID = 0.2
"""Seconds. Jobs are due at multiples of this, because each wake-up costs, here and in every role that follows."""


def phase(name: str, interval: float) -> float:
    """The offset of a job in its interval, in seconds. It is fixed by the name, and names are spread evenly.

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
    """Jobs by due time. A job is scheduled once, and put back after it has run."""

    _heap: list[tuple[float, int, Hashable]] = field(default_factory=list)
    _live: dict[Hashable, int] = field(default_factory=dict)
    _turn: int = 0

    def put(self, job: Hashable, due: float) -> None:
        """Schedule a job. A due time set before for this job no longer counts."""
        self._turn += 1
        self._live[job] = self._turn
        heapq.heappush(self._heap, (due, self._turn, job))

    def drop(self, job: Hashable) -> None:
        """Remove a job. Its entry on the heap is skipped later."""
        self._live.pop(job, None)

    def due(self, now: float) -> list[tuple[float, Hashable]]:
        """Remove and return the jobs that are due with their due times, earliest first."""
        ready: list[tuple[float, Hashable]] = []
        while self._heap and self._heap[0][0] <= now:
            when, turn, job = heapq.heappop(self._heap)
            if self._live.get(job) == turn:
                del self._live[job]
                ready.append((when, job))
        return ready

    def next_due(self) -> float | None:
        """The next due time, None without jobs."""
        while self._heap and self._live.get(self._heap[0][2]) != self._heap[0][1]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def __len__(self) -> int:
        return len(self._live)
