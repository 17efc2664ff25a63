"""Who is on duty when, as far as the load figures need it: shifts with their length and number of officers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from feeds.duty import roster as duty

DAY, NIGHT = "day", "night"
NAMES = {DAY: {"zh-CN": "白班", "en": "day"}, NIGHT: {"zh-CN": "夜班", "en": "night"}}
BORDERS = (time(8), time(20))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One shift on one date; `officers` is how many are on duty, 0 when nobody says."""

    id: str
    name: dict[str, str]
    begins: float
    ends: float
    officers: int = 0


def shifts(roster: duty.Roster, region: str, start: float, end: float, zone: ZoneInfo) -> list[Shift]:
    """The shifts that touch an interval, by their beginning: the roster's, else day and night.

    Of a region only those officers count who are told of what lies in it.
    """
    first = datetime.fromtimestamp(start, zone).date() - timedelta(days=1)
    days = (datetime.fromtimestamp(end, zone).date() - first).days + 1
    found = [
        Shift(
            id=one.shift.id,
            name=dict(one.shift.name) or {"zh-CN": one.shift.id, "en": one.shift.id},
            begins=one.begins,
            ends=one.ends,
            officers=_officers(roster, one, region),
        )
        for one in duty.plan(roster, first, days, zone)
    ] or [one for number in range(days) for one in _plain(first + timedelta(days=number), zone)]
    return [one for one in found if one.begins < end and one.ends > start]


def _officers(roster: duty.Roster, one: duty.Duty, region: str) -> int:
    known = [roster.person(id) for id in one.officers]
    return sum(not region or person is None or duty.concerned(person, region) for person in known)


def _plain(day: date, zone: ZoneInfo) -> Iterator[Shift]:
    """Day and night from 08:00 and 20:00 in the site's zone, for a site without a roster."""
    morning, evening = (datetime.combine(day, at, zone).timestamp() for at in BORDERS)
    next_day = datetime.combine(day + timedelta(days=1), BORDERS[0], zone).timestamp()
    yield Shift(id=DAY, name=NAMES[DAY], begins=morning, ends=evening)
    yield Shift(id=NIGHT, name=NAMES[NIGHT], begins=evening, ends=next_day)
