"""The duty roster (值班表): the persons on duty at any time. Pure; dates and clock times are in the site's time zone.

A shift begins on a date and may end on the next one. Its team is the dated assignment, else the pattern whose teams
take turns; substitutes are applied to either. Source: 24 h duty with two officers and a leader, docs/people.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from feeds.documents.roster import WEEK, Person, Roster, Shift, Team
from feeds.regions import covers
from feeds.wire import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One shift on one date. `officers` and `leader` are ids as planned, including ids of unknown persons."""

    date: str
    shift: Shift
    begins: float
    ends: float
    officers: tuple[str, ...]
    leader: str


@lru_cache(maxsize=16)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ValueError or KeyError for an unknown name."""
    return ZoneInfo(name)


def on_duty(roster: Roster, at: float, tz: ZoneInfo) -> list[Duty]:
    """The shifts in progress at a moment (epoch seconds), earliest start first."""
    day = datetime.fromtimestamp(at, tz).date()
    duties = [duty for when in (day - timedelta(days=1), day) for duty in duties_of(roster, when, tz)]
    return sorted((duty for duty in duties if duty.begins <= at < duty.ends), key=lambda duty: duty.begins)


def plan(roster: Roster, first: date, days: int, tz: ZoneInfo) -> list[Duty]:
    """The shifts that begin on those days, by start."""
    duties = [duty for number in range(days) for duty in duties_of(roster, first + timedelta(days=number), tz)]
    return sorted(duties, key=lambda duty: (duty.begins, duty.shift.id))


def duties_of(roster: Roster, day: date, tz: ZoneInfo) -> Iterator[Duty]:
    """The shifts that begin on a day."""
    for shift in roster.shifts:
        team = team_of(roster, day, shift.id)
        if team is None:
            continue
        begins, ends = span(shift, day, tz)
        yield Duty(
            date=day.isoformat(), shift=shift, begins=begins, ends=ends, officers=team.officers, leader=team.leader
        )


def span(shift: Shift, day: date, tz: ZoneInfo) -> tuple[float, float]:
    """Start and end of a shift, epoch seconds. Daylight-saving changes lengthen or shorten it."""
    end = day + timedelta(days=1) if shift.end <= shift.start else day
    moments = (datetime.combine(on, time.fromisoformat(at), tz) for on, at in ((day, shift.start), (end, shift.end)))
    begins, ends = (moment.timestamp() for moment in moments)
    return begins, ends


def team_of(roster: Roster, day: date, shift: str) -> Team | None:
    """The team of a shift on a day, with substitutes applied; None when nothing is planned."""
    text = day.isoformat()
    fixed = next(
        (assignment for assignment in roster.assignments if (assignment.date, assignment.shift) == (text, shift)), None
    )
    team = Team(officers=fixed.officers, leader=fixed.leader) if fixed is not None else _turn(roster, day, shift)
    if team is None:
        return None
    instead = {
        substitute.person: substitute.substitute
        for substitute in roster.substitutes
        if (substitute.date, substitute.shift) == (text, shift)
    }
    officers = tuple(instead.get(officer, officer) for officer in team.officers)
    return Team(officers=officers, leader=instead.get(team.leader, team.leader))


def _turn(roster: Roster, day: date, shift: str) -> Team | None:
    """The team whose turn it is. The last pattern that applies on that day wins: new patterns go below old ones."""
    text = day.isoformat()
    for pattern in reversed(roster.patterns):
        within = pattern.first <= text and (not pattern.last or text <= pattern.last)
        today = within and (not pattern.days or day.isoweekday() in pattern.days)
        if today and pattern.shift == shift and pattern.teams:
            first = date.fromisoformat(pattern.first)
            passed = (day - first).days
            if pattern.every == WEEK:  # weekly turns change with the calendar week, whatever day the pattern began on
                passed = (passed + first.isoweekday() - 1) // 7
            return pattern.teams[passed % len(pattern.teams)]
    return None


def concerned(person: Person, region: str) -> bool:
    """True when a person is to be notified of events in a region."""
    return covers(person.region, region)


def view(duty: Duty, roster: Roster, *, personal: bool) -> dict[str, Any]:
    """One shift for display: with names and phone numbers, or without persons where personal data is hidden."""

    def officer(id: str) -> dict[str, str]:
        person = roster.person(id)
        name, phone = (person.name, person.phone) if person is not None else (id, "")
        return {"id": id, "name": name, "phone": phone}

    return {
        "date": duty.date,
        "shift": duty.shift.id,
        "name": dict(duty.shift.name),
        "begins": iso(duty.begins),
        "ends": iso(duty.ends),
        "officers": [officer(id) for id in duty.officers] if personal else [],
        "leader": officer(duty.leader) if duty.leader and personal else None,
    }
