"""环比 and 同比 by their definitions: what is compared with what, and when there is no percentage."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from feeds.comparison import MonthPeriod, PeriodChange, PeriodValue, compared, month_until


def value(number: float | None, n: int = 100, coverage: float = 1.0, *, share: bool = False) -> PeriodValue:
    return PeriodValue(value=number, n=n, coverage=coverage, share=share)


@pytest.mark.parametrize(
    ("now", "then", "change"),
    [
        (value(1571, 1571), value(1498, 1498), (0.0487, "ratio", "")),
        (value(0.975, 1540, share=True), value(0.961, 1500, share=True), (0.014, "points", "")),
        (value(7, 7), value(5, 5), (2, "count", "few")),
        (value(3, 3), value(0, 0), (3, "count", "zero")),
        (value(30, 30), value(0, 30), (30, "count", "zero")),
        (value(30, 30), value(None, 0, 0.0), (None, "", "none")),
        (value(30, 30), value(20, 20, 0.9), (None, "", "incomplete")),
        (value(30, 30, 0.94), value(20, 20), (None, "", "incomplete")),
    ],
)
def test_a_change_is_told_as_the_definitions_say(
    now: PeriodValue, then: PeriodValue, change: tuple[float | None, str, str]
) -> None:
    became = compared(now, then)
    rounded = None if became.change is None else round(became.change, 4)
    assert (rounded, became.unit, became.verdict) == change


def test_without_both_sides_nothing_is_told() -> None:
    assert compared(value(None), value(1)) == PeriodChange(verdict="none")


def period(first: str, last: str) -> MonthPeriod:
    return MonthPeriod(first=date.fromisoformat(first), last=date.fromisoformat(last))


@pytest.mark.parametrize(
    ("own", "months", "base"),
    [
        (period("2026-11-01", "2026-11-27"), 1, period("2026-10-01", "2026-10-27")),
        (period("2026-10-01", "2026-10-31"), 1, period("2026-09-01", "2026-09-30")),
        (period("2026-03-01", "2026-03-30"), 1, period("2026-02-01", "2026-02-28")),
        (period("2026-11-01", "2026-11-27"), 12, period("2025-11-01", "2025-11-27")),
        (period("2028-02-01", "2028-02-29"), 12, period("2027-02-01", "2027-02-28")),
        (period("2026-01-01", "2026-01-10"), 1, period("2025-12-01", "2025-12-10")),
    ],
)
def test_the_period_to_compare_with(own: MonthPeriod, months: int, base: MonthPeriod) -> None:
    assert own.earlier(months) == base


def test_a_running_month_ends_today_and_a_month_to_come_is_refused() -> None:
    today = date(2026, 11, 27)
    assert month_until("2026-11", today) == period("2026-11-01", "2026-11-27")
    assert month_until("2026-10", today) == period("2026-10-01", "2026-10-31")
    with pytest.raises(ValueError, match="not begun"):
        month_until("2026-12", today)


def test_the_bounds_are_days_of_the_sites_zone() -> None:
    start, end = period("2026-11-01", "2026-11-02").bounds(ZoneInfo("Asia/Shanghai"))
    assert end - start == 2 * 86400
    assert start % 86400 == 16 * 3600
