"""Alerts over HTTP: the list, an alert's life, and what people do about them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api.kinds import lists
from api.records import alerts
from feeds.live.mirror import alert_record
from feeds.model import Ack, Command, Outcome, Result
from feeds.wire import iso
from tests.api.conftest import NOW, A, B, World, an_alert, problem

ACK = "/api/v1/alerts/a-alert/ack"


async def test_alerts_open_by_default_closed_when_asked(world: World) -> None:
    closed = [
        an_alert(f"old-{n}", "a-sw", A, active=False, raised_at=NOW - 900 - n, ack=Ack(by="wang", at=NOW))
        for n in range(3)
    ]
    async with world.journal.begin() as tx:
        for number, alert in enumerate(closed):
            await tx.put("alert", alert.id, _dumped(alert), open=False, seq=10 - number)
    async with world.signed_in("duty") as client:

        async def ids(query: str) -> list[str]:
            return [item["id"] for item in (await client.get(f"/api/v1/alerts?{query}")).json()["items"]]

        assert sorted(await ids("")) == ["a-alert", "b-alert"]
        assert await ids("acked=false") == ["a-alert"]
        assert await ids(f"region={B}") == ["b-alert"]
        assert await ids("asset=a-sw&severity=critical,major") == ["a-alert"]
        assert await ids("severity=minor") == []
        assert await ids("suppressed=true") == []
        assert await ids("active=false") == ["old-0", "old-1", "old-2"]
        assert await ids("open=false") == ["old-0", "old-1", "old-2"]
        first = (await client.get("/api/v1/alerts?open=false&limit=2")).json()
        assert [item["id"] for item in first["items"]] == ["old-0", "old-1"]
        assert await ids(f"open=false&limit=2&cursor={first['next']}") == ["old-2"]
        record = (await client.get("/api/v1/alerts/old-1")).json()
        assert (record["state"], record["acked"], record["active"]) == ("NORM", True, False)


async def test_closed_alerts_are_found_by_rule_and_time_however_deep_they_lie(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lists, "SCAN", 5)
    monkeypatch.setattr(lists, "BUDGET", 20)
    async with world.journal.begin() as tx:
        for number in range(33):
            rule = "rare" if number % 11 == 10 else "down"
            alert = an_alert(
                f"old-{number}", "a-sw", A, active=False, rule=rule, raised_at=NOW - number, ack=Ack(by="wang", at=NOW)
            )
            await tx.put("alert", alert.id, _dumped(alert), open=False, seq=100 - number)
    async with world.signed_in("duty") as client:
        body, cursor, pages = [], "", 0
        while pages < 10:
            answer = (await client.get(f"/api/v1/alerts?open=false&rule=rare&cursor={cursor}")).json()
            body += [item["id"] for item in answer["items"]]
            pages, cursor = pages + 1, answer["next"]
            if cursor is None:
                break
        assert (body, pages) == (["old-10", "old-21", "old-32"], 2)
        span = {"from": iso(NOW - 3), "to": iso(NOW - 1), "open": "false"}
        answer = (await client.get("/api/v1/alerts", params=span)).json()
        assert [item["id"] for item in answer["items"]] == ["old-2", "old-3"]


async def test_of_a_long_life_the_newest_steps_are_shown_and_the_others_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "LIFE", 3)
    async with world.journal.begin() as tx:
        for number in range(1, 8):
            await tx.append(kind="alert", name="comment", subject="a-alert", at=NOW + number, body={"seq": number})
    async with world.signed_in("duty") as client:
        record = (await client.get("/api/v1/alerts/a-alert")).json()
    assert ([row["seq"] for row in record["transitions"]], record["more_transitions"]) == ([5, 6, 7], 4)


def _dumped(alert: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = msgspec.to_builtins(alert)
    return dumped


async def test_an_alert_comes_with_its_life_and_what_was_sent(world: World) -> None:
    async with world.journal.begin() as tx:
        await tx.append(kind="alert", name="raise", subject="a-alert", at=NOW, body={"seq": 1, "after": {"since": NOW}})
        ack = {"by": "wang", "at": NOW, "comment": "on my way", "until": None}
        body = {"seq": 2, "before": {"ack": None}, "after": {"ack": ack}, "text": ""}
        await tx.append(
            kind="alert", name="ack", subject="a-alert", at=NOW, actor="wang", reason="on my way", body=body
        )
        await tx.enqueue("k1", receiver="desk", subject="a-alert", created=NOW, due=NOW, body={"url": "secret"})
    async with world.signed_in("duty") as client:
        record = (await client.get("/api/v1/alerts/a-alert")).json()
        problem(await client.get("/api/v1/alerts/none"), 404, "not-found")
    assert [row["name"] for row in record["transitions"]] == ["raise", "ack"]
    assert record["transitions"][0]["after"]["since"].endswith("Z")
    assert record["transitions"][1]["actor"] == "wang"
    assert record["transitions"][1]["after"]["ack"]["comment"] == "on my way"
    assert record["notices"][0]["receiver"] == "desk"
    async with world.signed_in("viewer") as client:
        answer = await client.get("/api/v1/alerts/a-alert")
    assert "wang" not in answer.text
    assert "on my way" not in answer.text


async def test_an_ack_is_a_command_with_who_why_and_until_when(world: World) -> None:
    async with world.signed_in("duty", A) as client:
        body = {"comment": "on my way", "until": "2026-11-22T08:00:00+08:00", "rev": 1}
        answer = await client.post(ACK, json=body)
    assert answer.status_code == 200
    assert (answer.json()["state"], answer.json()["rev"]) == ("ACKED", 2)
    command = world.desk.seen[0]
    assert (command.action, command.subject, command.reason, command.expected_rev) == ("ack", "a-alert", "on my way", 1)
    assert (command.actor, command.role, command.actor_region) == ("duty-532323", "duty", A)
    assert command.args == {"until": 1795305600.0}
    assert command.valid_until == command.at + 5


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("ack", {"until": "2026-11-22T08:00:00"}, "body.until"),
        ("ack", {"comment": "x" * 2001}, "body.comment"),
        ("ack", {"rev": "one"}, "body.rev"),
        ("ack", {"colour": "red"}, "body.colour"),
        ("comment", {"comment": "  "}, "body.comment"),
        ("comment", {}, "body.comment"),
        ("unack", {"until": "2026-11-22T08:00:00Z"}, "body.until"),
    ],
)
async def test_what_makes_no_sense_never_reaches_the_engine(
    world: World, path: str, body: dict[str, Any], field: str
) -> None:
    async with world.signed_in("duty") as client:
        document = problem(await client.post(f"/api/v1/alerts/a-alert/{path}", json=body), 422, "invalid")
    assert document["errors"][0]["field"] == field
    assert document["errors"][0]["message"]
    assert world.desk.seen == []


async def test_outcomes_become_answers(world: World) -> None:
    current = alert_record(an_alert("a-alert", "a-sw", A, rev=7))

    def answer(outcome: Outcome, detail: str = "") -> None:
        def says(command: Command) -> Result:
            return Result(command=command.id, outcome=outcome, detail=detail, after=current)

        world.desk.answer = says

    async with world.signed_in("duty") as client:
        answer(Outcome.CONFLICT, "rev")
        document = problem(await client.post(ACK, json={"rev": 1}), 409, "conflict")
        assert (document["current"]["rev"], document["code"]) == (7, "rev")
        answer(Outcome.NOT_FOUND)
        problem(await client.post(ACK, json={}), 404, "not-found")
        answer(Outcome.FORBIDDEN, "region")
        problem(await client.post(ACK, json={}), 403, "outside-region")
        answer(Outcome.INVALID, "until_past")
        assert problem(await client.post(ACK, json={}), 422, "invalid")["errors"][0]["code"] == "until_past"
        answer(Outcome.LATE)
        problem(await client.post(ACK, json={}), 503, "unanswered")
        world.desk.silent = True
        silent = await client.post(ACK, json={})
        problem(silent, 503, "unanswered")
        assert int(silent.headers["retry-after"]) > 0


@pytest.mark.parametrize("role", ["viewer", "leader", "auditor"])
async def test_some_roles_only_look(world: World, role: str) -> None:
    async with world.signed_in(role) as client:
        for path in ("ack", "unack", "comment"):
            problem(await client.post(f"/api/v1/alerts/a-alert/{path}", json={"comment": "x"}), 403, "forbidden")
        problem(await client.post("/api/v1/alerts:bulk", json={"ids": ["a-alert"], "action": "ack"}), 403, "forbidden")
    assert world.desk.seen == []


async def test_nobody_acts_outside_his_region(world: World) -> None:
    async with world.signed_in("duty", A) as client:
        answer = await client.post("/api/v1/alerts/b-alert/ack", json={})
        problem(answer, 403, "outside-region")
        problem(await client.post("/api/v1/alerts/none/ack", json={}), 404, "not-found")
    assert world.desk.seen == []


async def test_several_at_once_but_none_that_has_moved_on_since(world: World) -> None:
    def answer(command: Command) -> Result:
        if command.expected_rev == 6:
            return Result(command=command.id, outcome=Outcome.CONFLICT, detail="rev")
        return Result(command=command.id, outcome=Outcome.INVALID, detail="bad_until")

    world.desk.answer = answer
    async with world.signed_in("duty") as client:
        wish = {"ids": ["a-alert", "b-alert"], "action": "unshelve", "revs": {"a-alert": 6}}
        first, second = (await client.post("/api/v1/alerts:bulk", json=wish)).json()["results"]
    assert (first["status"], first["problem"], first["code"]) == (409, "conflict", "rev")
    assert (second["status"], second["errors"][0]["message"]) == (422, "结束时间缺失或过远")
    assert {command.subject: command.expected_rev for command in world.desk.seen} == {"a-alert": 6, "b-alert": None}


async def test_several_at_once_each_with_its_own_result(world: World) -> None:
    async with world.signed_in("duty", A) as client:
        wish = {"ids": ["a-alert", "b-alert", "none", "a-alert"], "action": "ack", "comment": "storm"}
        results = (await client.post("/api/v1/alerts:bulk", json=wish)).json()["results"]
        empty = await client.post("/api/v1/alerts:bulk", json={"ids": ["a-alert"], "action": "comment"})
    assert [(row["id"], row["status"]) for row in results] == [("a-alert", 200), ("b-alert", 403), ("none", 404)]
    assert results[0]["alert"]["acked"] is True
    assert results[1]["problem"] == "outside-region"
    problem(empty, 422, "invalid")
