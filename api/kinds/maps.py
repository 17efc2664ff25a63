"""`GET /api/v1/map/{plural}.geojson`: the records of each kind that has a place, as a layer of the map."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.responses import Response

from api.dependencies import Deps, Viewer
from api.routers import api_router
from feeds.kinds import KINDS, Record, RecordKind
from feeds.kinds.filters import matching

MEDIA = "application/geo+json"
FACE = "map"


def maps_router() -> APIRouter:
    """The layers of all kinds that are known now. They come before the layers of the base map."""
    router = api_router(tags=["map"])
    for kind in KINDS:
        if kind.place is not None:
            responses: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA: {"schema": {"type": "object"}}}}}
            router.add_api_route(f"/map/{kind.plural}.geojson", _layer(kind), methods=["GET"], responses=responses)
    return router


def _layer(kind: RecordKind[Any]) -> Callable[..., Awaitable[Response]]:
    async def layer(deps: Deps, principal: Viewer) -> Response:
        default = matching(kind.filters, {})
        records = filter(default, deps.pump.mirror.records(kind.name, principal.audience).values())
        features = [feature for record in records if (feature := _feature(kind, record)) is not None]
        body = {"type": "FeatureCollection", "features": features, "rev": deps.pump.mirror.rev}
        return Response(msgspec.json.encode(body), media_type=MEDIA, headers={"Cache-Control": "no-store"})

    layer.__name__ = f"map_of_{kind.plural}"
    layer.__doc__ = (
        f"Live records of kind {kind.name} that have a place (GeoJSON, EPSG:4326), as its list shows them by default."
    )
    return layer


def _feature(kind: RecordKind[Any], record: Record) -> dict[str, Any] | None:
    geometry = kind.place(record) if kind.place is not None else None
    if geometry is None:
        return None
    properties = kind.faced(record, FACE) if FACE in kind.faces else {"id": record["id"]}
    return {"type": "Feature", "id": record["id"], "geometry": geometry, "properties": properties}
