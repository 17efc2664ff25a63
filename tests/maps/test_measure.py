"""Measures on the ellipsoid, and the wind sector of the worked example."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Point, shape

from feeds.geometry import BadGeometry
from maps.measure import WindSector, ellipsoid, measured
from tests import patience

A: dict[str, Any] = {"lat": 25.0450, "lon": 101.5460}
SECTOR = WindSector(**A, wind_from=240.0, distance_m=2000.0, radius_m=200.0)


def test_the_sector_lies_downwind() -> None:
    assert SECTOR.axis == 60.0
    bare = WindSector(**A, wind_from=240.0, distance_m=2000.0, radius_m=0.0)
    assert measured(bare.geometry()).area_m2 == pytest.approx(2_094_000, rel=1e-3)


@pytest.mark.parametrize(
    ("lat", "lon", "inside"),
    [
        (25.05181, 101.55885, True),
        (25.04528, 101.56086, True),
        (25.04481, 101.56086, False),
        (25.05453, 101.56399, False),
    ],
)
def test_points_by_bearing_and_distance(lat: float, lon: float, inside: bool) -> None:
    assert SECTOR.contains(lat, lon) is inside
    assert shape(SECTOR.geometry()).contains(Point(lon, lat)) is inside


def test_the_circle_reaches_upwind_as_far_as_its_radius() -> None:
    _, _, metres = ellipsoid().inv(A["lon"], A["lat"], 101.54429, 25.04409)
    assert metres == pytest.approx(200, abs=1)
    assert SECTOR.contains(25.04409, 101.54429)
    assert not SECTOR.contains(25.0433, 101.5430)


@pytest.mark.parametrize("wind", [{"wind_from": 240.0, "wind_ms": 1.0}, {"wind_from": None, "wind_ms": 5.0}])
def test_calm_or_variable_wind_makes_a_circle(wind: dict[str, Any]) -> None:
    calm = WindSector(**A, distance_m=2000.0, radius_m=200.0, **wind)
    assert calm.axis is None
    assert measured(calm.geometry()).area_m2 == pytest.approx(math.pi * 2000**2, rel=2e-3)
    assert calm.contains(25.0383, 101.5331)


def test_wind_of_unknown_speed_still_has_a_direction() -> None:
    assert WindSector(**A, wind_from=240.0, wind_ms=None, distance_m=2000.0, radius_m=200.0).axis == 60.0


def test_the_square_of_the_first_half_hour_is_as_wide_as_it_is_long() -> None:
    square = WindSector(**A, wind_from=240.0, distance_m=2000.0, radius_m=0.0, square=True)
    assert measured(square.geometry()).area_m2 == pytest.approx(4_000_000, rel=1e-3)
    assert square.contains(25.05181, 101.55885)
    assert not square.contains(25.0440, 101.5450)


@pytest.mark.parametrize(("radius", "distance"), [(-1.0, 10.0), (0.0, 0.0), (10.0, 200_000.0)])
def test_impossible_distances_are_refused(radius: float, distance: float) -> None:
    with pytest.raises(ValueError, match="radius and distance"):
        WindSector(**A, radius_m=radius, distance_m=distance).geometry()


@settings(max_examples=patience.examples(60), deadline=None)
@given(
    wind=st.floats(0, 360),
    radius=st.floats(0, 500),
    distance=st.floats(10, 5000),
    bearing=st.floats(0, 360),
    square=st.booleans(),
    metres=st.floats(0, 6000),
)
def test_what_is_drawn_is_what_is_counted(
    wind: float, radius: float, distance: float, bearing: float, square: bool, metres: float
) -> None:
    sector = WindSector(**A, wind_from=wind, radius_m=radius, distance_m=distance, square=square)
    lon, lat, _ = ellipsoid().fwd(A["lon"], A["lat"], bearing, metres)
    drawn = shape(sector.geometry())
    assert drawn.is_valid
    near_border = drawn.boundary.distance(Point(lon, lat)) < 1e-4  # degrees, about 10 m: arcs are drawn with corners
    assert near_border or drawn.contains(Point(lon, lat)) == sector.contains(lat, lon)


def test_a_line_has_a_length_and_a_bearing() -> None:
    east = measured({"type": "LineString", "coordinates": [[101.546, 25.045], [101.556, 25.045]]})
    assert east.length_m == pytest.approx(1009.1, abs=0.1)
    assert east.bearing == pytest.approx(90, abs=0.01)
    assert east.area_m2 == 0


def test_an_area_has_an_outline_and_no_bearing() -> None:
    ring = [[101.5, 25.0], [101.51, 25.0], [101.51, 25.01], [101.5, 25.01], [101.5, 25.0]]
    square = measured({"type": "Polygon", "coordinates": [ring]})
    assert square.bearing is None
    assert square.area_m2 == pytest.approx(1_117_900, rel=1e-3)
    assert square.length_m == pytest.approx(4234, abs=5)


def test_no_geometry_is_refused() -> None:
    with pytest.raises(BadGeometry):
        measured({"type": "LineString", "coordinates": [[101.5, float("nan")], [101.6, 25.0]]})
