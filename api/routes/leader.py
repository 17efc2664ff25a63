"""`GET /api/v1/leader`: the leader's five questions. What is grave, and what may be called whole, is decided here."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from api.approvals import ApprovalsAccess
from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Json
from api.leader.changes import changes
from api.leader.completeness import completeness
from api.leader.matters import doing, matters, soon
from api.leader.picture import LeaderPicture
from api.leader.waiting import waiting
from api.principal import Principal
from api.responses.describe import answers
from api.responses.leader import LeaderAnswer
from api.routers import api_router
from feeds import wire
from feeds.cases.figures import grouped, month_period, summary
from feeds.cases.words import GROUPS
from feeds.kinds.audience import Record
from feeds.workdays.local_time import local_date

router = api_router(tags=["leader"])
FEW = 10
"""Departments with fewer cases due are not ranked."""
SLOWEST = 3
READ = 2000
"""Journal entries that are read for what has changed."""
CHANGING = ("alert", "incident", "warning")
Since = Annotated[int | None, Query(ge=0, description="The journal's number when the asker looked last")]


@router.get("/leader", responses=answers(LeaderAnswer))
async def leader(deps: Deps, principal: Viewer, since: Since = None) -> Response:
    """Five answers: what is grave, what is being done, what waits, whether approvals are in time, what is not seen.

    `since_seen` has what has changed after the journal entry `since`; keep its `seq` for the next time.
    """
    picture = _picture(deps, principal)
    shown = matters(picture)
    failed: dict[str, str] = {}
    approvals = None
    if deps.approvals is None:
        failed["approvals"] = "no-approvals"
    else:
        approvals = await _approvals(deps, deps.approvals, principal, picture)
    return Json(
        {
            "as_of": wire.iso(picture.at),
            "rev": deps.pump.mirror.rev,
            "matters": shown,
            "soon": soon(picture),
            "exercises": sum(incident["mode"] != "real" for incident in picture.incidents.values()),
            "doing": doing(picture, shown),
            "waiting": waiting(picture),
            "approvals": approvals,
            "picture": completeness(picture),
            "since_seen": await _since_seen(deps, principal, since),
            "failed": failed,
            "hidden": deps.pump.mirror.hidden(principal.audience),
        }
    )


def _picture(deps: Dependencies, principal: Principal) -> LeaderPicture:
    mirror, audience, at = deps.pump.mirror, principal.audience, deps.clock()
    return LeaderPicture(
        at=at,
        role=principal.role,
        region=principal.region,
        alerts=mirror.records("alert", audience),
        warnings=mirror.records("warning", audience),
        incidents=mirror.records("incident", audience),
        obligations=mirror.records("obligation", audience),
        sources=mirror.records("source", audience),
        boards=mirror.records("board", audience),
        ages=deps.pump.ages(at),
    )


async def _approvals(
    deps: Dependencies, parts: ApprovalsAccess, principal: Principal, picture: LeaderPicture
) -> Record:
    """The permits of this month: the share in time with that of the month before, and the slowest departments."""
    today = local_date(deps.clock())
    period = month_period(f"{today.year:04}-{today.month:02}")
    where: dict[str, Any] = {"kind": list(GROUPS["permit"]), "region": "", "within": principal.region}
    calendar = parts.assessor().calendar(deps.site.region)
    sums = await summary(parts.reader, period, today, calendar, where)
    rows = await grouped(parts.reader, period, today, "department", where)
    name = parts.namer("department")
    board = picture.boards.get("feed:approvals", {})
    ranked = sorted((row for row in rows if row["due"] >= FEW), key=lambda row: (row["in_time_share"], row["key"]))
    return {
        "due": sums["due"],
        "in_time": sums["in_time"],
        "share": sums["in_time_share"],
        "before": sums["compared"]["previous"]["in_time_share"],
        "lights": board.get("cases", {}),
        "silent_since": board.get("cases_silent_since"),
        "departments": [
            {
                "key": row["key"],
                "name": name(row["key"]),
                "due": row["due"],
                "in_time": row["in_time"],
                "share": row["in_time_share"],
            }
            for row in ranked[:SLOWEST]
        ],
        "few": sum(0 < row["due"] < FEW for row in rows),
    }


async def _since_seen(deps: Dependencies, principal: Principal, since: int | None) -> Record:
    seq = await deps.journal.head()
    entries = []
    if since is not None and since < seq:
        entries = await deps.journal.entries(after=since, limit=READ, newest_first=True)
    seen = {kind: deps.pump.mirror.records(kind, principal.audience) for kind in CHANGING}
    items = changes(reversed(entries), seen)
    return {"since": since, "seq": seq, "items": items, "more": len(entries) == READ}
