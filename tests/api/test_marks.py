"""Marks, wind sectors and measures over REST, and closed roads in the order by road."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.kinds import MARK
from feeds.model import Change, Kind, Outcome, Result
from feeds.model.marks import MapMark
from feeds.model.resources import Resource
from tests.api.conftest import NOW, A, World, problem

INCIDENT = "532300:20261127-0001"
POINT = {"type": "Point", "coordinates": [101.546, 25.045]}
CLOSED = {"type": "LineString", "coordinates": [[101.334, 25.154], [101.295, 25.186]]}


def a_mark(**fields: Any) -> MapMark:
    values: dict[str, Any] = {
        "id": f"{INCIDENT}/m1",
        "incident": INCIDENT,
        "mode": "real",
        "region": A,
        "kind": "hazard",
        "geometry": POINT,
        "author": "li",
        "at": NOW,
        "valid_from": NOW,
    }
    return MapMark(**values | fields)


def done(command: Any) -> Result:
    return Result(command=command.id, outcome=Outcome.DONE, after=MARK.view(a_mark()))


async def test_drawing_revising_and_withdrawing_are_commands(world: World) -> None:
    world.desk.answer = done
    drawing = {"lat": 25.0, "lon": 101.5, "radius_m": 200, "wind_at": "2026-11-27T14:10:00+08:00"}
    async with world.signed_in("duty") as client:
        body = {"incident": INCIDENT, "kind": "circle", "drawing": drawing}
        assert (await client.post("/api/v1/marks", json=body)).status_code == 201
        mark = f"/api/v1/marks/{INCIDENT}/m1"
        assert (await client.put(mark, json={"text": "储罐", "rev": 1})).status_code == 200
        assert (await client.delete(f"{mark}?rev=2&reason=误标")).status_code == 200
    drawn, revised, withdrawn = world.desk.seen
    assert drawn.args["drawing"]["wind_at"] == 1_795_759_800.0
    assert (revised.action, revised.subject, revised.expected_rev) == ("mark.revise", f"{INCIDENT}/m1", 1)
    assert (withdrawn.action, withdrawn.expected_rev, withdrawn.reason) == ("mark.withdraw", 2, "误标")


async def test_what_cannot_be_drawn_is_said_in_words(world: World) -> None:
    world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.INVALID, detail="geometry_swapped")
    async with world.signed_in("duty") as client:
        body = {"incident": INCIDENT, "kind": "hazard", "geometry": POINT}
        answer = await client.post("/api/v1/marks", json=body)
    (wrong,) = problem(answer, 422, "invalid")["errors"]
    assert (wrong["code"], "颠倒" in str(wrong)) == ("geometry_swapped", True)


async def test_a_conflict_encloses_the_other_form(world: World) -> None:
    after = MARK.view(a_mark(text="甲"))
    world.desk.answer = lambda command: Result(
        command=command.id, outcome=Outcome.CONFLICT, detail="mark_changed", after=after
    )
    async with world.signed_in("duty") as client:
        answer = await client.put(f"/api/v1/marks/{INCIDENT}/m1", json={"text": "乙", "rev": 1})
    assert problem(answer, 409, "conflict")["current"]["text"] == "甲"


async def test_the_marks_of_an_incident_are_listed_and_walls_see_no_authors(world: World) -> None:
    world.pump.mirror.apply([Change(kind=Kind.MARK, id=a_mark().id, after=a_mark(), at=NOW)])
    async with world.signed_in("viewer") as client:
        (mark,) = (await client.get(f"/api/v1/marks?incident={INCIDENT}")).json()["items"]
        (feature,) = (await client.get("/api/v1/map/marks.geojson")).json()["features"]
    assert (mark["author"], mark["geometry"]) == ("", POINT)
    assert feature["geometry"] == POINT


async def test_a_sector_is_an_estimate_and_says_so(world: World) -> None:
    body = {"lat": 25.045, "lon": 101.546, "radius_m": 200, "distance_m": 2000, "wind_from": 240}
    async with world.signed_in("duty") as client:
        answer = (await client.post("/api/v1/map/sector", json=body)).json()
        calm = (await client.post("/api/v1/map/sector", json=body | {"wind_ms": 1.0})).json()
        none = await client.post("/api/v1/map/sector", json=body | {"radius_m": 0, "distance_m": 0})
    assert (answer["axis"], answer["note"]["zh-CN"]) == (60, "估算，非扩散模型")
    assert answer["area_m2"] == pytest.approx(2_198_600, rel=1e-3)
    assert calm["axis"] is None
    assert problem(none, 422, "invalid")["errors"][0]["code"] == "drawing_size"


async def test_measures_are_those_of_the_server(world: World) -> None:
    line = {"type": "LineString", "coordinates": [[101.546, 25.045], [101.556, 25.045]]}
    async with world.signed_in("duty") as client:
        answer = (await client.post("/api/v1/map/measure", json={"geometry": line})).json()
        wrong = await client.post("/api/v1/map/measure", json={"geometry": {"type": "LineString", "coordinates": [1]}})
    assert answer["length_m"] == pytest.approx(1009.1, abs=0.1)
    assert problem(wrong, 422, "invalid")["errors"][0]["code"] == "bad_geometry"


async def test_a_drawn_closure_changes_the_order_by_road(world: World) -> None:
    teams = (
        Resource(id="nanhua", kind="team", name="南华队", region=A, lat=25.19535, lon=101.27348),
        Resource(id="mouding", kind="team", name="牟定队", region=A, lat=25.31518, lon=101.5416),
    )
    world.pump.mirror.apply(Change(kind=Kind.RESOURCE, id=team.id, after=team, at=NOW) for team in teams)
    closures = (
        a_mark(kind="closure", geometry=CLOSED),
        a_mark(id="x/m1", kind="closure", geometry=CLOSED, mode="exercise"),
    )
    world.pump.mirror.apply(Change(kind=Kind.MARK, id=mark.id, after=mark, at=NOW) for mark in closures)
    async with world.signed_in("duty") as client:
        answer = (await client.get("/api/v1/resources?near=25.045,101.546&by=road")).json()
    assert [item["id"] for item in answer["items"]] == ["mouding", "nanhua"]
    assert answer["closures"] == [f"{INCIDENT}/m1"]


@pytest.mark.parametrize("role", ["admin", "operator", "viewer"])
async def test_only_duty_and_leaders_draw(world: World, role: str) -> None:
    async with world.signed_in(role) as client:
        answer = await client.post("/api/v1/marks", json={"incident": INCIDENT, "kind": "hazard", "geometry": POINT})
    assert answer.status_code == 403
