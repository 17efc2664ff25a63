"""The duty roster, receivers and escalation policies as answers, with what each asker may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from feeds import wire
from feeds.documents.alert_match import AlertMatch
from feeds.documents.escalations import EscalationSettings, PolicyList
from feeds.documents.receivers import ReceiverDocuments
from feeds.documents.roster import Roster
from feeds.documents.version import (
    ESCALATIONS,
    FILE,
    RECEIVERS,
    ROSTER,
    SITE,
    C,
    Content,
    Version,
    dump_content,
    load,
    load_content,
)
from feeds.duty import roster as duty
from feeds.duty.findings import HORIZON, findings
from feeds.regions import covers

M = TypeVar("M", bound=AlertMatch)
PERSON = "person:"
_LISTS = ("persons", "shifts", "patterns", "assignments", "substitutes", "leave")


async def roster_version(deps: Dependencies) -> Version[Roster]:
    """The present version of the roster; an empty one before the first."""
    return await _version(deps, ROSTER, Roster)


async def receivers_version(deps: Dependencies) -> Version[ReceiverDocuments]:
    """The present version of the receivers that were made in the system."""
    return await _version(deps, RECEIVERS, ReceiverDocuments)


async def escalations_version(deps: Dependencies) -> Version[PolicyList]:
    """The present version of the policies that were made in the system."""
    return await _version(deps, ESCALATIONS, PolicyList)


async def _version(deps: Dependencies, kind: str, content: type[C]) -> Version[C]:
    doc = await deps.journal.doc(kind, SITE)
    return load(doc.body if doc is not None else None, content)


async def _of_file(deps: Dependencies, kind: str, content: type[C]) -> C:
    """The content of the settings file for this kind."""
    doc = await deps.journal.doc(kind, FILE)
    return load_content(doc.body, content) if doc is not None else content()


def head(version: Version[Content], principal: Principal) -> dict[str, Any]:
    """The version of a document; its author and comment only for those who may see persons."""
    named = {"by": version.by, "comment": version.comment} if principal.personal else {"by": "", "comment": ""}
    return {"rev": version.rev, "at": wire.iso(version.at or None), **named}


def roster(
    deps: Dependencies, principal: Principal, version: Version[Roster], first: date | None = None, days: int = HORIZON
) -> dict[str, Any]:
    """The roster with the shift now, the next one, `days` of the plan from `first` (else from today), and findings."""
    whole, tz = version.doc, duty.zone(deps.site.timezone)
    visible = for_region(whole, principal.region)
    at = deps.clock()
    today = datetime.fromtimestamp(at, tz).date()
    duties = duty.plan(visible, today - timedelta(days=1), HORIZON + 2, tz)
    running = [duty_shift for duty_shift in duties if duty_shift.begins <= at < duty_shift.ends]
    later = [duty_shift for duty_shift in duties if duty_shift.begins > at]
    shown = duty.plan(visible, first or today, days, tz)
    return {
        **head(version, principal),
        **lists(visible, principal),
        "now": duty.view(running[0], visible, personal=principal.personal) if running else None,
        "next": duty.view(later[0], visible, personal=principal.personal) if later else None,
        "plan": [duty.view(duty_shift, visible, personal=principal.personal) for duty_shift in shown],
        "findings": [finding.record("message") for finding in findings(whole, today, tz)]
        if principal.personal and not principal.region
        else [],
    }


def lists(visible: Roster, principal: Principal) -> dict[str, Any]:
    """The lists of the roster. Walls see the shifts only."""
    doc = dump_content(visible)
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


async def receivers(
    deps: Dependencies, principal: Principal, version: Version[ReceiverDocuments]
) -> list[dict[str, Any]]:
    """Receivers: those made here, then those of the settings; of a region only those for it."""
    items = _with_origin(version.doc.items, (await _of_file(deps, RECEIVERS, ReceiverDocuments)).items)
    return [
        {name: value for name, value in msgspec.to_builtins(receiver).items() if name != "secret"} | origin
        for receiver, origin in items
        if concerns(receiver, principal.region)
    ]


async def escalations(deps: Dependencies, principal: Principal, version: Version[PolicyList]) -> list[dict[str, Any]]:
    """Policies: those made here, then those of the settings; of a region only those for it, without foreign persons."""
    items = _with_origin(version.doc.items, (await _of_file(deps, ESCALATIONS, PolicyList)).items)
    if principal.region:
        roster = for_region((await roster_version(deps)).doc, principal.region)
        persons = {person.id for person in roster.persons}
        items = [(_without_foreign_persons(policy, persons), origin) for policy, origin in items]
    return [msgspec.to_builtins(policy) | origin for policy, origin in items if concerns(policy, principal.region)]


def _with_origin(own: Sequence[M], of_file: Sequence[M]) -> list[tuple[M, dict[str, Any]]]:
    return [
        *((item, {"origin": "api", "readonly": False}) for item in own),
        *((item, {"origin": "file", "readonly": True}) for item in of_file),
    ]


def _without_foreign_persons(policy: EscalationSettings, persons: Collection[str]) -> EscalationSettings:
    """A policy without the persons of other regions."""

    def visible(name: str) -> bool:
        return not name.startswith(PERSON) or name.removeprefix(PERSON) in persons

    steps = (replace(step, who=tuple(filter(visible, step.who))) for step in policy.steps)
    return replace(policy, steps=tuple(steps))


def concerns(match: AlertMatch, region: str) -> bool:
    """True when a receiver or policy is for the region, or for all; everything is for the whole site ("")."""
    return not region or not match.regions or any(covers(region, its) or covers(its, region) for its in match.regions)


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
