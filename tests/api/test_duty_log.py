"""The duty log over REST: a view of the journal with the entries of people, and who sees what of it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from feeds.kinds import LOG
from feeds.model import Outcome, Result
from feeds.model.duty_log import LogEntry
from feeds.model.incidents import Obligation
from tests.api.conftest import NOW, A, B, World, problem
from tests.api.test_incidents import an_incident

DAY = "2026-11-18"


def an_entry(id: str, **fields: Any) -> LogEntry:
    values: dict[str, Any] = {"id": id, "kind": "phone", "text": id, "at": NOW, "author": "li", "region": A}
    return LogEntry(**values | fields)


def an_obligation(id: str, **fields: Any) -> Obligation:
    values: dict[str, Any] = {"id": id, "incident": "i", "mode": "real", "region": A, "grade": "III", "step": "first"}
    values |= {"sender": "prefecture", "recipient": "province", "channel": "phone", "policy": "first", "source": "S"}
    return Obligation(**values | {"starts_at": NOW, "due_at": NOW, "created_at": NOW} | fields)


async def written(world: World, entry: LogEntry, name: str = "written") -> None:
    async with world.journal.begin() as tx:
        body = msgspec.to_builtins(entry)
        seq = await tx.append(kind="log", name=name, subject=entry.id, at=entry.at, actor=entry.author, body=body)
        await tx.put("log", entry.id, body, seq=seq)


async def an_incidents_life(world: World, region: str = A) -> str:
    incident = an_incident(id=f"{region}:1", region=region)
    async with world.journal.begin() as tx:
        await tx.put("incident", incident.id, msgspec.to_builtins(incident))
        for at, name, body in (
            (NOW - 60, "created", {}),
            (NOW - 30, "grade", {"grade": "III", "basis": "重伤 10 人"}),
            (NOW - 20, "link", {"kind": "alerts"}),
        ):
            await tx.append(kind="incident", name=name, subject=incident.id, at=at, actor="li", body=body)
        subject = f"{incident.id}/first/province/phone/III/1"
        due = an_obligation(subject, incident=incident.id, region=region)
        await tx.put("obligation", subject, msgspec.to_builtins(due))
        await tx.append(kind="obligation", name="late", subject=subject, at=NOW - 10)
    return incident.id


async def test_the_log_is_a_view_of_the_journal_newest_first(world: World) -> None:
    id = await an_incidents_life(world)
    await written(world, an_entry("L1", incident=id))
    async with world.signed_in("duty") as client:
        page = (await client.get("/api/v1/log", params={"incident": id})).json()
    assert [(row["kind"], row["name"]) for row in page["items"]] == [
        ("phone", "written"),
        ("report", "late"),
        ("grade", "grade"),
        ("phase", "created"),
    ]
    texts = [row["text"]["zh-CN"] for row in page["items"]]
    assert texts == ["L1", "初报（电话，报省）超时未报", "定级：较大，依据 重伤 10 人", "接报，建立事件"]
    assert all(row["intact"] and len(row["hash"]) == 64 and row["number"] for row in page["items"])


async def test_a_row_of_another_county_is_not_shown(world: World) -> None:
    await an_incidents_life(world, B)
    await written(world, an_entry("L1", region=B))
    async with world.signed_in("duty", A) as client:
        page = (await client.get("/api/v1/log", params={"day": DAY})).json()
    assert [row for row in page["items"] if row["kind"] != "sign-in"] == []


async def test_the_old_words_of_a_correction_are_struck_out(world: World) -> None:
    await written(world, an_entry("L1"))
    await written(world, an_entry("L2", corrects="L1", at=NOW + 1), "corrected")
    async with world.journal.begin() as tx:
        await tx.put("log", "L1", msgspec.to_builtins(an_entry("L1", corrected_by="L2")))
    async with world.signed_in("duty") as client:
        page = (await client.get("/api/v1/log", params={"kind": "phone", "day": DAY})).json()
    assert [(row["subject"], row["corrects"], row["corrected_by"]) for row in page["items"]] == [
        ("L2", "L1", ""),
        ("L1", "", "L2"),
    ]


async def test_pages_follow_one_another_without_a_gap(world: World) -> None:
    for number in range(7):
        await written(world, an_entry(f"L{number}", at=NOW + number // 2))
    subjects, cursor = [], ""
    async with world.signed_in("duty") as client:
        for _ in range(5):
            params = {"day": DAY, "kind": "phone", "limit": "2", "cursor": cursor}
            page = (await client.get("/api/v1/log", params=params)).json()
            subjects += [row["subject"] for row in page["items"]]
            if (cursor := page["next"]) is None:
                break
    assert subjects == ["L6", "L5", "L4", "L3", "L2", "L1", "L0"]


async def test_exercises_are_shown_only_when_asked_for(world: World) -> None:
    await written(world, an_entry("L1", mode="exercise"))
    params = {"day": DAY, "kind": "phone"}
    async with world.signed_in("duty") as client:
        assert (await client.get("/api/v1/log", params=params)).json()["items"] == []
        (row,) = (await client.get("/api/v1/log", params=params | {"mode": "exercise"})).json()["items"]
    assert row["mode"] == "exercise"


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("auditor", 200), ("leader", 200)])
async def test_walls_see_no_log(world: World, role: str, status: int) -> None:
    async with world.signed_in(role) as client:
        assert (await client.get("/api/v1/log")).status_code == status


async def test_an_entry_and_its_correction_are_commands(world: World) -> None:
    after = LOG.view(an_entry("L2"))
    world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.DONE, after=after)
    async with world.signed_in("duty") as client:
        refs = [{"kind": "incident", "id": "i"}]
        assert (await client.post("/api/v1/log", json={"text": "来电", "refs": refs})).status_code == 201
        assert (await client.post("/api/v1/log/L1/correct", json={"text": "去电"})).status_code == 201
    create, correct = world.desk.seen
    assert (create.action, create.args) == ("log.create", {"text": "来电", "refs": refs})
    assert (correct.action, correct.subject, correct.args) == ("log.correct", "L1", {"text": "去电"})


async def test_a_refusal_says_why(world: World) -> None:
    world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.CONFLICT, detail="corrected")
    async with world.signed_in("duty") as client:
        document = problem(await client.post("/api/v1/log/L1/correct", json={"text": "x"}), 409, "conflict")
        assert document["code"] == "corrected"
        world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.INVALID, detail="no_record")
        problem(await client.post("/api/v1/log", json={"text": "x"}), 422, "invalid")
        assert (await client.get("/api/v1/log", params={"kind": "gossip"})).status_code == 422
