"""`POST /api/v1/impact`: what lies inside a shape, a circle or a warning, and the nearest places of each kind.

Geometry is bounded before it is built (feeds.geometry), and worked on in a thread with a deadline, a few at a time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.dependencies import Dependencies, Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.impact_cache import ImpactCache
from api.principal import Principal
from api.responses.describe import answers
from api.routers import api_router
from feeds.geometry import BadGeometry
from feeds.kinds import Record
from feeds.model import Health, Kind
from maps.impact_index import ImpactIndex, Inside, drawn
from maps.regions import table

router = api_router(tags=["map"])
DEADLINE = 3.0
"""Seconds that one question may take."""
LISTED = 200
"""Assets of one answer that are listed by name, the worst first."""
NAMED = 20
"""Places of one kind that are listed by name."""
LARGEST_M = 500_000.0
NOTHING = Inside(assets=(), cameras=(), places={}, middle=(np.nan, np.nan))
"""The content of a warning without a drawn or known area."""
NO_SHAPE = {
    "zh-CN": "请给出图形，或经纬度与半径，或预警编号",
    "en": "give a geometry, or lat, lon and radius_m, or the id of a warning",
}


class ImpactBody(BaseModel):
    """A GeoJSON geometry (EPSG:4326), or the middle and radius of a circle, or the id of a warning."""

    model_config = ConfigDict(extra="forbid")
    geometry: dict[str, Any] | None = None
    lat: Annotated[float | None, Field(ge=-90, le=90, allow_inf_nan=False)] = None
    lon: Annotated[float | None, Field(ge=-180, le=180, allow_inf_nan=False)] = None
    radius_m: Annotated[float, Field(ge=0, le=LARGEST_M, allow_inf_nan=False)] = 0.0
    warning: Annotated[str, Field(max_length=1000)] = ""


@router.post("/impact", responses=answers({"type": "object"}, "invalid", "busy", "not-found"))
async def impact(deps: Deps, principal: Viewer, request: Request, body: ImpactBody) -> Response:
    """Regions, assets by kind and health, cameras, departments, places and warnings inside, and the nearest places."""
    if body.geometry is None and not body.warning and (body.lat is None or body.lon is None):
        raise Problem("invalid", findings=[finding("body.geometry", "no_shape", message=NO_SHAPE)])
    cache: ImpactCache = request.app.state.impact
    try:
        async with cache.turn, asyncio.timeout(DEADLINE):
            index = await cache.index(deps, principal.audience)
            shape = (
                _of_warning(deps, principal, body.warning)
                if body.warning
                else drawn(body.geometry, body.lat or 0.0, body.lon or 0.0, body.radius_m)
            )
            answer = await asyncio.to_thread(_answer, deps, principal, index, shape)
    except TimeoutError as error:
        raise Problem("busy") from error
    except (BadGeometry, ValueError) as error:
        text = str(error)[:200]
        message = {"zh-CN": f"图形不可用：{text}", "en": f"the shape cannot be used: {text}"}
        raise Problem("invalid", findings=[finding("body.geometry", "bad_geometry", message=message)]) from error
    return Json(answer)


def _of_warning(deps: Dependencies, principal: Principal, id: str) -> Mapping[str, Any] | None:
    """The areas of a warning as one geometry, or None where no area is drawn or known. Raises Problem."""
    record = deps.pump.mirror.record(Kind.WARNING, id, principal.audience)
    if record is None:
        raise Problem("not-found")
    shapes = [area["geometry"] for area in record["areas"] if area["geometry"] is not None]
    return {"type": "GeometryCollection", "geometries": shapes} if shapes else None


def _answer(
    deps: Dependencies, principal: Principal, index: ImpactIndex, shape: Mapping[str, Any] | None
) -> dict[str, Any]:
    inside = NOTHING if shape is None else index.inside(shape)
    records = deps.pump.mirror.records(Kind.ASSET, principal.audience)
    assets = [records[id] for id in inside.assets if id in records]
    regions = () if shape is None else table().regions_of(dict(shape))
    lat, lon = inside.middle
    return {
        "regions": [{"code": code, "name": table().name(code)} for code in regions],
        "assets": _by_health(assets),
        "listed": [_asset(record) for record in sorted(assets, key=_badness)[:LISTED]],
        "cameras": [_asset(records[id]) for id in inside.cameras[:LISTED] if id in records],
        "departments": sorted({record["owner"] for record in assets} - {""}),
        "places": _places(inside),
        "warnings": _warnings(deps, principal, regions),
        "nearest": {
            kind: [
                {"id": place.id, "name": place.name, "distance_m": round(metres)} for place, metres in nearest_places
            ]
            for kind, nearest_places in (index.nearest(lat, lon) if np.isfinite([lat, lon]).all() else {}).items()
        },
        "uncounted": index.uncounted,
    }


def _by_health(assets: list[Record]) -> dict[str, dict[str, int]]:
    counts: dict[str, Counter[str]] = {}
    for record in assets:
        counts.setdefault(record["kind"], Counter())[str(record["health"])] += 1
    return {kind: dict(sorted(healths.items())) for kind, healths in sorted(counts.items())}


def _badness(record: Record) -> tuple[int, str]:
    return Health(record["health"]).rank, record["id"]


def _asset(record: Record) -> dict[str, Any]:
    return {name: record[name] for name in ("id", "name", "kind", "health", "lat", "lon")}


def _places(inside: Inside) -> dict[str, dict[str, Any]]:
    return {
        kind: {
            "count": len(of_kind),
            "population": sum(place.population for place in of_kind),
            "named": [{"id": place.id, "name": place.name} for place in of_kind[:NAMED]],
        }
        for kind, of_kind in inside.places.items()
    }


def _warnings(deps: Dependencies, principal: Principal, regions: tuple[str, ...]) -> list[str]:
    """The actual warnings in force over one of the regions, by id."""
    records = deps.pump.mirror.records(Kind.WARNING, principal.audience).values()
    return sorted(
        record["id"]
        for record in records
        if record["status"] == "Actual" and record["state"] == "active" and set(record["regions"]) & set(regions)
    )
