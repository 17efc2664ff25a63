"""Warnings over REST: exercises apart, the original, the chain, CAP and Atom."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from feeds import wire
from feeds.cap.message import CapDocument, parse
from feeds.journal import Parcel
from feeds.model import Change, EmergencyWarning, Kind
from incidents.warnings.journal import body_of
from incidents.warnings.lifecycle import HeldWarning
from tests.api.conftest import NOW, A, World, a_warning, problem
from tests.incidents.rig import cap

ENDER = "c,9,2026-11-22T07:00:00+00:00"
ATOM = "{http://www.w3.org/2005/Atom}"


def show(world: World, *warnings: EmergencyWarning) -> None:
    """Put warnings on the screens."""
    world.pump.mirror.apply(Change(kind=Kind.WARNING, id=warning.id, after=warning, at=NOW) for warning in warnings)


async def store(world: World, warning: EmergencyWarning, raw: bytes | None = None) -> None:
    """Put a warning into the journal, as the registry does."""
    body = {"raw": raw.decode()} if raw is not None else {}
    async with world.journal.begin() as tx:
        await tx.append(kind="warning", name="received", subject=warning.id, at=NOW, body=body)
        await tx.put("warning", warning.id, body_of(HeldWarning(warning=warning)), open=True, seq=0)


async def test_an_exercise_is_on_no_list_and_no_map_unless_it_is_asked_for(world: World) -> None:
    exercise = replace(a_warning("drill", A, "演练"), status="Exercise")
    show(world, exercise)
    async with world.signed_in("duty") as client:
        real = (await client.get("/api/v1/warnings")).json()
        assert {record["status"] for record in real["items"]} == {"Actual"}
        exercises = (await client.get("/api/v1/warnings?status=Exercise")).json()["items"]
        assert [record["id"] for record in exercises] == [exercise.id]
        everything = (await client.get("/api/v1/warnings?status=*")).json()["items"]
        assert len(everything) == len(real["items"]) + 1
        layer = (await client.get("/api/v1/map/warnings.geojson")).json()
        assert exercise.id not in {feature["id"] for feature in layer["features"]}
        assert b"drill" not in (await client.get("/api/v1/warnings.atom")).content


async def test_a_warning_gives_its_original_its_steps_and_its_chain(world: World) -> None:
    first = a_warning("a-sender", A, "牟定大雨")
    second = replace(a_warning("upd", A, "更新"), msg_type="Update", references=(first.id,), sent=NOW)
    show(world, replace(first, state="superseded", ended_by=second.id, ended_at=NOW), second)
    await store(world, first, cap("A"))
    async with world.signed_in("duty") as client:
        detail = (await client.get(f"/api/v1/warnings/{first.id}")).json()
        assert detail["original"].encode() == cap("A")
        assert [step["name"] for step in detail["transitions"]] == ["received"]
        assert [link["id"] for link in detail["chain"]] == [first.id, second.id]
        assert (await client.get(f"/api/v1/warnings/{first.id}.cap")).content == cap("A")
        problem(await client.get("/api/v1/warnings/nothing.cap"), 404, "not-found")


async def test_a_warning_that_came_as_no_document_is_written_as_cap(world: World) -> None:
    warning = replace(a_warning("quake", A, "地震"), contact="b-officer")
    show(world, warning)
    await store(world, warning)
    async with world.signed_in("duty") as client:
        answer = await client.get(f"/api/v1/warnings/{warning.id}.cap")
        assert answer.headers["content-type"] == "application/cap+xml"
        assert parse(answer.content).infos[0].headline == "地震"


async def test_the_atom_feed_lists_public_warnings_and_the_messages_that_ended_them(world: World) -> None:
    ended = replace(
        a_warning("c", A, "大风"), state="cancelled", ended_at=NOW, ended_by="c,9,2026-11-22T07:00:00+00:00"
    )
    show(world, ended, replace(a_warning("secret", A, "内部"), scope="Private"))
    await store(world, ended, cap("A"))
    async with world.signed_in("duty") as client:
        feed = etree.fromstring((await client.get("/api/v1/warnings.atom")).content)
        titles = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
        assert titles.count("大风") == 2
        assert "内部" not in titles
        assert "大雨" in "".join(filter(None, titles))


async def test_an_envelope_that_is_pushed_gives_one_parcel_a_message(world: World) -> None:
    inner = "".join(cap(name).decode().partition("?>")[2] for name in "AB")
    head = "<distributionStatus>Exercise</distributionStatus>"
    raw = f'<EDXLDistribution xmlns="urn:oasis:names:tc:emergency:EDXL:DE:1.0">{head}{inner}</EDXLDistribution>'
    token = await world.token("ingest")
    async with world.client(authorization=f"Bearer {token}") as client:
        answer = await client.post("/api/v1/ingest/cap", content=raw.encode())
        assert (answer.status_code, answer.json()["taken"]) == (202, 2)
    assert world.intake is not None
    parcels: list[Parcel] = await world.intake.read("command", 0, limit=10)
    documents = [wire.decode(parcel.body, CapDocument) for parcel in parcels]
    assert [(parse(document.raw).identifier, document.envelope) for document in documents] == [
        ("A", "Exercise"),
        ("B", "Exercise"),
    ]
