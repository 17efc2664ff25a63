"""What cameras see, as areas on the map, from their records; marked as unknown where those do not say. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from feeds.cameras.derived import CAMERA

Record = Mapping[str, Any]
USUAL_ANGLE, USUAL_RANGE = 60.0, 50.0
"""Degrees and metres that are drawn, as unknown, where a record has none."""
MOST_RANGE = 20_000.0
STEP = 10.0
"""Degrees between two points of an arc."""
METRES_A_DEGREE = 111_320.0
_COMPASS = {"北": 0, "东北": 45, "东": 90, "东南": 135, "南": 180, "西南": 225, "西": 270, "西北": 315}


def azimuth_of(text: str) -> float | None:
    """Degrees from north, clockwise, of a direction in degrees or as a word. None without one or for all of them."""
    word = text.strip().removesuffix("向").removesuffix("°")
    if word in _COMPASS:
        return float(_COMPASS[word])
    degrees = _number(word, 0.0, 360.0)
    return None if degrees is None else degrees % 360


def _number(text: str, low: float, high: float) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if low <= number <= high else None


def sectors(records: Iterable[Record]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the cameras with a place. `is_known` false: range, angle or direction is missing.

    Without a direction the area is a circle: none is made up.
    """
    return {"type": "FeatureCollection", "features": [_feature(record) for record in records if _is_placed(record)]}


def _is_placed(record: Record) -> bool:
    return record["kind"] == CAMERA and record["lat"] is not None and record["lon"] is not None


def _feature(record: Record) -> dict[str, Any]:
    labels = record["labels"] or {}
    angle = _number(labels.get("view_angle", ""), 1.0, 360.0)
    metres = _number(labels.get("view_range", ""), 1.0, MOST_RANGE)
    towards = azimuth_of(labels.get("azimuth", ""))
    is_round = "全向" in labels.get("azimuth", "") or angle == 360.0
    is_known = metres is not None and (is_round or (angle is not None and towards is not None))
    ring = arc(
        record["lat"],
        record["lon"],
        None if is_round else towards,
        USUAL_ANGLE if angle is None else angle,
        USUAL_RANGE if metres is None else metres,
    )
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {"id": record["id"], "name": record["name"], "is_known": is_known},
    }


def arc(lat: float, lon: float, towards: float | None, angle: float, metres: float) -> list[list[float]]:
    """The closed ring of a sector around a direction, counter-clockwise; a circle for None. Points are [lon, lat]."""
    first, span = (0.0, 360.0) if towards is None else (towards + angle / 2, angle)
    count = max(2, math.ceil(span / STEP))
    degree = METRES_A_DEGREE * max(0.01, math.cos(math.radians(lat)))
    ring = [] if towards is None else [[lon, lat]]
    for number in range(count + 1):
        bearing = math.radians(first - span * number / count)
        point = [lon + metres * math.sin(bearing) / degree, lat + metres * math.cos(bearing) / METRES_A_DEGREE]
        ring.append([round(point[0], 6), round(point[1], 6)])
    ring.append(ring[0])
    return ring
