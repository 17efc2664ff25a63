"""Handing the shift over: the picture, two signatures, what was handed over before, and nobody else's county in it."""

from __future__ import annotations

from typing import Any

import msgspec

from feeds import wire
from feeds.documents.handover import digest_of
from feeds.model import Ack, Change, Kind, Shelf
from tests.api.conftest import NOW, A, B, World, an_alert, picture, problem
from tests.api.test_duty_log import an_entry, an_obligation
from tests.api.test_incidents import an_incident
from tests.api.test_people import ROSTER, office


def hand(world: World) -> None:
    """An open alert, one taken with a broken promise, one on the shelf, and a silent source in A."""
    groups = picture()
    ack = Ack(by="zhang", at=NOW - 3600, estimated_restoration=NOW - 60)
    for alert in (
        an_alert("a-taken", "a-srv", A, ack=ack),
        an_alert("a-shelved", "a-srv", A, suppressed_by=("shelved",), shelf=Shelf(at=NOW, until=NOW + 3600)),
    ):
        groups[Kind.ALERT][alert.id] = alert
    world.pump.mirror.reset("e1.1-0", groups)


async def fill(world: World) -> None:
    async with world.journal.begin() as tx:
        for key, region in (("a-alert", A), ("b-alert", B)):
            seq = await tx.append(kind="alert", name="raise", subject=key, at=NOW - 60, body={"seq": 1})
            await tx.put("alert", key, msgspec.to_builtins(an_alert(key, "a-srv", region)), seq=seq)
        await tx.append(kind="alert", name="raise", subject="a-alert", at=NOW - 2 * 86400, body={"seq": 1})


async def test_the_picture_says_what_is_open_promised_hidden_and_silent(world: World) -> None:
    hand(world)
    await fill(world)
    async with office(world) as client:
        await client.put("/api/v1/roster", json=ROSTER)
        body = (await client.get("/api/v1/handover")).json()
    assert [row["id"] for row in body["open"]] == ["a-alert"]
    assert {row["id"] for row in body["acked"]} == {"a-taken", "b-alert"}
    assert body["broken_promises"] == ["a-taken"]
    assert body["hidden"] == [
        {"alert": "a-shelved", "asset": "a-srv", "reasons": ["shelved"], "until": wire.iso(NOW + 3600)}
    ]
    assert (body["figures"], body["last"]) == ({"raised": 2, "cleared": 0, "acked": 0}, None)
    assert body["shift"]["officers"][0]["name"] == "张三"
    assert body["since"] == body["shift"]["begins"]


async def test_a_handover_takes_two_signatures_of_two_people_and_keeps_the_picture(world: World) -> None:
    hand(world)
    async with office(world) as client:
        await client.put("/api/v1/roster", json=ROSTER)
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v1/handover", json={"to": "li", "remarks": "注意 2 号机房"})
        assert answer.status_code == 201, answer.text
        handover = answer.json()
        assert (handover["by"], handover["to"], handover["accepted_at"], handover["counts"]["open"]) == (
            "duty-all",
            "李四",
            None,
            1,
        )
        own = await client.post(f"/api/v1/handover/{handover['id']}/accept", json={})
        assert problem(own, 409, "conflict")["code"] == "own"
    world.at += 16 * 60
    async with world.signed_in("operator") as client:
        assert (await client.get("/api/v1/handover")).json()["last"]["unsigned"] is True
        world.pump.mirror.reset("e1.1-1", picture())
        taken = await client.post(f"/api/v1/handover/{handover['id']}/accept", json={"remarks": "已接"})
        assert (taken.json()["accepted_by"], taken.json()["unsigned"]) == ("operator-all", False)
        again = await client.post(f"/api/v1/handover/{handover['id']}/accept", json={})
        assert problem(again, 409, "conflict")["code"] == "accepted"
        (listed,) = (await client.get("/api/v1/handover/list")).json()["items"]
        assert "picture" not in listed
        stored_picture = (await client.get(f"/api/v1/handover/{handover['id']}")).json()["picture"]
    assert stored_picture["broken_promises"] == ["a-taken"]
    entries = [(entry.name, entry.actor, entry.reason) for entry in await world.journal.entries(kind="handover")]
    assert entries == [("given", "duty-all", "注意 2 号机房"), ("accepted", "operator-all", "已接")]
    assert await world.journal.verify() == []


async def test_the_list_pages_newest_first(world: World) -> None:
    async with world.signed_in("duty") as client:
        for number in range(5):
            await client.post("/api/v1/handover", json={"to": f"n{number}"})
        first = (await client.get("/api/v1/handover/list?limit=3")).json()
        rest = (await client.get(f"/api/v1/handover/list?limit=3&cursor={first['next']}")).json()
    assert [row["to"] for row in first["items"] + rest["items"]] == ["n4", "n3", "n2", "n1", "n0"]


async def test_a_countys_handover_holds_its_own_alone_and_others_do_not_see_it(world: World) -> None:
    hand(world)
    await fill(world)
    async with world.signed_in("duty", B) as client:
        handover = (await client.post("/api/v1/handover", json={"to": "b-owner", "remarks": "b-secret"})).json()
        picture = (await client.get(f"/api/v1/handover/{handover['id']}")).json()["picture"]
        assert [alert["id"] for alert in picture["acked"]] == ["b-alert"]
        assert picture["figures"]["raised"] == 1
    async with world.signed_in("duty", A) as client:
        problem(await client.get(f"/api/v1/handover/{handover['id']}"), 404, "not-found")
        problem(await client.post(f"/api/v1/handover/{handover['id']}/accept", json={}), 404, "not-found")
        assert (await client.get("/api/v1/handover/list")).json()["items"] == []
    async with world.signed_in("duty") as client:
        assert len((await client.get("/api/v1/handover/list")).json()["items"]) == 1


async def test_leaders_look_and_do_not_sign_and_walls_see_nothing(world: World) -> None:
    async with world.signed_in("leader") as client:
        assert (await client.get("/api/v1/handover")).status_code == 200
        problem(await client.post("/api/v1/handover", json={"to": "li"}), 403, "forbidden")
    async with world.signed_in("viewer") as client:
        for path in ("", "/list", "/x"):
            problem(await client.get(f"/api/v1/handover{path}"), 403, "forbidden")


async def test_the_picture_has_the_incidents_reports_receipts_and_log_of_the_shift(world: World) -> None:
    due = an_obligation("i/first/1", due_at=NOW + 300)
    later = an_obligation("i/first/2", due_at=NOW + 3600)
    records: list[tuple[str, Any]] = [
        (Kind.INCIDENT, an_incident(id="i")),
        (Kind.INCIDENT, an_incident(id="x", mode="exercise")),
        (Kind.OBLIGATION, due),
        (Kind.OBLIGATION, later),
        (Kind.LOG, an_entry("L1")),
    ]
    world.pump.mirror.apply(Change(kind=kind, id=record.id, after=record, at=NOW) for kind, record in records)
    async with world.signed_in("duty") as client:
        handover = (await client.post("/api/v1/handover", json={"to": "wang"})).json()
    assert {name: handover["counts"][name] for name in ("incidents", "obligations", "receipts", "log")} == {
        "incidents": 1,
        "obligations": 2,
        "receipts": 0,
        "log": 1,
    }
    assert handover["due_soon"] == [due.id]
    (entry,) = await world.journal.entries(kind="handover")
    doc = await world.journal.doc("handover", handover["id"])
    assert doc is not None
    assert entry.body["digest"] == handover["digest"] == digest_of(doc.body["picture"])
    path = f"/api/v1/handover/{handover['id']}/accept"
    async with world.signed_in("operator") as other:
        assert problem(await other.post(path, json={}), 409, "conflict")["code"] == "due_soon"
        assert (await other.post(path, json={"ticked": [due.id]})).status_code == 200
