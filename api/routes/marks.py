"""Routes of marks (标绘) on the map of an incident, of wind sectors, and of measures. Lists come from the kind."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.command_orders import OF_ORDER, TEXTS, ordered, record_answer
from api.dependencies import Commander, Deps, Viewer
from api.http.answers import Json
from api.http.findings import finding
from api.http.moments import Moment
from api.http.problems import Problem
from api.records.marks import ESTIMATE
from api.responses.describe import answers
from api.responses.marks import MeasureAnswer, SectorAnswer
from api.routers import api_router
from api.routes.incident_bodies import Latitude, Line, Longitude, ShortText, Text
from feeds.geometry import BadGeometry
from feeds.kinds import MARK
from feeds.model.marks import MARK_KINDS
from maps.measure import WindSector, measured
from maps.regions import table

router = api_router(tags=["marks"])
Metres = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
Degrees = Annotated[float, Field(ge=0, le=360, allow_inf_nan=False)]
Speed = Annotated[float, Field(ge=0, le=120, allow_inf_nan=False)]
Term = Annotated[float, Field(gt=0, le=30 * 86_400, allow_inf_nan=False)]


class DrawingBody(BaseModel):
    """The figures of a circle or wind sector. `wind_from` left out or null: the wind varies. Nothing is built in."""

    model_config = ConfigDict(extra="forbid")
    lat: Latitude
    lon: Longitude
    radius_m: Metres
    distance_m: Metres = 0.0
    wind_from: Degrees | None = None
    wind_ms: Speed | None = None
    half_angle: Annotated[float, Field(gt=0, le=90, allow_inf_nan=False)] = 30.0
    square: bool = False


class SourcedDrawingBody(DrawingBody):
    """Figures with whose wind it is, and of when."""

    wind_source: Line = ""
    wind_at: Moment | None = None


class MarkBody(BaseModel):
    """A mark: a GeoJSON geometry (EPSG:4490), or for a circle or sector its figures. `stale_after` is in seconds."""

    model_config = ConfigDict(extra="forbid")
    kind: Annotated[str, Field(json_schema_extra={"enum": ["", *MARK_KINDS]})] = ""
    geometry: dict[str, Any] | None = None
    drawing: SourcedDrawingBody | None = None
    text: Line = ""
    valid_from: Moment | None = None
    stale_after: Term | None = None
    reason: Text = ""


class NewMarkBody(MarkBody):
    """A mark of an incident."""

    incident: ShortText


class ReviseBody(MarkBody):
    """Another form of a mark. `rev` is the revision that it was made from: another one is a conflict."""

    rev: int


@router.post("/marks", status_code=201, responses=answers(None, *OF_ORDER) | record_answer(MARK, 201))
async def draw(deps: Deps, principal: Commander, body: NewMarkBody) -> Response:
    """Draw a mark on the map of an incident. 201 once the journal has it."""
    return await ordered(deps, principal, MARK, "mark.create", "", body, status=201)


@router.put("/marks/{mark_id:path}", responses=answers(None, *OF_ORDER) | record_answer(MARK))
async def revise(deps: Deps, principal: Commander, mark_id: str, body: ReviseBody) -> Response:
    """Revise a mark, also that of somebody else: a new version with its author."""
    return await ordered(deps, principal, MARK, "mark.revise", mark_id, body)


class WithdrawBody(BaseModel):
    """Why a mark is withdrawn, and the revision that was seen."""

    rev: int | None = None
    reason: Text = ""


@router.delete("/marks/{mark_id:path}", responses=answers(None, *OF_ORDER) | record_answer(MARK))
async def withdraw(
    deps: Deps,
    principal: Commander,
    mark_id: str,
    reason: Annotated[str, Query(max_length=2000)] = "",
    rev: Annotated[int | None, Query()] = None,
) -> Response:
    """Withdraw a mark: it leaves the map and stays in the journal."""
    return await ordered(deps, principal, MARK, "mark.withdraw", mark_id, WithdrawBody(rev=rev, reason=reason))


@router.post("/map/sector", responses=answers(SectorAnswer, "invalid"))
async def sector(deps: Deps, principal: Viewer, body: DrawingBody) -> Response:
    """The area downwind of a point: an estimate, no dispersion model. Calm or variable wind gives a circle."""
    drawn = WindSector(**body.model_dump())
    try:
        geometry = drawn.geometry()
    except ValueError as error:
        zh, en = TEXTS["drawing_size"]
        wrong = finding("body.radius_m", "drawing_size", message={"zh-CN": zh, "en": en})
        raise Problem("invalid", findings=[wrong]) from error
    return Json(
        {
            "geometry": geometry,
            "axis": drawn.axis,
            "area_m2": measured(geometry).area_m2,
            "regions": list(table().regions_of(geometry)),
            "note": ESTIMATE,
        }
    )


class MeasureBody(BaseModel):
    """A GeoJSON line or area (EPSG:4490)."""

    model_config = ConfigDict(extra="forbid")
    geometry: dict[str, Any]


@router.post("/map/measure", responses=answers(MeasureAnswer, "invalid"))
async def measure(deps: Deps, principal: Viewer, body: MeasureBody) -> Response:
    """Length, area and bearing on the ellipsoid. The figure that is kept of a drawing is this one."""
    try:
        result = await asyncio.to_thread(measured, body.geometry)
    except BadGeometry as error:
        zh, en = TEXTS["geometry_form"]
        wrong = finding("body.geometry", "bad_geometry", message={"zh-CN": zh, "en": en})
        raise Problem("invalid", findings=[wrong]) from error
    return Json({"length_m": result.length_m, "area_m2": result.area_m2, "bearing": result.bearing})
