"""`GET /api/v1/leader/trends`: emergency command by month, with 环比 and 同比, and units by how fast they sign."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query
from starlette.responses import Response

from api.dependencies import Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.query_parameters import Region
from api.records import leader_figures, leader_trends
from api.responses.describe import answers
from api.responses.leader_trends import LeaderTrends
from api.routers import api_router
from feeds import wire
from feeds.comparison import FEWEST, month_until

router = api_router(tags=["leader"])
Month = Annotated[str, Query(pattern=r"^([0-9]{4}-(0[1-9]|1[0-2]))?$", description="2026-11; default: this month")]


@router.get("/leader/trends", responses=answers(LeaderTrends, "invalid"))
async def trends(deps: Deps, principal: Viewer, month: Month = "", region: Region = "") -> Response:
    """Incidents, reports and tasks of a month, beside the month before and the year before, and of 25 months.

    What lies before the first entry of the journal is not known: `coverage` says how much of a period is. A running
    month is compared with the same number of days.
    """
    if not principal.personal:
        raise Problem("forbidden")
    zone = ZoneInfo(deps.site.timezone)
    today = datetime.fromtimestamp(deps.clock(), zone).date()
    try:
        period = month_until(month or f"{today:%Y-%m}", today)
    except ValueError as error:
        raise Problem("invalid", findings=[finding("query.month", "interval")]) from error
    since = await leader_trends.known_since(deps)
    start, end = period.bounds(zone)
    whole = await leader_figures.records_of(deps, principal, start, end, region)
    records = leader_trends.TrendRecords(whole, since, zone)
    names = {unit.id: unit.name for unit in deps.units().values()}
    return Json(
        {
            "as_of": wire.iso(deps.clock()),
            "month": f"{period.first:%Y-%m}",
            "known_since": wire.iso(since) if since is not None else None,
            "figures": leader_trends.figures_shown(records, period),
            "months": leader_trends.months_shown(records, period),
            "units": leader_trends.units_shown(records.signing_by_unit(period), names, FEWEST),
        }
    )
