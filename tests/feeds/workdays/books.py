"""Calendars for tests: the shipped national files, and overlays of Chuxiong."""

from __future__ import annotations

from datetime import date, datetime

from feeds.workdays.calendar import CalendarBook, WorkCalendar
from feeds.workdays.clock import Deadline, ExcludedSpan, LimitUnit, Margin, Standing, Term, deadline, standing
from feeds.workdays.files import NATIONAL, CalendarDay, CalendarFile, read_folder
from feeds.workdays.local_time import ZONE, midnight

CHUXIONG = "532300"


def overlay(year: int, *days: str) -> CalendarFile:
    """Days off of the prefecture."""
    off = tuple(CalendarDay(date=date.fromisoformat(f"{year}-{day}"), off=True, name="地方假日") for day in days)
    return CalendarFile(year=year, papers=("https://example.org/notice",), days=off, region=CHUXIONG)


OVERLAYS = (
    overlay(2024, "04-15", "04-16", "07-29", "07-30", "07-31", "12-21", "12-22", "12-23", "12-24"),
    overlay(2025, "04-14", "04-15", "07-16", "07-17", "07-18"),
)
NATIONAL_BOOK = CalendarBook(read_folder(NATIONAL))
BOOK = NATIONAL_BOOK.with_files(OVERLAYS)
NATION = NATIONAL_BOOK.of("")
LOCAL = BOOK.of(CHUXIONG)


def at(text: str) -> float:
    """An instant: a local time, or one with its own zone."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).timestamp()


def pause(start: str, end: str | None) -> ExcludedSpan:
    """A suspension of dates (YYYY-MM-DD) or instants."""
    if "T" in start:
        return ExcludedSpan(at(start), None if end is None else at(end))
    return ExcludedSpan.of_dates(date.fromisoformat(start), None if end is None else date.fromisoformat(end))


def term(
    day0: str, n: int, *pauses: ExcludedSpan, unit: LimitUnit = LimitUnit.WORKING, margin: Margin | None = None
) -> Term:
    start = at(day0) if "T" in day0 else midnight(date.fromisoformat(day0))
    return Term(start=start, n=n, unit=unit, pauses=pauses, margin=margin or Margin())


def end_of(
    day0: str, n: int, *pauses: ExcludedSpan, calendar: WorkCalendar = NATION, unit: LimitUnit = LimitUnit.WORKING
) -> Deadline:
    return deadline(calendar, term(day0, n, *pauses, unit=unit))


def due(
    day0: str, n: int, *pauses: ExcludedSpan, calendar: WorkCalendar = NATION, unit: LimitUnit = LimitUnit.WORKING
) -> str | None:
    day = end_of(day0, n, *pauses, calendar=calendar, unit=unit).due
    return None if day is None else day.isoformat()


def stands(day0: str, n: int, now: str, *pauses: ExcludedSpan, calendar: WorkCalendar = NATION) -> Standing:
    """Where a limit stands at a moment."""
    limit = term(day0, n, *pauses)
    moment = at(now) if "T" in now else midnight(date.fromisoformat(now))
    return standing(calendar, limit, deadline(calendar, limit), moment)
