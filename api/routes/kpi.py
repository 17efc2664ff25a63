"""`GET /api/v1/kpi`: the load that alerts put on people, and counts of the live picture."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, cast
from zoneinfo import ZoneInfo

from fastapi import Request
from starlette.responses import Response

from api.availability.counting import UptimeTallies
from api.dependencies import Deps, Viewer
from api.http.answers import Json
from api.load.figures import DAY
from api.load.reader import LoadReader
from api.responses import figures
from api.responses.describe import answers
from api.routers import api_router
from feeds import wire
from feeds.model import Health, Severity

router = api_router(tags=["figures"])


@router.get("/kpi", responses=answers(figures.Kpi))
async def kpi(deps: Deps, request: Request, principal: Viewer) -> Response:
    """Figures of the asker's region, at most a second old: counts, the load with its targets, response times.

    `mtta` and `mttr` are in seconds, also by shift. No person is named.
    """
    mirror, at = deps.pump.mirror, deps.clock()
    figures = await cast(LoadReader, request.app.state.load).answer(principal.audience)
    counting = cast(UptimeTallies | None, request.app.state.counting)
    zone = ZoneInfo(deps.site.timezone)
    figures = figures | {"availability": await counting.month(principal.region, at, zone) if counting else None}
    alerts = mirror.fields("alert", principal.audience)
    active = [record for record in alerts if record["active"]]
    by_region: dict[str, Counter[str]] = defaultdict(Counter)
    for record in mirror.fields("asset", principal.audience):
        by_region[record["region"]][record["health"]] += 1
    day_ago = wire.iso(at - DAY) or ""
    return Json(
        {
            "rev": mirror.rev,
            "at": wire.iso(at),
            "alerts": {
                "open": len(alerts),
                "active": len(active),
                "unacknowledged": sum(not record["acked"] for record in alerts),
                "suppressed": sum(bool(record["suppressed_by"]) for record in alerts),
                "active_over_24h": sum(record["raised_at"] < day_ago for record in active),
                "active_by_severity": _counts((record["severity"] for record in active), Severity),
            },
            "health": _counts((name for tally in by_region.values() for name in tally.elements()), Health),
            "health_by_region": {
                region: {name: tally[name] for name in Health} for region, tally in sorted(by_region.items())
            },
            "hidden": mirror.hidden(principal.audience),
            **figures,
        }
    )


def _counts(values: Iterable[str], names: Iterable[Any]) -> dict[str, int]:
    tally = Counter(values)
    return {str(name): tally[name] for name in names}
