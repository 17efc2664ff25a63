"""Comparison of a figure with the period before (环比) and with the year before (同比). Pure.

A running month is compared with the same number of days of the month before, a closed month with the closed one
before. The year before has the same dates; 29 February becomes 28 February.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal

FEWEST = 10
"""With fewer records than this a comparison gives absolute numbers only."""
COMPLETE = 0.95
"""The least share of a period that must be known on both sides."""
Verdict = Literal["", "none", "incomplete", "few", "zero"]
Unit = Literal["", "ratio", "points", "count"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodValue:
    """A figure of a period. `n` is how many records it counts, `coverage` how much of the period is known (0 to 1).

    `share`: the value is a share (0 to 1), so that differences are in percentage points.
    """

    value: float | None
    n: int
    coverage: float
    share: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodChange:
    """The change of a value from one period to another.

    `unit` "ratio": (now - then) / then; "points": 0.014 is 1.4 percentage points. With "count" both values are shown
    without a percentage, and `verdict` "few" or "zero" gives the reason. Without a `unit` there is no comparison:
    `verdict` is "none" (a period has no value) or "incomplete".
    """

    change: float | None = None
    unit: Unit = ""
    verdict: Verdict = ""


def compared(now: PeriodValue, then: PeriodValue) -> PeriodChange:
    """The change of a value between two periods."""
    if now.value is None or then.value is None:
        return PeriodChange(verdict="none")
    if min(now.coverage, then.coverage) < COMPLETE:
        return PeriodChange(verdict="incomplete")
    difference = now.value - then.value
    if min(now.n, then.n) < FEWEST:
        return PeriodChange(change=difference, unit="count", verdict="zero" if then.value == 0 else "few")
    if now.share:
        return PeriodChange(change=difference, unit="points")
    if then.value == 0:
        return PeriodChange(change=difference, unit="count", verdict="zero")
    return PeriodChange(change=difference / then.value, unit="ratio")


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPeriod:
    """Days of one month, from its first to `last` (both included)."""

    first: date
    last: date

    def bounds(self, zone: tzinfo) -> tuple[float, float]:
        """Epoch seconds: start <= time < end."""
        start = datetime(self.first.year, self.first.month, self.first.day, tzinfo=zone)
        following = self.last + timedelta(days=1)
        return start.timestamp(), datetime(following.year, following.month, following.day, tzinfo=zone).timestamp()

    def earlier(self, months: int) -> MonthPeriod:
        """The period so many months before: whole for a whole month, else the same number of days at most."""
        year, month = divmod(self.first.year * 12 + self.first.month - 1 - months, 12)
        first = date(year, month + 1, 1)
        whole = self.last == last_day(self.first)
        end = last_day(first)
        return MonthPeriod(first=first, last=end if whole else min(end, first + (self.last - self.first)))


def last_day(day: date) -> date:
    """The last day of a day's month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def month_until(month: str, today: date) -> MonthPeriod:
    """The days of a month written as 2026-11, up to today. Raises ValueError, also for a month to come."""
    first = date.fromisoformat(f"{month}-01")
    if first > today:
        raise ValueError(f"{month} has not begun")
    return MonthPeriod(first=first, last=min(last_day(first), today))
