"""`POST /api/v1/impact` over the live picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feeds.model import Area, Asset, Change, EmergencyWarning, Kind
from maps.places import PlaceLayer, read_layer
from tests.api.conftest import NOW, A, B, World, a_warning, problem

SQUARE = [[[101.4, 25.0], [101.6, 25.0], [101.6, 25.2], [101.4, 25.2], [101.4, 25.0]]]
LAYERS: tuple[PlaceLayer, ...] = (read_layer(b"id,name,lat,lon,population\n1,s,25.1,101.5,5\n2,x,,,\n", "school"),)


@pytest.fixture
def placed(world: World) -> World:
    world.places = LAYERS
    assets = [
        Asset(id="a-sw", name="sw", kind="switch", region=A, lat=25.1, lon=101.5, owner="gaj"),
        Asset(id="b-sw", name="cam", kind="camera", region=B, lat=25.11, lon=101.5),
    ]
    world.pump.mirror.apply(Change(kind=Kind.ASSET, id=asset.id, after=asset, at=NOW) for asset in assets)
    return world


async def ask(world: World, body: dict[str, Any], region: str = "") -> Any:
    async with world.signed_in("duty", region) as client:
        return await client.post("/api/v1/impact", json=body)


async def test_a_drawn_shape_says_what_lies_inside_and_what_cannot_be_counted(placed: World) -> None:
    answer = (await ask(placed, {"geometry": {"type": "Polygon", "coordinates": SQUARE}})).json()
    assert answer["assets"] == {"camera": {"down": 1}, "switch": {"down": 1}}
    assert [asset["id"] for asset in answer["cameras"]] == ["b-sw"]
    assert answer["departments"] == ["gaj"]
    assert answer["places"]["school"] == {"count": 1, "population": 5, "named": [{"id": "school:1", "name": "s"}]}
    assert answer["uncounted"] == {"school": 1}
    assert answer["nearest"]["school"][0]["id"] == "school:1"
    assert "532301" in [region["code"] for region in answer["regions"]]


async def test_nobody_is_told_of_assets_of_another_region(placed: World) -> None:
    answer = (await ask(placed, {"lat": 25.1, "lon": 101.5, "radius_m": 5000}, region=A)).json()
    assert answer["assets"] == {"switch": {"down": 1}}
    assert answer["cameras"] == []


def show(world: World, *warnings: EmergencyWarning) -> None:
    changes = [Change(kind=Kind.WARNING, id=warning.id, after=warning, at=NOW) for warning in warnings]
    world.pump.mirror.apply(changes)


async def test_a_warning_says_what_lies_inside_its_areas(placed: World) -> None:
    area = Area(geometry={"type": "Polygon", "coordinates": SQUARE})
    show(
        placed, replace(a_warning("w-drawn", A, "暴雨"), areas=(area, Area(text="别处"))), a_warning("w-bare", A, "风")
    )
    async with placed.signed_in("duty") as client:

        async def inside(sender: str) -> Any:
            id = f"{sender},1,2026-11-22T06:00:00+00:00"
            return (await client.post("/api/v1/impact", json={"warning": id})).json()

        assert (await inside("w-drawn"))["assets"] == {"camera": {"down": 1}, "switch": {"down": 1}}
        nothing = await inside("w-bare")
        assert (nothing["assets"], nothing["regions"], nothing["nearest"]) == ({}, [], {})
        assert (await inside("none"))["status"] == 404


async def test_nobody_is_told_what_lies_inside_a_warning_that_he_may_not_see(placed: World) -> None:
    drawn = replace(a_warning("w-drawn", A, "暴雨"), areas=(Area(geometry={"type": "Point", "coordinates": [1, 1]}),))
    show(placed, drawn)
    problem(await ask(placed, {"warning": drawn.id}, region=B), 404, "not-found")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"lat": 25.0},
        {"lat": 25.0, "lon": 101.0, "radius_m": -1},
        {"lat": 95.0, "lon": 101.0},
        {"geometry": {"type": "Polygon", "coordinates": "x"}},
        {"geometry": {"type": "LineString", "coordinates": [[0, 0]] * 20_000}},
    ],
)
async def test_a_shape_that_cannot_be_used_is_told(placed: World, body: dict[str, Any]) -> None:
    problem(await ask(placed, body), 422, "invalid")
