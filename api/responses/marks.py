"""Types of answers about drawings and measures."""

from __future__ import annotations

from typing import Any

import msgspec


class SectorAnswer(msgspec.Struct):
    """The area downwind of a point as GeoJSON, and its measures. `axis` is null for calm or variable wind: a circle."""

    geometry: dict[str, Any]
    axis: float | None
    area_m2: float
    regions: list[str]
    note: dict[str, str]


class MeasureAnswer(msgspec.Struct):
    """Geodesic measures: `bearing` of a line from its first point to its last, in degrees from north."""

    length_m: float
    area_m2: float
    bearing: float | None
