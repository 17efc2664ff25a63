"""The clock of a limit: when it ends, what is left of it, and which light it shows. Pure.

Day 0 is the local date of the start, whatever the hour. A counted day is a working day (of natural days: any day) that
is not wholly inside a suspension. The due day is the n-th counted day after day 0, and the limit ends at its 24:00.
Source: 行政许可法 art. 42 to 45 and 82.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from math import ceil

from feeds.workdays import office
from feeds.workdays.calendar import ONE_DAY, Unpublished, WorkCalendar
from feeds.workdays.local_time import local_date, midnight
from feeds.workdays.office import OFFICE_HOURS, OfficeHours

DAY = 86_400.0


class LimitUnit(StrEnum):
    """The unit that a limit counts. NATURAL moves a due day off work to the next working day, CALENDAR does not."""

    WORKING = "working_days"
    NATURAL = "natural_days"
    CALENDAR = "calendar_days"
    MINUTES = "office_minutes"
    SAME_DAY = "same_day"


EVERY_DAY = frozenset({LimitUnit.NATURAL, LimitUnit.CALENDAR})
"""The units that count days off too."""


class Light(StrEnum):
    """The light of a limit. GREY: the calendar of the present year is not published and both answers are possible."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class ExcludedSpan:
    """A suspension as a span of instants, epoch seconds; an open one has no end.

    A plain date names its whole day: it starts at 00:00 of the first and ends at 24:00 of the last day.
    """

    start: float
    end: float | None = None

    @classmethod
    def of_dates(cls, first: date, last: date | None) -> ExcludedSpan:
        """The span of whole days, both included."""
        return cls(midnight(first), None if last is None else midnight(last + ONE_DAY))

    def first_day(self) -> date:
        """The first day that lies wholly inside."""
        day = local_date(self.start)
        return day if midnight(day) == self.start else day + ONE_DAY

    def days(self) -> set[date]:
        """The days wholly inside; of an open pause none."""
        day, excluded = self.first_day(), set()
        while self.end is not None and midnight(day) + DAY <= self.end:
            excluded.add(day)
            day += ONE_DAY
        return excluded


@dataclass(frozen=True, slots=True)
class Margin:
    """Counted days before the limit at which the light turns yellow, as a number or as a share of the limit."""

    days: int = 1
    share: float = 0.0

    def of(self, n: int) -> int:
        """The margin of a limit of `n` days; a limit of one day is yellow on its due day only."""
        margin = ceil(self.share * n) if self.share else self.days
        return max(0, min(margin, n - 1))


@dataclass(frozen=True, kw_only=True)
class Term:
    """A limit of `n` units from `start` (epoch seconds), suspended by `pauses`."""

    start: float
    n: int
    unit: LimitUnit = LimitUnit.WORKING
    pauses: tuple[ExcludedSpan, ...] = ()
    margin: Margin = Margin()
    hours: OfficeHours = OFFICE_HOURS

    @property
    def day0(self) -> date:
        """The day from which is counted; it is not counted itself."""
        return local_date(self.start)

    @cached_property
    def excluded(self) -> frozenset[date]:
        """The days wholly inside a closed suspension."""
        return frozenset().union(*(pause.days() for pause in self.pauses))

    @cached_property
    def open_from(self) -> date | None:
        """The first day wholly inside a suspension without end."""
        return min((pause.first_day() for pause in self.pauses if pause.end is None), default=None)

    def counts(self, calendar: WorkCalendar, day: date) -> bool:
        """True for a day that counts towards the limit. Raises Unpublished."""
        if day in self.excluded or (self.open_from is not None and day >= self.open_from):
            return False
        return self.unit in EVERY_DAY or calendar.works(day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """The moments at which a limit turns yellow and ends.

    `due` is None while an open suspension runs, and where the calendar of the year `unpublished` is needed.
    `limit_at` is the end of the due day (of minutes: the minute itself); what ends before it is in time.
    """

    due: date | None = None
    limit_at: float | None = None
    warn_at: float | None = None
    paused: bool = False
    unpublished: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A limit at one moment.

    `left` and `left_most` are the fewest and the most counted days that are left; they differ while the calendar of a
    past day is un"""

    light: Light
    left: int
    left_most: int
    overdue: int = 0


def deadline(calendar: WorkCalendar, term: Term) -> Deadline:
    """The end of a limit. Never raises: a missing calendar is named in the result."""
    try:
        if term.unit is LimitUnit.MINUTES:
            return _minutes(calendar, term)
        if term.unit is LimitUnit.SAME_DAY:
            due = office.same_day(calendar, term.start, term.hours)
            return Deadline(due=due, limit_at=midnight(due + ONE_DAY), warn_at=midnight(due))
        due_day = _nth(calendar, term, term.n)
        if due_day is None:
            return Deadline(paused=True, warn_at=_warn_at(calendar, term))
        if term.unit is LimitUnit.NATURAL:
            due_day = calendar.next_working(due_day)
    except Unpublished as unknown:
        return Deadline(unpublished=unknown.year, warn_at=_warn_at(calendar, term))
    return Deadline(due=due_day, limit_at=midnight(due_day + ONE_DAY), warn_at=_warn_at(calendar, term))


def _warn_at(calendar: WorkCalendar, term: Term) -> float | None:
    """The first instant of the day from which on at most the margin is left; None without a published calendar."""
    if term.unit in (LimitUnit.MINUTES, LimitUnit.SAME_DAY):
        return None
    try:
        day = _nth(calendar, term, max(1, term.n - term.margin.of(term.n)))
    except Unpublished:
        return None
    return None if day is None else midnight(day)


def _nth(calendar: WorkCalendar, term: Term, n: int) -> date | None:
    """The n-th counted day after day 0; None when a suspension without end comes before it."""
    if term.unit is LimitUnit.WORKING and not term.pauses:
        return calendar.after(term.day0, n)
    day, counted = term.day0, 0
    while counted < n:
        day += ONE_DAY
        if term.open_from is not None and day >= term.open_from:
            return None
        counted += term.counts(calendar, day)
    return day


def _minutes(calendar: WorkCalendar, term: Term) -> Deadline:
    end = office.after_minutes(calendar, term.start, term.n, term.hours, [(p.start, p.end) for p in term.pauses])
    half = max(1, term.n // 2)
    warn = office.after_minutes(calendar, term.start, half, term.hours, [(p.start, p.end) for p in term.pauses])
    if end is None:
        return Deadline(paused=True, warn_at=warn)
    return Deadline(due=local_date(end), limit_at=end, warn_at=warn)


def used(calendar: WorkCalendar, term: Term, until: date) -> int:
    """Counted days in (day 0, until]. Raises Unpublished."""
    if term.unit not in EVERY_DAY and not term.pauses:
        return calendar.between(term.day0, until)
    day, counted = term.day0, 0
    while day < until:
        day += ONE_DAY
        counted += term.counts(calendar, day)
    return counted


def used_bounds(calendar: WorkCalendar, term: Term, until: date) -> tuple[int, int]:
    """Counted days in (day 0, until], when no and when every unknown day is a working day."""
    try:
        exact = used(calendar, term, until)
    except Unpublished:
        pass
    else:
        return exact, exact
    day, least, most = term.day0, 0, 0
    while day < until:
        day += ONE_DAY
        try:
            counts = term.counts(calendar, day)
        except Unpublished:
            most += 1
        else:
            least, most = least + counts, most + counts
    return least, most


def standing(calendar: WorkCalendar, term: Term, end: Deadline, now: float) -> Standing:
    """The light at `now` and what is left. `end` is the term's deadline."""
    today = local_date(now)
    least, most = used_bounds(calendar, term, today)
    n = 0 if term.unit in (LimitUnit.MINUTES, LimitUnit.SAME_DAY) else term.n
    left, left_most = n - most, n - least
    overdue = 0
    if end.due is not None and today > end.due:
        after_due = Term(start=midnight(end.due), n=0, pauses=term.pauses)
        overdue = used_bounds(calendar, after_due, today)[0]
    if n == 0:
        left = left_most = -overdue
    return Standing(light=_light(term, end, left, left_most, now), left=left, left_most=left_most, overdue=overdue)


def _light(term: Term, end: Deadline, left: int, left_most: int, now: float) -> Light:
    if end.limit_at is not None:
        if now >= end.limit_at:
            return Light.RED
        return Light.YELLOW if end.warn_at is not None and now >= end.warn_at else Light.GREEN
    if term.unit is LimitUnit.MINUTES and end.paused:
        return Light.YELLOW if end.warn_at is not None and now >= end.warn_at else Light.GREEN
    if left_most < 0:
        return Light.RED
    if left < 0:
        return Light.GREY
    margin = term.margin.of(term.n)
    if left_most <= margin:
        return Light.YELLOW
    return Light.GREEN if left > margin else Light.GREY


def next_moment(end: Deadline, now: float) -> float | None:
    """The next moment at which the light may change: warning, limit, or (unpublished year) the next midnight."""
    if end.limit_at is None and not end.paused:
        return midnight(local_date(now) + ONE_DAY)
    return min((at for at in (end.warn_at, end.limit_at) if at is not None and at > now), default=None)


def resumed(term: Term, last: date) -> Term:
    """The term as if every open suspension ended with the day `last`."""
    closed = tuple(ExcludedSpan(p.start, midnight(last + ONE_DAY)) if p.end is None else p for p in term.pauses)
    return Term(start=term.start, n=term.n, unit=term.unit, pauses=closed, margin=term.margin, hours=term.hours)


def notice_day(calendar: WorkCalendar, received: float, days: int = 5) -> date:
    """The last day of the one-time notice (行政许可法 art. 32): without it the case counts as accepted on receipt."""
    return calendar.after(local_date(received), days)
