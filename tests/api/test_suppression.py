"""Shelf, silences and maintenance over HTTP: who may, what reaches the engine, what is shown to whom."""

from __future__ import annotations

from typing import Any

import pytest

from api.responses.alerts import SUPPRESSION
from feeds.live.mirror import alert_record
from feeds.model import Command, Kind, Outcome, Result, Shelf
from tests.api.conftest import NOW, A, B, World, an_alert, picture, problem

SHELVE = "/api/v1/alerts/a-alert/shelve"
LATER = "2026-11-22T08:00:00+08:00"
LATER_S = 1795305600.0
WINDOW = {"match": {"assets": ["a-sw"]}, "comment": "割接", "until": LATER}


def doc(key: str, kind: str = "silence", region: str = "", assets: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "kind": kind,
        "by": "wang",
        "at": NOW,
        "comment": "known",
        "starts": NOW,
        "until": NOW + 60,
        "match": {"assets": list(assets), "region": region, "kinds": [], "rule": "", "severities": [], "labels": {}},
        "recurrence": None,
        "running": True,
        "seen": NOW,
        "ended_at": None,
        "ended_by": "",
        **more,
    }


async def put(world: World, *docs: dict[str, Any]) -> None:
    async with world.journal.begin() as tx:
        for number, record in enumerate(docs, 1):
            await tx.put(record["kind"], record["id"], record, open=record["ended_at"] is None, seq=number)


def done(command: Command) -> Result:
    """The engine's result of a silence or window that it created or ended."""
    after = SUPPRESSION | {"id": command.subject, "by": command.actor, "comment": command.reason}
    return Result(command=command.id, outcome=Outcome.DONE, after=after)


async def test_shelving_is_a_command_with_who_why_and_until_when(world: World) -> None:
    async with world.signed_in("duty", A) as client:
        answer = await client.post(SHELVE, json={"comment": "sensor is being replaced", "until": LATER, "rev": 1})
        assert answer.status_code == 200
        await client.post("/api/v1/alerts/a-alert/unshelve", json={})
        problem(
            await client.post("/api/v1/alerts/b-alert/shelve", json={"comment": "x", "until": LATER}),
            403,
            "outside-region",
        )
        problem(
            await client.post("/api/v1/alerts/none/shelve", json={"comment": "x", "until": LATER}), 404, "not-found"
        )
    first, second = world.desk.seen
    assert (first.action, first.subject, first.reason, first.expected_rev) == (
        "shelve",
        "a-alert",
        "sensor is being replaced",
        1,
    )
    assert first.args == {"until": LATER_S}
    assert second.action == "unshelve"


@pytest.mark.parametrize(
    "body",
    [
        {"comment": "x"},
        {"until": LATER},
        {"comment": " ", "until": LATER},
        {"comment": "x", "until": "2026-11-22T08:00:00"},
    ],
)
async def test_no_shelf_without_a_reason_and_an_end(world: World, body: dict[str, Any]) -> None:
    async with world.signed_in("duty") as client:
        problem(await client.post(SHELVE, json=body), 422, "invalid")
    assert world.desk.seen == []


async def test_refusals_are_told_in_both_languages(world: World) -> None:
    world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.INVALID, detail="until_past")
    async with world.signed_in("duty") as client:
        body = {"comment": "x", "until": LATER}
        zh = problem(await client.post(SHELVE, json=body), 422, "invalid")
        en = problem(await client.post(SHELVE, json=body, headers={"Accept-Language": "en"}), 422, "invalid")
    assert (zh["detail"], en["detail"]) == ("结束时间已过", "the end lies in the past")
    assert zh["errors"] == [{"field": "body", "code": "until_past", "message": "结束时间已过"}]


@pytest.mark.parametrize("role", ["viewer", "leader", "auditor"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/silences", {"match": {"rule": "down"}, "comment": "x", "until": LATER}),
        ("POST", "/maintenance", WINDOW),
        ("DELETE", "/silences/s1", None),
        ("DELETE", "/maintenance/m1", None),
        ("POST", "/alerts/a-alert/shelve", {"comment": "x", "until": LATER}),
    ],
)
async def test_who_may_only_look_hides_nothing(
    world: World, role: str, method: str, path: str, body: dict[str, Any] | None
) -> None:
    async with world.signed_in(role) as client:
        problem(await client.request(method, f"/api/v1{path}", json=body), 403, "forbidden")
    assert world.desk.seen == []


async def test_a_silence_reaches_the_engine_within_the_own_region(world: World) -> None:
    world.desk.answer = done
    async with world.signed_in("operator", A) as client:
        body: dict[str, Any] = {"match": {"rule": "down", "severities": ["minor"]}, "comment": "known", "until": LATER}
        answer = await client.post("/api/v1/silences", json=body)
        assert answer.status_code == 201
        assert answer.json()["id"] == world.desk.seen[0].subject
        body["match"]["region"] = B
        problem(await client.post("/api/v1/silences", json=body), 403, "outside-region")
    (command,) = world.desk.seen
    assert command.args == {
        "match": {
            "assets": [],
            "region": A,
            "kinds": [],
            "owner": "",
            "rule": "down",
            "severities": ["minor"],
            "labels": {},
        },
        "until": LATER_S,
    }
    assert (command.action, command.actor_region, command.reason) == ("silence", A, "known")


async def test_a_recurring_window_is_in_the_sites_own_time(world: World) -> None:
    world.desk.answer = done
    async with world.signed_in("admin") as client:
        body = WINDOW | {"recurrence": {"start": "22:00", "minutes": 120, "days": [5]}}
        assert (await client.post("/api/v1/maintenance", json=body)).status_code == 201
        for wrong in (
            {"start": "25:00", "minutes": 5},
            {"start": "22:00", "minutes": 0},
            {"start": "22:00", "minutes": 5, "days": [8]},
        ):
            problem(await client.post("/api/v1/maintenance", json=WINDOW | {"recurrence": wrong}), 422, "invalid")
        rule_too = {**WINDOW, "match": {"rule": "down"}}
        problem(await client.post("/api/v1/maintenance", json=rule_too), 422, "invalid")
    zone = {"start": "22:00", "minutes": 120, "days": [5], "zone": "Asia/Shanghai"}
    assert world.desk.seen[0].args["recurrence"] == zone


async def test_a_window_that_would_overlap_itself_is_refused_with_the_mend(world: World) -> None:
    world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.INVALID, detail="recurrence_overlap")
    async with world.signed_in("admin") as client:
        body = WINDOW | {"recurrence": {"start": "22:00", "minutes": 5000}}
        answer = problem(await client.post("/api/v1/maintenance", json=body), 422, "invalid")
    assert "1440" in str(answer)


async def test_lists_say_who_why_until_when_and_how_many_and_walls_see_no_names(world: World) -> None:
    hidden = [an_alert(f"h{n}", "a-sw", A, suppressed_by=("silenced:s1",)) for n in range(2)]
    records = picture()
    records[Kind.ALERT] |= {alert.id: alert for alert in hidden}
    world.pump.mirror.reset("e1.2-0", records)
    await put(
        world,
        doc("s1", region=A),
        doc("s2", region=B),
        doc("s3", region=A, ended_at=NOW, ended_by="li"),
        doc("m1", "maintenance", assets=("b-sw",)),
    )
    async with world.signed_in("duty", A) as client:
        listed = (await client.get("/api/v1/silences")).json()
        assert [(row["id"], row["count"], row["by"]) for row in listed["items"]] == [("s1", 2, "wang")]
        assert listed["hidden"] == 1
        assert listed["items"][0]["until"].endswith("Z")
        ended = (await client.get("/api/v1/silences?ended=true")).json()["items"]
        assert [row["id"] for row in ended] == ["s3", "s1"]
        assert (await client.get("/api/v1/maintenance")).json()["items"] == []
        problem(await client.delete("/api/v1/silences/s2"), 404, "not-found")
        problem(await client.delete("/api/v1/silences/s3"), 409, "conflict")
        problem(await client.delete("/api/v1/silences/none"), 404, "not-found")
    async with world.signed_in("viewer") as client:
        assert "wang" not in (await client.get("/api/v1/silences?ended=true")).text


async def test_the_shelf_shows_who_put_what_aside_and_until_when(world: World) -> None:
    shelved = an_alert("s-alert", "a-sw", A, suppressed_by=("shelved",), shelf=Shelf(at=NOW, until=NOW + 60))
    records = picture()
    records[Kind.ALERT] |= {shelved.id: shelved}
    world.pump.mirror.reset("e1.2-0", records)
    async with world.journal.begin() as tx:
        await tx.append(kind="alert", name="shelve", subject="s-alert", at=NOW, actor="wang", reason="known", body={})
    async with world.signed_in("duty", A) as client:
        (item,) = (await client.get("/api/v1/shelf")).json()["items"]
        assert (item["alert"], item["by"], item["comment"]) == ("s-alert", "wang", "known")
    async with world.signed_in("viewer") as client:
        assert "wang" not in (await client.get("/api/v1/shelf")).text


async def test_a_preview_says_what_would_happen_and_does_nothing(world: World) -> None:
    async with world.signed_in("duty", A) as client:
        body = {"ids": ["a-alert", "b-alert", "none"], "action": "shelve", "comment": "x", "until": LATER}
        shown = (await client.post("/api/v1/alerts:bulk", json=body | {"dry_run": True})).json()
        assert [(row["id"], row["status"]) for row in shown["results"]] == [
            ("a-alert", 200),
            ("b-alert", 403),
            ("none", 404),
        ]
        unshelve = body | {"action": "unshelve", "ids": ["a-alert"], "dry_run": True}
        for action, code in (("unshelve", "not_shelved"), ("unack", "not_acked")):
            answer = await client.post("/api/v1/alerts:bulk", json=unshelve | {"action": action})
            (result,) = answer.json()["results"]
            assert (result["status"], result["code"]) == (409, code)
        assert world.desk.seen == []
        done = (await client.post("/api/v1/alerts:bulk", json=body)).json()
        assert [row["status"] for row in done["results"]] == [200, 403, 404]
        del body["until"]
        problem(await client.post("/api/v1/alerts:bulk", json=body), 422, "invalid")
    assert [(command.action, command.args) for command in world.desk.seen] == [("shelve", {"until": LATER_S})]


async def test_a_root_names_the_alerts_hidden_behind_it(world: World) -> None:
    behind = [an_alert(f"c{n}", "a-srv", A, suppressed_by=("inhibited:a-alert",)) for n in range(3)]
    records = picture()
    records[Kind.ALERT] |= {alert.id: alert for alert in behind}
    world.pump.mirror.reset("e1.2-0", records)
    async with world.signed_in("duty", A) as client:
        record = (await client.get("/api/v1/alerts/a-alert")).json()
    assert record["behind"] == ["c0", "c1", "c2"]
    assert record["affected"] == {}


async def test_a_wrong_method_is_405_below_these_paths_too(world: World) -> None:
    async with world.signed_in("duty") as client:
        problem(await client.patch("/api/v1/silences"), 405, "method-not-allowed")


async def test_an_engine_that_does_not_answer_is_said_so(world: World) -> None:
    world.desk.silent = True
    async with world.signed_in("duty") as client:
        problem(await client.post("/api/v1/maintenance", json=WINDOW), 503, "unanswered")


def late(command: Command) -> Result:
    return Result(command=command.id, outcome=Outcome.CONFLICT, detail="rev", after=alert_record(an_alert("x", "y", A)))


async def test_an_old_revision_is_409_with_the_present_state(world: World) -> None:
    world.desk.answer = late
    async with world.signed_in("duty") as client:
        document = problem(await client.post(SHELVE, json={"comment": "x", "until": LATER, "rev": 1}), 409, "conflict")
    assert document["current"]["id"] == "x"


async def test_a_preview_counts_what_a_silence_or_window_would_take_and_makes_none(world: World) -> None:
    async with world.signed_in("duty", A) as client:
        own = await client.post("/api/v1/silences:preview", json={"match": {}})
        assert own.json() == {
            "match": {"assets": [], "region": A, "kinds": [], "owner": "", "rule": "", "severities": [], "labels": {}},
            "assets": 2,
            "alerts": 1,
        }
        window = await client.post("/api/v1/maintenance:preview", json={"match": {"assets": ["a-sw"]}})
        assert (window.json()["assets"], window.json()["alerts"]) == (1, 1)
        none = await client.post("/api/v1/silences:preview", json={"match": {"severities": ["info"]}})
        assert (none.json()["assets"], none.json()["alerts"]) == (2, 0)
        problem(await client.post("/api/v1/silences:preview", json={"match": {"region": B}}), 403, "outside-region")
    assert world.desk.seen == []


async def test_an_alert_names_the_ways_to_put_it_aside_with_what_each_would_hide(world: World) -> None:
    async with world.signed_in("duty", A) as client:
        ways = (await client.get("/api/v1/alerts/a-alert")).json()["suppressions"]
    assert [(way["action"], way["scope"], way["count"]) for way in ways] == [
        ("shelve", "alert", 1),
        ("silence", "here", 1),
        ("silence", "subject", 1),
        ("silence", "region", 1),
        ("maintain", "subject", 1),
    ]
    assert ways[1]["match"].keys() == {"assets", "rule"}
    assert ways[4]["match"] == {"assets": ["a-sw"]}
