"""External shapes: bounded, valid, and repaired only within limits."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from shapely.geometry import mapping

from feeds import geometry
from feeds.geometry import BadGeometry, Tangled, from_geojson, repaired, united
from maps.impact import PointIndex
from maps.regions import table
from tests.fuzz.budget import within
from tests.fuzz.shapes import Ring, back_and_forth, bow_tie, comb, scribble, star


def polygon(ring: Ring) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [ring]}


def test_a_ring_that_crosses_itself_once_becomes_its_two_halves() -> None:
    repaired_shape = from_geojson(polygon(bow_tie()))
    assert (repaired_shape.is_valid, repaired_shape.geom_type) == (True, "MultiPolygon")
    assert repaired_shape.area == pytest.approx(0.02)


@pytest.mark.parametrize("ring", [star(801), scribble(801), scribble(9_000), star(51), back_and_forth(4_000)])
def test_a_tangled_ring_is_rejected_in_time(ring: Ring) -> None:
    with within(), pytest.raises(Tangled):
        from_geojson(polygon(ring))


def test_a_valid_ring_with_as_many_points_is_taken() -> None:
    with within(seconds=3.0):  # legitimate, and a busy machine needs longer
        assert from_geojson(polygon(comb(3_000))).is_valid


def test_shapes_that_cross_one_another_too_often_are_not_united() -> None:
    upright, lying = (shapely.Polygon(comb(1_500, upright=way)) for way in (True, False))
    assert upright.is_valid
    assert lying.is_valid
    with within(), pytest.raises(Tangled):
        united([upright, lying])
    with within():
        assert united([upright, shapely.box(90, 20, 91, 21)]).is_valid


def test_an_invalid_shape_within_the_bounds_is_repaired_and_covers_the_same_ground() -> None:
    ring = scribble(20)
    repaired_shape = repaired(shapely.Polygon(ring))
    assert repaired_shape.is_valid
    assert shapely.Polygon(ring).convex_hull.covers(repaired_shape)


@pytest.mark.parametrize(
    "value",
    [
        {"type": "Polygon", "coordinates": [[(101.0, 25.0)] * (geometry.POINTS + 1)]},
        {"type": "MultiPoint", "coordinates": [[101.0, 25.0]] * (geometry.POINTS + 1)},
        {"type": "MultiPolygon", "coordinates": [[bow_tie()]] * (geometry.PARTS + 1)},
        {"type": "Point", "coordinates": [float("inf"), 25.0]},
        {"type": "Polygon", "coordinates": "no"},
        {"type": "Circle"},
        {},
        [],
        None,
        {"type": "Polygon", "coordinates": [[[101.0, "x"], [1, 2], [3, 4], [101.0, "x"]]]},
    ],
)
def test_geometries_beyond_a_limit_and_invalid_ones_are_rejected(value: Any) -> None:
    with within(), pytest.raises(BadGeometry):
        from_geojson(value)


def test_nesting_is_bounded() -> None:
    nested: Any = {"type": "Point", "coordinates": [101.0, 25.0]}
    for _ in range(100_000):
        nested = {"type": "GeometryCollection", "geometries": [nested]}
    with within(), pytest.raises(BadGeometry):
        from_geojson(nested)
    while nested.get("geometries"):  # taken apart, because Python would free it recursively
        nested = nested["geometries"].pop()


@pytest.mark.parametrize("ring", [comb(3_000), comb(3_000, upright=False)])
def test_locating_a_comb_shape_takes_little_time(ring: Ring) -> None:
    index = PointIndex({str(index_): (24.9 + index_ / 5_000, 101.0 + index_ / 5_000) for index_ in range(5_000)})
    regions = table()
    with within(2.0):
        assert regions.regions_of(polygon(ring))
        index.inside(polygon(ring))


def test_every_outline_of_the_region_table_is_within_the_limits() -> None:
    everything = shapely.union_all([from_geojson(outline) for outline in table()._outlines.values()])
    assert from_geojson(mapping(everything)).is_valid
