"""The figures of the trends page in one form, from the answers of the API. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.reports.months import before
from dashboard.reports.reading import Record
from feeds.comparison import COMPLETE, PeriodChange, PeriodValue, compared

SHOWN = 13
"""Months of a trend."""
APPROVALS = {"accepted": "count", "done": "count", "in_time": "share"}
APPROVAL_FIELDS = {"accepted": "accepted", "done": "done", "in_time": "in_time_share"}
APPROVAL_COUNTS = {"accepted": "accepted", "done": "done", "in_time": "due"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """A figure of one month; `value` is None where nothing is known."""

    month: str
    value: float | None
    n: int
    coverage: float

    @property
    def whole(self) -> bool:
        """True when enough of the month is known to compare it."""
        return self.coverage >= COMPLETE


@dataclass(frozen=True, slots=True, kw_only=True)
class LineBase:
    """A period that the month is compared to: its days, its value, and what became of it."""

    days: str
    value: float | None
    change: PeriodChange


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendLine:
    """A figure: what it is ("count", "duration", "share"), its definition, its months, and the two comparisons.

    `per_workday` is the change of a count per working day against the month before, None where it is not known.
    """

    key: str
    form: str
    definition: Mapping[str, str] = field(default_factory=dict)
    value: float | None
    n: int
    coverage: float
    points: Sequence[TrendPoint]
    previous: LineBase
    year_before: LineBase
    per_workday: float | None = None


def emergency_lines(answer: Record) -> list[TrendLine]:
    """The figures of `GET /api/v1/leader/trends`."""
    return [
        TrendLine(
            key=figure["key"],
            form=figure["form"],
            definition=figure["definition"],
            value=figure["own"]["value"],
            n=figure["own"]["n"],
            coverage=figure["own"]["coverage"],
            points=[
                TrendPoint(
                    month=month["month"],
                    coverage=month["coverage"],
                    value=month["values"][figure["key"]]["value"],
                    n=month["values"][figure["key"]]["n"],
                )
                for month in answer["months"]
            ],
            previous=_base_of(figure["previous"]),
            year_before=_base_of(figure["year_before"]),
        )
        for figure in answer["figures"]
    ]


def _base_of(base: Record) -> LineBase:
    change = PeriodChange(change=base["change"], unit=base["unit"], verdict=base["verdict"])
    return LineBase(days=f"{base['from']} – {base['to']}", value=base["value"], change=change)


def approval_lines(summary: Record, months: Sequence[Record], month: str) -> list[TrendLine]:
    """Accepted, done and done in time, from the summary of a month and the figures by month.

    A month without a single case, before the first one that has any, is not known.
    """
    by_month = {row["key"]: row for row in months if row["accepted"] or row["done"] or row["due"]}
    first = min(by_month, default="")
    names = [before(month, back) for back in range(2 * SHOWN - 2, -1, -1)]
    lines = []
    for key, form in APPROVALS.items():
        points = [_approval_point(key, name, by_month.get(name), first) for name in names]
        bases = {
            name: _approval_base(key, form, summary, base, recorded=bool(first) and base["from"][:7] >= first)
            for name, base in summary["compared"].items()
        }
        n = summary[APPROVAL_COUNTS[key]]
        lines.append(
            TrendLine(
                key=key,
                form=form,
                value=summary[APPROVAL_FIELDS[key]] if first else None,
                n=n,
                coverage=1.0 if first else 0.0,
                points=points,
                previous=bases["previous"],
                year_before=bases["year_before"],
                per_workday=_per_workday(key, summary) if form == "count" else None,
            )
        )
    return lines


def _approval_point(key: str, month: str, row: Record | None, first: str) -> TrendPoint:
    recorded = bool(first) and month >= first
    if row is None:
        value = 0.0 if recorded and APPROVALS[key] == "count" else None
        return TrendPoint(month=month, value=value, n=0, coverage=1.0 if recorded else 0.0)
    return TrendPoint(month=month, value=row[APPROVAL_FIELDS[key]], n=row[APPROVAL_COUNTS[key]], coverage=1.0)


def _approval_base(key: str, form: str, summary: Record, base: Record, *, recorded: bool) -> LineBase:
    share = form == "share"
    coverage = 1.0 if recorded else 0.0
    value = base[APPROVAL_FIELDS[key]] if recorded else None
    own_n = summary[APPROVAL_COUNTS[key]]
    # The base of a share is not answered with its denominator: what was accepted stands for it.
    base_n = base["accepted"] if share else base[APPROVAL_COUNTS[key]]
    now = PeriodValue(value=summary[APPROVAL_FIELDS[key]], n=own_n, coverage=1.0, share=share)
    then = PeriodValue(value=value, n=base_n, coverage=coverage, share=share)
    return LineBase(days=f"{base['from']} – {base['to']}", value=value, change=compared(now, then))


def _per_workday(key: str, summary: Record) -> float | None:
    """The change of a count per working day against the month before."""
    base = summary["compared"]["previous"]
    own_days, base_days = summary["working_days"], base["working_days"]
    if not own_days or not base_days or not base[key]:
        return None
    return float(summary[key] / own_days / (base[key] / base_days) - 1)


def availability_line(rows: Sequence[Record], month: str, elapsed: Mapping[str, float]) -> TrendLine:
    """Up of the known time, by month; a month is compared where at least 95 % of it is known.

    `elapsed` has the seconds of each month that have passed: the time before an asset was listed is not known.
    """
    by_month = {row["key"]["month"]: row for row in rows}
    names = [before(month, back) for back in range(2 * SHOWN - 2, -1, -1)]
    points = [_available(name, by_month.get(name), elapsed.get(name, 0.0)) for name in names]
    by_name = {point.month: point for point in points}
    own = by_name[month]

    def base(name: str) -> LineBase:
        point = by_name.get(name) or TrendPoint(month=name, value=None, n=0, coverage=0.0)
        now = PeriodValue(value=own.value, n=own.n, coverage=own.coverage, share=True)
        then = PeriodValue(value=point.value, n=point.n, coverage=point.coverage, share=True)
        return LineBase(days=name, value=point.value, change=compared(now, then))

    return TrendLine(
        key="availability",
        form="share",
        value=own.value,
        n=own.n,
        coverage=own.coverage,
        points=points,
        previous=base(before(month)),
        year_before=base(before(month, 12)),
    )


def _available(month: str, row: Record | None, elapsed: float) -> TrendPoint:
    possible = row["assets"] * elapsed if row is not None else 0.0
    if row is None or possible <= 0:
        return TrendPoint(month=month, value=None, n=0, coverage=0.0)
    listed = min(1.0, sum(row["seconds"].values()) / possible)
    coverage = listed * (row["coverage"] or 0.0)
    return TrendPoint(month=month, value=row["of_known"], n=row["assets"], coverage=coverage)


def ranked(rows: Sequence[Record], fewest: int) -> list[tuple[int | None, Record]]:
    """Departments by their share in time, best first: equal shares share a rank (1, 1, 3), small samples have none."""
    enough = sorted(
        (row for row in rows if row["due"] >= fewest and row["in_time_share"] is not None),
        key=lambda row: (-row["in_time_share"], row["key"]),
    )
    shares = [row["in_time_share"] for row in enough]
    others = [row for row in rows if row not in enough and row["due"]]
    return [*((shares.index(row["in_time_share"]) + 1, row) for row in enough), *((None, row) for row in others)]
