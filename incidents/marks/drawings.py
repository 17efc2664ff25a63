"""What may be drawn: geometry of a mark checked before it is stored, and geometry that follows from figures."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec
import shapely

from feeds.geometry import BadGeometry, from_geojson
from feeds.model.marks import MARK_SHAPES, MarkDrawing
from feeds.positions import seems_swapped
from incidents.refusals import OrderRefused
from maps.measure import WindSector

VERTICES = 500
"""Vertices of one mark at most."""
DECIMALS = 6


def checked(kind: str, geometry: Any) -> dict[str, Any]:
    """The geometry of a mark of this kind, with 6 decimals. Raises OrderRefused for one that cannot be drawn."""
    if kind not in MARK_SHAPES:
        raise OrderRefused("mark_kind")
    if not isinstance(geometry, Mapping) or geometry.get("type") not in MARK_SHAPES[kind]:
        raise OrderRefused("geometry_type")
    positions = list(_bounded(geometry.get("coordinates")))
    if not positions:
        raise OrderRefused("geometry_form")
    for lon, lat in positions:
        if not (math.isfinite(lon) and math.isfinite(lat)):
            raise OrderRefused("geometry_number")
        if seems_swapped(lat, lon):
            raise OrderRefused("geometry_swapped")
        if not (abs(lon) <= 180 and abs(lat) <= 90):
            raise OrderRefused("geometry_number")
        if lon == lat == 0:
            raise OrderRefused("geometry_zero")
    return _valid(geometry)


def _bounded(coordinates: Any) -> Iterator[tuple[float, float]]:
    """Every position, in order. Raises OrderRefused beyond VERTICES, and for what is no position."""
    waiting, count = [coordinates], 0
    while waiting:
        value = waiting.pop()
        if not isinstance(value, list) or not value or len(value) > VERTICES + 1:
            raise OrderRefused("geometry_vertices" if isinstance(value, list) and value else "geometry_form")
        if isinstance(value[0], list):
            waiting += reversed(value)
            continue
        if len(value) not in (2, 3) or not all(isinstance(number, int | float) for number in value):
            raise OrderRefused("geometry_form")
        count += 1
        if count > VERTICES:
            raise OrderRefused("geometry_vertices")
        yield float(value[0]), float(value[1])


def _valid(geometry: Mapping[str, Any]) -> dict[str, Any]:
    """The geometry rounded; one that crosses itself is refused: the person who drew it knows what was meant."""
    try:
        drawn = shapely.geometry.shape(geometry)
    except (TypeError, ValueError, IndexError, AttributeError, shapely.errors.ShapelyError) as error:
        raise OrderRefused("geometry_form") from error
    if not drawn.is_valid:
        raise OrderRefused("geometry_crossed")
    try:
        from_geojson(geometry)
    except BadGeometry as error:
        raise OrderRefused("geometry_form") from error
    rounded: dict[str, Any] = json.loads(
        json.dumps({"type": geometry["type"], "coordinates": geometry["coordinates"]}),
        parse_float=lambda text: round(float(text), DECIMALS),
    )
    return rounded


def drawing_of(kind: str, figures: Any) -> tuple[dict[str, Any], MarkDrawing]:
    """Geometry and figures of a circle or wind sector. Raises OrderRefused."""
    try:
        drawing = msgspec.convert(figures, MarkDrawing)
    except msgspec.ValidationError as error:
        raise OrderRefused("missing:drawing") from error
    sector = sector_of(kind, drawing)
    try:
        geometry = sector.geometry()
    except ValueError as error:
        raise OrderRefused("drawing_size") from error
    return checked(kind, geometry), replace(drawing, calm=kind == "sector" and sector.axis is None)


def sector_of(kind: str, drawing: MarkDrawing) -> WindSector:
    """The area of a drawing. Of a circle only the radius counts."""
    return WindSector(
        lat=drawing.lat,
        lon=drawing.lon,
        radius_m=drawing.radius_m,
        distance_m=drawing.distance_m if kind == "sector" else 0.0,
        wind_from=drawing.wind_from,
        wind_ms=drawing.wind_ms,
        half_angle=drawing.half_angle,
        square=drawing.square,
    )
