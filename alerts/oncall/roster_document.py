"""The duty roster as a document: reading, checks and substitutions. Without I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from alerts.oncall.texts import InvalidDocument, finding
from feeds.documents.roster import Roster, Substitute, Team
from feeds.duty import roster as duty
from feeds.duty.rights import refusal
from feeds.findings import Finding, InRequest
from feeds.model import Command


def check_roster(roster: Roster) -> None:
    """Raise InvalidDocument with all findings. Ambiguity is an error; a bad plan is not."""
    findings: list[Finding[InRequest]] = []
    for name, ids in (
        ("persons", [entry.id for entry in roster.persons]),
        ("shifts", [entry.id for entry in roster.shifts]),
    ):
        findings += [finding(f"{name}.{position}.id", "id_twice") for position in _duplicates(ids)]
    days = [(assignment.date, assignment.shift) for assignment in roster.assignments]
    findings += [finding(f"assignments.{position}", "assigned_twice") for position in _duplicates(days)]
    for position, leave in enumerate(roster.leave):
        if leave.last < leave.first:
            findings.append(finding(f"leave.{position}.last", "ends_before"))
    if findings:
        raise InvalidDocument(findings)


def _duplicates(keys: Iterable[Any]) -> list[int]:
    """The positions of keys that occur earlier in the list."""
    earlier: set[Any] = set()
    positions = []
    for position, key in enumerate(keys):
        if key in earlier:
            positions.append(position)
        earlier.add(key)
    return positions


def substituted(roster: Roster, command: Command) -> Roster:
    """The roster with one more substitution. It replaces an earlier one of the person on that shift."""
    swap = Substitute(
        **{name: str(command.args.get(name, "")) for name in ("date", "shift", "person", "substitute", "reason")}
    )
    findings = [
        finding(name, "unknown_person")
        for name, id in (("person", swap.person), ("substitute", swap.substitute))
        if roster.person(id) is None
    ]
    if swap.shift not in {shift.id for shift in roster.shifts}:
        findings.append(finding("shift", "unknown_shift"))
    findings = findings or _not_planned(roster, swap)
    if findings:
        raise InvalidDocument(findings)
    same = (swap.date, swap.shift, swap.person)
    remaining = [other for other in roster.substitutes if (other.date, other.shift, other.person) != same]
    return replace(roster, substitutes=(*remaining, swap))


def _not_planned(roster: Roster, swap: Substitute) -> list[Finding[InRequest]]:
    """A finding when the person does not have that shift on that date."""
    try:
        team = planned(roster, date.fromisoformat(swap.date), swap.shift)
    except ValueError:
        return [finding("date", "bad_date")]
    return [] if swap.person in (*team.officers, team.leader) else [finding("person", "not_on_shift")]


def planned(roster: Roster, day: date, shift: str) -> Team:
    """The planned team of a shift, without substitutions."""
    return duty.team_of(replace(roster, substitutes=()), day, shift) or Team()


def substitution_refusal(roster: Roster, command: Command) -> str:
    """The reason why the actor may not make the substitution: "role" or "region"; "" when it is allowed.

    Both persons must lie in the actor's region. Only an administrator may replace the shift's leader.
    """
    person, substitute = (str(command.args[name]) for name in ("person", "substitute"))
    team = planned(roster, date.fromisoformat(command.args["date"]), str(command.args["shift"]))
    verb = "roster_substitute_leader" if person == team.leader else "roster_substitute"
    regions = [record.region for id in (person, substitute) if (record := roster.person(id)) is not None]
    return refusal(verb, command.role, command.actor_region, *regions)
