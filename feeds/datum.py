"""Chinese map datums to EPSG:4326: CGCS2000 is taken as WGS 84, GCJ-02 and BD-09 are shifted back.

The shift of GCJ-02 is an obfuscation without a published inverse: it is inverted by iteration to below 0.1 m.
"""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, cos, pi, sin, sqrt

_A, _EE = 6378245.0, 0.00669342162296594323
_X_PI = pi * 3000.0 / 180.0
Position = tuple[float, float]
"""(latitude, longitude) in degrees."""


def from_gcj02(lat: float, lon: float) -> Position:
    """WGS 84 of a GCJ-02 position; outside China the two are the same."""
    if not _in_china(lat, lon):
        return lat, lon
    guess_lat, guess_lon = lat, lon
    for _ in range(10):
        shifted_lat, shifted_lon = to_gcj02(guess_lat, guess_lon)
        off_lat, off_lon = shifted_lat - lat, shifted_lon - lon
        guess_lat, guess_lon = guess_lat - off_lat, guess_lon - off_lon
        if max(abs(off_lat), abs(off_lon)) < 1e-9:
            break
    return guess_lat, guess_lon


def to_gcj02(lat: float, lon: float) -> Position:
    """GCJ-02 of a WGS 84 position."""
    if not _in_china(lat, lon):
        return lat, lon
    x, y = lon - 105.0, lat - 35.0
    north = _north(x, y)
    east = _east(x, y)
    phi = lat / 180.0 * pi
    magic = 1 - _EE * sin(phi) ** 2
    north = north * 180.0 / ((_A * (1 - _EE)) / (magic * sqrt(magic)) * pi)
    east = east * 180.0 / (_A / sqrt(magic) * cos(phi) * pi)
    return lat + north, lon + east


def from_bd09(lat: float, lon: float) -> Position:
    """WGS 84 of a BD-09 position."""
    x, y = lon - 0.0065, lat - 0.006
    radius = sqrt(x * x + y * y) - 0.00002 * sin(y * _X_PI)
    theta = atan2(y, x) - 0.000003 * cos(x * _X_PI)
    return from_gcj02(radius * sin(theta), radius * cos(theta))


def _same(lat: float, lon: float) -> Position:
    return lat, lon


DATUMS: dict[str, Callable[[float, float], Position]] = {
    "wgs84": _same,
    "cgcs2000": _same,
    "gcj02": from_gcj02,
    "bd09": from_bd09,
}
"""Conversion to EPSG:4326 by the datum's name in settings."""


def _in_china(lat: float, lon: float) -> bool:
    return 0.8293 <= lat <= 55.8271 and 72.004 <= lon <= 137.8347


def _north(x: float, y: float) -> float:
    value = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + _waves(6.0 * x, 2.0 * x)
    value += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    return value + (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0


def _east(x: float, y: float) -> float:
    value = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + _waves(6.0 * x, 2.0 * x)
    value += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    return value + (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0


def _waves(first: float, second: float) -> float:
    return (20.0 * sin(first * pi) + 20.0 * sin(second * pi)) * 2.0 / 3.0
