"""Whether a position lies in China, and whether its latitude and longitude seem to be swapped."""

from __future__ import annotations

LATITUDES = (3.0, 54.0)
"""Degrees north of mainland, islands and the South China Sea, both ends included."""
LONGITUDES = (73.0, 136.0)
"""Degrees east; no number is both a latitude and a longitude of China."""


def is_in_china(lat: float, lon: float) -> bool:
    """True within the bounds of China, in degrees; false for NaN."""
    return LATITUDES[0] <= lat <= LATITUDES[1] and LONGITUDES[0] <= lon <= LONGITUDES[1]


def seems_swapped(lat: float, lon: float) -> bool:
    """True where the position lies in China only when its two numbers change places."""
    return is_in_china(lon, lat)
