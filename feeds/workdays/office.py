"""Office hours: limits in minutes of office time, and cases that are finished on the day itself (即办件). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from feeds.workdays.calendar import ONE_DAY, WorkCalendar
from feeds.workdays.local_time import instant, local_date

Span = tuple[float, float | None]
HORIZON_DAYS = 2000
"""Days that are walked at most for a limit in minutes."""


@dataclass(frozen=True, slots=True)
class OfficeHours:
    """Windows of a working day in minutes of the day, and the minute from which on a same-day case moves on."""

    windows: tuple[tuple[int, int], ...] = ((540, 720), (810, 1050))
    cut_off: int = 1050

    @property
    def minutes(self) -> int:
        """Minutes of office time in a working day."""
        return sum(end - start for start, end in self.windows)


OFFICE_HOURS = OfficeHours()
"""09:00 to 12:00 and 13:30 to 17:30; same-day cases until 17:30."""


def same_day(calendar: WorkCalendar, at: float, hours: OfficeHours = OFFICE_HOURS) -> date:
    """The due day of a same-day case: its own day if that is a working day before the cut-off, else the next one."""
    day = local_date(at)
    if calendar.works(day) and at < instant(day, hours.cut_off):
        return day
    return calendar.next_working(day + ONE_DAY)


def after_minutes(
    calendar: WorkCalendar, at: float, minutes: int, hours: OfficeHours = OFFICE_HOURS, pauses: Sequence[Span] = ()
) -> float | None:
    """The instant at which `minutes` of office time are used up; None when a pause without end comes before it.

    Raises Unpublished.
    """
    left, day = minutes * 60.0, local_date(at)
    for _ in range(HORIZON_DAYS):
        if calendar.works(day):
            for begin, end in hours.windows:
                for start, stop in _open_spans(max(at, instant(day, begin)), instant(day, end), pauses):
                    if left <= stop - start:
                        return start + left
                    left -= stop - start
        if any(stop is None and start <= instant(day, 0) for start, stop in pauses):
            return None
        day += ONE_DAY
    return None


def minutes_between(
    calendar: WorkCalendar, at: float, until: float, hours: OfficeHours = OFFICE_HOURS, pauses: Sequence[Span] = ()
) -> float:
    """Minutes of office time in [at, until) outside the pauses. Raises Unpublished."""
    seconds, day, last = 0.0, local_date(at), local_date(until)
    while day <= last:
        if calendar.works(day):
            for begin, end in hours.windows:
                low, high = max(at, instant(day, begin)), min(until, instant(day, end))
                seconds += sum(stop - start for start, stop in _open_spans(low, high, pauses))
        day += ONE_DAY
    return seconds / 60


def _open_spans(start: float, end: float, pauses: Sequence[Span]) -> list[tuple[float, float]]:
    """The parts of [start, end) that no pause covers, in order."""
    spans = [(start, end)] if start < end else []
    for begin, stop in pauses:
        until = float("inf") if stop is None else stop
        spans = [
            (low, high)
            for first, last in spans
            for low, high in ((first, min(last, begin)), (max(first, until), last))
            if low < high
        ]
    return spans
