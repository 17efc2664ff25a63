"""Checks of a duty roster: gaps, understaffing, double bookings, absences. Findings warn and never reject.

Sources: 24 h duty with two officers and a leader; nobody for more than 24 h (docs/people.md). Codes: few_officers ·
no_leader · twice · on_leave · deputy_away · gap · overlap · unknown_person · unknown_shift · double_booked · long_duty
· no_contact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from feeds.documents.roster import Roster
from feeds.duty.roster import Duty, plan
from feeds.duty.texts import TEXTS
from feeds.findings import Finding, InRoster, filled

OFFICERS = 2
HORIZON = 14
LONGEST = 24 * 3600.0


def findings(roster: Roster, first: date, tz: ZoneInfo, days: int = HORIZON) -> list[Finding[InRoster]]:
    """All findings on the plan of those days, by date; none for a roster without shifts."""
    names = {person.id: person.name for person in roster.persons}
    results = [*_references(roster, names), *_deputies(roster, names), *_without_address(roster)]
    # One more day on each side: a shift of the day before may extend into the first, and the last needs its successor.
    duties = plan(roster, first - timedelta(days=1), days + 2, tz)
    begins = datetime.combine(first, datetime.min.time(), tz).timestamp()
    ends = datetime.combine(first + timedelta(days=days), datetime.min.time(), tz).timestamp()
    if roster.shifts:
        results += _gaps(duties, begins, ends, tz)
    within = [duty_ for duty_ in duties if begins <= duty_.begins < ends]
    for duty in within:
        results += _of_team(duty, roster, names)
    results += _clashes(within, names)
    results += _too_long(duties, begins, ends, names)
    return sorted(
        results, key=lambda finding: (finding.where.date, finding.where.shift, finding.code, finding.where.person)
    )


def _make(
    code: str, *, date: str = "", shift: str = "", person: str = "", name: str = "", **more: Any
) -> Finding[InRoster]:
    values = {"date": date, "shift": shift, "person": name or person, **more}
    return Finding(code=code, where=InRoster(date, shift, person), message=filled(TEXTS[code], values))


def _references(roster: Roster, names: dict[str, str]) -> Iterator[Finding[InRoster]]:
    """References to undefined shifts and persons."""
    shifts = {shift.id for shift in roster.shifts}
    dated: list[tuple[str, str]] = [
        *((pattern.first, pattern.shift) for pattern in roster.patterns),
        *((assignment.date, assignment.shift) for assignment in roster.assignments),
        *((substitute.date, substitute.shift) for substitute in roster.substitutes),
    ]
    for day, shift in dict.fromkeys(dated):
        if shift not in shifts:
            yield _make("unknown_shift", date=day, shift=shift)
    named = [
        *((substitute.date, substitute.shift, substitute.substitute) for substitute in roster.substitutes),
        *((leave.first, "", leave.person) for leave in roster.leave),
        *((leave.first, "", leave.deputy) for leave in roster.leave if leave.deputy),
    ]
    for day, shift, person in dict.fromkeys(named):
        if person not in names:
            yield _make("unknown_person", date=day, shift=shift, person=person)


def _deputies(roster: Roster, names: dict[str, str]) -> Iterator[Finding[InRoster]]:
    """Deputies who are on leave themselves on the first day, or who act for themselves."""
    for leave in roster.leave:
        away = any(other.person == leave.deputy and other.first <= leave.first <= other.last for other in roster.leave)
        if leave.deputy and away:
            yield _make("deputy_away", date=leave.first, person=leave.deputy, name=names.get(leave.deputy, ""))


def _without_address(roster: Roster) -> Iterator[Finding[InRoster]]:
    for person in roster.persons:
        if not (person.phone or person.mail or any(person.contacts.values())):
            yield _make("no_contact", person=person.id, name=person.name)


def _of_team(duty: Duty, roster: Roster, names: dict[str, str]) -> Iterator[Finding[InRoster]]:
    where = {"date": duty.date, "shift": duty.shift.id}
    everybody = [*duty.officers, *([duty.leader] if duty.leader else [])]
    officers = {officer for officer in duty.officers if officer in names}
    if len(officers) < OFFICERS:
        yield _make("few_officers", **where, count=len(officers))
    if not duty.leader:
        yield _make("no_leader", **where)
    for person in dict.fromkeys(everybody):
        name = names.get(person, person)
        if person not in names:
            yield _make("unknown_person", **where, person=person)
        if everybody.count(person) > 1:
            yield _make("twice", **where, person=person, name=name)
        if any(leave.person == person and leave.first <= duty.date <= leave.last for leave in roster.leave):
            yield _make("on_leave", **where, person=person, name=name)


def _gaps(duties: Iterable[Duty], begins: float, ends: float, tz: ZoneInfo) -> Iterator[Finding[InRoster]]:
    """Intervals that no shift covers."""

    def spell(at: float) -> str:
        return datetime.fromtimestamp(at, tz).strftime("%Y-%m-%d %H:%M")

    covered = begins
    for at, end in [*sorted((duty.begins, duty.ends) for duty in duties), (ends, ends)]:
        if min(at, ends) > covered:
            day = datetime.fromtimestamp(covered, tz).date().isoformat()
            yield _make("gap", date=day, begins=spell(covered), ends=spell(min(at, ends)))
        covered = max(covered, end)


def _clashes(duties: list[Duty], names: dict[str, str]) -> Iterator[Finding[InRoster]]:
    """Overlapping shifts, and the persons assigned to both."""
    for number, first in enumerate(duties):
        for second in duties[number + 1 :]:
            if second.begins >= first.ends:
                break
            where = {"date": second.date, "shift": second.shift.id}
            yield _make("overlap", **where, other=first.shift.id)
            both = {*first.officers, first.leader} & {*second.officers, second.leader} - {""}
            for person in sorted(both):
                name = names.get(person, person)
                yield _make("double_booked", **where, person=person, name=name, other=first.shift.id)


def _too_long(duties: list[Duty], begins: float, ends: float, names: dict[str, str]) -> Iterator[Finding[InRoster]]:
    """Persons on consecutive shifts for more than 24 h without a break."""
    by_person: dict[str, list[Duty]] = {}
    for duty in duties:
        for person in {*duty.officers, duty.leader} - {""}:
            by_person.setdefault(person, []).append(duty)
    for person, own in by_person.items():
        since = own[0].begins
        for before, after in pairwise([own[0], *own]):
            since = since if after.begins <= before.ends else after.begins
            if after.ends - since > LONGEST and begins <= after.begins < ends:
                where = {"date": after.date, "shift": after.shift.id}
                yield _make("long_duty", **where, person=person, name=names.get(person, person))
