"""Reading the live picture as a whole, what could not be read into it, and the map's layers."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
from functools import lru_cache
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from api.auth.audit import note
from api.dependencies import Deps, Diagnoser, Viewer
from api.http.answers import Json, listing
from api.http.problems import Problem
from api.kinds.schemas import reference
from api.responses import ingest
from api.responses.describe import Answers, answers
from api.routers import api_router
from feeds.regions import covers

router = api_router(tags=["picture"])
LAYER: Answers = {
    200: {"description": "GeoJSON", "content": {"application/geo+json": {"schema": {"type": "object"}}}},
    304: {"description": "The layer has not changed"},
}


@router.get("/sources/dead-letters", responses=answers(ingest.DeadLetterList, "outside-region"))
async def dead_letters(deps: Deps, principal: Diagnoser, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
    """What could not be read: bytes (base64) and reason, newest first. For site-wide staff: it may be of any region."""
    if principal.region and not covers(principal.region, deps.site.region):
        raise Problem("outside-region")
    letters = await deps.bus.dead_letters(limit)
    await note(deps, principal, "dead-letters-read", body={"count": len(letters)})
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
    return listing(items, None, deps.pump.rev, counts=await deps.bus.dead_counts())


@router.get("/snapshot", responses={200: {"content": {"application/json": {"schema": reference("Snapshot")}}}})
async def snapshot(deps: Deps, principal: Viewer) -> Response:
    """The whole live picture at a rev, as far as one may see it; `WS /live?since=rev` goes on from there."""
    return Json(deps.pump.snapshot(principal.audience))


@router.get("/map/{layer}.geojson", responses=LAYER)
async def map_layer(deps: Deps, principal: Viewer, request: Request, layer: str) -> Response:
    """One layer of the base map (GeoJSON, EPSG:4326), cacheable by ETag."""
    content = await asyncio.to_thread(deps.map_layer, layer)
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
