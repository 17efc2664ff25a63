"""What belongs to one incident, each as a list of its own: time line, versions, reports, tasks, marks, who was told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Viewer
from api.endpoints import endpoint_with, parameter
from api.http.answers import Cursor, Json, Limit, from_cursor, listing, to_cursor
from api.http.problems import Problem
from api.kinds import lists
from api.kinds.schemas import list_name, reference
from api.principal import Principal
from api.records import duty_log, incident_parts
from api.records.duty_log import LogQuery
from api.responses.describe import answers
from api.responses.duty_log import LogPage
from api.responses.incidents import IncidentAudience, IncidentVersions
from api.routers import api_router
from feeds.kinds import BRIEF, CAMPAIGN, IMPACT, INCIDENT, MARK, OBLIGATION, TASK, RecordKind
from feeds.logbook.rows import SORTS

router = api_router(tags=["incidents"])
PARTS: Mapping[str, RecordKind[Any]] = {
    "impact": IMPACT,
    "obligations": OBLIGATION,
    "tasks": TASK,
    "marks": MARK,
    "briefs": BRIEF,
    "campaigns": CAMPAIGN,
}


def _add(name: str, kind: RecordKind[Any]) -> None:
    async def listed(
        *, deps: Dependencies, principal: Principal, incident_id: str, cursor: str, limit: int
    ) -> Response:
        await lists.require(deps, INCIDENT, incident_id, principal.audience)
        values = {"incident": incident_id, "mode": "*"}
        criteria = {query_filter.name: values.get(query_filter.name) for query_filter in kind.filters}
        items, following = await lists.with_archive(
            deps, kind, principal.audience, criteria, open=None, cursor=cursor, limit=limit
        )
        hidden = deps.pump.mirror.hidden(principal.audience)[kind.name]
        return listing(items, following, deps.pump.mirror.rev, hidden=hidden)

    router.add_api_route(
        f"/incidents/{{incident_id}}/{name}",
        endpoint_with(
            listed,
            f"incident_{name}",
            f"Records of kind {kind.name} of one incident, live ones.",
            parameter("deps", Deps),
            parameter("principal", Viewer),
            parameter("incident_id", str),
            parameter("cursor", Cursor, ""),
            parameter("limit", Limit, kind.sort.page),
        ),
        methods=["GET"],
        responses=answers(reference(list_name(kind)), "not-found", "invalid"),
    )


for _name, _kind in PARTS.items():
    _add(_name, _kind)


@router.get("/incidents/{incident_id}/timeline", responses=answers(LogPage, "not-found"))
async def timeline(
    deps: Deps, principal: Viewer, incident_id: str, cursor: Cursor = "", limit: Limit = 100
) -> Response:
    """Everything that happened about an incident, newest first: the rows of the duty log about it."""
    if not principal.personal:
        raise Problem("forbidden")
    await lists.require(deps, INCIDENT, incident_id, principal.audience)
    query = LogQuery(start=0.0, end=deps.clock() + 1, incident=incident_id)
    place = from_cursor(cursor, (float, int)) if cursor else None
    items, following = await duty_log.page(deps, principal, query, place and (place[0], place[1]), limit)
    return listing(items, to_cursor(following) if following else None, deps.pump.rev, kinds=list(SORTS))


@router.get("/incidents/{incident_id}/versions", responses=answers(IncidentVersions, "not-found", "invalid"))
async def versions(
    deps: Deps, principal: Viewer, incident_id: str, cursor: Cursor = "", limit: Limit = 500
) -> Response:
    """The changes of an incident, oldest first: who gave which order with which values, and its journal entry."""
    await lists.require(deps, INCIDENT, incident_id, principal.audience)
    seq, number = from_cursor(cursor, (int, int)) if cursor else (0, 0)
    items, following = await incident_parts.versions(deps, principal, incident_id, (seq, number), limit)
    return listing(items, to_cursor(following) if following else None, deps.pump.rev)


@router.get("/incidents/{incident_id}/audience", responses=answers(IncidentAudience, "not-found"))
async def audience(deps: Deps, principal: Viewer, incident_id: str) -> Response:
    """Who was told of an incident: holders of tasks, recipients of reports and messages, and what each answered."""
    if not principal.personal:
        raise Problem("forbidden")
    await lists.require(deps, INCIDENT, incident_id, principal.audience)
    return Json({"items": await incident_parts.audience(deps, principal, incident_id)})
