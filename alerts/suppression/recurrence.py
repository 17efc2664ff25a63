"""Recurrence of maintenance windows: once, daily or weekly, in the local time of an IANA zone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from feeds.documents.suppression import Recurrence

MINUTE = 60.0
LONGEST = 7 * 24 * 60  # minutes


def period(recurrence: Recurrence) -> int:
    """The shortest time between two beginnings, in minutes. A longer window would overlap itself."""
    days = sorted(set(recurrence.days)) or list(range(1, 8))
    return min(b - a for a, b in zip(days, [*days[1:], days[0] + 7], strict=True)) * 24 * 60


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name; ValueError or KeyError when it does not exist."""
    return ZoneInfo(name)


def occurrences(recurrence: Recurrence, at: float) -> Iterator[tuple[float, float]]:
    """Begin and end (epoch seconds) of every window that may be open at `at` or begins within nine days of it."""
    tz = zone(recurrence.zone)
    hour, _, minute = recurrence.start.partition(":")
    day = datetime.fromtimestamp(at, tz).date() - timedelta(days=recurrence.minutes // (24 * 60) + 1)
    for _ in range(recurrence.minutes // (24 * 60) + 11):
        if not recurrence.days or day.isoweekday() in recurrence.days:
            begin = datetime.combine(day, time(int(hour), int(minute)), tz).timestamp()
            yield begin, begin + recurrence.minutes * MINUTE
        day += timedelta(days=1)


def open_at(recurrence: Recurrence | None, at: float, starts: float, until: float) -> bool:
    """True while the window is open, within [starts, until)."""
    if not starts <= at < until:
        return False
    return recurrence is None or any(begin <= at < end for begin, end in occurrences(recurrence, at))


def next_edge(recurrence: Recurrence | None, after: float, starts: float, until: float) -> float:
    """The next moment (epoch seconds) at which the window may open or close; `until` when there is none before."""
    edges = [starts, until]
    if recurrence is not None:
        edges += [edge for pair in occurrences(recurrence, max(after, starts)) for edge in pair]
    return min((edge for edge in edges if after < edge <= until and edge >= starts), default=until)
