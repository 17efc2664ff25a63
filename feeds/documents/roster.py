"""The duty roster's document: persons, shifts, and who does which. Times are in the site's time zone."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    """A person's absence, from the first day to the last, both included. `deputy` acts for the person meanwhile."""

    person: str
    first: str
    last: str
    reason: str = ""
    deputy: str = ""


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
