"""The duty roster as a document: read, checked as a whole, with one swap more. Without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from alerts.oncall.texts import BadPeople, finding
from feeds.duty import roster as duty
from feeds.duty.rights import refusal
from feeds.duty.roster import Roster, Team
from feeds.findings import Finding, InRequest
from feeds.model import Command


def load(doc: Mapping[str, Any]) -> Roster:
    """The roster of a document; an empty one of none."""
    return duty.load(doc) if doc else Roster()


def checked(doc: Mapping[str, Any]) -> dict[str, Any]:
    """The roster in its one form; what makes it ambiguous is a fault, what makes it a bad plan is not."""
    roster = load(doc)
    findings: list[Finding[InRequest]] = []
    for name, ids in (("persons", [one.id for one in roster.persons]), ("shifts", [one.id for one in roster.shifts])):
        findings += [finding(f"{name}.{place}.id", "id_twice") for place in _again(ids)]
    days = [(one.date, one.shift) for one in roster.assignments]
    findings += [finding(f"assignments.{place}", "assigned_twice") for place in _again(days)]
    for place, leave in enumerate(roster.leave):
        if leave.last < leave.first:
            findings.append(finding(f"leave.{place}.last", "ends_before"))
    if findings:
        raise BadPeople(findings)
    return duty.dump(roster)


def _again(keys: Iterable[Any]) -> list[int]:
    """The places of what stood there before."""
    seen: set[Any] = set()
    places = []
    for place, key in enumerate(keys):
        if key in seen:
            places.append(place)
        seen.add(key)
    return places


def substituted(doc: Mapping[str, Any], command: Command) -> dict[str, Any]:
    """The roster with one swap more; a second one for the same person on the same shift takes the first one's place."""
    swap = {name: str(command.args.get(name, "")) for name in ("date", "shift", "person", "substitute", "reason")}
    known = {one["id"] for one in doc.get("persons", [])}
    findings = [finding(name, "unknown_person") for name in ("person", "substitute") if swap[name] not in known]
    if swap["shift"] not in {one["id"] for one in doc.get("shifts", [])}:
        findings.append(finding("shift", "unknown_shift"))
    findings = findings or _not_planned(load(doc), swap)
    if findings:
        raise BadPeople(findings)
    same = [swap["date"], swap["shift"], swap["person"]]
    others = [one for one in doc.get("substitutes", []) if [one["date"], one["shift"], one["person"]] != same]
    return {**doc, "substitutes": [*others, swap]}


def _not_planned(roster: Roster, swap: Mapping[str, str]) -> list[Finding[InRequest]]:
    """A fault when the person does not have that shift on that date."""
    try:
        team = planned(roster, date.fromisoformat(swap["date"]), swap["shift"])
    except ValueError:
        return [finding("date", "bad_date")]
    return [] if swap["person"] in (*team.officers, team.leader) else [finding("person", "not_on_shift")]


def planned(roster: Roster, day: date, shift: str) -> Team:
    """Who has a shift by plan, before anybody's substitutes."""
    return duty.team_of(replace(roster, substitutes=()), day, shift) or Team()


def substitution_refusal(roster: Roster, command: Command) -> str:
    """Why a substitution that could be made may not be made by this actor: "role" or "region"; "" when he may.

    Both persons must lie in his region. The shift's leader is replaced by an administrator only.
    """
    person, substitute = (str(command.args[name]) for name in ("person", "substitute"))
    team = planned(roster, date.fromisoformat(command.args["date"]), str(command.args["shift"]))
    verb = "roster_substitute_leader" if person == team.leader else "roster_substitute"
    regions = [known.region for id in (person, substitute) if (known := roster.person(id)) is not None]
    return refusal(verb, command.role, command.actor_region, *regions)
