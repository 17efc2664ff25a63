"""Time as an input: loops take a Clock, so that tests move it instead of sleeping.

The wall clock is for people. It can be set, so durations are measured with the uptime, which cannot be set and which
continues while the machine sleeps. A step is a change of the wall clock that the uptime does not share.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

Clock = Callable[[], float]

STEP = 2.0
"""Seconds. A smaller difference between wall clock and uptime is not a step."""
SLEW = 0.0005
"""The rate by which a time service may speed the wall clock up or slow it down (Linux adjtimex: 500 ppm)."""
TOGETHER = 0.2
"""Seconds within which wall clock and uptime must be read to be compared."""
MENDED_WITHIN = 86_400.0
"""Seconds of uptime within which a person notices and mends a clock that was set wrongly."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def uptime() -> float:
    """Seconds since the machine started, including sleep."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@cache
def boot_id() -> str:
    """Identity of this run of the machine; "" where the system gives none. Uptimes of different runs are not
    comparable.
    """
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


@dataclass(frozen=True, slots=True)
class ClockMark:
    """Wall clock and uptime at one moment. Two marks show whether the wall clock was set between them."""

    boot: str
    wall: float
    up: float

    @property
    def offset(self) -> float:
        """The wall clock's lead over the uptime."""
        return self.wall - self.up

    def step_since(self, earlier: ClockMark | None) -> float:
        """Seconds by which the wall clock was set since then; 0.0 when it was not, or when unknown."""
        if earlier is None or not self.boot or self.boot != earlier.boot or self.up < earlier.up:
            return 0.0
        by = self.offset - earlier.offset
        return by if abs(by) > STEP + SLEW * (self.up - earlier.up) else 0.0

    def dump(self) -> dict[str, Any]:
        """JSON-able; see `load_mark`."""
        return asdict(self)


def load_mark(body: Mapping[str, Any] | None) -> ClockMark | None:
    """The mark from its dumped form, None when absent or invalid."""
    try:
        return ClockMark(str(body["boot"]), float(body["wall"]), float(body["up"])) if body else None
    except (KeyError, TypeError, ValueError):
        return None


class SiteClock:
    """The wall clock together with the uptime. Calling it gives seconds since the epoch, UTC."""

    def __init__(self, wall: Clock = time.time, up: Clock = uptime, boot: Callable[[], str] = boot_id) -> None:
        self._wall, self._up, self._boot = wall, up, boot

    def __call__(self) -> float:
        return self._wall()

    def mark(self) -> ClockMark:
        """Both clocks at one moment. A process that is suspended between the two readings reads again."""
        for _ in range(100):
            before, wall = self._up(), self._wall()
            if self._up() - before < TOGETHER:
                break
        return ClockMark(self._boot(), wall, before)


now = SiteClock()
"""The clock of this machine."""


def mark_of(clock: Clock) -> ClockMark | None:
    """A mark of a clock that supports marks; None for a plain function."""
    return clock.mark() if isinstance(clock, SiteClock) else None


class StepWatch:
    """Detects steps of a clock. Read it once in every turn of a loop."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        """Detect steps from this moment on."""
        self._last = mark_of(self._clock)
        self._usual = self._last.offset if self._last is not None else 0.0

    def read(self) -> tuple[float, float]:
        """The wall time, and the seconds by which the clock was set since the last reading (0.0: not set).

        Slewing is followed and never adds up to a step; small steps do add up.
        """
        mark, last = mark_of(self._clock), self._last
        if mark is None or last is None:
            return self._clock(), 0.0
        self._last, by = mark, mark.offset - self._usual
        if abs(by) > STEP:
            self._usual = mark.offset
            return mark.wall, by
        slewed = SLEW * max(0.0, mark.up - last.up)
        self._usual += min(max(by, -slewed), slewed)
        return mark.wall, 0.0


class DeletionGuard:
    """Holds back what is deleted by age after the clock was set forward: a mistake must leave time to be mended."""

    def __init__(self, clock: Clock, up: Clock = uptime) -> None:
        self._watch, self._up, self._until = StepWatch(clock), up, float("-inf")

    def distrust(self) -> None:
        """The clock may be ahead: delete nothing for MENDED_WITHIN."""
        self._until = self._up() + MENDED_WITHIN

    def allows(self) -> bool:
        """Whether something may be deleted because of its age. Ask it at least hourly."""
        if self._watch.read()[1] > 0:
            self.distrust()
        return self._up() >= self._until


def restamped(at: float, by: float, now: float) -> float:
    """A recorded time after a step of the clock by `by`: unchanged, unless it would lie in the future."""
    return at if at <= now else min(at + by, now)


def spoken(by: float) -> str:
    """A step as text: "+1 d 00:00:00", "-00:05:00"."""
    days, seconds = divmod(round(abs(by)), 86_400)
    return f"{'+' if by > 0 else '-'}{f'{days} d ' if days else ''}{time.strftime('%H:%M:%S', time.gmtime(seconds))}"
