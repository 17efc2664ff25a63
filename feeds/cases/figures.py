"""Figures of a period. Every share has a denominator that contains its numerator.

P is a period of local days. A(P): day 0 in P. D(P): ended in P as granted, refused, done or forwarded. O(t): day 0 not
after t and not ended by t. Shares without a denominator are None.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from feeds.cases import schema
from feeds.cases.contributions import PART
from feeds.cases.ranks import histogram_rank
from feeds.cases.reader import CaseReader
from feeds.workdays.calendar import Unpublished, WorkCalendar

FEW = 20
"""Cases below which no percentile is given."""
BASE = 30
"""Cases below which a comparison is given in numbers only."""
DUE_MEASURES = ("due", "in_time", "live_due", "live_in_time", "plain_due", "plain_in_time")
Where = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Period:
    """Local days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def months(self) -> tuple[int, int]:
        """The first and the last month, as 202602."""
        return self.first.year * 100 + self.first.month, self.last.year * 100 + self.last.month

    @property
    def whole_months(self) -> bool:
        """True for a period of whole months."""
        return self.first.day == 1 and (self.last + timedelta(days=1)).day == 1


def month_period(text: str) -> Period:
    """The days of a month written as 2026-02. Raises ValueError."""
    first = date.fromisoformat(f"{text}-01")
    return Period(first, (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1))


def share(part: int, whole: int) -> float | None:
    """A share with four digits, None of nothing."""
    return round(part / whole, 4) if whole > 0 else None


async def sums_of(
    reader: CaseReader, period: Period, today: date, by: tuple[str, ...] = (), where: Where | None = None
) -> dict[tuple[Any, ...], Counter[str]]:
    """Measures of a period by some columns. Measures of due days count only days before today."""
    month_now = today.year * 100 + today.month
    if period.whole_months and period.months[1] < month_now:
        return await reader.sums(schema.sum_month, *period.months, by, where)
    ordinals = period.first.toordinal(), min(period.last, today).toordinal()
    flows = await reader.sums(schema.sum_day, *ordinals, by, where)
    yesterday = min(period.last, today - timedelta(days=1)).toordinal()
    dues = await reader.sums(schema.sum_day, ordinals[0], yesterday, by, where)
    for key, values in flows.items():
        past = dues.get(key, Counter())
        values.update({measure: past[measure] - values[measure] for measure in DUE_MEASURES})
    return flows


async def open_before(reader: CaseReader, day: date, today: date, where: Where) -> int:
    """O(t) at the end of the day before `day`."""
    month = day.year * 100 + day.month
    total = _balance(await reader.sums(schema.sum_month, 0, month - 1, (), where))
    if day.day > 1:
        first = day.replace(day=1).toordinal()
        total += _balance(await reader.sums(schema.sum_day, first, day.toordinal() - 1, (), where))
    return total


def _balance(sums: Mapping[tuple[Any, ...], Counter[str]]) -> int:
    return sum(values["accepted"] - values["done"] - values["dropped"] for values in sums.values())


def shown(
    values: Mapping[str, int], used: Mapping[int, int] | None = None, open_start: int | None = None
) -> dict[str, Any]:
    """The figures of some measures. `used` is the histogram of working days, `open_start` O at the period's start."""
    accepted, done, dropped = values["accepted"], values["done"], values["dropped"]
    figures: dict[str, Any] = {
        "accepted": accepted,
        "done": done,
        "dropped": dropped,
        "completion": share(values["cohort_done"], accepted),
        "due": values["due"],
        "in_time": values["in_time"],
        "in_time_share": share(values["in_time"], values["due"]),
        "settled": values["live_due"],
        "settled_in_time_share": share(values["live_in_time"], values["live_due"]),
        "promised_in_time_share": share(values["plain_in_time"], values["plain_due"]),
        "mean_days": round(values["used_sum"] / values["used_n"], 2) if values["used_n"] else None,
        "mean_natural_days": round(values["natural_sum"] / values["natural_n"], 2) if values["natural_n"] else None,
        "compression": round(1 - values["saved_sum"] / 1000 / values["saved_n"], 4) if values["saved_n"] else None,
    }
    if used is not None:
        enough = sum(used.values()) >= FEW
        figures |= {
            "median_days": histogram_rank(used, 0.5) if enough else None,
            "p90_days": histogram_rank(used, 0.9) if enough else None,
            "few": not enough,
        }
    if open_start is not None:
        figures |= {
            "open_start": open_start,
            "open_end": open_start + accepted - done - dropped,
            "carried_completion": share(done, open_start + accepted),
        }
    return figures


async def summary(
    reader: CaseReader, period: Period, today: date, calendar: WorkCalendar, where: Where
) -> dict[str, Any]:
    """The figures of a period with the month before (环比) and the same period of the year before (同比)."""
    figures = await _figures(reader, period, today, where)
    before = _earlier(period, today, calendar, months=1)
    year_before = _earlier(period, today, calendar, months=12)
    compared = {
        name: _compared(figures, await _figures(reader, base, today, where), base)
        | {"working_days": _working_days(base, today, calendar)}
        for name, base in (("previous", before), ("year_before", year_before))
    }
    days = {"from": period.first.isoformat(), "to": period.last.isoformat()}
    return figures | days | {"working_days": _working_days(period, today, calendar), "compared": compared}


def _working_days(period: Period, today: date, calendar: WorkCalendar) -> int | None:
    """The working days of a period up to today, None where the calendar does not know them."""
    try:
        return calendar.between(period.first - timedelta(days=1), min(period.last, today))
    except Unpublished:
        return None


async def _figures(reader: CaseReader, period: Period, today: date, where: Where) -> dict[str, Any]:
    sums = await sums_of(reader, period, today, ("kind",), where)
    with_parts = "kind" in where or "department" in where
    # Totals count joint cases once; a department counts the parts that it works on.
    total: Counter[str] = sum((values for (kind,), values in sums.items() if with_parts or kind != PART), Counter())
    used = await _used(reader, period, today, where, parts=with_parts)
    return shown(total, used, await open_before(reader, period.first, today, where))


async def _used(reader: CaseReader, period: Period, today: date, where: Where, *, parts: bool) -> Counter[int]:
    """The histogram of working days used. Histograms are kept by month, department and kind; others are counted."""
    narrowed = {name: value for name, value in where.items() if value}
    stored = narrowed.keys() <= {"department", "kind"}
    if stored and (period.whole_months or (period.first.day == 1 and period.last >= today)):
        return await reader.used(*period.months, narrowed, parts=parts)
    days = period.first.toordinal(), period.last.toordinal()
    return await reader.used_of_records(*days, narrowed, parts=parts)


def _earlier(period: Period, today: date, calendar: WorkCalendar, months: int) -> Period:
    """The period some months before. A running one is compared over the same number of working days."""
    year, month = divmod(period.first.year * 12 + period.first.month - 1 - months, 12)
    earlier = month_period(f"{year:04}-{month + 1:02}")
    if period.last < today:
        return earlier
    try:
        days = calendar.between(period.first - timedelta(days=1), today)
        last = calendar.after(earlier.first - timedelta(days=1), days) if days else earlier.first
    except Unpublished:
        last = earlier.first + (today - period.first)
    return Period(earlier.first, min(last, earlier.last))


def _compared(figures: Mapping[str, Any], base: Mapping[str, Any], period: Period) -> dict[str, Any]:
    changes = {}
    for name in ("accepted", "done"):
        was = base[name]
        changes[name] = round(figures[name] / was - 1, 4) if was >= BASE else None
    base_figures = {name: base[name] for name in ("accepted", "done", "in_time_share", "mean_days")}
    return {"from": period.first.isoformat(), "to": period.last.isoformat(), **base_figures, "change": changes}


async def grouped(reader: CaseReader, period: Period, today: date, by: str, where: Where) -> list[dict[str, Any]]:
    """The figures of a period by department, item, kind, region, day or month, in the order of the keys."""
    if by in ("day", "month"):
        table = schema.sum_day if by == "day" else schema.sum_month
        bounds = period.months if by == "month" else (period.first.toordinal(), min(period.last, today).toordinal())
        sums = await reader.sums(table, *bounds, (by, "kind"), where)
        await _leave_out_due_from(reader, today, by, sums, where)
    else:
        sums = await sums_of(reader, period, today, (by, "kind") if by != "kind" else ("kind",), where)
    merged: dict[Any, Counter[str]] = {}
    for key, values in sums.items():
        part = by not in ("department", "kind") and key[-1] == PART
        if not part:
            merged[key[0]] = merged.get(key[0], Counter()) + values
    name = {"day": lambda key: date.fromordinal(key).isoformat(), "month": lambda key: f"{key // 100}-{key % 100:02}"}
    return [{"key": str(name.get(by, str)(key)), **shown(values)} for key, values in sorted(merged.items())]


async def _leave_out_due_from(
    reader: CaseReader, today: date, by: str, sums: Mapping[tuple[Any, ...], Counter[str]], where: Where
) -> None:
    """Set the measures of due days to those of days before today, as `sums_of` counts them."""
    month_now = today.year * 100 + today.month
    present = today.toordinal() if by == "day" else month_now
    past: dict[tuple[Any, ...], Counter[str]] = {}
    if by == "month" and any(key[0] == month_now for key in sums):
        past = await sums_of(reader, Period(today.replace(day=1), today), today, ("kind",), where)
    for key, values in sums.items():
        if key[0] >= present:
            kind = past.get(key[1:], Counter()) if key[0] == month_now else Counter()
            values.update({measure: kind[measure] - values[measure] for measure in DUE_MEASURES})


async def ageing(reader: CaseReader, today: date, calendar: WorkCalendar, where: Where) -> dict[str, dict[str, Any]]:
    """Open cases by days left, and by natural days since day 0. `due`: the first and last due day of each bucket."""
    by_left: Counter[str] = Counter()
    age: Counter[str] = Counter()
    due: dict[str, list[int]] = {}
    for due_day, day0, _, flags, count in await reader.open_by_due(where):
        bucket = _left_bucket(due_day, flags, today, calendar)
        by_left[bucket] += count
        if due_day is not None:
            due.setdefault(bucket, []).append(due_day)
        if day0 is not None:
            age[_age_bucket(today.toordinal() - day0)] += count
    bounds = {
        bucket: [date.fromordinal(bound).isoformat() for bound in (min(days), max(days))]
        for bucket, days in due.items()
    }
    return {"left": dict(by_left), "age": dict(age), "due": bounds}


def _left_bucket(due_day: int | None, flags: str, today: date, calendar: WorkCalendar) -> str:
    if "paused" in flags:
        return "paused"
    if due_day is None:
        return "unknown"
    due = date.fromordinal(due_day)
    try:
        days = calendar.between(today, due) if due >= today else -max(1, calendar.between(due, today))
    except Unpublished:
        return "unknown"
    for bound, name in ((-10, "overdue_over_10"), (-5, "overdue_6_10"), (-2, "overdue_3_5"), (0, "overdue_1_2")):
        if days < bound:
            return name
    for bound, name in ((0, "today"), (1, "1"), (3, "2_3"), (5, "4_5"), (10, "6_10")):
        if days <= bound:
            return name
    return "over_10"


def _age_bucket(days: int) -> str:
    for bound, name in ((5, "0_5"), (10, "6_10"), (20, "11_20"), (45, "21_45"), (60, "46_60"), (180, "61_180")):
        if days <= bound:
            return name
    return "over_180"
