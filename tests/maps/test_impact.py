"""Assets inside an area, in metres of the right zone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from maps.impact import PointIndex, affected
from maps.projection import circle, to_degrees, to_metres, zone_of

LAT, LON = 25.04, 101.54
GEOD = Geod(ellps="GRS80")
PLACES = st.tuples(st.floats(24.2, 26.5), st.floats(100.7, 102.5))


def test_the_zone_follows_the_longitude() -> None:
    assert [zone_of(lon) for lon in (101.5, 113.0, 114.6, 73.6, 135.0, -10.0)] == [4543, 4547, 4547, 4534, 4554, 4534]


def test_metres_and_degrees_are_inverse() -> None:
    x, y = to_metres(4543, LON, LAT)
    lon, lat = to_degrees(4543, x, y)
    assert (float(lon), float(lat)) == pytest.approx((LON, LAT), abs=1e-9)


@given(positions=st.dictionaries(st.uuids().map(str), PLACES, max_size=30), centre=PLACES, radius=st.floats(1, 80_000))
def test_a_circle_contains_the_points_within_its_geodesic_radius(
    positions: dict[str, tuple[float, float]], centre: tuple[float, float], radius: float
) -> None:
    distance = {key: GEOD.inv(centre[1], centre[0], lon, lat)[2] for key, (lat, lon) in positions.items()}
    inside = PointIndex(positions).within(*centre, radius)
    # The projection's scale is off by less than 1 part in 2,000 within the prefecture.
    assert {key for key, d in distance.items() if d < radius * 0.9995} <= inside
    assert inside <= {key for key, d in distance.items() if d <= radius * 1.0005}


def test_a_polygon_contains_the_points_inside_and_a_point_those_on_it() -> None:
    points = {"in": (LAT, LON), "out": (LAT, LON + 0.2)}
    assert affected(circle(LAT, LON, 5000), points) == {"in"}
    assert affected(circle(LAT, LON, 0), points) == {"in"}
    assert affected(circle(LAT, LON, 5000), {}) == set()


def test_the_nearest_come_first_with_their_distance() -> None:
    index = PointIndex({"far": (LAT + 0.1, LON), "near": (LAT + 0.01, LON), "here": (LAT, LON)})
    assert [key for key, _ in index.nearest(LAT, LON, 2)] == ["here", "near"]
    assert index.nearest(LAT, LON, 9)[1][1] == pytest.approx(1108, abs=2)
    assert PointIndex({}).nearest(LAT, LON, 3) == []


@pytest.mark.parametrize("wrong", [(91, 0, 1), (0, 181, 1), (0, 0, -1), (float("nan"), 0, 1)])
def test_a_circle_out_of_range_is_refused(wrong: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="no circle"):
        circle(*wrong)
