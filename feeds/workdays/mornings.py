"""The hour of cards: 08:30 of a working day, because nobody answers a card at midnight or on a holiday."""

from __future__ import annotations

from datetime import date

from feeds.workdays.calendar import ONE_DAY, Unpublished, WorkCalendar
from feeds.workdays.local_time import instant, local_date

MORNING = 8 * 60 + 30
"""Minute of the day."""


def next_morning(calendar: WorkCalendar, after: float, minute: int = MORNING) -> float:
    """The next 08:30 of a working day after an instant; of any weekday where the calendar does not know."""
    day = local_date(after)
    while True:
        at = instant(day, minute)
        if at > after and _works(calendar, day):
            return at
        day += ONE_DAY


def _works(calendar: WorkCalendar, day: date) -> bool:
    try:
        return calendar.works(day)
    except Unpublished:
        return day.weekday() < 5
