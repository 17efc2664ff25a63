"""Rings that cost a geometry library far more than they weigh. Points are (longitude, latitude)."""

from __future__ import annotations

import math
import random

Ring = list[tuple[float, float]]


def star(points: int) -> Ring:
    """Each point joined to the one opposite: every segment crosses nearly every other one."""
    skip = points // 2
    angles = (2 * math.pi * corner * skip / points for corner in range(points))
    ring = [(round(101.5 + 0.3 * math.cos(angle), 6), round(25 + 0.3 * math.sin(angle), 6)) for angle in angles]
    return [*ring, ring[0]]


def scribble(points: int, seed: int = 1) -> Ring:
    """Points at random."""
    chance = random.Random(seed)
    ring = [(round(101 + chance.random(), 6), round(25 + chance.random(), 6)) for _ in range(points)]
    return [*ring, ring[0]]


def comb(teeth: int, *, upright: bool = True) -> Ring:
    """A valid ring of long thin teeth."""
    width = 1.0 / teeth
    ring = [(101.0, 24.9)]
    for tooth in range(teeth):
        west = 101.0 + tooth * width
        ring += [(west, 25.0), (west + width / 4, 26.0), (west + width / 2, 25.0)]
    ring += [(102.0, 24.9), ring[0]]
    if upright:
        return ring
    return [(lat + 76.0, lon - 76.0) for lon, lat in ring]


def back_and_forth(points: int) -> Ring:
    """A ring without an area: all its segments lie upon one another."""
    ring = [(101.0 + (number % 2), 25.0) for number in range(points)]
    return [*ring, ring[0]]


def bow_tie() -> Ring:
    """A ring that crosses itself once."""
    return [(101.4, 25.0), (101.6, 25.2), (101.6, 25.0), (101.4, 25.2), (101.4, 25.0)]


def cap_text(ring: Ring) -> str:
    """As CAP writes it: latitude,longitude."""
    return " ".join(f"{lat},{lon}" for lon, lat in ring)
