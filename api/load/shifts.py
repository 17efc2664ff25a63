"""Shifts for the load figures: their times and number of officers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feeds.documents.roster import Roster
from feeds.duty import roster as duty

DAY, NIGHT = "day", "night"
NAMES = {DAY: {"zh-CN": "白班", "en": "day"}, NIGHT: {"zh-CN": "夜班", "en": "night"}}
BORDERS = (time(8), time(20))


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyShift:
    """One shift on one date; `officers` is how many are on duty, 0 when nobody says."""

    id: str
    name: dict[str, str]
    begins: float
    ends: float
    officers: int = 0


def shifts(roster: Roster, region: str, start: float, end: float, zone: ZoneInfo) -> list[DutyShift]:
    """The shifts that touch an interval, by their beginning: the roster's, else day and night.

    Of a region only those officers count who are told of what lies in it.
    """
    first = datetime.fromtimestamp(start, zone).date() - timedelta(days=1)
    days = (datetime.fromtimestamp(end, zone).date() - first).days + 1
    planned = [
        DutyShift(
            id=duty_shift.shift.id,
            name=dict(duty_shift.shift.name) or {"zh-CN": duty_shift.shift.id, "en": duty_shift.shift.id},
            begins=duty_shift.begins,
            ends=duty_shift.ends,
            officers=_officers(roster, duty_shift, region),
        )
        for duty_shift in duty.plan(roster, first, days, zone)
    ] or [shift for number in range(days) for shift in _plain(first + timedelta(days=number), zone)]
    return [shift for shift in planned if shift.begins < end and shift.ends > start]


def _officers(roster: Roster, duty_shift: duty.Duty, region: str) -> int:
    persons = [roster.person(id) for id in duty_shift.officers]
    return sum(not region or person is None or duty.concerned(person, region) for person in persons)


def _plain(day: date, zone: ZoneInfo) -> Iterator[DutyShift]:
    """Day and night from 08:00 and 20:00 in the site's zone, for a site without a roster."""
    morning, evening = (datetime.combine(day, at, zone).timestamp() for at in BORDERS)
    next_day = datetime.combine(day + timedelta(days=1), BORDERS[0], zone).timestamp()
    yield DutyShift(id=DAY, name=NAMES[DAY], begins=morning, ends=evening)
    yield DutyShift(id=NIGHT, name=NAMES[NIGHT], begins=evening, ends=next_day)
