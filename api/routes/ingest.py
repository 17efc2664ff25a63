"""What other tools send in: so far heartbeats of assets that nobody can ask."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import Json
from api.deps import Given, Ingester
from api.problems import Problem
from feeds import wire
from feeds.bus import BusError
from feeds.live import Audience
from feeds.model import Observation

router = APIRouter(prefix="/api/v1/ingest", tags=["ingest"])
METRIC = "heartbeat.up"
SOURCE = "ingest"
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def heartbeat_probe(probes: list[str]) -> tuple[str, float] | None:
    """The first `heartbeat:?every=5m` probe and its `every` in seconds; None when there is none."""
    for probe in probes:
        parts = urlsplit(probe)
        match = DURATION.fullmatch(parse_qs(parts.query).get("every", [""])[0])
        if parts.scheme == "heartbeat" and match:
            return probe, float(match[1]) * SECONDS[match[2]]
    return None


@router.post("/heartbeat/{asset_id}", status_code=202)
async def heartbeat(given: Given, who: Ingester, asset_id: str) -> Response:
    """An asset says that it lives. 202 once the journal has it; 404 unknown or without a `heartbeat:` probe."""
    record = given.pump.mirror.record("asset", asset_id, Audience())
    found = heartbeat_probe(record["probes"]) if record is not None else None
    if record is None or found is None:
        raise Problem("not-found")
    if not who.reaches(record["region"]):
        raise Problem("outside-region")
    probe, every = found
    at = given.clock()
    body = {"region": record["region"], "metric": METRIC, "every": every}
    async with given.journal.begin() as tx:
        await tx.append(kind="ingest", name="heartbeat", subject=asset_id, at=at, actor=who.name, body=body)
    seen = Observation(
        asset=asset_id,
        metric=METRIC,
        value=True,
        observed_at=at,
        received_at=at,
        source=SOURCE,
        probe=probe,
        fresh_for=every,
    )
    try:
        await given.bus.publish("network", "observation", [seen], source=SOURCE)
    except BusError as error:
        raise Problem("busy") from error
    return Json({"asset": asset_id, "at": wire.iso(at), "fresh_until": wire.iso(at + every)}, status_code=202)
