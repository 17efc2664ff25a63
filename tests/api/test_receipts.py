"""Receipts over REST: taken down by a person, pushed by a system, decided on."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from feeds import wire
from feeds.kinds import RECEIPT
from feeds.mapped.source import MappedSource, PushedSource
from feeds.mapped.warnings import MappedWarning
from feeds.model import Change, Kind, Outcome, Receipt, Result
from feeds.receipts import ReceiptReport
from tests.api.conftest import NOW, SITE, A, B, World, a_warning, problem

MAP = {"id": "/bh", "at": "/sj", "text": "/nr", "region": "/qh", "class": "/lx"}
SOURCE = MappedSource(items="data", map=MAP, classes={"火灾": "fire"}, channel="119")
ROW = {"bh": "1", "sj": "2026-11-18 20:00:00", "nr": "着火", "qh": A}


def a_receipt(id: str = "119:1", **fields: Any) -> Receipt:
    values: dict[str, Any] = {
        "id": id,
        "source": "119",
        "external_id": "1",
        "channel": "119",
        "region": A,
        "received_at": NOW,
        "reported_at": NOW,
        "updated_at": NOW,
        "text": "着火",
        "phone": "13800000000",
    }
    return Receipt(**values | fields)


def show(world: World, *receipts: Receipt) -> None:
    world.pump.mirror.apply(Change(kind=Kind.RECEIPT, id=each.id, after=each, at=NOW) for each in receipts)


async def push(world: World, body: object, source: str = "119", region: str = "") -> Any:
    token = await world.token("ingest", region)
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    async with world.client(authorization=f"Bearer {token}") as client:
        return await client.post(f"/api/v1/ingest/receipts/{source}", content=content)


async def parcels(world: World) -> list[ReceiptReport]:
    assert world.intake is not None
    rows = await world.intake.read("command", 0, limit=10)
    return [report for row in rows for report in wire.decode(row.body, list[ReceiptReport])]


@pytest.fixture
def mapped(world: World) -> World:
    world.pushed["119"] = PushedSource(source=SOURCE, region=SITE, heartbeat=60.0)
    return world


async def test_pushed_rows_wait_in_the_intake_and_a_faulty_one_is_told(mapped: World) -> None:
    answer = await push(mapped, {"data": [ROW, {"bh": "2"}, ROW | {"bh": "3", "lx": "猫"}]})
    document = problem(answer, 422, "invalid")
    assert document["taken"] == 2
    assert [finding["code"] for finding in document["findings"]] == ["ROW_UNUSABLE", "VALUE_UNUSABLE"]
    assert [(report.id, report.region) for report in await parcels(mapped)] == [("119:1", A), ("119:3", A)]


async def test_pushed_warnings_wait_in_the_intake_each_by_itself(mapped: World) -> None:
    fields = {"id": "/bh", "at": "/sj", "event": "/nr", "region": "/qh"}
    source = MappedSource(items="data", gives="warning", map=fields)
    mapped.pushed["nmc"] = PushedSource(source=source, region=SITE, heartbeat=60.0)
    answer = await push(mapped, {"data": [ROW, ROW | {"bh": "2"}]}, source="nmc")
    assert (answer.status_code, answer.json()["taken"]) == (202, 2)
    assert mapped.intake is not None
    rows = await mapped.intake.read("command", 0, limit=10)
    assert sorted(wire.decode(row.body, MappedWarning).warning.identifier for row in rows) == ["1", "2"]
    assert {row.kind for row in rows} == {"mapped_warning"}


async def test_an_exercise_is_in_no_plain_snapshot(world: World) -> None:
    drill = replace(a_warning("drill", A, "演练暴雨"), status="Exercise")
    show(world, a_receipt(), a_receipt("119:2", mode="exercise"))
    world.pump.mirror.apply([Change(kind=Kind.WARNING, id=drill.id, after=drill, at=NOW)])
    async with world.signed_in("duty") as client:
        snapshot = (await client.get("/api/v1/snapshot")).json()
        assert list(snapshot["receipt"]) == ["119:1"]
        assert {record["status"] for record in snapshot["warning"].values()} == {"Actual"}


async def test_one_row_needs_no_list_around_it(mapped: World) -> None:
    assert (await push(mapped, ROW)).status_code == 202
    assert [report.text for report in await parcels(mapped)] == ["着火"]


async def test_what_is_no_row_an_unknown_source_and_another_region_are_refused(mapped: World) -> None:
    assert (await push(mapped, b"<html>")).json()["findings"][0]["code"] == "NO_ROWS"
    problem(await push(mapped, ROW, source="120"), 404, "not-found")
    problem(await push(mapped, ROW, region=B), 403, "outside-region")


async def test_a_phone_number_is_not_shown_on_a_wall_and_an_exercise_on_no_real_list(world: World) -> None:
    show(world, a_receipt(), a_receipt("119:2", mode="exercise"))
    async with world.signed_in("viewer") as client:
        (record,) = (await client.get("/api/v1/receipts")).json()["items"]
        assert (record["id"], record["phone"]) == ("119:1", "")
    async with world.signed_in("duty") as client:
        assert (await client.get("/api/v1/receipts/119:1")).json()["phone"] == "13800000000"
        assert len((await client.get("/api/v1/receipts?mode=exercise")).json()["items"]) == 1
        layer = (await client.get("/api/v1/map/receipts.geojson")).json()
        assert layer["features"] == []


async def test_a_report_taken_down_by_a_person_is_of_the_moment_the_form_was_opened(world: World) -> None:
    def create(command: Any) -> Result:
        report = ReceiptReport(**command.args["report"])
        return Result(command=command.id, outcome=Outcome.DONE, after=RECEIPT.view(a_receipt(report.id)))

    world.desk.answer = create
    body = {"text": "路上有落石", "region": A, "opened_at": wire.iso(NOW - 90), "lat": 25.0, "lon": 101.5}
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v1/receipts", json=body)
        assert answer.status_code == 201
        (command,) = world.desk.seen
        assert (command.action, command.args["report"]["received_at"]) == ("receipt.create", NOW - 90)
        late = await client.post("/api/v1/receipts", json=body | {"occurred_at": wire.iso(NOW + 600)})
        assert problem(late, 422, "invalid")["errors"][0]["code"] == "future"
        half = await client.post("/api/v1/receipts", json={"text": "x", "lat": 25.0})
        assert problem(half, 422, "invalid")["errors"][0]["code"] == "half_position"


async def test_a_decision_is_a_command_and_its_refusals_are_problems(world: World) -> None:
    show(world, a_receipt())
    outcomes = iter([Outcome.DONE, Outcome.INVALID, Outcome.CONFLICT, Outcome.NOT_FOUND])

    def decide(command: Any) -> Result:
        outcome = next(outcomes)
        after = RECEIPT.view(a_receipt(state="dismissed")) if outcome is Outcome.DONE else None
        return Result(command=command.id, outcome=outcome, detail="not_new", after=after)

    world.desk.answer = decide
    path, body = "/api/v1/receipts/119:1/dismiss", {"reason": "误报", "rev": 1}
    async with world.signed_in("duty") as client:
        assert (await client.post(path, json=body)).json()["state"] == "dismissed"
        assert problem(await client.post(path, json=body), 422, "invalid")["errors"][0]["code"] == "not_new"
        assert problem(await client.post(path, json=body), 409, "conflict")["current"]["id"] == "119:1"
        problem(await client.post(path, json=body), 404, "not-found")
        assert (await client.post(path, json={})).status_code == 422


async def test_a_receipt_gives_its_steps_with_the_row_as_received_but_not_to_walls(world: World) -> None:
    show(world, a_receipt())
    async with world.journal.begin() as tx:
        await tx.append(kind="receipt", name="received", subject="119:1", at=NOW, actor="li", body={"raw": "{}"})
    for role, raw, actor in (("duty", "{}", "li"), ("viewer", "", "")):
        async with world.signed_in(role) as client:
            (step,) = (await client.get("/api/v1/receipts/119:1")).json()["transitions"]
            assert (step["name"], step["raw"], step["actor"]) == ("received", raw, actor)
