"""Incidents over REST: orders are commands, who may give them, and what walls are shown."""

from __future__ import annotations

from typing import Any

import pytest

from feeds import wire
from feeds.kinds import INCIDENT
from feeds.model import Candidate, Change, Kind, Outcome, Receipt, Result
from feeds.model.incidents import Incident, PostHolder
from tests.api.conftest import NOW, A, World, problem

ID = "532300:20261127-0001"


def an_incident(**fields: Any) -> Incident:
    values: dict[str, Any] = {
        "id": ID,
        "region": A,
        "received_at": NOW,
        "created_at": NOW,
        "created_by": "li",
        "phase_at": NOW,
        "posts": (PostHolder(post="commander", holder="zhang", since=NOW, by="li"),),
    }
    return Incident(**values | fields)


def done(command: Any) -> Result:
    return Result(command=command.id, outcome=Outcome.DONE, after=INCIDENT.view(an_incident()))


async def test_an_order_is_a_command_with_times_in_seconds(world: World) -> None:
    world.desk.answer = done
    body = {
        "level": "III",
        "matters": "泄漏",
        "measures": "疏散",
        "expected_end": wire.iso(NOW + 3600),
        "reason": "会商",
        "rev": 3,
    }
    async with world.signed_in("leader") as client:
        answer = await client.post(f"/api/v1/incidents/{ID}/respond", json=body)
    assert answer.status_code == 200
    (command,) = world.desk.seen
    assert (command.action, command.subject, command.role) == ("incident.respond", ID, "leader")
    assert (command.reason, command.expected_rev) == ("会商", 3)
    assert command.args["expected_end"] == NOW + 3600


async def test_what_a_body_leaves_out_is_no_argument_of_the_order(world: World) -> None:
    world.desk.answer = done
    async with world.signed_in("duty") as client:
        await client.patch(f"/api/v1/incidents/{ID}", json={"title": "新"})
    assert world.desk.seen[0].args == {"title": "新"}


async def test_a_receipt_becomes_an_incident_or_part_of_one(world: World) -> None:
    world.desk.answer = done
    async with world.signed_in("duty") as client:
        assert (await client.post("/api/v1/receipts/119:1/open", json={"event_class": "fire"})).status_code == 201
        assert (await client.post("/api/v1/receipts/119:2/attach", json={"incident": ID})).status_code == 200
    opened, attached = world.desk.seen
    assert (opened.action, opened.args) == ("incident.create", {"event_class": "fire", "receipts": ["119:1"]})
    assert (attached.action, attached.subject, attached.args["receipt"]) == ("incident.attach", ID, "119:2")


@pytest.mark.parametrize(
    ("role", "status"), [("duty", 200), ("leader", 200), ("admin", 403), ("operator", 403), ("viewer", 403)]
)
async def test_only_duty_and_leaders_give_orders(world: World, role: str, status: int) -> None:
    world.desk.answer = done
    async with world.signed_in(role) as client:
        answer = await client.post(f"/api/v1/incidents/{ID}/end", json={})
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("outcome", "detail", "status", "code"),
    [
        (Outcome.CONFLICT, "transition", 409, "transition"),
        (Outcome.FORBIDDEN, "role", 403, None),
        (Outcome.NOT_FOUND, "", 404, None),
        (Outcome.INVALID, "missing:place", 422, None),
    ],
)
async def test_a_refused_order_says_what_stands_in_its_way(
    world: World, outcome: Outcome, detail: str, status: int, code: str | None
) -> None:
    world.desk.answer = lambda command: Result(command=command.id, outcome=outcome, detail=detail)
    async with world.signed_in("duty") as client:
        answer = await client.post(f"/api/v1/incidents/{ID}/open", json={"event_class": "fire"})
    assert answer.status_code == status
    if code is not None:
        assert answer.json()["code"] == code
        assert "阶段" in answer.json()["detail"]
    if status == 422:
        (finding,) = answer.json()["errors"]
        assert (finding["code"], finding["field"]) == ("missing", "body.place")


async def test_a_figure_in_words_and_half_a_position_are_refused(world: World) -> None:
    async with world.signed_in("duty") as client:
        figure = {"what": "dead", "value": "约10人", "source": "120"}
        problem(await client.post(f"/api/v1/incidents/{ID}/casualties", json=figure), 422, "invalid")
        half = await client.patch(f"/api/v1/incidents/{ID}", json={"lat": 25.0})
        assert problem(half, 422, "invalid")["errors"][0]["code"] == "half_position"
    assert world.desk.seen == []


async def test_walls_are_shown_no_names(world: World) -> None:
    world.pump.mirror.apply([Change(kind=Kind.INCIDENT, id=ID, after=an_incident(), at=NOW)])
    async with world.signed_in("viewer") as client:
        record = (await client.get(f"/api/v1/incidents/{ID}")).json()
    assert (record["posts"], record["created_by"]) == ([], "")
    async with world.signed_in("duty") as client:
        record = (await client.get(f"/api/v1/incidents/{ID}")).json()
    assert record["posts"][0]["holder"] == "zhang"
    assert record["orders"]["verify"] == ["duty", "leader"]


async def test_exercises_are_listed_only_when_they_are_asked_for(world: World) -> None:
    incidents = (an_incident(), an_incident(id="532300:X20261127-0001", mode="exercise"))
    world.pump.mirror.apply(Change(kind=Kind.INCIDENT, id=each.id, after=each, at=NOW) for each in incidents)
    async with world.signed_in("duty") as client:
        listed = (await client.get("/api/v1/incidents")).json()["items"]
        exercises = (await client.get("/api/v1/incidents?mode=exercise")).json()["items"]
    assert [record["id"] for record in listed] == [ID]
    assert [record["mode"] for record in exercises] == ["exercise"]


async def test_the_life_of_an_incident_stands_in_its_detail_but_not_for_walls(world: World) -> None:
    world.pump.mirror.apply([Change(kind=Kind.INCIDENT, id=ID, after=an_incident(), at=NOW)])
    async with world.journal.begin() as tx:
        await tx.append(kind="incident", name="grade", subject=ID, at=NOW, actor="li", body={"grade": "III"})
    for role, actor, body in (("duty", "li", {"grade": "III"}), ("viewer", "", {})):
        async with world.signed_in(role) as client:
            (step,) = (await client.get(f"/api/v1/incidents/{ID}")).json()["timeline"]
        assert (step["name"], step["actor"], step["body"]) == ("grade", actor, body)


async def test_candidates_name_the_incident_that_they_belong_to(world: World) -> None:
    times = {"received_at": NOW, "reported_at": NOW, "updated_at": NOW}
    fields: dict[str, Any] = {"source": "119", "channel": "119", "region": A, **times}
    other = Receipt(id="119:1", external_id="1", title="泄漏", incident=ID, state="opened", **fields)
    near = Candidate(id="119:1", score=0.85, distance_m=181.8, seconds=270.0)
    receipt = Receipt(id="119:2", external_id="2", candidates=(near,), **fields)
    world.pump.mirror.apply(Change(kind=Kind.RECEIPT, id=each.id, after=each, at=NOW) for each in (other, receipt))
    async with world.signed_in("duty") as client:
        (item,) = (await client.get("/api/v1/receipts/119:2/candidates")).json()["items"]
    assert (item["score"], item["incident"], item["title"]) == (0.85, ID, "泄漏")


async def test_forms_are_offered_classes_and_policies_with_their_sources(world: World) -> None:
    async with world.signed_in("duty") as client:
        choices = (await client.get("/api/v1/incident_choices")).json()
    assert {row["slug"] for row in choices["classes"]} >= {"flood", "hazchem"}
    assert all(row["source"] for row in choices["policies"])
