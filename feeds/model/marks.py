"""Marks (标绘) on the command picture: what people draw about an incident, with authors, versions and ages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feeds.model.times import Time

_POINT, _LINE, _AREA = ("Point",), ("LineString",), ("Polygon", "MultiPolygon")
MARK_SHAPES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("command-post", "assembly", "medical", "checkpoint", "supplies", "shelter"), _POINT),
    **dict.fromkeys(("hazard", "water", "helicopter", "text"), _POINT),
    **dict.fromkeys(("route", "evacuation-route", "fire-line", "dike", "arrow"), _LINE),
    "closure": ("LineString", "Point", "Polygon"),
    **dict.fromkeys(("hot", "warm", "cold", "evacuation", "affected", "no-entry"), _AREA),
    **dict.fromkeys(("circle", "sector"), ("Polygon",)),
}
"""The kinds of marks and the geometries that each may have."""
MARK_KINDS = tuple(MARK_SHAPES)
DRAWN_BY_SERVER = ("circle", "sector")
"""Kinds whose geometry follows from figures (`MarkDrawing`)."""
AFFECTED_AREAS = ("hot", "evacuation", "affected")
"""Kinds that say where an incident reaches: what lies inside is counted."""
STALE_AFTER = 4 * 3600.0
"""Seconds after which a mark is stale unless it says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkDrawing:
    """The figures of a circle or a wind sector: an estimate, no dispersion model.

    `wind_from` is in degrees, None for variable wind; `wind_ms` in m/s; `wind_source` and `wind_at` say whose figure it
    is and of when. `calm`: the wind has no direction to rely on, so that a circle is drawn.
    """

    lat: float
    lon: float
    radius_m: float
    distance_m: float = 0.0
    wind_from: float | None = None
    wind_ms: float | None = None
    wind_source: str = ""
    wind_at: Time | None = None
    half_angle: float = 30.0
    square: bool = False
    calm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkVersion:
    """Who made a version of a mark, when, and why. Its form stands in the journal entry of that moment."""

    number: int
    by: str
    at: Time
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapMark:
    """One mark. Writer: the command role. `id` is "{incident}/m{n}", `kind` one of MARK_KINDS.

    `geometry` is GeoJSON in EPSG:4490 with 6 decimals. `author` made the newest of the `versions`. `stale`: nobody has
    looked at it since `stale_after` seconds ago; it stays on the map. A withdrawn one leaves the map and stays in the
    journal.
    """

    id: str
    incident: str
    mode: str
    region: str
    kind: str
    geometry: dict[str, Any]
    text: str = ""
    drawing: MarkDrawing | None = None
    author: str
    at: Time
    valid_from: Time
    stale_after: float = STALE_AFTER
    stale: bool = False
    withdrawn: bool = False
    versions: tuple[MarkVersion, ...] = ()
    rev: int = 1
