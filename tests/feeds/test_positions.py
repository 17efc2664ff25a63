"""Positions of China, and those whose two numbers have changed places."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.positions import LATITUDES, LONGITUDES, is_in_china, seems_swapped


@pytest.mark.parametrize(
    ("lat", "lon", "place"),
    [
        (25.04, 101.55, "楚雄"),
        (39.47, 75.99, "喀什"),
        (53.48, 122.37, "漠河"),
        (48.36, 134.76, "抚远"),
        (3.97, 112.28, "曾母暗沙"),
    ],
)
def test_positions_of_china_are_in_china_and_swapped_the_other_way_round(lat: float, lon: float, place: str) -> None:
    assert (is_in_china(lat, lon), seems_swapped(lat, lon)) == (True, False), place
    assert (is_in_china(lon, lat), seems_swapped(lon, lat)) == (False, True), place


@pytest.mark.parametrize(
    ("lat", "lon"),
    [(48.85, 2.35), (-33.87, 151.21), (0.0, 0.0), (2.9, 101.5), (25.0, 136.1), (91.0, 181.0), (math.nan, 101.5)],
)
def test_positions_elsewhere_are_neither(lat: float, lon: float) -> None:
    assert not is_in_china(lat, lon)
    assert not seems_swapped(lat, lon)


@given(st.floats(-180, 180), st.floats(-180, 180))
def test_no_position_is_both_in_china_and_swapped(lat: float, lon: float) -> None:
    assert not (is_in_china(lat, lon) and seems_swapped(lat, lon))


def test_both_ends_of_the_bounds_count() -> None:
    assert is_in_china(LATITUDES[0], LONGITUDES[0])
    assert is_in_china(LATITUDES[1], LONGITUDES[1])
