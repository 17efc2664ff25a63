"""Distances, areas and bearings on the ellipsoid (geodesic, CGCS2000), and drawings with a radius around a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from pyproj import Geod

from feeds.geometry import from_geojson

CALM_MS = 1.5
"""Wind below this speed, in m/s, has no direction to rely on."""
STEP_DEG = 2.0
"""Degrees between two corners of an arc."""
SMALLEST_M, LARGEST_M = 10.0, 100_000.0
"""The bounds of the radius or distance that decides the size of a drawing. A smaller circle all round is not drawn."""


@cache
def ellipsoid() -> Geod:
    """The ellipsoid of CGCS2000."""
    return Geod(a=6_378_137.0, rf=298.257222101)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Length of a line or of an outline, area inside, and of a line the bearing from its first point to its last.

    Bearings are degrees clockwise from north.
    """

    length_m: float
    area_m2: float
    bearing: float | None


def measured(geometry: Mapping[str, Any]) -> Measured:
    """The measures of a GeoJSON line or area (EPSG:4326). Raises BadGeometry."""
    built = from_geojson(geometry)
    lines = [part for part in getattr(built, "geoms", [built]) if part.geom_type == "LineString"]
    area, outline = ellipsoid().geometry_area_perimeter(built)
    length = sum(ellipsoid().geometry_length(line) for line in lines) if lines else abs(outline)
    bearing = None
    if len(lines) == 1:
        (lon, lat), (to_lon, to_lat) = lines[0].coords[0][:2], lines[0].coords[-1][:2]
        bearing = ellipsoid().inv(lon, lat, to_lon, to_lat)[0] % 360
    return Measured(length_m=float(length), area_m2=abs(float(area)), bearing=bearing)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindSector:
    """The area downwind of a point: an estimate, no dispersion model.

    `wind_from` is where the wind comes from, in degrees, None where it varies. `wind_ms` is its speed in m/s, None
    where it is not known. `radius_m` is the circle all round, `distance_m` how far downwind. `square`: instead of a
    sector the square of the Emergency Response Guidebook (first 30 minutes), whose side is `distance_m`.
    """

    lat: float
    lon: float
    radius_m: float
    distance_m: float
    wind_from: float | None = None
    wind_ms: float | None = None
    half_angle: float = 30.0
    square: bool = False

    @property
    def axis(self) -> float | None:
        """Where the wind blows to, in degrees. None for calm or variable wind, when the drawing is a circle."""
        if self.wind_from is None or (self.wind_ms is not None and self.wind_ms < CALM_MS):
            return None
        return (self.wind_from + 180) % 360

    def contains(self, lat: float, lon: float) -> bool:
        """Whether a point lies inside or on the border, by bearing and distance."""
        bearing, _, metres = ellipsoid().inv(self.lon, self.lat, lon, lat)
        axis = self.axis
        if metres <= self.radius_m or (axis is None and metres <= self.distance_m):
            return True
        if axis is None:
            return False
        off = (bearing - axis + 180) % 360 - 180
        if self.square:
            along, across = metres * np.cos(np.radians(off)), metres * np.sin(np.radians(off))
            return bool(0 <= along <= self.distance_m and abs(across) <= self.distance_m / 2)
        return bool(metres <= self.distance_m and abs(off) <= self.half_angle)

    def geometry(self) -> dict[str, Any]:
        """The drawing as a GeoJSON polygon (EPSG:4326, 6 decimals). Raises ValueError for an impossible one."""
        size = max(self.radius_m, self.distance_m)
        if not SMALLEST_M <= size <= LARGEST_M or min(self.radius_m, self.distance_m) < 0:
            raise ValueError("radius and distance must be between 10 m and 100 km")
        axis = self.axis
        if axis is None:
            return _ring(_arc(self.lat, self.lon, max(self.radius_m, self.distance_m), 0, 360))
        if self.distance_m <= self.radius_m:
            return _ring(_arc(self.lat, self.lon, self.radius_m, 0, 360))
        return _ring(self._square(axis) if self.square else self._sector(axis))

    def _sector(self, axis: float) -> list[tuple[float, float]]:
        first, last = axis - self.half_angle, axis + self.half_angle
        far = _arc(self.lat, self.lon, self.distance_m, first, last)
        if self.radius_m < SMALLEST_M:
            return [(self.lon, self.lat), *far]
        return far + _arc(self.lat, self.lon, self.radius_m, last, first + 360)

    def _square(self, axis: float) -> list[tuple[float, float]]:
        import shapely

        half, side = self.distance_m / 2, self.distance_m
        corners = [(half, -90.0), (np.hypot(half, side), -np.degrees(np.arctan2(half, side)))]
        corners += [(metres, -off) for metres, off in reversed(corners)]
        square = [_ahead(self.lat, self.lon, axis + off, float(metres)) for metres, off in corners]
        if self.radius_m < SMALLEST_M:
            return square
        united = shapely.Polygon(square).union(shapely.Polygon(_arc(self.lat, self.lon, self.radius_m, 0, 360)))
        return [(float(lon), float(lat)) for lon, lat in united.exterior.coords[:-1]]


def _ahead(lat: float, lon: float, bearing: float, metres: float) -> tuple[float, float]:
    to_lon, to_lat, _ = ellipsoid().fwd(lon, lat, bearing, metres)
    return float(to_lon), float(to_lat)


def _arc(lat: float, lon: float, radius_m: float, first: float, last: float) -> list[tuple[float, float]]:
    """Points (lon, lat) from one bearing to another, clockwise; a whole circle is not closed."""
    count = max(int(np.ceil((last - first) / STEP_DEG)), 1)
    bearings = np.linspace(first, last, count + 1)[: count if last - first >= 360 else count + 1]
    return [_ahead(lat, lon, float(bearing), radius_m) for bearing in bearings]


def _ring(points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    ring = [[round(lon, 6), round(lat, 6)] for lon, lat in points]
    ring = ring if _turns_left(ring) else ring[::-1]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _turns_left(ring: Sequence[Sequence[float]]) -> bool:
    following = [*ring[1:], ring[0]]
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, following, strict=True)) > 0
