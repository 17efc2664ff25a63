"""Worked examples 9 to 11 over HTTP: the road beats the line, what an incident reaches, and the wind sector."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from shapely.geometry import Point, shape

from feeds.model import Asset
from feeds.model.resources import Resource
from tests.api.command.site import A, CommandSite, Desk, Record, settings
from tests.incidents.impact.test_impact import NODES
from tests.maps.test_roads import CLOSED_ROAD

SEATS = {
    "南华": (25.19535, 101.27348),
    "牟定": (25.31518, 101.5416),
    "禄丰": (25.14604, 102.07405),
    "双柏": (24.68836, 101.63686),
}
NEAR = f"{A['lat']},{A['lon']}"
TEAMS = tuple(
    Resource(id=name, kind="team", name=name, region="532300", lat=lat, lon=lon, status="ready")
    for name, (lat, lon) in SEATS.items()
)
OTHERS = (
    Resource(id="医院", kind="hospital", name="医院", region="532300", lat=25.03, lon=101.53),
    Resource(id="安置点", kind="shelter", name="安置点", region="532300", lat=25.06, lon=101.56),
)
LINES_AND_ROADS = {"南华": (32.14, 34.48), "牟定": (29.93, 37.73), "禄丰": (54.43, 61.00), "双柏": (40.57, 50.51)}


@pytest.fixture
async def equipped(stopped_site: CommandSite) -> CommandSite:
    """A site with four teams, a hospital and a shelter."""
    stopped_site.incidents = settings(resources=TEAMS + OTHERS)
    await stopped_site.start()
    return stopped_site


async def _nearest(desk: Desk, kind: str, by: str) -> dict[str, Record]:
    """The distances of resources of a kind, nearest first."""
    items = await desk.items("/resources", kind=kind, near=NEAR, by=by)
    return {item["id"]: item["distance"] for item in items}


async def test_example_9_by_road_another_team_is_first_than_by_line(equipped: CommandSite) -> None:
    li = equipped.staff()
    assert next(iter(await _nearest(li, "team", "line"))) == "牟定"
    by_road = await _nearest(li, "team", "road")
    assert list(by_road)[:2] == ["南华", "牟定"]
    for team, (line, road) in LINES_AND_ROADS.items():
        assert by_road[team]["line_m"] / 1000 == pytest.approx(line, abs=0.05)
        assert by_road[team]["road_m"] / 1000 == pytest.approx(road, abs=0.05)
    assert (by_road["南华"]["minutes"], by_road["牟定"]["minutes"]) == (41, 45)


async def test_example_9_a_closure_that_somebody_draws_changes_the_order(equipped: CommandSite) -> None:
    li = equipped.staff()
    number = await li.incident()
    await li.give("/marks", incident=number, kind="closure", geometry=CLOSED_ROAD)
    by_road = await _nearest(li, "team", "road")
    assert next(iter(by_road)) == "牟定"
    assert by_road["南华"]["road_m"] / 1000 == pytest.approx(44.34, abs=0.05)


async def test_example_9_what_the_skeleton_cannot_tell_says_so(equipped: CommandSite) -> None:
    li = equipped.staff()
    hospital = (await _nearest(li, "hospital", "road"))["医院"]
    assert (hospital["quality"], hospital["minutes"]) == ("sparse", None)
    assert (hospital["line_m"], hospital["road_m"]) == (pytest.approx(2320, abs=50), pytest.approx(13_030, abs=50))
    assert (await _nearest(li, "shelter", "road"))["安置点"]["quality"] == "sparse"


async def _impact(desk: Desk, accuracy_m: float) -> Record:
    """What an incident at A reaches that is placed with such an accuracy."""
    number = await desk.incident(accuracy_m=accuracy_m)
    (impact,) = await desk.items(f"/incidents/{number}/impact")
    return impact


@pytest.mark.skipif(not NODES.exists(), reason="the worked inventory is not at hand")
async def test_example_10_assets_within_a_distance(stopped_site: CommandSite) -> None:
    nodes = json.loads(NODES.read_text(encoding="utf-8"))["nodes"]
    stopped_site.assets = {
        node["id"]: Asset(
            id=node["id"], name=node["name"], kind="router", region="532300", lat=node["lat"], lon=node["lon"]
        )
        for node in nodes
    }
    await stopped_site.start()
    areas = (await _impact(stopped_site.staff(), 50_000))["areas"]
    assert {area["radius_m"]: area["total"] for area in areas} | {5000: 0} == {1000: 65, 3000: 88, 50_000: 91, 5000: 0}


@pytest.mark.parametrize(
    ("accuracy_m", "counties", "lead"),
    [
        (0, ["532301"], "532301"),
        (20_000, ["532301", "532302", "532323"], "532300"),
        (25_000, ["532301", "532302", "532322", "532323", "532324"], "532300"),
    ],
)
async def test_example_10_counties_touched_and_who_leads(
    site: CommandSite, accuracy_m: float, counties: list[str], lead: str
) -> None:
    impact = await _impact(site.staff(), accuracy_m)
    assert sorted(impact["areas"][-1]["regions"]) == counties
    assert impact["lead_region"] == lead


SECTOR: dict[str, Any] = {**A, "wind_from": 240, "radius_m": 200, "distance_m": 2000}


async def test_example_11_the_sector_lies_downwind(site: CommandSite) -> None:
    li = site.staff()
    bare = await li.give("/map/sector", **SECTOR | {"radius_m": 0})
    assert (bare["axis"], bare["area_m2"]) == (60, pytest.approx(2_094_000, rel=1e-3))
    drawn = shape((await li.give("/map/sector", **SECTOR))["geometry"])
    for lat, lon, inside in (
        (25.05181, 101.55885, True),
        (25.04528, 101.56086, True),
        (25.04481, 101.56086, False),
        (25.05453, 101.56399, False),
    ):
        assert drawn.contains(Point(lon, lat)) is inside
    assert drawn.exterior.distance(Point(101.54429, 25.04409)) < 1e-5  # degrees, about 1 m


async def test_example_11_calm_air_makes_a_circle(site: CommandSite) -> None:
    calm = await site.staff().give("/map/sector", **SECTOR | {"wind_ms": 1.0})
    assert calm["axis"] is None
    assert calm["area_m2"] == pytest.approx(math.pi * 2000**2, rel=2e-3)
    assert "非扩散模型" in calm["note"]["zh-CN"]
