"""CAP's polygons and circles as GeoJSON. CAP writes latitude,longitude; GeoJSON longitude, latitude."""

from __future__ import annotations

from math import asin, atan2, cos, degrees, radians, sin
from typing import Any

from feeds import geometry

EARTH_KM = 6371.0088
CIRCLE_CORNERS = 64
LARGEST_KM = 20037.0

Ring = list[tuple[float, float]]
"""(longitude, latitude) in degrees, first = last."""


class InvalidShape(ValueError):
    """An invalid polygon or circle. `code` is a finding's code, `fault` its detail, `ring` the usable part."""

    def __init__(self, code: str, fault: str = "", ring: Ring | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.fault = fault
        self.ring = ring


def ring_of(text: str) -> Ring:
    """The ring of a `polygon`: pairs "lat,lon" separated by white space. Raises InvalidShape."""
    try:
        pairs = [_pair(word) for word in text.split()]
    except ValueError as error:
        raise InvalidShape("INVALID_POLYGON", "text") from error
    ring = [(lon, lat) for lat, lon in pairs]
    if not all(_in_range(lat, lon) for lat, lon in pairs):
        raise InvalidShape("COORD_RANGE")
    if len(ring) < 4:
        raise InvalidShape("INVALID_POLYGON", "few")
    if ring[0] != ring[-1]:
        raise InvalidShape("INVALID_POLYGON", "open", [*ring, ring[0]])
    from shapely import Polygon  # costs 100 ms: only where there is a polygon

    if not Polygon(ring).is_valid:
        raise InvalidShape("INVALID_POLYGON", "crossed", ring)
    return ring


def circle_of(text: str) -> tuple[float, float, float]:
    """(longitude, latitude, radius in km) of a `circle` "lat,lon radius". Raises InvalidShape."""
    words = text.split()
    try:
        lat, lon = _pair(words[0])
        (radius,) = (_number(word) for word in words[1:])
    except (ValueError, IndexError) as error:
        raise InvalidShape("INVALID_CIRCLE") from error
    if not 0 <= radius <= LARGEST_KM:
        raise InvalidShape("INVALID_CIRCLE")
    if not _in_range(lat, lon):
        raise InvalidShape("COORD_RANGE")
    return lon, lat, radius


def circle_ring(lon: float, lat: float, radius: float) -> Ring:
    """A circle on the sphere as a ring of 64 corners; longitudes continue past ±180 instead of wrapping."""
    ring: Ring = []
    for corner in range(CIRCLE_CORNERS):
        bearing = -2 * 3.141592653589793 * corner / CIRCLE_CORNERS
        away, phi = radius / EARTH_KM, radians(lat)
        there = asin(max(-1.0, min(1.0, sin(phi) * cos(away) + cos(phi) * sin(away) * cos(bearing))))
        turn = atan2(sin(bearing) * sin(away) * cos(phi), cos(away) - sin(phi) * sin(there))
        ring.append((round(lon + degrees(turn), 6), round(degrees(there), 6)))
    return [*ring, ring[0]]


def united(rings: list[Ring], points: list[tuple[float, float]]) -> tuple[dict[str, Any] | None, bool]:
    """One GeoJSON geometry of all rings and points (None without any), and whether it is exact.

    Self-crossing rings are made valid. Shapes with too many crossings are replaced by their convex hull.
    """
    if not rings and not points:
        return None, True
    if not rings and len(points) == 1:
        return {"type": "Point", "coordinates": list(points[0])}, True
    from shapely import MultiPoint, Point, Polygon
    from shapely.geometry import mapping

    try:
        shapes = [geometry.repaired(Polygon(ring)) for ring in rings] + [Point(point) for point in points]
        if len(shapes) == 1 and shapes[0].equals_exact(Polygon(rings[0])):
            return {"type": "Polygon", "coordinates": [[list(point) for point in rings[0]]]}, True
        whole = geometry.united(shapes)
        if not whole.is_empty:
            return _listed(mapping(whole)), True
    except geometry.Tangled:
        pass
    everything = [point for ring in rings for point in ring] + points
    return _listed(mapping(MultiPoint(everything).convex_hull)), False


def _listed(shape: Any) -> dict[str, Any]:
    """A geometry of plain lists, as decoded from JSON and msgpack."""
    if "geometries" in shape:
        return {"type": shape["type"], "geometries": [_listed(part) for part in shape["geometries"]]}
    return {"type": shape["type"], "coordinates": _lists(shape["coordinates"])}


def _lists(value: Any) -> Any:
    return [_lists(part) for part in value] if isinstance(value, (list, tuple)) else value


def _pair(word: str) -> tuple[float, float]:
    lat, comma, lon = word.partition(",")
    if not comma:
        raise ValueError(word)
    return _number(lat), _number(lon)


def _number(text: str) -> float:
    """A plain decimal. Unlike float(), it rejects "nan", "inf" and "1_0"."""
    if not text or not set(text) <= set("+-.0123456789eE"):
        raise ValueError(text)
    return float(text)


def _in_range(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180
