"""Whole numbers of any size: those that neither the bus nor the journal can hold are wrong input, and no fault."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from api.http.numbers import LARGEST
from feeds import wire
from feeds.model import Command, Outcome, Result
from tests.api.conftest import World, problem

HUGE = 10**30


def encoded(command: Command) -> Result:
    """As the bus would take it."""
    wire.encode(command)
    return Result(command=command.id, outcome=Outcome.DONE, after={"rev": 1, "changed": [], "preview": []})


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", "alerts/a-alert/ack", {"rev": HUGE}, "body.rev"),
        ("POST", "alerts/a-alert/ack", {"rev": LARGEST + 1}, "body.rev"),
        ("POST", "alerts:bulk", {"ids": ["a-alert"], "action": "ack", "revs": {"a-alert": HUGE}}, "body.revs.a-alert"),
        ("PUT", "rules", {"items": [], "rev": HUGE}, "body.rev"),
        ("PUT", "rules", {"items": [], "accept": HUGE}, "body.accept"),
        ("POST", "rules/r/undo", {"seq": HUGE}, "body.seq"),
        ("DELETE", f"rules/r?rev={HUGE}", None, "query.rev"),
        ("PUT", "escalations", {"rev": HUGE, "policies": []}, "body.rev"),
        ("POST", "roster:undo", {"rev": 1, "to": HUGE}, "body.to"),
    ],
)
async def test_a_number_beyond_64_bits_is_wrong_input(
    world: World, method: str, path: str, body: dict[str, Any] | None, field: str
) -> None:
    world.desk.answer = encoded
    async with world.signed_in("admin") as client:
        answer = await client.request(method, f"/api/v1/{path}", json=body)
        assert field in [error["field"] for error in problem(answer, 422, "invalid")["errors"]]
    assert world.desk.seen == []


async def test_the_largest_number_is_taken(world: World) -> None:
    world.desk.answer = encoded
    async with world.signed_in("admin") as client:
        assert (await client.put("/api/v1/rules", json={"items": [], "rev": LARGEST})).status_code == 200
        assert (await client.delete(f"/api/v1/rules/r?rev={LARGEST}")).status_code == 200
    assert [command.expected_rev for command in world.desk.seen] == [LARGEST, LARGEST]


@pytest.mark.parametrize("path", ["audit", "rules/history", "handover/list", "roster/history", "receivers/history"])
async def test_a_cursor_that_is_no_place_in_the_log_is_wrong_input(world: World, path: str) -> None:
    async with world.signed_in("admin") as client:
        for number in (HUGE, 2**64 - 1, -HUGE):
            answer = await client.get(f"/api/v1/{path}?cursor={_cursor(number)}")
            assert [error["field"] for error in problem(answer, 422, "invalid")["errors"]] == ["query.cursor"]
        assert (await client.get(f"/api/v1/{path}?cursor={_cursor(1)}")).status_code == 200


@pytest.mark.parametrize("place", ["²", str(HUGE), "-1", ""])
async def test_a_place_among_closed_alerts_that_is_none_begins_at_the_newest(world: World, place: str) -> None:
    async with world.signed_in("duty") as client:
        answer = await client.get(f"/api/v1/alerts?open=false&cursor={_cursor('closed', place, '')}")
        assert (answer.status_code, answer.json()["next"]) == (200, None)


def _cursor(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key, ensure_ascii=False).encode()).decode().rstrip("=")
