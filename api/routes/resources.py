"""Routes of resources: the list, which orders by distance as well, and orders about one resource."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.command_orders import add_order_route
from api.dependencies import Dependencies, Deps, Viewer
from api.endpoints import endpoint_with, parameter
from api.http.answers import Json
from api.http.findings import finding
from api.http.problems import Problem
from api.kinds import lists
from api.kinds.parameters import parameters, query_criteria
from api.kinds.routes import list_endpoint
from api.kinds.schemas import list_name
from api.principal import Principal
from api.records.marks import closures
from api.records.resources import NOTE, nearest
from api.responses.describe import JSON, reference
from api.responses.resources import NearestResources
from api.routers import api_router
from api.routes.incident_bodies import Line, ShortText, Text
from feeds.kinds import RESOURCE
from feeds.positions import seems_swapped

router = api_router(tags=["resources"])
PLACE = re.compile(r"(-?\d{1,3}(?:\.\d{1,12})?),(-?\d{1,3}(?:\.\d{1,12})?)")
Near = Annotated[str, Query(max_length=60, description="lat,lon (EPSG:4326): order by distance from here")]
By = Annotated[Literal["line", "road"], Query(description="With near: by line, or by main roads around closures")]
Count = Annotated[int, Query(ge=1, le=500, description="With near: how many at most")]
Amount = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]


class ResourceOrderBody(BaseModel):
    """`rev` is the revision that the order was made from: another one is a conflict. `reason` is journaled."""

    model_config = ConfigDict(extra="forbid")
    rev: int | None = None
    reason: Text = ""


class AssignBody(ResourceOrderBody):
    """Send it to an incident. `share`: also though another one has it, with a reason."""

    incident: ShortText
    share: bool = False


class StatusBody(ResourceOrderBody):
    """How it stands: who says so has looked. Ready, out and unknown end its assignment."""

    status: Literal["ready", "assigned", "on_scene", "returning", "out", "unknown"]


class MoveBody(ResourceOrderBody):
    """A movement of its stock: in, out, to an incident, back from it."""

    move: Literal["in", "out", "to", "back"]
    quantity: Amount
    incident: Line = ""
    note: Text = ""


class RequisitionBody(ResourceOrderBody):
    """A requisition for an incident: whose thing it is, and the receipt that was given."""

    incident: ShortText
    owner: ShortText
    receipt: ShortText
    note: Text = ""


class ReturnBody(ResourceOrderBody):
    """The end of a requisition. What was lost needs a note."""

    outcome: Literal["returned", "lost"]
    note: Text = ""


BODIES: Mapping[str, type[ResourceOrderBody]] = {
    "assign": AssignBody,
    "status": StatusBody,
    "move": MoveBody,
    "requisition": RequisitionBody,
    "return": ReturnBody,
}
"""The body of each order, by its name in the address."""


def _place(text: str) -> tuple[float, float]:
    """Latitude and longitude of a query. Raises Problem, also where the two are swapped."""
    match = PLACE.fullmatch(text.strip())
    if match is None:
        raise Problem("invalid", findings=[finding("query.near", "place_form", message=_FORM)])
    lat, lon = float(match[1]), float(match[2])
    if seems_swapped(lat, lon):
        raise Problem("invalid", findings=[finding("query.near", "coordinate_swapped", message=_SWAPPED)])
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and math.isfinite(lat + lon)):
        raise Problem("invalid", findings=[finding("query.near", "place_form", message=_FORM)])
    return lat, lon


_FORM = {"zh-CN": "写成 纬度,经度，例如 25.045,101.546", "en": "write latitude,longitude, such as 25.045,101.546"}
_SWAPPED = {
    "zh-CN": "经纬度似乎颠倒了：先纬度，后经度",
    "en": "latitude and longitude seem swapped: latitude comes first",
}
_whole_list = list_endpoint(RESOURCE)


async def _resources(
    *, deps: Dependencies, principal: Principal, near: str, by: str, count: int, **arguments: Any
) -> Response:
    """The site's resources; with `near` the nearest ones, each with its distance and how far that can be trusted."""
    if not near:
        return await _whole_list(deps=deps, principal=principal, **arguments)
    place = _place(near)
    records = lists.live(deps, RESOURCE, principal.audience, query_criteria(RESOURCE, arguments))
    closed = closures(deps, principal.audience) if by == "road" else {}
    ways = partial(nearest, by_road=by == "road", count=count, speed=deps.road_speed())
    items, unplaced = await asyncio.to_thread(ways, records, place, closures=list(closed.values()))
    answer = {
        "items": items,
        "by": by,
        "total": len(records),
        "unplaced": unplaced,
        "closures": sorted(closed),
        "note": NOTE,
        "rev": deps.pump.mirror.rev,
    }
    return Json(answer)


endpoint_with(
    _resources,
    "resources",
    _resources.__doc__ or "",
    parameter("deps", Deps),
    parameter("principal", Viewer),
    parameter("near", Near, ""),
    parameter("by", By, "line"),
    parameter("count", Count, 10),
    *parameters(RESOURCE),
)
_EITHER = {"anyOf": [reference(list_name(RESOURCE)), reference(NearestResources.__name__)]}
router.add_api_route(
    "/resources",
    _resources,
    methods=["GET"],
    responses={200: {"description": "the list, or the nearest ones", "content": {JSON: {"schema": _EITHER}}}},
)


for _order, _body in BODIES.items():
    add_order_route(router, "/resources/{resource_id}", RESOURCE, _order, _body)
