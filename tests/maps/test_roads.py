"""Distances by road over the committed skeleton: the worked figures, closures, and what quality is said of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.roads import RoadDistance, RoadNetwork, road_network
from tests import patience

A = (25.0450, 101.5460)
SEATS = {
    "南华": (25.19535, 101.27348),
    "牟定": (25.31518, 101.5416),
    "禄丰": (25.14604, 102.07405),
    "双柏": (24.68867, 101.64175),
}
ENDS = ((101.334, 25.154), (101.295, 25.186))
CLOSED_ROAD = {"type": "LineString", "coordinates": ENDS}
"""The edge between nodes 433758 and 439432."""


def way(place: tuple[float, float], cut: frozenset[int] = frozenset()) -> RoadDistance:
    (distance,) = road_network().distances(*A, [place[0]], [place[1]], cut)
    return distance


def test_by_road_the_order_of_two_teams_is_not_that_by_line() -> None:
    nanhua, mouding = way(SEATS["南华"]), way(SEATS["牟定"])
    assert nanhua.line_m == pytest.approx(32_140, abs=50)
    assert mouding.line_m == pytest.approx(29_930, abs=50)
    assert nanhua.road_m == pytest.approx(34_480, abs=50)
    assert mouding.road_m == pytest.approx(37_730, abs=50)
    assert nanhua.order < mouding.order


def test_a_closure_along_an_edge_takes_it_out_and_changes_the_order() -> None:
    cut = road_network().cut_by([CLOSED_ROAD])
    assert way(SEATS["南华"], cut).road_m == pytest.approx(44_340, abs=50)
    assert way(SEATS["牟定"], cut).order < way(SEATS["南华"], cut).order


def test_half_a_closed_edge_is_a_closed_edge() -> None:
    (west, south), (east, north) = ENDS
    part = {"type": "LineString", "coordinates": [[west, south], [(west + east) / 2, (south + north) / 2]]}
    assert road_network().cut_by([part]) == road_network().cut_by([CLOSED_ROAD])


@pytest.mark.parametrize(
    ("closure", "edges"),
    [
        ({"type": "Point", "coordinates": [101.315, 25.1706]}, 1),
        ({"type": "Point", "coordinates": [101.36, 25.30]}, 0),
        ({"type": "LineString", "coordinates": [[101.30, 25.165], [101.33, 25.178]]}, 0),
    ],
)
def test_a_point_closes_the_road_under_it_and_a_line_across_closes_none(closure: dict[str, Any], edges: int) -> None:
    assert len(road_network().cut_by([closure])) == edges


def test_an_area_closes_every_road_that_it_touches() -> None:
    box = [[101.30, 25.16], [101.33, 25.16], [101.33, 25.18], [101.30, 25.18], [101.30, 25.16]]
    assert road_network().cut_by([{"type": "Polygon", "coordinates": [box]}]) >= road_network().cut_by([CLOSED_ROAD])


def test_a_figure_that_cannot_be_trusted_says_so_and_orders_by_line() -> None:
    hospital, shelter = way((25.03, 101.53)), way((25.06, 101.56))
    assert (hospital.quality, shelter.quality) == ("sparse", "sparse")
    assert hospital.line_m == pytest.approx(2_320, abs=50)
    assert hospital.road_m == pytest.approx(13_030, abs=50)
    assert hospital.order == (False, hospital.line_m)


def test_far_from_every_road_there_is_no_figure() -> None:
    remote = way((25.9, 100.9))
    assert (remote.quality, remote.road_m, remote.unknown_m) == ("none", None, 0.0)
    assert way(SEATS["双柏"]).order < remote.order


def test_where_no_way_leads_there_is_no_figure() -> None:
    nodes = {1: (25.0, 101.5), 2: (25.0, 101.51), 3: (25.0, 101.52)}
    network = RoadNetwork(nodes, {(1, 2): 1000.0, (2, 3): 1000.0}, cut=[(3, 2)])
    near, far = network.distances(25.0, 101.5, [25.0, 25.0], [101.51, 101.52])
    assert (near.road_m, far.road_m, far.quality) == (pytest.approx(1000.0, abs=1), None, "none")


def test_the_unknown_ends_are_part_of_the_way() -> None:
    distance = way(SEATS["南华"])
    assert distance.road_m is not None
    assert 0 < distance.unknown_m < distance.road_m


@settings(max_examples=patience.examples(50), deadline=None)
@given(st.lists(st.tuples(st.floats(24.2, 26.4), st.floats(100.7, 102.4)), min_size=1, max_size=5))
def test_no_way_is_shorter_than_its_line_but_for_the_rounding_of_the_source(places: list[tuple[float, float]]) -> None:
    for distance in road_network().distances(*A, [lat for lat, _ in places], [lon for _, lon in places]):
        assert distance.road_m is None or distance.road_m >= 0.95 * distance.line_m - 200
        assert (distance.road_m is None) == (distance.quality == "none")
