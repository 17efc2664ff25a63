"""The load that alerts put on people, now and over the last day, beside what can be counted in the live picture."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, cast
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.availability.counting import Counting
from api.dependencies import Given, Viewer
from api.http.answers import Json
from api.load.figures import DAY
from api.load.reader import Load
from feeds import wire
from feeds.model import Health, Severity

router = APIRouter(prefix="/api/v1", tags=["figures"])


@router.get("/kpi")
async def kpi(given: Given, request: Request, who: Viewer) -> Response:
    """Everything for one's own region, at most a second old: the live picture, the load with its targets, who takes
    how long (`mtta`, `mttr`: seconds), by shift too. No name of a person stands here."""
    mirror, at = given.pump.mirror, given.clock()
    figures = await cast(Load, request.app.state.load).answer(who.audience)
    counting = cast(Counting | None, request.app.state.counting)
    zone = ZoneInfo(given.site.timezone)
    figures = figures | {"availability": await counting.month(who.region, at, zone) if counting else None}
    alerts = list(mirror.records("alert", who.audience).values())
    active = [record for record in alerts if record["active"]]
    by_region: dict[str, Counter[str]] = defaultdict(Counter)
    for record in mirror.records("asset", who.audience).values():
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
            "hidden": mirror.hidden(who.audience),
            **figures,
        }
    )


def _counts(found: Iterable[str], names: Iterable[Any]) -> dict[str, int]:
    tally = Counter(found)
    return {str(name): tally[name] for name in names}
