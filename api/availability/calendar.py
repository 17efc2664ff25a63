"""Months of the site's own calendar, and what of an interval lies in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Part:
    """A month, or what of it lies in an interval; epoch seconds. `whole`: all of the month."""

    month: str
    start: float
    end: float
    whole: bool


def month_start(at: float, zone: ZoneInfo) -> float:
    """When the month began in which a moment lies."""
    day = datetime.fromtimestamp(at, zone)
    return datetime(day.year, day.month, 1, tzinfo=zone).timestamp()


def parts(start: float, end: float, zone: ZoneInfo) -> list[Part]:
    """The interval cut at the beginnings of months; a month is as long as the zone's clocks make it."""
    months = []
    while start < end:
        day = datetime.fromtimestamp(start, zone)
        year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
        first, following = month_start(start, zone), datetime(year, month, 1, tzinfo=zone).timestamp()
        until = min(end, following)
        months.append(Part(f"{day.year}-{day.month:02}", start, until, start == first and until == following))
        start = until
    return months
