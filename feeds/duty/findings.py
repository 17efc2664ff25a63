"""What is wrong with a duty roster: gaps, too few people, somebody twice or away. Found, told, and never a refusal.

Sources: 24 h duty with two officers and a leader; nobody for more than 24 h (docs/people.md). Codes: few_officers ·
no_leader · twice · on_leave · gap · overlap · unknown_person · unknown_shift · double_booked · long_duty · no_contact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from feeds.duty.roster import Duty, Roster, plan
from feeds.duty.texts import TEXTS
from feeds.findings import Finding, InRoster, filled

OFFICERS = 2
HORIZON = 14
LONGEST = 24 * 3600.0


def findings(roster: Roster, first: date, tz: ZoneInfo, days: int = HORIZON) -> list[Finding[InRoster]]:
    """Everything that is wrong with the plan of those days, by date; nothing for a roster without shifts."""
    known = {person.id: person.name for person in roster.persons}
    found = [*_references(roster, known), *_without_address(roster)]
    # A day more on each side: a shift of the day before may run into the first, and the last needs what follows it.
    duties = plan(roster, first - timedelta(days=1), days + 2, tz)
    begins = datetime.combine(first, datetime.min.time(), tz).timestamp()
    ends = datetime.combine(first + timedelta(days=days), datetime.min.time(), tz).timestamp()
    if roster.shifts:
        found += _gaps(duties, begins, ends, tz)
    within = [one for one in duties if begins <= one.begins < ends]
    for duty in within:
        found += _of_team(duty, roster, known)
    found += _clashes(within, known)
    found += _too_long(duties, begins, ends, known)
    return sorted(
        found, key=lambda finding: (finding.where.date, finding.where.shift, finding.code, finding.where.person)
    )


def _make(
    code: str, *, date: str = "", shift: str = "", person: str = "", name: str = "", **more: Any
) -> Finding[InRoster]:
    values = {"date": date, "shift": shift, "person": name or person, **more}
    return Finding(code=code, where=InRoster(date, shift, person), message=filled(TEXTS[code], values))


def _references(roster: Roster, known: dict[str, str]) -> Iterator[Finding[InRoster]]:
    """Shifts and persons that something names and nobody has defined."""
    shifts = {shift.id for shift in roster.shifts}
    dated: list[tuple[str, str]] = [
        *((one.first, one.shift) for one in roster.patterns),
        *((one.date, one.shift) for one in roster.assignments),
        *((one.date, one.shift) for one in roster.substitutes),
    ]
    for day, shift in dict.fromkeys(dated):
        if shift not in shifts:
            yield _make("unknown_shift", date=day, shift=shift)
    named = [
        *((one.date, one.shift, one.substitute) for one in roster.substitutes),
        *((one.first, "", one.person) for one in roster.leave),
    ]
    for day, shift, person in dict.fromkeys(named):
        if person not in known:
            yield _make("unknown_person", date=day, shift=shift, person=person)


def _without_address(roster: Roster) -> Iterator[Finding[InRoster]]:
    for person in roster.persons:
        if not (person.phone or person.mail or any(person.contacts.values())):
            yield _make("no_contact", person=person.id, name=person.name)


def _of_team(duty: Duty, roster: Roster, known: dict[str, str]) -> Iterator[Finding[InRoster]]:
    where = {"date": duty.date, "shift": duty.shift.id}
    everybody = [*duty.officers, *([duty.leader] if duty.leader else [])]
    officers = {one for one in duty.officers if one in known}
    if len(officers) < OFFICERS:
        yield _make("few_officers", **where, count=len(officers))
    if not duty.leader:
        yield _make("no_leader", **where)
    for person in dict.fromkeys(everybody):
        name = known.get(person, person)
        if person not in known:
            yield _make("unknown_person", **where, person=person)
        if everybody.count(person) > 1:
            yield _make("twice", **where, person=person, name=name)
        if any(one.person == person and one.first <= duty.date <= one.last for one in roster.leave):
            yield _make("on_leave", **where, person=person, name=name)


def _gaps(duties: Iterable[Duty], begins: float, ends: float, tz: ZoneInfo) -> Iterator[Finding[InRoster]]:
    """Moments that no shift covers."""

    def spell(at: float) -> str:
        return datetime.fromtimestamp(at, tz).strftime("%Y-%m-%d %H:%M")

    covered = begins
    for at, end in [*sorted((one.begins, one.ends) for one in duties), (ends, ends)]:
        if min(at, ends) > covered:
            day = datetime.fromtimestamp(covered, tz).date().isoformat()
            yield _make("gap", date=day, begins=spell(covered), ends=spell(min(at, ends)))
        covered = max(covered, end)


def _clashes(duties: list[Duty], known: dict[str, str]) -> Iterator[Finding[InRoster]]:
    """Two shifts at once, and who would be in both."""
    for number, one in enumerate(duties):
        for other in duties[number + 1 :]:
            if other.begins >= one.ends:
                break
            where = {"date": other.date, "shift": other.shift.id}
            yield _make("overlap", **where, other=one.shift.id)
            both = {*one.officers, one.leader} & {*other.officers, other.leader} - {""}
            for person in sorted(both):
                name = known.get(person, person)
                yield _make("double_booked", **where, person=person, name=name, other=one.shift.id)


def _too_long(duties: list[Duty], begins: float, ends: float, known: dict[str, str]) -> Iterator[Finding[InRoster]]:
    """Who goes on without a break from shift to shift for more than 24 h."""
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
                yield _make("long_duty", **where, person=person, name=known.get(person, person))
