"""When a window is open: once, daily or weekly, in the local time of a zone (IANA name). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from feeds.documents.suppression import Recurrence

MINUTE = 60.0
LONGEST = 7 * 24 * 60  # minutes


def period(recurrence: Recurrence) -> int:
    """Minutes between two beginnings, where they follow most closely; longer windows would overlap themselves."""
    days = sorted(set(recurrence.days)) or list(range(1, 8))
    return min(b - a for a, b in zip(days, [*days[1:], days[0] + 7], strict=True)) * 24 * 60


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The zone; ValueError or KeyError when there is none of that name."""
    return ZoneInfo(name)


def occurrences(recurrence: Recurrence, at: float) -> Iterator[tuple[float, float]]:
    """Begin and end, in epoch seconds, of every window that may be open at a moment or begin within nine days."""
    tz = zone(recurrence.zone)
    hour, _, minute = recurrence.start.partition(":")
    day = datetime.fromtimestamp(at, tz).date() - timedelta(days=recurrence.minutes // (24 * 60) + 1)
    for _ in range(recurrence.minutes // (24 * 60) + 11):
        if not recurrence.days or day.isoweekday() in recurrence.days:
            begin = datetime.combine(day, time(int(hour), int(minute)), tz).timestamp()
            yield begin, begin + recurrence.minutes * MINUTE
        day += timedelta(days=1)


def open_at(recurrence: Recurrence | None, at: float, starts: float, until: float) -> bool:
    """Whether the window is open, between its first moment and its last."""
    if not starts <= at < until:
        return False
    return recurrence is None or any(begin <= at < end for begin, end in occurrences(recurrence, at))


def next_edge(recurrence: Recurrence | None, after: float, starts: float, until: float) -> float:
    """The next moment at which the window may open or close; its last moment when there is none before."""
    edges = [starts, until]
    if recurrence is not None:
        edges += [edge for pair in occurrences(recurrence, max(after, starts)) for edge in pair]
    return min((edge for edge in edges if after < edge <= until and edge >= starts), default=until)
