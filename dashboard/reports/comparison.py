"""Comparison of two periods of one series, by the rules of comparability. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

FEWEST = 10
"""Values below which a period is told in numbers only, never in per cent."""
COMPLETE = 0.95
"""The least share of the time that must be known on both sides."""
Verdict = Literal["", "few", "incomplete", "zero", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSummary:
    """A series over one period. `known` is the share of the period (0 to 1) in which a value was known."""

    count: int
    mean: float | None
    least: float | None
    most: float | None
    known_share: float


def summary(series: Mapping[str, Any], start: float, end: float) -> PeriodSummary:
    """The summary of an answer's series (columns `at`, `value` and, for rollups, `min`, `max`, `count`).

    A value holds until the next row; a null value says that from there nothing was known.
    """
    values: Sequence[float | None] = series["value"]
    times = [datetime.fromisoformat(moment).timestamp() for moment in series["at"]]
    lows: Sequence[Any] = series.get("min") or values
    highs: Sequence[Any] = series.get("max") or values
    weights = series.get("count") or [1] * len(values)
    present = [index for index, value in enumerate(values) if value is not None]
    if not present:
        return PeriodSummary(count=0, mean=None, least=None, most=None, known_share=0.0)
    count = sum(int(weights[index] or 0) for index in present)
    total = sum(float(values[index] or 0.0) * (weights[index] or 0) for index in present)
    seconds = sum(
        max(0.0, min(end, times[index + 1] if index + 1 < len(times) else end) - max(start, times[index]))
        for index in present
    )
    return PeriodSummary(
        count=count,
        mean=total / count if count else None,
        least=min(lows[index] for index in present),
        most=max(highs[index] for index in present),
        known_share=min(1.0, seconds / (end - start)),
    )


def change(now: PeriodSummary, then: PeriodSummary) -> tuple[float | None, Verdict]:
    """(now - then) / then of the means, or None with the reason why there is no percentage."""
    if now.mean is None or then.mean is None:
        return None, "none"
    if min(now.known_share, then.known_share) < COMPLETE:
        return None, "incomplete"
    if min(now.count, then.count) < FEWEST:
        return None, "few"
    if then.mean == 0:
        return None, "zero"
    return (now.mean - then.mean) / abs(then.mean), ""
