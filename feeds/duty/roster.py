"""The duty roster (值班表): the persons on duty at any time. Pure; dates and clock times are in the site's time zone.

A shift begins on a date and may end on the next one. Its team is the dated assignment, else the pattern whose teams
take turns; substitutes are applied to either. Source: 24 h duty with two officers and a leader, docs/people.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from feeds.regions import covers
from feeds.wire import iso

DAY, WEEK = "day", "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person who may be on duty. `contacts`: the address on each channel, by receiver id.

    With a `region` the person is notified only of events in it. `account` is the user name for signing in.
    """

    id: str
    name: str
    phone: str = ""
    mail: str = ""
    contacts: dict[str, str] = field(default_factory=dict)
    language: str = ""
    region: str = ""
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A daily shift, "08:00" to "20:00". When the end is not after the start, it ends the next day."""

    id: str
    name: dict[str, str] = field(default_factory=dict)
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The persons who do a shift together."""

    officers: tuple[str, ...] = ()
    leader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A shift's teams take turns from `first` to `last` (dates; "" for no end), every day or every week.

    `days`: the days of the week on which it applies (ISO 8601: 1 is Monday); empty for all.
    """

    shift: str
    first: str
    last: str = ""
    every: str = DAY
    days: tuple[int, ...] = ()
    teams: tuple[Team, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The team of the shift that begins on that date; overrides the pattern."""

    date: str
    shift: str
    officers: tuple[str, ...] = ()
    leader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """One person does one shift in place of another."""

    date: str
    shift: str
    person: str
    substitute: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """A person's absence, from the first day to the last, both included."""

    person: str
    first: str
    last: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The whole roster."""

    persons: tuple[Person, ...] = ()
    shifts: tuple[Shift, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    substitutes: tuple[Substitute, ...] = ()
    leave: tuple[Leave, ...] = ()

    def person(self, id: str) -> Person | None:
        return next((person for person in self.persons if person.id == id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One shift on one date. `officers` and `leader` are ids as planned, including ids of unknown persons."""

    date: str
    shift: Shift
    begins: float
    ends: float
    officers: tuple[str, ...]
    leader: str


def load(body: Mapping[str, Any]) -> Roster:
    """The roster from its JSON form; unknown fields are ignored. Raises msgspec.ValidationError."""
    return msgspec.convert(dict(body), Roster)


def dump(roster: Roster) -> dict[str, Any]:
    """The roster in its JSON form."""
    document: dict[str, Any] = msgspec.to_builtins(roster)
    return document


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

    def one(id: str) -> dict[str, str]:
        person = roster.person(id)
        name, phone = (person.name, person.phone) if person is not None else (id, "")
        return {"id": id, "name": name, "phone": phone}

    return {
        "date": duty.date,
        "shift": duty.shift.id,
        "name": dict(duty.shift.name),
        "begins": iso(duty.begins),
        "ends": iso(duty.ends),
        "officers": [one(id) for id in duty.officers] if personal else [],
        "leader": one(duty.leader) if duty.leader and personal else None,
    }
