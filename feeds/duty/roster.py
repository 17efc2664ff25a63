"""The duty roster (值班表): who is on duty when. Pure; dates and clock times are in the site's own zone.

A shift begins on a date and may end on the next one. Who does it: the dated assignment, else the pattern whose teams
take turns, each then with its substitutes. Source: 24 h duty with two officers and a leader, docs/people.md.
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
    """Somebody who may be on duty. `contacts`: the address on each channel, by the receiver's id.

    With a `region` he is told of what lies in it only. `account` is the name he signs in with.
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
    """A part of every day, "08:00" to "20:00"; with an end that is not after the start it ends the next day."""

    id: str
    name: dict[str, str] = field(default_factory=dict)
    start: str
    end: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Those who do a shift together."""

    officers: tuple[str, ...] = ()
    leader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A shift's teams take turns from `first` to `last` (dates; "" for ever), every day or every week.

    `days`: the days of the week on which it holds (ISO 8601: 1 is Monday), none for all.
    """

    shift: str
    first: str
    last: str = ""
    every: str = DAY
    days: tuple[int, ...] = ()
    teams: tuple[Team, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Who does the shift that begins on that date, whatever the pattern says."""

    date: str
    shift: str
    officers: tuple[str, ...] = ()
    leader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitute:
    """Somebody does one shift in another's place."""

    date: str
    shift: str
    person: str
    substitute: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Somebody is away, from the first day to the last, both included."""

    person: str
    first: str
    last: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The whole plan."""

    persons: tuple[Person, ...] = ()
    shifts: tuple[Shift, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    substitutes: tuple[Substitute, ...] = ()
    leave: tuple[Leave, ...] = ()

    def person(self, id: str) -> Person | None:
        return next((one for one in self.persons if one.id == id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """One shift on one date. `officers` and `leader` are ids as planned, also of persons that nobody knows."""

    date: str
    shift: Shift
    begins: float
    ends: float
    officers: tuple[str, ...]
    leader: str


def load(body: Mapping[str, Any]) -> Roster:
    """The roster from its JSON form; what does not belong to it is passed over. msgspec.ValidationError."""
    return msgspec.convert(dict(body), Roster)


def dump(roster: Roster) -> dict[str, Any]:
    """The roster as JSON."""
    made: dict[str, Any] = msgspec.to_builtins(roster)
    return made


@lru_cache(maxsize=16)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; ValueError or KeyError when there is none."""
    return ZoneInfo(name)


def on_duty(roster: Roster, at: float, tz: ZoneInfo) -> list[Duty]:
    """Every shift that runs at a moment (epoch seconds), the one that began first at the head."""
    day = datetime.fromtimestamp(at, tz).date()
    found = [one for when in (day - timedelta(days=1), day) for one in duties_of(roster, when, tz)]
    return sorted((one for one in found if one.begins <= at < one.ends), key=lambda one: one.begins)


def plan(roster: Roster, first: date, days: int, tz: ZoneInfo) -> list[Duty]:
    """Every shift that begins on those days, by its beginning."""
    found = [one for number in range(days) for one in duties_of(roster, first + timedelta(days=number), tz)]
    return sorted(found, key=lambda one: (one.begins, one.shift.id))


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
    """Begin and end of a shift in epoch seconds; over a change of the clocks it is as long as the clocks make it."""
    end = day + timedelta(days=1) if shift.end <= shift.start else day
    moments = (datetime.combine(on, time.fromisoformat(at), tz) for on, at in ((day, shift.start), (end, shift.end)))
    begins, ends = (moment.timestamp() for moment in moments)
    return begins, ends


def team_of(roster: Roster, day: date, shift: str) -> Team | None:
    """Who does a shift on a day, substitutes in their places; None when nothing is planned for it."""
    text = day.isoformat()
    fixed = next((one for one in roster.assignments if (one.date, one.shift) == (text, shift)), None)
    team = Team(officers=fixed.officers, leader=fixed.leader) if fixed is not None else _turn(roster, day, shift)
    if team is None:
        return None
    instead = {one.person: one.substitute for one in roster.substitutes if (one.date, one.shift) == (text, shift)}
    officers = tuple(instead.get(one, one) for one in team.officers)
    return Team(officers=officers, leader=instead.get(team.leader, team.leader))


def _turn(roster: Roster, day: date, shift: str) -> Team | None:
    """Whose turn it is; the last pattern that holds on that day counts, so that a new one is put below the old."""
    text = day.isoformat()
    for pattern in reversed(roster.patterns):
        within = pattern.first <= text and (not pattern.last or text <= pattern.last)
        today = within and (not pattern.days or day.isoweekday() in pattern.days)
        if today and pattern.shift == shift and pattern.teams:
            first = date.fromisoformat(pattern.first)
            passed = (day - first).days
            if pattern.every == WEEK:  # a turn changes with the calendar's week, whatever day it began on
                passed = (passed + first.isoweekday() - 1) // 7
            return pattern.teams[passed % len(pattern.teams)]
    return None


def concerned(person: Person, region: str) -> bool:
    """Whether somebody is to hear of what lies in a region."""
    return covers(person.region, region)


def shown(duty: Duty, roster: Roster, *, personal: bool) -> dict[str, Any]:
    """One shift as people see it: with names and phone numbers; without anybody where no person may be named."""

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
