"""Silences and groups in Alertmanager's form, as amtool and Karma ask for them."""

from __future__ import annotations

import pytest

from api.records.suppressions import SCAN
from api.routes.alertmanager_silences import gettable
from feeds.documents.suppression import Match, Suppression
from feeds.model import Severity
from tests.api.conftest import A, B, World, problem
from tests.api.test_suppression import LATER, doc, done, put


class Person:
    personal = True


class Wall:
    personal = False


def silence(**more: object) -> Suppression:
    fixed = {
        "id": "s1",
        "kind": "silence",
        "by": "值班员",
        "at": 1_790_000_000.0,
        "comment": "检修",
        "match": Match(assets=("a-sw", "b.sw"), rule="down", severities=(Severity.MAJOR,), labels={"layer": "core"}),
        "starts": 1_790_000_000.0,
        "until": 1_790_003_600.0,
        "running": True,
    }
    return Suppression(**{**fixed, **more})  # type: ignore[arg-type]


def test_a_silence_is_given_in_alertmanagers_form() -> None:
    row = gettable(silence(), Person())  # type: ignore[arg-type]
    assert (row["status"], row["createdBy"], row["comment"]) == ({"state": "active"}, "值班员", "检修")
    assert row["matchers"] == [
        {"name": "instance", "value": r"a\-sw|b\.sw", "isRegex": True, "isEqual": True},
        {"name": "severity", "value": "major", "isRegex": False, "isEqual": True},
        {"name": "alertname", "value": "down", "isRegex": False, "isEqual": True},
        {"name": "layer", "value": "core", "isRegex": False, "isEqual": True},
    ]


@pytest.mark.parametrize(
    ("more", "state"), [({"running": False}, "pending"), ({"ended_at": 1_790_000_100.0}, "expired"), ({}, "active")]
)
def test_the_state_of_a_silence_is_told(more: dict[str, object], state: str) -> None:
    assert gettable(silence(**more), Person())["status"] == {"state": state}  # type: ignore[arg-type]


def test_walls_see_no_names() -> None:
    row = gettable(silence(), Wall())  # type: ignore[arg-type]
    assert (row["createdBy"], row["comment"]) == ("", "")


async def test_groups_and_silences_are_listed(world: World) -> None:
    assert SCAN
    async with world.signed_in("duty") as client:
        groups = (await client.get("/api/v2/alerts/groups")).json()
        assert [group["labels"] for group in groups] == [{"alertname": "down"}]
        assert len(groups[0]["alerts"]) == 2
        assert (await client.get("/api/v2/silences")).json() == []
        assert (await client.get("/api/v2/silence/none")).status_code == 404


async def test_a_silence_is_made_by_a_person_with_equalities(world: World) -> None:
    world.desk.answer = done
    body = {
        "matchers": [
            {"name": "instance", "value": "a-sw|a\\.b", "isRegex": True, "isEqual": True},
            {"name": "alertname", "value": "down", "isRegex": False},
            {"name": "severity", "value": "major", "isRegex": False},
            {"name": "layer", "value": "core", "isRegex": False},
        ],
        "startsAt": "2020-01-01T00:00:00Z",
        "endsAt": LATER,
        "createdBy": "karma",
        "comment": "检修",
    }
    async with world.signed_in("duty", A) as client:
        answer = await client.post("/api/v2/silences", json=body)
        assert answer.status_code == 200
        command = world.desk.seen[-1]
        assert answer.json() == {"silenceID": command.subject}
        for wrong in ({"isRegex": True, "value": "a.*"}, {"isEqual": False}, {"isRegex": True, "value": "down|up"}):
            refused = body | {"matchers": [{"name": "alertname", "value": "down"} | wrong]}
            problem(await client.post("/api/v2/silences", json=refused), 422, "invalid")
    assert (command.action, command.reason, command.actor) == ("silence", "检修", "duty-532323")
    match = command.args["match"]
    assert (match["assets"], match["rule"], match["severities"], match["labels"]) == (
        ["a-sw", "a.b"],
        "down",
        ["major"],
        {"layer": "core"},
    )
    assert "starts" not in command.args, "a start in the past is now"
    async with world.client(**(await bearer(world))) as client:
        problem(await client.post("/api/v2/silences", json=body), 403, "forbidden")


async def test_a_silence_is_read_and_ended_in_alertmanagers_form(world: World) -> None:
    world.desk.answer = done
    await put(world, doc("s1", region=A), doc("s2", region=B))
    async with world.signed_in("duty", A) as client:
        rows = (await client.get("/api/v2/silences")).json()
        assert [row["id"] for row in rows] == ["s1"], "another county's is not shown"
        assert (await client.get("/api/v2/silences?filter=region=~5323.*")).json() == rows
        assert (await client.get("/api/v2/silences?filter=alertname=down")).json() == []
        assert (await client.get("/api/v2/silence/s1")).json() == rows[0]
        assert (await client.delete("/api/v2/silence/s1")).status_code == 200
        assert (await client.delete("/api/v2/silence/s2")).status_code == 404
    assert [(command.action, command.subject) for command in world.desk.seen] == [("unsilence", "s1")]


async def bearer(world: World) -> dict[str, str]:
    return {"Authorization": f"Bearer {await world.token('read')}"}
