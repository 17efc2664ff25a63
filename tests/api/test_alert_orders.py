"""Orders over HTTP: which alerts are meant, what a preview says, and what may be asked."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.model import Change, Command, Kind, Outcome, Result, Severity
from feeds.wire import iso
from tests.api.conftest import NOW, A, B, World, an_alert, problem

ORDER = "/api/v1/alerts:order"


@pytest.fixture
def orders(world: World) -> list[Command]:
    """The commands that come to the engine; it carries each out in full."""
    came: list[Command] = []

    def carry_out(command: Command) -> Result:
        came.append(command)
        after = {"order": command.id, "done": len(command.args.get("ids", ())), "skipped": {}}
        if command.action == "silence":
            after = {"id": command.subject}
        return Result(command=command.id, outcome=Outcome.DONE, after=after)

    world.desk.answer = carry_out
    more = [
        an_alert(f"m{number}", "a-srv", A, rule="slow", severity=Severity.MINOR, raised_at=NOW - number)
        for number in range(4)
    ]
    world.pump.mirror.apply([Change(kind=Kind.ALERT, id=alert.id, after=alert, at=NOW) for alert in more])
    return came


async def ordered(world: World, *bodies: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers to these orders."""
    async with world.signed_in("duty") as client:
        answers = [await client.post(ORDER, json=body) for body in bodies]
    assert [answer.status_code for answer in answers] == [200] * len(bodies), answers[-1].text
    return [answer.json() for answer in answers]


async def test_a_preview_says_how_many_and_does_nothing(world: World, orders: list[Command]) -> None:
    (preview,) = await ordered(world, {"action": "ack", "group": "rule:slow", "preview": True})
    assert (preview["count"], preview["severities"], preview["left_out"]) == (4, {"minor": 4}, 0)
    assert sorted(preview["alerts"]) == ["m0", "m1", "m2", "m3"]
    assert orders == []


async def test_a_preview_says_how_many_alerts_an_order_closes(world: World, orders: list[Command]) -> None:
    cleared = an_alert("m9", "a-srv", A, rule="slow", severity=Severity.MINOR, active=False, cleared_at=NOW)
    world.pump.mirror.apply([Change(kind=Kind.ALERT, id="m9", after=cleared, at=NOW)])
    body = {"group": "rule:slow", "comment": "x", "until": iso(NOW + 600), "preview": True}
    ack, shelve = await ordered(world, body | {"action": "ack"}, body | {"action": "shelve"})
    assert (ack["count"], ack["closes"], shelve["closes"]) == (5, 1, 0)


async def test_a_group_is_one_command_with_the_alerts_that_were_seen(world: World, orders: list[Command]) -> None:
    body = {"action": "ack", "group": "rule:slow", "before": iso(NOW - 2), "comment": "同一原因"}
    (done,) = await ordered(world, body)
    (command,) = orders
    assert (command.action, command.args["action"], command.reason) == ("order", "ack", "同一原因")
    assert sorted(command.args["ids"]) == ["m2", "m3"]
    assert done == {"order": command.id, "done": 2, "skipped": {}}


async def test_what_needs_a_person_is_left_out_unless_it_is_asked_for(world: World, orders: list[Command]) -> None:
    body = {"action": "ack", "filter": {}, "preview": True}
    preview, everything = await ordered(world, body, body | {"keep_needs": False})
    assert everything["count"] == preview["count"] + preview["left_out"]
    assert preview["left_out"] == sum(preview["needs"].values()) > 0


async def test_a_filter_is_that_of_the_list(world: World, orders: list[Command]) -> None:
    async with world.signed_in("duty") as client:
        body = {"action": "ack", "filter": {"severity": "minor", "region": A}, "preview": True}
        assert (await client.post(ORDER, json=body)).json()["count"] == 4
        refused = await client.post(ORDER, json={"action": "ack", "filter": {"severty": "minor"}})
        assert problem(refused, 422, "invalid")["errors"][0]["field"] == "body.filter.severty"


async def test_a_county_orders_its_own_alerts_only(world: World, orders: list[Command]) -> None:
    async with world.signed_in("duty", B) as client:
        answer = await client.post(ORDER, json={"action": "ack", "filter": {}, "keep_needs": False, "preview": True})
        assert not {alert for alert in answer.json()["alerts"] if alert.startswith(("m", "a-"))}


async def test_a_rule_is_silenced_by_one_silence(world: World, orders: list[Command]) -> None:
    body = {"action": "silence", "group": "rule:slow", "comment": "割接", "until": iso(NOW + 600)}
    preview, done = await ordered(world, body | {"preview": True}, body)
    assert preview["match"]["rule"] == "slow"
    (command,) = orders
    assert (command.action, command.args["match"]["rule"]) == ("silence", "slow")
    assert done["order"] == command.subject


@pytest.mark.parametrize(
    "body",
    [
        {"action": "ack"},
        {"action": "ack", "group": "rule:slow", "filter": {}},
        {"action": "ack", "group": "rubbish"},
        {"action": "shelve", "group": "rule:slow"},
        {"action": "silence", "group": "all:", "comment": "x", "until": iso(NOW + 600)},
    ],
)
async def test_an_order_that_says_too_little_is_refused(
    world: World, orders: list[Command], body: dict[str, Any]
) -> None:
    async with world.signed_in("duty") as client:
        problem(await client.post(ORDER, json=body), 422, "invalid")
    assert orders == []


async def test_an_undo_names_what_the_order_did(world: World, orders: list[Command]) -> None:
    async with world.journal.begin() as tx:
        for key in ("m0", "m1"):
            await tx.append(kind="alert", name="ack", subject=key, at=NOW - 5, command="o1")
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v1/alerts:undo", json={"order": "o1"})
        assert answer.status_code == 200, answer.text
        problem(await client.post("/api/v1/alerts:undo", json={"order": "o2"}), 404, "not-found")
    (command,) = orders
    assert command.args["action"] == "unack"
    assert (sorted(command.args["ids"]), command.args["undo_at"]) == (["m0", "m1"], NOW - 5)
