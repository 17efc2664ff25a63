"""Figures of emergency command by month: incidents, first report, lateness, handling, signing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from feeds.comparison import PeriodValue
from feeds.incidents import leader_figures as figures
from feeds.incidents.leader_figures import DurationFigure, LeaderRecords, ShareFigure

COUNT, DURATION, SHARE = "count", "duration", "share"
FORMS: Mapping[str, str] = {
    "incidents": COUNT,
    "first_report": DURATION,
    "handling": DURATION,
    "signing": DURATION,
    "lateness": SHARE,
}
"""The figures and what each is: a count, the median of durations in seconds, or a share."""
_MEASURED: Mapping[str, Callable[[LeaderRecords], DurationFigure | ShareFigure]] = {
    "first_report": figures.first_report,
    "handling": figures.handling,
    "signing": figures.signing,
    "lateness": figures.lateness,
}


def within(records: LeaderRecords, start: float, end: float) -> LeaderRecords:
    """The records with the window `start` <= time < `end`, epoch seconds."""
    return replace(records, start=start, end=end)


def value_of(key: str, records: LeaderRecords, coverage: float) -> PeriodValue:
    """A figure of the window of `records`. Nothing is known of a window without coverage."""
    share = FORMS[key] == SHARE
    if coverage <= 0:
        return PeriodValue(value=None, n=0, coverage=0.0, share=share)
    if key == "incidents":
        count = len(records.received())
        return PeriodValue(value=float(count), n=count, coverage=coverage)
    figure = _MEASURED[key](records)
    if isinstance(figure, ShareFigure):
        return PeriodValue(value=figure.share, n=figure.all, coverage=coverage, share=True)
    return PeriodValue(value=figure.median, n=figure.n, coverage=coverage)
