"""Coordinates in metres in China: CGCS2000 / 3-degree Gauss-Kruger zones by central meridian (EPSG:4534 to 4554)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

_FIRST_MERIDIAN, _LAST_MERIDIAN = 75, 135
_FIRST_EPSG = 4534

Floats = NDArray[np.float64]


def zone_of(lon: float) -> int:
    """The EPSG code of the 3-degree zone for a longitude; EPSG:4543 (102° E) for Chuxiong. Clamped to China's zones."""
    meridian = min(max(round(lon / 3) * 3, _FIRST_MERIDIAN), _LAST_MERIDIAN)
    return _FIRST_EPSG + (meridian - _FIRST_MERIDIAN) // 3


@lru_cache(maxsize=32)
def _transformer(epsg: int, inverse: bool) -> Transformer:
    source, there = (epsg, 4490) if inverse else (4490, epsg)
    return Transformer.from_crs(source, there, always_xy=True)


def to_metres(epsg: int, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
    """East and north in metres; `inf` where the projection ends (some 40 degrees from the meridian)."""
    x, y = _transformer(epsg, False).transform(np.asarray(lon, float), np.asarray(lat, float))
    return np.asarray(x), np.asarray(y)


def to_degrees(epsg: int, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    """Longitude and latitude of east and north in metres."""
    lon, lat = _transformer(epsg, True).transform(np.asarray(x, float), np.asarray(y, float))
    return np.asarray(lon), np.asarray(lat)


def circle(lat: float, lon: float, radius_m: float, *, corners: int = 72) -> dict[str, Any]:
    """A circle on the ground as a GeoJSON polygon (EPSG:4326), a point for a radius of 0.

    Raises ValueError for coordinates out of range or a negative radius.
    """
    if not (-90 <= lat <= 90 and -180 <= lon <= 180) or not 0 <= radius_m < 2_000_000:
        raise ValueError(f"no circle: {lat},{lon} {radius_m}")
    if radius_m == 0:
        return {"type": "Point", "coordinates": [lon, lat]}
    epsg = zone_of(lon)
    x, y = to_metres(epsg, lon, lat)
    angles = np.linspace(0.0, 2 * np.pi, corners, endpoint=False)
    lons, lats = to_degrees(epsg, x + radius_m * np.cos(angles), y + radius_m * np.sin(angles))
    ring = [[round(float(a), 6), round(float(b), 6)] for a, b in zip(lons, lats, strict=True)]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
