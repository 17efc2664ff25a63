"""Marks (标绘) on the command picture: what people draw about an incident, with authors, versions and ages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from feeds.model.times import Time

KINDS_BY_TOOL: Mapping[str, tuple[str, ...]] = {
    "point": (
        *("command-post", "assembly", "medical", "checkpoint", "supplies", "shelter"),
        *("hazard", "water", "helicopter", "text"),
    ),
    "line": ("route", "evacuation-route", "closure", "fire-line", "dike", "arrow"),
    "area": ("hot", "warm", "cold", "evacuation", "affected", "no-entry"),
    "figure": ("circle", "sector"),
}
"""The tools that draw marks and the kinds of each, those most used first."""
_SHAPES = {"point": ("Point",), "line": ("LineString",), "area": ("Polygon", "MultiPolygon"), "figure": ("Polygon",)}
MARK_SHAPES: Mapping[str, tuple[str, ...]] = {
    **{kind: _SHAPES[tool] for tool, kinds in KINDS_BY_TOOL.items() for kind in kinds},
    "closure": ("LineString", "Point", "Polygon"),
}
"""The kinds of marks and the geometries that each may have."""
MARK_KINDS = tuple(MARK_SHAPES)
DRAWN_BY_SERVER = KINDS_BY_TOOL["figure"]
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
