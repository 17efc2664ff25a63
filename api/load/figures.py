"""The load figures themselves: pure functions of moments in time. Times in epoch seconds, oldest first."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

TEN_MINUTES, HOUR, DAY = 600.0, 3600.0, 86400.0
FLOOD_STARTS, FLOOD_ENDS = 10, 5
CHATTER = 3


@dataclass(frozen=True, slots=True)
class FloodSpan:
    """From the alert that made it one to the moment when too little was left; `end` None: it goes on."""

    start: float
    end: float | None


def floods(times: Sequence[float], now: float) -> list[FloodSpan]:
    """Spans in which more than 10 came in 10 minutes, each until fewer than 5 are left (EEMUA 191)."""
    spans: list[FloodSpan] = []
    window: deque[float] = deque()
    start: float | None = None

    def let_pass(to: float) -> None:
        nonlocal start
        while window and window[0] + TEN_MINUTES <= to:
            over = window.popleft() + TEN_MINUTES
            if start is not None and len(window) < FLOOD_ENDS:
                spans.append(FloodSpan(start, over))
                start = None

    for at in times:
        let_pass(at)
        window.append(at)
        if start is None and len(window) > FLOOD_STARTS:
            start = at
    let_pass(now)
    return [*spans, FloodSpan(start, None)] if start is not None else spans


def seconds_within(spans: Iterable[FloodSpan], start: float, end: float) -> float:
    """How long a flood lasted between two moments."""
    return sum(max(0.0, min(span.end if span.end is not None else end, end) - max(span.start, start)) for span in spans)


def peak(times: Sequence[float], length: float) -> tuple[int, float | None]:
    """The most that came within any so many seconds, and when that was reached (None: never any)."""
    most, when, first = 0, None, 0
    for index, at in enumerate(times):
        while times[first] <= at - length:
            first += 1
        if index - first + 1 > most:
            most, when = index - first + 1, at
    return most, when


def within(times: Sequence[float], start: float) -> int:
    """How many are after a moment."""
    return sum(1 for at in times if at > start)


def chatters(times: Sequence[float]) -> bool:
    """Whether three changes ever lay within one minute."""
    return any(late - early < 60.0 for early, late in zip(times, times[CHATTER - 1 :], strict=False))


@dataclass(frozen=True, slots=True)
class Durations:
    """Median and 90th percentile (nearest rank) of how long something took, seconds."""

    median: float | None
    p90: float | None
    count: int

    @classmethod
    def of(cls, lengths: Iterable[float]) -> Durations:
        """Of those lengths; nothing is known of none."""
        ordered = sorted(lengths)
        if not ordered:
            return cls(None, None, 0)
        return cls(median(ordered), ordered[math.ceil(0.9 * len(ordered)) - 1], len(ordered))
