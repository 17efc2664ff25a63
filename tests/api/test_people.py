"""The duty roster, receivers and policies over HTTP, with the real people of the alert engine behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from api.routes.people import HELD
from feeds.documents.roster import Roster
from feeds.documents.version import load_content
from feeds.duty import roster as duty
from feeds.engine.commands import CommandClient
from feeds.model import Command, Outcome, Result
from tests.api.conftest import B_TEXTS, NOW, A, World, problem

PEOPLE = [
    {"id": "zhang", "name": "张三", "phone": "13800000001", "account": "zhang"},
    {"id": "li", "name": "李四", "phone": "13800000002"},
    {"id": "wang", "name": "王主任", "phone": "13800000003"},
]
TEAM = {"officers": ["zhang", "li"], "leader": "wang"}
ROSTER: dict[str, Any] = {
    "rev": 0,
    "comment": "十一月",
    "persons": PEOPLE,
    "shifts": [
        {"id": "day", "name": {"zh-CN": "白班", "en": "Day"}, "start": "08:00", "end": "20:00"},
        {"id": "night", "start": "20:00", "end": "08:00"},
    ],
    "patterns": [{"shift": shift, "first": "2026-11-01", "teams": [TEAM]} for shift in ("day", "night")],
}


class Desk(CommandClient):
    """Plays the engine's keeping of documents: the newest version, 409 for an old one."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: list[Command] = []

    async def submit(self, command: Command, *, engine: str, timeout: float = 5.0) -> Result:
        self.seen.append(command)
        kind = command.action.partition("_")[0]
        doc = await self.world.journal.doc(kind, "site")
        rev = doc.body["rev"] if doc is not None else 0
        if command.expected_rev not in (None, rev):
            return Result(command=command.id, outcome=Outcome.CONFLICT, detail="rev", after={"rev": rev})
        body = {
            "rev": rev + 1,
            "at": command.at,
            "by": command.actor,
            "comment": command.reason,
            "doc": command.args.get("doc", {}),
        }
        async with self.world.journal.begin() as tx:
            await tx.append(
                kind=kind,
                name="put",
                subject="site",
                at=command.at,
                actor=command.actor,
                body={"rev": rev + 1, "after": body["doc"], "changes": []},
            )
            await tx.put(kind, "site", body)
        return Result(command=command.id, outcome=Outcome.DONE, after=body)


@asynccontextmanager
async def office(world: World, role: str = "admin", region: str = "") -> AsyncIterator[httpx2.AsyncClient]:
    if not world.apps:
        world.desk = Desk(world)  # type: ignore[assignment]
    async with world.signed_in(role, region) as client:
        yield client


async def test_a_roster_comes_back_with_who_is_on_duty_and_what_is_wrong(world: World) -> None:
    async with office(world) as client:
        assert (await client.get("/api/v1/roster")).json()["rev"] == 0
        put = await client.put("/api/v1/roster", json=ROSTER)
        assert put.status_code == 200, put.text
        body = (await client.get("/api/v1/roster")).json()
    assert body == put.json()
    tz = duty.zone("Asia/Shanghai")
    (now,) = duty.on_duty(load_content(world.desk.seen[0].args["doc"], Roster), NOW, tz)
    assert body["now"]["shift"] == now.shift.id
    assert body["now"]["officers"] == [{key: person[key] for key in ("id", "name", "phone")} for person in PEOPLE[:2]]
    assert body["now"]["leader"]["name"] == "王主任"
    assert {error["code"] for error in body["findings"]} == {"long_duty"}
    assert len(body["plan"]) == 28
    assert (body["rev"], body["by"], body["comment"]) == (1, "admin-all", "十一月")


async def test_the_plan_of_a_month_is_asked_by_its_first_day(world: World) -> None:
    async with office(world) as client:
        assert (await client.put("/api/v1/roster", json=ROSTER)).status_code == 200
        body = (await client.get("/api/v1/roster?first=2027-03-01&days=31")).json()
        refused = await client.get("/api/v1/roster?first=2027-02-30&days=63")
    assert [body["plan"][0]["date"], body["plan"][-1]["date"]] == ["2027-03-01", "2027-03-31"]
    assert len(body["plan"]) == 62
    assert {error["field"] for error in refused.json()["errors"]} == {"query.first", "query.days"}


async def test_an_old_rev_is_409_and_a_broken_shape_422_with_its_place(world: World) -> None:
    async with office(world) as client:
        await client.put("/api/v1/roster", json=ROSTER)
        assert problem(await client.put("/api/v1/roster", json=ROSTER), 409, "conflict")["current"] == {"rev": 1}
        bad = {**ROSTER, "rev": 1, "shifts": [{"id": "day", "start": "25:00", "end": "20:00"}]}
        body = problem(await client.put("/api/v1/roster", json=bad), 422, "invalid")["errors"]
    assert [error["field"] for error in body] == ["body.shifts.0.start"]


@pytest.mark.parametrize("role", ["viewer", "leader", "duty", "operator", "auditor"])
async def test_only_administrators_put(world: World, role: str) -> None:
    async with office(world, role) as client:
        problem(await client.put("/api/v1/roster", json=ROSTER), 403, "forbidden")
        problem(await client.put("/api/v1/receivers", json={"rev": 0, "items": []}), 403, "forbidden")
        problem(await client.put("/api/v1/escalations", json={"rev": 0, "items": []}), 403, "forbidden")


async def test_an_administrator_of_a_county_may_not_put_the_sites(world: World) -> None:
    async with office(world, "admin", A) as client:
        problem(await client.put("/api/v1/roster", json=ROSTER), 403, "outside-region")


async def test_a_wall_sees_the_shift_and_nobodys_name(world: World) -> None:
    async with office(world) as client:
        await client.put(
            "/api/v1/roster",
            json={**ROSTER, "leave": [{"person": "li", "first": "2026-01-01", "last": "2026-01-02", "reason": "病假"}]},
        )
    token = await world.token("wall")
    async with world.client() as wall:
        whole = await wall.get(f"/api/v1/roster?token={token}")
        problem(await wall.get(f"/api/v1/receivers?token={token}"), 401, "not-signed-in")
    async with world.signed_in("viewer") as viewer:
        same = await viewer.get("/api/v1/roster")
        for path in ("receivers", "escalations", "roster/history"):
            problem(await viewer.get(f"/api/v1/{path}"), 403, "forbidden")
    for body in (whole, same):
        now = body.json()["now"]
        assert (now["shift"], now["officers"], now["leader"]) == ("day", [], None)
        secrets = ("zhang", "张三", "138", "病假", "account", "admin-all", "十一月")
        assert not any(secret in body.text for secret in secrets)


async def test_a_county_sees_its_own_people_and_those_above_but_no_other_countys(world: World) -> None:
    people = [
        {"id": "a-li", "name": "牟定李", "region": A},
        {"id": "b-officer", "name": "禄丰王", "region": "532331"},
        {"id": "all", "name": "州值班", "phone": "1"},
    ]
    team = {"officers": ["a-li", "b-officer"], "leader": "all"}
    wish = {
        **ROSTER,
        "persons": people,
        "patterns": [{**ROSTER["patterns"][0], "teams": [team]}],
        "assignments": [{"date": "2026-11-22", "shift": "day", **team}],
        "substitutes": [{"date": "2026-11-22", "shift": "day", "person": "b-officer", "substitute": "a-li"}],
        "leave": [{"person": "b-officer", "first": "2026-01-01", "last": "2026-01-02"}],
    }
    async with office(world) as client:
        assert (await client.put("/api/v1/roster", json=wish)).status_code == 200
        items = [
            {"id": "b-owner", "url": "json://h/", "regions": ["532331"]},
            {"id": "ours", "url": "json://h/", "regions": [A]},
        ]
        await client.put("/api/v1/receivers", json={"rev": 0, "items": items})
        steps = [{"who": ["person:b-officer", "person:a-li"], "channels": ["ours"]}]
        await client.put("/api/v1/escalations", json={"rev": 0, "items": [{"id": "all", "steps": steps}]})
    async with world.signed_in("operator", A) as client:
        roster = await client.get("/api/v1/roster")
        assert {row["id"] for row in roster.json()["persons"]} == {"a-li", "all"}
        receivers = await client.get("/api/v1/receivers")
        assert [row["id"] for row in receivers.json()["items"]] == ["ours"]
        policies = await client.get("/api/v1/escalations")
        assert policies.json()["items"][0]["steps"][0]["who"] == ["person:a-li"]
        for answer in (roster, receivers, policies):
            assert not [text for text in B_TEXTS if text in answer.text], answer.text
        problem(await client.get("/api/v1/roster/history"), 403, "forbidden")


async def test_steps_take_durations_as_the_file_writes_them(world: World) -> None:
    steps: list[dict[str, Any]] = [
        {"after": "2m", "who": ["receiver:desk"], "repeat": "15m"},
        {"after": 300, "who": ["receiver:desk"]},
    ]
    async with office(world) as client:
        wish = {"rev": 0, "items": [{"id": "all", "steps": steps}]}
        await client.put("/api/v1/escalations", json=wish)
        wrong = {**wish, "items": [{"id": "all", "steps": [{**steps[0], "after": "soon"}]}]}
        errors = problem(await client.put("/api/v1/escalations", json=wrong), 422, "invalid")["errors"]
    assert (errors[0]["field"], errors[0]["code"]) == ("body.items.0.steps.0.after", "duration")
    (put_command,) = [command for command in world.desk.seen if command.action == "escalations_put"]
    assert [(row["after"], row["repeat"]) for row in put_command.args["doc"]["items"][0]["steps"]] == [
        (120.0, 900.0),
        (300.0, None),
    ]


async def test_history_is_for_administrators_and_auditors(world: World) -> None:
    async with office(world) as client:
        await client.put("/api/v1/roster", json=ROSTER)
        (version,) = (await client.get("/api/v1/roster/history")).json()["items"]
    assert (version["rev"], version["by"], version["name"]) == (1, "admin-all", "put")
    async with world.signed_in("auditor") as client:
        assert (await client.get("/api/v1/roster/history")).status_code == 200
    async with world.signed_in("duty") as client:
        problem(await client.get("/api/v1/roster/history"), 403, "forbidden")


async def test_undo_and_a_swap_are_commands_with_their_rev(world: World) -> None:
    async with office(world, "duty") as client:
        swap = {"date": "2026-11-22", "shift": "day", "person": "zhang", "substitute": "wang", "reason": "病"}
        assert (await client.post("/api/v1/roster/substitutes", json=swap)).status_code == 200
    sent = world.desk.seen[-1]
    assert (sent.action, sent.args["substitute"], sent.expected_rev) == ("roster_substitute", "wang", None)
    async with office(world) as client:
        await client.post("/api/v1/roster:undo", json={"rev": 1, "to": 0})
        assert (await client.post("/api/v1/receivers:undo", json={"rev": 0})).status_code == 200
    undone = [(command.action, command.expected_rev) for command in world.desk.seen[1:]]
    assert undone == [("roster_undo", 1), ("receivers_undo", 0)]


async def test_a_version_that_would_remove_much_is_409_with_the_difference_and_its_acceptance(world: World) -> None:
    hold = {"accept": "d1", "lists": [{"list": "receiver", "before": 3, "after": 0, "removed": ["a", "b", "c"]}]}
    world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.CONFLICT, detail=HELD, after=hold)
    async with world.signed_in("admin") as client:
        for path, body in (("receivers", {"items": []}), ("roster", {}), ("receivers:undo", {"to": 1})):
            send = client.post if ":" in path else client.put
            answer = await send(f"/api/v1/{path}", json={"rev": 1, "accept": "d0", **body})
            assert problem(answer, 409, "removal-held")["held"] == hold
            assert world.desk.seen[-1].args["accept"] == "d0"
            assert "accept" not in world.desk.seen[-1].args.get("doc", {})


async def test_what_the_engine_refuses_is_told_in_both_languages(world: World) -> None:
    faults = [{"field": "hook", "code": "receiver", "message": {"zh-CN": "地址不对", "en": "a wrong address"}}]

    def refuse(command: Command) -> Result:
        return Result(command=command.id, outcome=Outcome.INVALID, detail="faults", after={"faults": faults})

    world.desk.answer = refuse
    async with world.signed_in("admin") as client:
        wish = {"rev": 0, "items": [{"id": "hook", "url": "nonsense://x"}]}
        zh = await client.put("/api/v1/receivers", json=wish)
        en = await client.put("/api/v1/receivers", json=wish, headers={"Accept-Language": "en"})
    assert [problem(answer_in, 422, "invalid")["errors"][0]["message"] for answer_in in (zh, en)] == [
        "地址不对",
        "a wrong address",
    ]


CSV = "日期,班次,值班员1,值班员2,带班领导\n2026-11-22,白班,张三,li,王主任\n2026/11/23,night,zhang,李四,\n,,,,\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_spreadsheet_becomes_dated_assignments(world: World, encoding: str) -> None:
    async with office(world) as client:
        fixed = {"date": "2026-11-22", "shift": "day", "officers": ["wang"], "leader": "li"}
        other = {"date": "2026-11-01", "shift": "day", "officers": ["wang"], "leader": "li"}
        await client.put("/api/v1/roster", json={**ROSTER, "assignments": [fixed, other]})
        path, raw = "/api/v1/roster:import?rev=1", CSV.encode(encoding)
        dry = await client.post(f"{path}&dry_run=true", content=raw, headers={"Content-Type": "text/csv"})
        assert (dry.json()["rev"], len(dry.json()["assignments"])) == (1, 3)
        done = await client.post(path, content=raw, headers={"Content-Type": "text/csv"})
    assert done.json()["rev"] == 2
    assert (
        done.json()["assignments"]
        == dry.json()["assignments"]
        == [
            other,
            {"date": "2026-11-22", "shift": "day", "officers": ["zhang", "li"], "leader": "wang"},
            {"date": "2026-11-23", "shift": "night", "officers": ["zhang", "li"], "leader": ""},
        ]
    )


async def test_every_bad_line_of_a_spreadsheet_is_told(world: World) -> None:
    raw = b"date,shift,officer1,leader\n2026-13-01,day,zhang,wang\n2026-11-22,noon,ghost,\n"
    async with office(world) as client:
        await client.put("/api/v1/roster", json=ROSTER)
        answer = await client.post("/api/v1/roster:import?rev=1", content=raw)
        body = [(error["field"], error["code"]) for error in problem(answer, 422, "invalid")["errors"]]
        none = await client.post("/api/v1/roster:import?rev=1", content=b"a,b\n1,2\n")
    assert body == [
        ("line.2.date", "csv_date"),
        ("line.3.shift", "unknown_shift"),
        ("line.3.officer1", "unknown_person"),
    ]
    assert problem(none, 422, "invalid")["errors"][0]["code"] == "csv_head"
