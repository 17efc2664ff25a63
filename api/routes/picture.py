"""Reading the live picture: assets, sources, warnings, the whole of it, and the map's layers."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.auth.audit import note
from api.dependencies import Diagnoser, Given, Viewer
from api.http.answers import Cursor, Json, Limit, listing, page
from api.http.problems import Problem
from api.query_parameters import Healths, Region, States, Statuses
from feeds.regions import covers

router = APIRouter(prefix="/api/v1", tags=["picture"])
Text = Annotated[str, Query(max_length=200)]


def wanted(record: dict[str, Any], **fields: str) -> bool:
    """True when every field that is asked for has that value; "region" takes what lies below it too."""
    for name, value in fields.items():
        if not value:
            continue
        if name == "region":
            if not covers(value, record["region"]):
                return False
        elif record[name] not in value.split(","):
            return False
    return True


@router.get("/assets")
async def assets(
    given: Given,
    who: Viewer,
    kind: Text = "",
    region: Region = "",
    health: Healths = "",
    q: Annotated[str, Query(max_length=200, description="Part of the id or name / 编号或名称的一部分")] = "",
    cursor: Cursor = "",
    limit: Limit = 200,
) -> Response:
    """The inventory with its state. Several kinds, and several healths, are separated by commas."""
    mirror, text = given.pump.mirror, q.casefold()
    found = [
        record
        for record in mirror.records("asset", who.audience).values()
        if wanted(record, kind=kind, region=region, health=health)
        and (not text or text in record["id"].casefold() or text in record["name"].casefold())
    ]
    items, following = page(found, lambda record: (record["id"],), (str,), cursor, limit)
    return listing(items, following, mirror.rev, total=len(found), hidden=mirror.hidden(who.audience).get("asset", 0))


@router.get("/assets/{asset_id}")
async def asset(given: Given, who: Viewer, asset_id: str) -> Response:
    """One asset; 404 also for one of another region."""
    return Json(_one(given.pump.mirror.record("asset", asset_id, who.audience)))


@router.get("/sources")
async def sources(given: Given, who: Viewer, cursor: Cursor = "", limit: Limit = 200) -> Response:
    """Every collector and source: last heartbeat, lag, errors, dead letters."""
    mirror = given.pump.mirror
    found = mirror.records("source", who.audience).values()
    items, following = page(found, lambda record: (record["id"],), (str,), cursor, limit)
    return listing(items, following, mirror.rev, hidden=mirror.hidden(who.audience).get("source", 0))


@router.get("/sources/dead-letters")
async def dead_letters(given: Given, who: Diagnoser, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
    """What could not be read: bytes (base64) and reason, newest first. For site-wide staff: it may be of any region."""
    if who.region and not covers(who.region, given.site.region):
        raise Problem("outside-region")
    letters = await given.bus.dead_letters(limit)
    await note(given, who, "dead-letters-read", body={"count": len(letters)})
    items = [
        {
            "id": letter.id,
            "stream": letter.stream,
            "entry": letter.entry,
            "source": letter.source,
            "reason": letter.reason,
            "raw": base64.b64encode(letter.raw).decode(),
        }
        for letter in letters
    ]
    return listing(items, None, given.pump.mirror.rev, counts=await given.bus.dead_counts())


@router.get("/warnings")
async def warnings(
    given: Given,
    who: Viewer,
    state: States = "",
    status: Statuses = "",
    source: Text = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Response:
    """Public warnings, newest first."""
    mirror = given.pump.mirror
    found = [
        record
        for record in mirror.records("warning", who.audience).values()
        if wanted(record, state=state, status=status, source=source)
    ]
    items, following = page(found, lambda record: (record["sent"], record["id"]), (str, str), cursor, limit, down=True)
    return listing(items, following, mirror.rev, hidden=mirror.hidden(who.audience).get("warning", 0))


@router.get("/warnings/{warning_id:path}")
async def warning(given: Given, who: Viewer, warning_id: str) -> Response:
    """One warning; its id is "sender,identifier,sent"."""
    return Json(_one(given.pump.mirror.record("warning", warning_id, who.audience)))


@router.get("/snapshot")
async def snapshot(given: Given, who: Viewer) -> Response:
    """The whole live picture at a rev, as far as one may see it; `WS /live?since=rev` goes on from there."""
    return Json(given.pump.snapshot(who.audience))


@router.get("/map/{layer}.geojson", responses={200: {"content": {"application/geo+json": {}}}})
async def map_layer(given: Given, who: Viewer, request: Request, layer: str) -> Response:
    """One layer of the base map (GeoJSON, EPSG:4326), cacheable by ETag."""
    content = await asyncio.to_thread(given.map_layer, layer)
    if content is None:
        raise Problem("not-found")
    etag, packed = await asyncio.to_thread(_packed, content)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"], content = "gzip", packed
    return Response(content, headers=headers, media_type="application/geo+json")


@lru_cache(maxsize=64)
def _packed(content: bytes) -> tuple[str, bytes]:
    """A layer's ETag and its gzipped bytes; layers change only with a new release or inventory."""
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"', gzip.compress(content, 6)


def _one(record: dict[str, Any] | None) -> dict[str, Any]:
    if record is None:
        raise Problem("not-found")
    return record
