"""Metrics of a role, written beside its heartbeat, for `/metrics` and `/sources`."""

from __future__ import annotations

import asyncio
import os
import resource
import time
from weakref import WeakSet

from feeds.engine import unhandled
from feeds.role_status import RoleStatus

SAMPLE = 1.0
STUCK_AFTER = 60.0
"""Seconds after which a started role that no longer reads its metrics counts as stuck, though its loop runs.

Longer than any time limit of the stores (feeds.journal): an unavailable store is logged and does not count as stuck.
"""
_watched: WeakSet[Vitals] = WeakSet()
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Vitals:
    """Collects a role's metrics between two heartbeats.

    `read` gives rss_mb (resident memory), cpu_s (processor time so far), loop_lag_ms (worst lateness of the event
    loop since the last read), queue_lag_ms (age of the oldest entry taken in since then), entries, losses (of
    the bus) and unhandled (exceptions that nothing caught, of the whole process) so far, clock_steps (how often the
    wall clock was set) and clock_step_s (by how much last), and the figures of `status`.
    """

    def __init__(self, status: RoleStatus | None = None) -> None:
        self._status = status or RoleStatus()
        self.entries = 0
        self.losses = 0
        self.clock_steps = 0
        self._clock_step = 0.0
        self._queue_lag = 0.0
        self._loop_lag = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self.read_at: float | None = None

    def start(self) -> None:
        """Measure the running loop's lateness until `stop`."""
        self.stop()
        _watched.add(self)
        self._sample(asyncio.get_running_loop().time())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.read_at = None
        _watched.discard(self)

    def _sample(self, expected: float) -> None:
        loop = asyncio.get_running_loop()
        self._loop_lag = max(self._loop_lag, loop.time() - expected)
        self._timer = loop.call_later(SAMPLE, self._sample, loop.time() + SAMPLE)

    def took(self, entries: int, oldest_age: float) -> None:
        """Count stream entries that were taken; the oldest had waited `oldest_age` seconds."""
        self.entries += entries
        self._queue_lag = max(self._queue_lag, oldest_age)

    def lost(self) -> None:
        """Count a loss of the bus."""
        self.losses += 1

    def clock_stepped(self, by: float) -> None:
        """Record a step of the wall clock, seconds."""
        self.clock_steps += 1
        self._clock_step = by

    @property
    def trouble(self) -> str:
        """What is wrong with the role, for people; "" when nothing is."""
        return self._status.trouble

    def read(self) -> dict[str, float]:
        """The current metrics; the two worst cases restart from zero."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        figures = {
            "rss_mb": round(_resident() / 1e6, 1),
            "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
            "loop_lag_ms": round(self._loop_lag * 1000, 1),
            "queue_lag_ms": round(self._queue_lag * 1000, 1),
            "entries": float(self.entries),
            "losses": float(self.losses),
            "unhandled": float(unhandled.count()),
            "clock_steps": float(self.clock_steps),
            "clock_step_s": round(self._clock_step, 1),
        }
        self.read_at = time.monotonic()
        self._loop_lag = self._queue_lag = 0.0
        return figures | self._status.figures


def _resident() -> int:
    """Resident memory of this process, bytes; 0 where the system does not report it."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return 0


def moving() -> bool:
    """True while every role of this process that has ever read its metrics still does so."""
    at = time.monotonic()
    return all(vitals.read_at is None or at - vitals.read_at < STUCK_AFTER for vitals in _watched)
