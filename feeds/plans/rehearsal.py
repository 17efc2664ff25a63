"""Rehearsal of a plan: what its triggers would have proposed for the incidents of the last days. Pure.

An incident keeps its grades, responses and figures with their times, so its states are made anew. Class, place, and the
warnings and alerts that it is linked to are as they are known now.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from feeds.incidents.figures import figures_of
from feeds.incidents.phases import CLOSED, NO_INCIDENT
from feeds.model.incidents import Incident
from feeds.model.plans import Plan, PlanRehearsal, RehearsedStart
from feeds.plans.triggering import level_rank, triggered

DAY = 86_400.0
DAYS = 90
SHOWN = 100
"""Starts that a rehearsal names; all of them are counted."""
Linked = Mapping[str, Mapping[str, Any]]
"""Values of warnings or alerts, by id."""


def rehearsed(
    plan: Plan,
    incidents: Iterable[Incident],
    *,
    until: float,
    by: str,
    days: int = DAYS,
    warnings: Linked | None = None,
    alerts: Linked | None = None,
) -> PlanRehearsal:
    """Rehearse a plan over the real incidents of the last `days` before `until`."""
    since = until - days * DAY
    starts: list[RehearsedStart] = []
    count = 0
    for incident in incidents:
        if incident.mode != "real" or last_moment(incident) < since:
            continue
        count += 1
        linked = _linked(incident.warnings, warnings), _linked(incident.alerts, alerts)
        starts += [start for start in _starts(plan, incident, *linked) if since <= start.at <= until]
    starts.sort(key=lambda start: start.at, reverse=True)
    return PlanRehearsal(
        since=since,
        until=until,
        incidents=count,
        count=len(starts),
        per_month=round(len(starts) * 30 / days, 2),
        starts=tuple(starts[:SHOWN]),
        by=by,
        at=until,
    )


def _linked(ids: Iterable[str], values: Linked | None) -> list[Mapping[str, Any]]:
    return [values[id] for id in ids if id in values] if values else []


def _starts(
    plan: Plan, incident: Incident, warnings: Sequence[Mapping[str, Any]], alerts: Sequence[Mapping[str, Any]]
) -> Iterator[RehearsedStart]:
    reached = ""
    for at, state in states(incident):
        reached_level = triggered(plan, state, warnings, alerts) if state.open else None
        if reached_level is not None and level_rank(reached_level.level) < level_rank(reached):
            reached = reached_level.level
            yield RehearsedStart(incident=incident.id, title=incident.title, level=reached, at=at)


def last_moment(incident: Incident) -> float:
    """The last time at which something that triggers can see changed."""
    return max(at for at, _ in states(incident))


def states(incident: Incident) -> Iterator[tuple[float, Incident]]:
    """The states that the incident went through, each with the time from which it was so, oldest first."""
    moments = {incident.created_at, incident.verified_at, incident.opened_at, incident.ended_at, incident.phase_at}
    moments |= {version.at for version in incident.grades} | {report.at for report in incident.casualties}
    moments |= {response.started_at for response in incident.responses}
    moments |= {response.ended_at for response in incident.responses}
    for at in sorted(at for at in moments if at is not None):
        yield at, _state_at(incident, at)


def _state_at(incident: Incident, at: float) -> Incident:
    grades = tuple(version for version in incident.grades if version.at <= at)
    responses = [response for response in incident.responses if response.started_at <= at]
    running = [response.level for response in responses if response.ended_at is None or response.ended_at > at]
    casualties = tuple(report for report in incident.casualties if report.at <= at)
    return replace(
        incident,
        phase=_phase_at(incident, at),
        grades=grades,
        grade=grades[-1].grade if grades else "",
        response=running[-1] if running else "",
        casualties=casualties,
        figures=figures_of(casualties),
    )


def _phase_at(incident: Incident, at: float) -> str:
    if at >= incident.phase_at and incident.phase in (*NO_INCIDENT, *CLOSED):
        return incident.phase
    phase = "received"
    for name, moment in (
        ("verifying", incident.verified_at),
        ("active", incident.opened_at),
        ("ended", incident.ended_at),
    ):
        if moment is not None and moment <= at:
            phase = name
    return phase
