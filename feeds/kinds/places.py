"""Where a record is on the map: GeoJSON geometries (EPSG:4326) from public records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feeds.kinds.audience import Record

Geometry = Mapping[str, Any]


def point(record: Record) -> Geometry | None:
    """The point at `lat` and `lon`, None when one of them is not known."""
    if record["lat"] is None or record["lon"] is None:
        return None
    return {"type": "Point", "coordinates": [record["lon"], record["lat"]]}


def areas(record: Record) -> Geometry | None:
    """All shapes of `areas`, None when only codes are known."""
    shapes = [area["geometry"] for area in record["areas"] if area["geometry"] is not None]
    return {"type": "GeometryCollection", "geometries": shapes} if shapes else None
