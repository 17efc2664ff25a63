"""Routes of figures for leaders (feeds.incidents.leader_figures): values, evidence, and the review of an incident."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

import msgspec
from fastapi import Query
from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Json, Limit
from api.http.findings import finding
from api.http.moments import Moment
from api.http.problems import Problem
from api.principal import Principal
from api.records import leader_figures as records
from api.responses.describe import answers
from api.responses.leader_figures import FigureEvidenceList, LeaderFigures, ReviewedIncident
from api.routers import api_router
from feeds import wire
from feeds.incidents.leader_figures import LeaderRecords
from feeds.model.incidents import Incident
from feeds.regions import is_code

router = api_router(tags=["incidents"])
DAYS = 30
"""Days of the window that is left out."""
From = Annotated[Moment | None, Query(alias="from")]
Key = Literal["first_report", "verification", "signing", "handling", "lateness"]


async def _records(
    deps: Dependencies, principal: Principal, start: Moment | None, to: Moment | None, region: str
) -> LeaderRecords:
    """The records of a window, left out: the last thirty days. Raises Problem."""
    if not principal.personal:
        raise Problem("forbidden")
    if region and not is_code(region):
        raise Problem("invalid", findings=[finding("query.region", "region")])
    end = to.timestamp() if to is not None else deps.clock()
    begin = start.timestamp() if start is not None else end - timedelta(days=DAYS).total_seconds()
    return await records.records_of(deps, principal, begin, end, region)


@router.get("/figures", responses=answers(LeaderFigures, "invalid"))
async def figures(
    deps: Deps, principal: Viewer, start: From = None, to: Moment | None = None, region: str = ""
) -> Response:
    """The figures of emergency command in a window (left out: the last thirty days), each with its definition."""
    counted = await _records(deps, principal, start, to, region)
    items = [records.shown(key, counted) for key in records.FIGURES]
    return Json({"window": {"from": wire.iso(counted.start), "to": wire.iso(counted.end)}, "items": items})


@router.get("/figures/{figure}/evidence", responses=answers(FigureEvidenceList, "invalid"))
async def evidence(
    deps: Deps,
    principal: Viewer,
    figure: Key,
    start: From = None,
    to: Moment | None = None,
    region: str = "",
    limit: Limit = 100,
) -> Response:
    """The records that a figure counts, each with the journal entries about it and their hashes."""
    counted = await _records(deps, principal, start, to, region)
    return Json({"items": await records.evidence(deps, figure, counted, limit)})


@router.get("/incidents/{incident_id}/review", responses=answers(ReviewedIncident, "not-found"))
async def review(deps: Deps, principal: Viewer, incident_id: str) -> Response:
    """How long each step of an incident took from its receipt, and which reports were late (复盘)."""
    doc = await deps.journal.doc("incident", incident_id)
    if doc is None or not principal.personal or not principal.reaches(doc.body["region"]):
        raise Problem("not-found")
    reviewed = await records.review_of(deps, principal, msgspec.convert(doc.body, Incident))
    steps = {name: {"at": wire.iso(at), "seconds": at - reviewed.received_at} for name, at in reviewed.steps.items()}
    answer = {"received_at": wire.iso(reviewed.received_at), "steps": steps}
    return Json(answer | {"on_time": dict(reviewed.on_time), "late": dict(reviewed.late)})
