"""The duty roster, receivers and escalation policies as answers, with what each asker may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from api.dependencies import Dependencies
from api.principal import Principal
from feeds import wire
from feeds.documents.version import FILE, ROSTER, SITE, Version
from feeds.duty import roster as duty
from feeds.duty.findings import HORIZON, findings
from feeds.duty.roster import Roster
from feeds.regions import covers

PERSON = "person:"
_LISTS = ("persons", "shifts", "patterns", "assignments", "substitutes", "leave")


async def version(deps: Dependencies, kind: str) -> Version:
    """The present version of a document."""
    doc = await deps.journal.doc(kind, SITE)
    return Version.load(doc.body) if doc is not None else Version()


def head(version: Version, principal: Principal) -> dict[str, Any]:
    """The version of a document; its author and comment only for those who may see persons."""
    named = {"by": version.by, "comment": version.comment} if principal.personal else {"by": "", "comment": ""}
    return {"rev": version.rev, "at": wire.iso(version.at or None), **named}


def roster_of(version: Version) -> Roster:
    """The roster of a version; an empty one of none."""
    return duty.load(version.doc) if version.doc else Roster()


def roster(deps: Dependencies, principal: Principal, version: Version) -> dict[str, Any]:
    """The roster with the shift now, the next one, two weeks of the plan, and findings."""
    whole, tz = roster_of(version), duty.zone(deps.site.timezone)
    visible = for_region(whole, principal.region)
    at = deps.clock()
    today = datetime.fromtimestamp(at, tz).date()
    duties = duty.plan(visible, today - timedelta(days=1), HORIZON + 2, tz)
    running = [duty_shift for duty_shift in duties if duty_shift.begins <= at < duty_shift.ends]
    later = [duty_shift for duty_shift in duties if duty_shift.begins > at]
    shown = [
        duty.view(duty_shift, visible, personal=principal.personal)
        for duty_shift in duties
        if duty_shift.date >= today.isoformat()
    ]
    ends = today + timedelta(days=HORIZON)
    return {
        **head(version, principal),
        **lists(visible, principal),
        "now": duty.view(running[0], visible, personal=principal.personal) if running else None,
        "next": duty.view(later[0], visible, personal=principal.personal) if later else None,
        "plan": [duty_shift for duty_shift in shown if duty_shift["date"] < ends.isoformat()],
        "findings": [finding.record("message") for finding in findings(whole, today, tz)]
        if principal.personal and not principal.region
        else [],
    }


def lists(visible: Roster, principal: Principal) -> dict[str, Any]:
    """The lists of the roster. Walls see the shifts only."""
    doc = duty.dump(visible)
    if not principal.personal:
        return {name: doc[name] if name == "shifts" else [] for name in _LISTS}
    return {name: doc[name] for name in _LISTS}


def for_region(whole: Roster, region: str) -> Roster:
    """The roster of a region: the persons of the region, of regions within it, and of those that cover it."""
    if not region:
        return whole
    persons = [person for person in whole.persons if covers(region, person.region) or covers(person.region, region)]
    visible = {person.id for person in persons}
    everybody = {person.id for person in whole.persons}

    def shown(ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(id for id in ids if id in visible or id not in everybody)

    def team(turn: Any) -> Any:
        return replace(turn, officers=shown(turn.officers), leader="".join(shown((turn.leader,))))

    return Roster(
        persons=tuple(persons),
        shifts=whole.shifts,
        patterns=tuple(replace(pattern, teams=tuple(map(team, pattern.teams))) for pattern in whole.patterns),
        assignments=tuple(map(team, whole.assignments)),
        substitutes=tuple(swap for swap in whole.substitutes if {swap.person, swap.substitute} <= visible),
        leave=tuple(leave for leave in whole.leave if leave.person in visible),
    )


async def items(deps: Dependencies, principal: Principal, kind: str, present: Version) -> list[dict[str, Any]]:
    """Receivers or policies: those made here, then those of the settings; of a region only those for it."""
    file = await deps.journal.doc(kind, FILE)
    own = [item | {"origin": "api", "readonly": False} for item in present.items]
    fixed = [item | {"origin": "file", "readonly": True} for item in (file.body["items"] if file is not None else [])]
    shown = [{name: value for name, value in item.items() if name != "secret"} for item in (*own, *fixed)]
    if not principal.region:
        return shown
    persons = {person.id for person in for_region(roster_of(await version(deps, ROSTER)), principal.region).persons}
    return [_without_foreign_persons(item, persons) for item in shown if concerns(item, principal.region)]


def _without_foreign_persons(policy: dict[str, Any], persons: Collection[str]) -> dict[str, Any]:
    """A policy without the persons of other regions."""
    if "steps" not in policy:
        return policy

    def visible(name: str) -> bool:
        return not name.startswith(PERSON) or name.removeprefix(PERSON) in persons

    return policy | {
        "steps": [step | {"who": [name for name in step["who"] if visible(name)]} for step in policy["steps"]]
    }


def concerns(item: Mapping[str, Any], region: str) -> bool:
    """True when a receiver or policy is for the region, or for all."""
    regions = item["regions"]
    return not regions or any(covers(region, its) or covers(its, region) for its in regions)


async def with_state(deps: Dependencies, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Receivers with the state of their queues: waiting messages, the oldest, the last sent, the last error."""
    states = await deps.journal.outbox_states([receiver["id"] for receiver in items])
    shown = []
    for receiver in items:
        state = states.get(receiver["id"])
        shown.append(
            {
                **receiver,
                "waiting": state.waiting if state else 0,
                "oldest_at": wire.iso(state.oldest_at) if state else None,
                "last_sent_at": wire.iso(state.last_sent_at) if state else None,
                "last_error": state.last_error if state else "",
            }
        )
    return shown
