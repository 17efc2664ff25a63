"""Versions of plans as they stand in the journal, and their rehearsal over the incidents that it has."""

from __future__ import annotations

from typing import Any

import msgspec

from api.dependencies import Dependencies
from api.kinds import lists
from api.principal import Principal
from feeds.kinds import ALERT, INCIDENT, PLAN, WARNING, Record, RecordKind
from feeds.model.incidents import Incident
from feeds.model.plans import Plan, PlanRehearsal
from feeds.plans.rehearsal import DAY, DAYS, last_moment, rehearsed

PAGE = 200
"""Documents that are read at once."""


async def find_plan(deps: Dependencies, principal: Principal, id: str) -> Plan | None:
    """A version of a plan that the asker may see, live or retired."""
    if await lists.find(deps, PLAN, id, principal.audience) is None:
        return None
    doc = await deps.journal.doc(PLAN.archive, id)
    return msgspec.convert(doc.body, Plan) if doc is not None else None


async def rehearsal(deps: Dependencies, principal: Principal, plan: Plan, days: int = DAYS) -> PlanRehearsal:
    """The rehearsal of a plan over the incidents of the journal."""
    until = deps.clock()
    incidents = await _incidents_since(deps, until - days * DAY)
    warnings = await _linked(deps, principal, WARNING, {id for incident in incidents for id in incident.warnings})
    alerts = await _linked(deps, principal, ALERT, {id for incident in incidents for id in incident.alerts})
    return rehearsed(plan, incidents, until=until, by=principal.name, days=days, warnings=warnings, alerts=alerts)


async def _incidents_since(deps: Dependencies, since: float) -> list[Incident]:
    """The incidents that changed since a moment; the journal gives those that changed last first."""
    incidents: list[Incident] = []
    before: int | None = None
    while docs := await deps.journal.docs_page(INCIDENT.name, before=before, limit=PAGE):
        incidents += [msgspec.convert(doc.body, Incident) for doc in docs]
        before = docs[-1].seq
        if last_moment(incidents[-1]) < since:
            break
    return [incident for incident in incidents if last_moment(incident) >= since]


async def _linked(deps: Dependencies, principal: Principal, kind: RecordKind[Any], ids: set[str]) -> dict[str, Record]:
    """The records of these ids that the asker may see."""
    records = {id: await lists.find(deps, kind, id, principal.audience) for id in ids}
    return {id: record for id, record in records.items() if record is not None}
