"""Areas that cameras see: where their records say so, and honest where they do not."""

from __future__ import annotations

import math
from typing import Any

import pytest

from feeds.cameras.sectors import METRES_A_DEGREE, USUAL_RANGE, azimuth_of, sectors

LAT, LON = 25.0, 101.5


def camera(**labels: str) -> dict[str, Any]:
    return {"id": "c", "name": "门", "kind": "camera", "lat": LAT, "lon": LON, "labels": labels}


def polar(point: list[float]) -> tuple[float, float]:
    """Bearing in degrees and distance in metres of a point, by the haversine's small-angle form."""
    east = (point[0] - LON) * METRES_A_DEGREE * math.cos(math.radians(LAT))
    north = (point[1] - LAT) * METRES_A_DEGREE
    return math.degrees(math.atan2(east, north)) % 360, math.hypot(east, north)


@pytest.mark.parametrize(("text", "degrees"), [("东", 90), ("西北向", 315), ("45", 45), ("360", 0), ("45°", 45)])
def test_directions_are_words_or_degrees(text: str, degrees: float) -> None:
    assert azimuth_of(text) == degrees


@pytest.mark.parametrize("text", ["", "全向", "up", "361", "-1", "nan"])
def test_what_is_no_direction_is_none(text: str) -> None:
    assert azimuth_of(text) is None


def test_a_sector_lies_around_its_direction_as_far_as_the_camera_sees() -> None:
    (feature,) = sectors([camera(azimuth="东", view_angle="90", view_range="120")])["features"]
    assert feature["properties"] == {"id": "c", "name": "门", "is_known": True}
    ring = feature["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1] == [LON, LAT]
    outer = [polar(point) for point in ring[1:-1]]
    assert [round(outer[0][0]), round(outer[-1][0])] == [135, 45]
    assert all(abs(metres - 120) < 0.5 for _, metres in outer)


def test_without_a_direction_there_is_a_circle_that_is_marked_as_unknown() -> None:
    (feature,) = sectors([camera(view_angle="90", view_range="120")])["features"]
    assert feature["properties"]["is_known"] is False
    assert {round(polar(point)[0] / 90) % 4 for point in feature["geometry"]["coordinates"][0]} == {0, 1, 2, 3}


@pytest.mark.parametrize("missing", ["view_angle", "view_range"])
def test_what_is_missing_is_not_shown_as_known(missing: str) -> None:
    labels = {"azimuth": "90", "view_angle": "90", "view_range": "120"}
    del labels[missing]
    (feature,) = sectors([camera(**labels)])["features"]
    assert feature["properties"]["is_known"] is False


def test_a_camera_that_sees_all_around_is_known_without_a_direction() -> None:
    (feature,) = sectors([camera(azimuth="全向", view_range=str(USUAL_RANGE))])["features"]
    assert feature["properties"]["is_known"] is True


def test_cameras_without_a_place_and_other_assets_have_no_area() -> None:
    assert sectors([camera() | {"lat": None}, camera() | {"kind": "nvr"}])["features"] == []
