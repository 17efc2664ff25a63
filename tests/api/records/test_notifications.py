"""What was sent to whom about an alert, how its escalation stands, and the test button's outcome in words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from alerts.notify.retention import OutboxRetention
from api.routes import receiver_test
from feeds.journal import JournalEntry, OutboxItem
from feeds.model import Command, Outcome, Result
from tests.api.conftest import NOW, A, World, an_alert, problem
from tests.api.test_people import ROSTER, office


async def queue(world: World, key: str, person: str = "", receiver: str = "sms", reason: str = "escalation") -> None:
    to = {"to": {"person": person, "name": f"名{person}", "address": "13800000001", "language": ""}} if person else {}
    async with world.journal.begin() as tx:
        await tx.enqueue(key, receiver=receiver, subject="a-alert", created=NOW, due=NOW, body={"reason": reason, **to})


async def fill(world: World) -> None:
    """One message of every outcome, and an escalation that has come to its second step."""
    for key, person in (
        ("sent", "zhang"),
        ("waiting", "li"),
        ("cancelled", ""),
        ("refused", ""),
        ("part", ""),
        ("removed", ""),
        ("unneeded", ""),
    ):
        await queue(world, key, person)
    mark = world.journal.outbox_mark
    await mark("sent", sent_at=NOW + 1, attempts=1)
    await mark("cancelled", error="acknowledged")
    await mark("refused", error="refused: HTTP 400", attempts=1)
    await mark("removed", error="receiver removed")
    await mark("unneeded", error="not needed: never told")
    async with world.journal.begin() as tx:
        await tx.fold_outbox(["part"], "digest:part")
        await tx.enqueue("digest:part", receiver="sms", subject="digest:part", created=NOW, due=NOW, body={})
        body = {"policy": "all", "run": 1, "step": 1, "told": [{"person": "zhang", "receiver": "sms"}]}
        await tx.append(kind="escalation", name="step", subject="a-alert", at=NOW, body=body)
        run = {"policy": "all", "running": True, "step": 1, "next_at": NOW + 600}
        await tx.put("alert", "a-alert", msgspec.to_builtins(an_alert("a-alert", "a-srv", A)) | {"run": run})


def _without_address(body: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {notice["key"]: notice | {"address": ""} for notice in body}


async def test_an_alert_says_what_was_sent_to_whom_and_how_it_ended(world: World) -> None:
    await fill(world)
    async with world.signed_in("duty") as client:
        body = (await client.get("/api/v1/alerts/a-alert")).json()
    outcomes = {notice["key"]: notice["outcome"] for notice in body["notices"]}
    assert outcomes == {key: key for key in outcomes if key != "part"} | {"part": "digest"}
    first = body["notices"][0]
    assert (first["person"], first["name"], first["address"], first["reason"]) == (
        "zhang",
        "名zhang",
        "13800000001",
        "escalation",
    )
    assert body["escalation"]["step"] == 2
    assert body["escalation"]["steps"][0]["told"] == [{"person": "zhang", "receiver": "sms"}]


async def test_what_the_outbox_no_longer_holds_the_alert_still_says_without_the_address(world: World) -> None:
    await fill(world)
    async with world.signed_in("duty") as client:
        before = (await client.get("/api/v1/alerts/a-alert")).json()["notices"]
        assert await OutboxRetention(world.journal, lambda: NOW + 91 * 86400.0).prune() == 5
        after = (await client.get("/api/v1/alerts/a-alert")).json()["notices"]
    assert {notice.key for notice in await world.journal.outbox_for("a-alert")} == {"waiting", "part"}, (
        "what waits stays"
    )
    assert _without_address(before) == _without_address(after)
    assert {notice["key"] for notice in after if notice["address"]} == {"waiting"}
    assert await world.journal.verify() == []
    async with world.signed_in("operator", A) as client:
        body = (await client.get("/api/v1/alerts/a-alert")).json()["notices"]
    assert {(notice["person"], notice["name"]) for notice in body} == {("", "")}, (
        "nobody of another region, also not in the log"
    )


async def test_what_leaves_the_outbox_while_somebody_asks_is_told_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(world)
    pruner = OutboxRetention(world.journal, lambda: NOW + 91 * 86400.0)
    read, entries = world.journal.outbox_for, world.journal.entries

    async def then_pruned(subject: str) -> list[OutboxItem]:
        body = await read(subject)
        await pruner.prune()
        return body

    async def entries_then_pruned(**which: Any) -> list[JournalEntry]:
        body = await entries(**which)
        if which.get("kind") == "notices":
            await pruner.prune()
        return body

    monkeypatch.setattr(world.journal, "outbox_for", then_pruned)
    monkeypatch.setattr(world.journal, "entries", entries_then_pruned)
    async with world.signed_in("duty") as client:
        body = (await client.get("/api/v1/alerts/a-alert")).json()["notices"]
    assert sorted(notice["key"] for notice in body) == [
        "cancelled",
        "part",
        "refused",
        "removed",
        "sent",
        "unneeded",
        "waiting",
    ]


async def test_a_wall_and_another_region_see_no_person_in_it(world: World) -> None:
    await fill(world)
    async with office(world) as client:
        await client.put("/api/v1/roster", json={**ROSTER, "persons": [{**ROSTER["persons"][0], "region": "532331"}]})
    async with world.signed_in("viewer") as client:
        body = (await client.get("/api/v1/alerts/a-alert")).json()
        assert (body["notices"], body["escalation"]) == ([], None)
    async with world.signed_in("operator", A) as client:
        body = (await client.get("/api/v1/alerts/a-alert")).json()
    assert {(notice["person"], notice["address"]) for notice in body["notices"]} == {("", "")}
    assert body["escalation"]["steps"][0]["told"] == []


async def test_a_part_of_a_digest_that_went_out_was_sent(world: World) -> None:
    await fill(world)
    await world.journal.outbox_mark("digest:part", sent_at=NOW + 5, attempts=1)
    async with world.signed_in("duty") as client:
        body = (await client.get("/api/v1/alerts/a-alert")).json()
    part = next(notice for notice in body["notices"] if notice["key"] == "part")
    assert (part["outcome"], part["digest"]) == ("sent", "digest:part")


@pytest.mark.parametrize(
    ("how", "outcome", "words"),
    [
        ({"sent_at": NOW + 0.4}, "sent", "已送出，用时 0.4 秒"),
        ({"error": "refused: HTTP 401"}, "refused", "对方拒绝：HTTP 401"),
        ({"error": "failed: no answer within 5 s"}, "failed", "没有送到：no answer within 5 s"),
        (None, "waiting", ""),
    ],
)
async def test_the_test_button_tells_the_outcome_in_words(
    world: World, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any] | None, outcome: str, words: str
) -> None:
    monkeypatch.setattr(receiver_test, "PATIENCE", 0.2)
    await queue(world, "t1", reason="test")
    if how is not None:
        await world.journal.outbox_mark("t1", **how)
    world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.DONE, after={"key": "t1"})
    async with world.signed_in("admin") as client:
        body = (await client.post("/api/v1/receivers/sms:test", json={"to": "138"})).json()
    assert (body["outcome"], body["ok"]) == (outcome, outcome == "sent")
    assert body["message"]["zh-CN"].startswith(words)
    (sent,) = world.desk.seen
    assert (sent.action, sent.subject, sent.args["to"]) == ("receiver_test", "sms", "138")


async def test_a_receiver_that_wants_an_address_says_so(world: World) -> None:
    def refuse(command: Command) -> Result:
        return Result(command=command.id, outcome=Outcome.INVALID, detail="no_address")

    world.desk.answer = refuse
    async with world.signed_in("admin") as client:
        answer = await client.post("/api/v1/receivers/sms:test", json={})
    assert "收件地址" in problem(answer, 422, "invalid")["errors"][0]["message"]
    async with world.signed_in("duty") as client:
        problem(await client.post("/api/v1/receivers/sms:test", json={}), 403, "forbidden")


def test_a_message_that_waits_has_no_outcome_yet() -> None:
    fixed = {"key": "k", "receiver": "r", "subject": "s", "created": 0.0, "sent_at": None, "attempts": 3, "error": "x"}
    item = OutboxItem(**fixed, due=1.0, body={})  # type: ignore[arg-type]
    assert receiver_test.judge(item) == ("waiting", "")
