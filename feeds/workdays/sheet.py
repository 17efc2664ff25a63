"""The count of a limit day by day, as data: how a due date came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from feeds.workdays.calendar import ONE_DAY, Unpublished, WorkCalendar
from feeds.workdays.clock import EVERY_DAY, Deadline, Term
from feeds.workdays.local_time import local_date

DayMark = Literal["start", "counted", "due", "off", "local_holiday", "excluded", "rolled", "unpublished"]
LONGEST = 750
"""Days that a sheet shows at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetDay:
    """One day of a count. `number`: its place among the counted days, 0 for none.

    `makeup`: it works although it is a Saturday or Sunday. `name` is the holiday's. `provisional`: a later notice may
    still change it. `rolled` days lie between the last natural day and the next working day.
    """

    day: date
    mark: DayMark
    number: int = 0
    makeup: bool = False
    name: str = ""
    provisional: bool = False


def sheet(calendar: WorkCalendar, term: Term, end: Deadline, now: float) -> list[SheetDay]:
    """Every day from day 0 to the due day or today, whichever is later."""
    last = max(filter(None, (end.due, local_date(now))))
    day, number = term.day0, 0
    days = [_day(calendar, day, "start", 0)]
    while day < last and len(days) < LONGEST:
        day += ONE_DAY
        mark = _mark(calendar, term, day)
        if mark == "counted" and end.due is not None and number >= term.n and day <= end.due:
            mark = "rolled"
        number += mark == "counted"
        if day == end.due:
            mark = "due"
        days.append(_day(calendar, day, mark, number if mark in ("counted", "due") else 0))
    return days


def _mark(calendar: WorkCalendar, term: Term, day: date) -> DayMark:
    if day in term.excluded or (term.open_from is not None and day >= term.open_from):
        return "excluded"
    try:
        works = calendar.works(day)
    except Unpublished:
        return "counted" if term.unit in EVERY_DAY else "unpublished"
    if works or term.unit in EVERY_DAY:
        return "counted"
    return "local_holiday" if day in calendar.local else "off"


def _day(calendar: WorkCalendar, day: date, mark: DayMark, number: int) -> SheetDay:
    special = calendar.days.get(day)
    return SheetDay(
        day=day,
        mark=mark,
        number=number,
        makeup=special is not None and not special.off and day.weekday() >= 5,
        name=special.name if special is not None else "",
        provisional=calendar.provisional(day),
    )
