"""Trends of emergency command as answers: twenty-five months, and the chosen one beside the two that it compares to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from api.dependencies import Dependencies
from feeds.comparison import MonthPeriod, PeriodValue, compared
from feeds.incidents.leader_figures import VERSION, DurationFigure, LeaderRecords, signing
from feeds.incidents.trend_figures import FORMS, value_of, within
from feeds.texts.catalogue import LANGUAGES, text

MONTHS = 25
"""Thirteen months, and the twelve before them for the year before."""


async def known_since(deps: Dependencies) -> float | None:
    """When the journal's first entry was written: what was before is not known. None for an empty journal."""
    entries = await deps.journal.entries(limit=1)
    return entries[0].at if entries else None


class TrendRecords:
    """Records with the moment from which they are complete."""

    def __init__(self, records: LeaderRecords, since: float | None, zone: tzinfo) -> None:
        self._records, self._since, self._zone = records, since, zone

    def coverage(self, period: MonthPeriod) -> float:
        """The share (0 to 1) of the past part of a period for which there is a journal; 0.0 when none of it is past."""
        start, end = period.bounds(self._zone)
        end = min(end, self._records.now)
        if self._since is None or end <= start:
            return 0.0
        return max(0.0, min(1.0, (end - max(start, self._since)) / (end - start)))

    def value(self, key: str, period: MonthPeriod) -> PeriodValue:
        """A figure of a period."""
        start, end = period.bounds(self._zone)
        return value_of(key, within(self._records, start, end), self.coverage(period))

    def signing_by_unit(self, period: MonthPeriod) -> DurationFigure:
        """The time to sign, by unit."""
        return signing(within(self._records, *period.bounds(self._zone)))


def months_shown(records: TrendRecords, period: MonthPeriod) -> list[dict[str, Any]]:
    """Every figure of the months up to that of `period`, oldest first."""
    periods = [period, *(period.earlier(back) for back in range(1, MONTHS))]
    shown = []
    for each in reversed(periods):
        values = {key: records.value(key, each) for key in FORMS}
        shown.append(
            {
                "month": f"{each.first:%Y-%m}",
                **_days(each),
                "coverage": round(records.coverage(each), 4),
                "values": {key: {"value": value.value, "n": value.n} for key, value in values.items()},
            }
        )
    return shown


def figures_shown(records: TrendRecords, period: MonthPeriod) -> list[dict[str, Any]]:
    """Each figure of the period with its definition, beside the month before and the year before."""
    return [_figure(key, records, period) for key in FORMS]


def _figure(key: str, records: TrendRecords, period: MonthPeriod) -> dict[str, Any]:
    own = records.value(key, period)
    bases = {"previous": period.earlier(1), "year_before": period.earlier(12)}
    return {
        "key": key,
        "form": FORMS[key],
        "version": VERSION,
        "name": {language: text(f"leader.{key}", language) for language in LANGUAGES},
        "definition": {language: text(f"leader.{key}.definition", language) for language in LANGUAGES},
        "own": _shown(own),
        **{name: _days(base) | _compared(own, records.value(key, base)) for name, base in bases.items()},
    }


def _compared(own: PeriodValue, base: PeriodValue) -> dict[str, Any]:
    became = compared(own, base)
    return _shown(base) | {"change": became.change, "unit": became.unit, "verdict": became.verdict}


def _shown(value: PeriodValue) -> dict[str, Any]:
    return {"value": value.value, "n": value.n, "coverage": round(value.coverage, 4)}


def _days(period: MonthPeriod) -> dict[str, str]:
    return {"from": period.first.isoformat(), "to": period.last.isoformat()}


def units_shown(figure: DurationFigure, names: dict[str, dict[str, str]], fewest: int) -> list[dict[str, Any]]:
    """Units by their time to sign, the quickest first. Equal times share a rank, small samples have none."""
    enough = sorted(
        ((unit, group) for unit, group in figure.groups.items() if group.n >= fewest and group.median is not None),
        key=lambda item: (item[1].median or 0.0, item[0]),
    )
    medians: Sequence[float | None] = [group.median for _, group in enough]
    ranked = [(unit, group, medians.index(group.median) + 1) for unit, group in enough]
    others = [(unit, group, None) for unit, group in sorted(figure.groups.items()) if (unit, group) not in enough]
    return [
        {"unit": unit, "name": names.get(unit, {}), "median": group.median, "n": group.n, "rank": rank}
        for unit, group, rank in [*ranked, *others]
    ]
