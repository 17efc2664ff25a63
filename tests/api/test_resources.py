"""Resources over REST: the list, the nearest by line and by road, and orders."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.kinds import RESOURCE
from feeds.model import Change, Kind, Outcome, Result
from feeds.model.resources import Resource
from tests.api.conftest import NOW, A, B, World, problem

NEAR = "25.0450,101.5460"
TEAMS = (
    Resource(id="nanhua", kind="team", name="南华队", region=A, lat=25.19535, lon=101.27348, status="ready"),
    Resource(id="mouding", kind="team", name="牟定队", region=A, lat=25.31518, lon=101.5416, status="ready"),
    Resource(id="hospital", kind="hospital", name="医院", region=A, lat=25.03, lon=101.53, phone="13900000000"),
    Resource(id="b-team", kind="team", name="b-secret", region=B, lat=25.1, lon=101.6),
    Resource(id="nowhere", kind="team", name="无坐标", region=A),
)


def listed(world: World) -> None:
    world.pump.mirror.apply(Change(kind=Kind.RESOURCE, id=team.id, after=team, at=NOW) for team in TEAMS)


async def answered(world: World, *queries: str, role: str = "duty", region: str = A) -> list[Any]:
    """The answers to lists, asked by one person."""
    async with world.signed_in(role, region) as client:
        answers = [await client.get(f"/api/v1/resources?{query}") for query in queries]
    assert [answer.status_code for answer in answers] == [200] * len(queries)
    return [answer.json() for answer in answers]


async def test_the_list_is_that_of_ones_own_region(world: World) -> None:
    listed(world)
    (answer,) = await answered(world, "kind=team")
    assert [item["id"] for item in answer["items"]] == ["mouding", "nanhua", "nowhere"]
    assert answer["hidden"] == 1


async def test_by_line_and_by_road_the_order_is_another(world: World) -> None:
    listed(world)
    by_line, by_road = f"kind=team&near={NEAR}&by=line", f"kind=team&near={NEAR}&by=road&count=2"
    line, road = await answered(world, by_line, by_road)
    assert [item["id"] for item in line["items"]] == ["mouding", "nanhua"]
    assert [item["id"] for item in road["items"]] == ["nanhua", "mouding"]
    assert [item["distance"]["minutes"] for item in road["items"]] == [41, 45]
    assert (road["unplaced"], road["total"]) == (1, 3)
    assert "非导航" in road["note"]["zh-CN"]


async def test_a_road_that_cannot_be_trusted_gives_no_minutes(world: World) -> None:
    listed(world)
    (answer,) = await answered(world, f"kind=hospital&near={NEAR}&by=road")
    (hospital,) = answer["items"]
    assert (hospital["distance"]["quality"], hospital["distance"]["minutes"]) == ("sparse", None)
    assert hospital["distance"]["unknown_m"] == pytest.approx(3061, abs=50)


@pytest.mark.parametrize(
    ("near", "code"),
    [
        ("101.546,25.045", "coordinate_swapped"),
        ("75.99,39.47", "coordinate_swapped"),
        ("here", "place_form"),
        ("25.0", "place_form"),
        ("95,95", "place_form"),
    ],
)
async def test_a_place_that_is_none_is_refused_in_words(world: World, near: str, code: str) -> None:
    async with world.signed_in("duty") as client:
        answer = await client.get(f"/api/v1/resources?near={near}")
    assert problem(answer, 422, "invalid")["errors"][0]["code"] == code


async def test_walls_are_shown_no_phones(world: World) -> None:
    listed(world)
    (answer,) = await answered(world, f"kind=hospital&near={NEAR}", role="viewer")
    assert answer["items"][0]["phone"] == ""


async def test_an_order_is_a_command(world: World) -> None:
    def done(command: Any) -> Result:
        return Result(command=command.id, outcome=Outcome.DONE, after=RESOURCE.view(TEAMS[0]))

    world.desk.answer = done
    async with world.signed_in("duty") as client:
        body = {"incident": "532300:20261127-0001", "rev": 3}
        answer = await client.post("/api/v1/resources/nanhua/assign", json=body)
    assert answer.status_code == 200
    (command,) = world.desk.seen
    assert (command.action, command.subject, command.expected_rev) == ("resource.assign", "nanhua", 3)
    assert command.args == {"incident": "532300:20261127-0001"}


async def test_a_refusal_is_said_in_words(world: World) -> None:
    world.desk.answer = lambda command: Result(
        command=command.id, outcome=Outcome.CONFLICT, detail="assigned_elsewhere", after=RESOURCE.view(TEAMS[0])
    )
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v1/resources/nanhua/assign", json={"incident": "x"})
    assert "另一事件" in problem(answer, 409, "conflict")["detail"]


@pytest.mark.parametrize("quantity", [0, -1, 1e12])
async def test_impossible_amounts_are_refused(world: World, quantity: float) -> None:
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v1/resources/x/move", json={"move": "in", "quantity": quantity})
    assert answer.status_code == 422


@pytest.mark.parametrize("role", ["admin", "operator", "viewer"])
async def test_only_duty_and_leaders_give_orders(world: World, role: str) -> None:
    async with world.signed_in(role) as client:
        assert (await client.post("/api/v1/resources/x/assign", json={"incident": "i"})).status_code == 403
