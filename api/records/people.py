"""The duty roster, receivers and policies as answers: what each may see of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from api.dependencies import Deps
from api.principal import Principal
from feeds import wire
from feeds.documents.version import FILE, ROSTER, SITE, Version
from feeds.duty import roster as duty
from feeds.duty.findings import HORIZON, findings
from feeds.duty.roster import Roster
from feeds.regions import covers

PERSON = "person:"
_LISTS = ("persons", "shifts", "patterns", "assignments", "substitutes", "leave")


async def version(given: Deps, kind: str) -> Version:
    """The present version of a document."""
    doc = await given.journal.doc(kind, SITE)
    return Version.load(doc.body) if doc is not None else Version()


def head(version: Version, who: Principal) -> dict[str, Any]:
    """Which version, and for those who may know, whose."""
    named = {"by": version.by, "comment": version.comment} if who.personal else {"by": "", "comment": ""}
    return {"rev": version.rev, "at": wire.iso(version.at or None), **named}


def roster_of(version: Version) -> Roster:
    """The roster of a version; an empty one of none."""
    return duty.load(version.doc) if version.doc else Roster()


def roster(given: Deps, who: Principal, version: Version) -> dict[str, Any]:
    """The whole answer: the plan, who is on duty now and next, and what is wrong with it."""
    whole, tz = roster_of(version), duty.zone(given.site.timezone)
    seen = for_region(whole, who.region)
    at = given.clock()
    today = datetime.fromtimestamp(at, tz).date()
    duties = duty.plan(seen, today - timedelta(days=1), HORIZON + 2, tz)
    running = [one for one in duties if one.begins <= at < one.ends]
    later = [one for one in duties if one.begins > at]
    shown = [duty.view(one, seen, personal=who.personal) for one in duties if one.date >= today.isoformat()]
    ends = today + timedelta(days=HORIZON)
    return {
        **head(version, who),
        **lists(seen, who),
        "now": duty.view(running[0], seen, personal=who.personal) if running else None,
        "next": duty.view(later[0], seen, personal=who.personal) if later else None,
        "plan": [one for one in shown if one["date"] < ends.isoformat()],
        "findings": [finding.record("message") for finding in findings(whole, today, tz)]
        if who.personal and not who.region
        else [],
    }


def lists(seen: Roster, who: Principal) -> dict[str, Any]:
    """What was put; for walls the shifts alone, for whoever has a region without the reasons of others' leave."""
    doc = duty.dump(seen)
    if not who.personal:
        return {name: doc[name] if name == "shifts" else [] for name in _LISTS}
    return {name: doc[name] for name in _LISTS}


def for_region(whole: Roster, region: str) -> Roster:
    """What somebody of a region may see: the people of the region and of those that cover it, nobody else's names."""
    if not region:
        return whole
    seen = [one for one in whole.persons if covers(region, one.region) or covers(one.region, region)]
    known = {one.id for one in seen}
    everybody = {one.id for one in whole.persons}

    def some(ids: Sequence[str]) -> tuple[str, ...]:
        return tuple(one for one in ids if one in known or one not in everybody)

    def team(one: Any) -> Any:
        return replace(one, officers=some(one.officers), leader="".join(some((one.leader,))))

    return Roster(
        persons=tuple(seen),
        shifts=whole.shifts,
        patterns=tuple(replace(one, teams=tuple(team(two) for two in one.teams)) for one in whole.patterns),
        assignments=tuple(team(one) for one in whole.assignments),
        substitutes=tuple(one for one in whole.substitutes if {one.person, one.substitute} <= known),
        leave=tuple(one for one in whole.leave if one.person in known),
    )


async def items(given: Deps, who: Principal, kind: str, present: Version) -> list[dict[str, Any]]:
    """Receivers or policies: those made here, then the file's; of a region only what concerns it."""
    file = await given.journal.doc(kind, FILE)
    made = [one | {"origin": "api", "readonly": False} for one in present.items]
    fixed = [one | {"origin": "file", "readonly": True} for one in (file.body["items"] if file is not None else [])]
    shown = [{name: value for name, value in one.items() if name != "secret"} for one in (*made, *fixed)]
    if not who.region:
        return shown
    persons = {person.id for person in for_region(roster_of(await version(given, ROSTER)), who.region).persons}
    return [_without_strangers(one, persons) for one in shown if concerns(one, who.region)]


def _without_strangers(one: dict[str, Any], persons: Collection[str]) -> dict[str, Any]:
    """A policy without the persons of other regions."""
    if "steps" not in one:
        return one

    def known(name: str) -> bool:
        return not name.startswith(PERSON) or name.removeprefix(PERSON) in persons

    return one | {"steps": [step | {"who": [name for name in step["who"] if known(name)]} for step in one["steps"]]}


def concerns(one: Mapping[str, Any], region: str) -> bool:
    """Whether a receiver or policy is for somebody's region, or for all."""
    regions = one["regions"]
    return not regions or any(covers(region, its) or covers(its, region) for its in regions)


async def with_state(given: Deps, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Receivers with how sending goes: what waits since when, when something last went out, what went wrong last."""
    states = await given.journal.outbox_states([one["id"] for one in items])
    shown = []
    for one in items:
        state = states.get(one["id"])
        shown.append(
            {
                **one,
                "waiting": state.waiting if state else 0,
                "oldest_at": wire.iso(state.oldest_at) if state else None,
                "last_sent_at": wire.iso(state.last_sent_at) if state else None,
                "last_error": state.last_error if state else "",
            }
        )
    return shown
