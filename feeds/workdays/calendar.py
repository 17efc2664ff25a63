"""The calendar of a region: working days of the published years."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

from feeds.regions import parent
from feeds.workdays.files import CalendarDay, CalendarFile, latest

ONE_DAY = timedelta(days=1)
PROVISIONAL_FROM = 22
"""From this day of December on, days stay provisional until next year's file is in: the notice of 2019 moved days of
December 2018."""


class Unpublished(ValueError):
    """A date lies in a year without a published calendar. `year` is that year."""

    def __init__(self, year: int) -> None:
        super().__init__(f"the calendar of {year} is not published")
        self.year = year


@dataclass(frozen=True, kw_only=True)
class WorkCalendar:
    """Working days of one region. `days` are those that differ from their weekday.

    `published` are the years with a national file. `local` are the days that come from a regional overlay.
    `local_years` are the years that have such an overlay.
    """

    published: frozenset[int]
    days: Mapping[date, CalendarDay]
    local: frozenset[date] = frozenset()
    local_years: frozenset[int] = frozenset()
    region: str = ""
    revision: str = field(default="", compare=False)

    def works(self, day: date) -> bool:
        """True for a working day. Raises Unpublished."""
        if day.year not in self.published:
            raise Unpublished(day.year)
        special = self.days.get(day)
        return not special.off if special is not None else day.weekday() < 5

    def provisional(self, day: date) -> bool:
        """True while a later notice may still change the day."""
        return day.month == 12 and day.day >= PROVISIONAL_FROM and day.year + 1 not in self.published

    @cached_property
    def _working(self) -> tuple[list[int], int]:
        """Ordinals of all working days of the published years in order, and the first ordinal after them."""
        ordinals: list[int] = []
        year = min(self.published, default=1)
        first_unknown = date(year, 1, 1).toordinal()
        while year in self.published:
            day, first_unknown = date(year, 1, 1), date(year + 1, 1, 1).toordinal()
            ordinals += [at for at in range(day.toordinal(), first_unknown) if self.works(date.fromordinal(at))]
            year += 1
        return ordinals, first_unknown

    def after(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`. Raises Unpublished; ValueError for a count below 1."""
        if count < 1:
            raise ValueError("count must be at least 1")
        ordinals, first_unknown = self._working
        start = bisect_right(ordinals, day.toordinal())
        first_known = date(min(self.published), 1, 1).toordinal() if self.published else first_unknown
        if day.toordinal() + 1 < first_known:
            raise Unpublished((day + ONE_DAY).year)
        if start + count > len(ordinals):
            raise Unpublished(max(date.fromordinal(first_unknown).year, (day + ONE_DAY).year))
        return date.fromordinal(ordinals[start + count - 1])

    def between(self, after: date, until: date) -> int:
        """The number of working days in (after, until]. Raises Unpublished when one of these days is unknown."""
        if until <= after:
            return 0
        ordinals, first_unknown = self._working
        if (after + ONE_DAY).year not in self.published:
            raise Unpublished((after + ONE_DAY).year)
        if until.toordinal() >= first_unknown:
            raise Unpublished(date.fromordinal(first_unknown).year)
        return bisect_right(ordinals, until.toordinal()) - bisect_right(ordinals, after.toordinal())

    def next_working(self, day: date) -> date:
        """The day itself when it is a working day, else the next one. Raises Unpublished."""
        while not self.works(day):
            day += ONE_DAY
        return day


class CalendarBook:
    """The calendars of a site: national files, and overlays of regions (county over prefecture over nation)."""

    def __init__(self, files: Iterable[CalendarFile], *, local_holidays: bool = True) -> None:
        """`local_holidays` False: days off of overlays count as working days."""
        self._files = latest(files)
        self._local_holidays = local_holidays
        self._calendars: dict[str, WorkCalendar] = {}

    @property
    def files(self) -> tuple[CalendarFile, ...]:
        """Every file in use, by region and year."""
        return tuple(self._files[key] for key in sorted(self._files))

    @property
    def published(self) -> frozenset[int]:
        """Years with a national calendar."""
        return frozenset(year for (region, year), file in self._files.items() if not region and file.published)

    def with_files(self, files: Iterable[CalendarFile]) -> CalendarBook:
        """A book in which these files replace those of their region and year."""
        return CalendarBook((*self.files, *files), local_holidays=self._local_holidays)

    def of(self, region: str) -> WorkCalendar:
        """The calendar of a region; "" or a region without overlays has the national one."""
        if region not in self._calendars:
            self._calendars[region] = self._make(region)
        return self._calendars[region]

    def _make(self, region: str) -> WorkCalendar:
        chain = [region] if region else []
        while chain and (above := parent(chain[-1])):
            chain.append(above)
        days: dict[date, CalendarDay] = {}
        local: set[date] = set()
        local_years: set[int] = set()
        for code in ("", *reversed(chain)):
            for (of, year), file in sorted(self._files.items()):
                if of != code:
                    continue
                if code and self._local_holidays:
                    local |= {day.date for day in file.days}
                    local_years.add(year)
                if not code or self._local_holidays:
                    days |= {day.date: day for day in file.days}
        return WorkCalendar(
            published=self.published,
            days=days,
            local=frozenset(local),
            local_years=frozenset(local_years),
            region=region,
        )
