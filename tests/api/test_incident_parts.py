"""What belongs to one incident over REST, deputies of leaders on leave, and bad input."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api.auth import accounts
from feeds.documents.roster import Leave, Person, Roster
from feeds.documents.version import ROSTER, SITE, Version
from feeds.kinds import INCIDENT
from feeds.model import Change, Command, Kind, Outcome, Result
from feeds.model.marks import MapMark
from feeds.model.tasks import Task
from tests.api.conftest import NOW, PASSWORD, A, World, problem
from tests.api.test_incidents import ID, an_incident, done

PATH = f"/api/v1/incidents/{ID}"


def show(world: World, *records: Any) -> None:
    kinds = {"Incident": Kind.INCIDENT, "Task": Kind.TASK, "MapMark": Kind.MARK}
    world.pump.mirror.apply(
        Change(kind=kinds[type(record).__name__], id=record.id, after=record, at=NOW) for record in records
    )


def a_task(id: str, incident: str) -> Task:
    return Task(
        id=id,
        incident=incident,
        title="封控",
        region=A,
        unit="gaj",
        created_by="li",
        created_at=NOW,
        state_at=NOW,
        state="signed",
        issued_at=NOW,
        signed_at=NOW + 60,
    )


async def test_the_parts_of_an_incident_are_lists_of_its_own(world: World) -> None:
    point = {"type": "Point", "coordinates": [101.5, 25.0]}
    mark = MapMark(
        id=f"{ID}/m1",
        incident=ID,
        mode="real",
        region=A,
        kind="hazard",
        geometry=point,
        author="li",
        at=NOW,
        valid_from=NOW,
    )
    show(world, an_incident(), a_task(f"{ID}/1", ID), a_task("other/1", "other"), mark)
    async with world.signed_in("duty") as client:
        answer = await client.get(f"{PATH}/tasks")
        assert answer.status_code == 200, answer.text
        tasks = answer.json()["items"]
        marks = (await client.get(f"{PATH}/marks")).json()["items"]
        for part in ("impact", "obligations", "briefs", "campaigns", "timeline", "versions"):
            assert (await client.get(f"{PATH}/{part}")).json()["items"] == [], part
        assert (await client.get("/api/v1/incidents/none/tasks")).status_code == 404
    assert [task["id"] for task in tasks] == [f"{ID}/1"]
    assert [mark["id"] for mark in marks] == [f"{ID}/m1"]


async def test_who_was_told_and_when_they_answered(world: World) -> None:
    show(world, an_incident(), a_task(f"{ID}/1", ID))
    async with world.signed_in("duty") as client:
        (row,) = (await client.get(f"{PATH}/audience")).json()["items"]
    assert (row["kind"], row["who"]) == ("task", "gaj")
    assert row["answered_at"] > row["at"]
    async with world.signed_in("viewer") as client:
        assert (await client.get(f"{PATH}/audience")).status_code == 403


async def test_every_change_is_a_version_with_its_entry(world: World) -> None:
    show(world, an_incident())
    async with world.journal.begin() as tx:
        body = {"title": "新标题"}
        await tx.append(kind="incident", name="edit", subject=ID, at=NOW, actor="li", reason="核对", body=body)
        await tx.put("incident", ID, msgspec.to_builtins(an_incident()), open=True, seq=1)
    async with world.signed_in("duty") as client:
        (version,) = (await client.get(f"{PATH}/versions")).json()["items"]
    assert (version["order"], version["actor"], version["values"]) == ("edit", "li", {"title": "新标题"})


async def test_no_version_is_left_out_of_a_long_life(world: World) -> None:
    show(world, an_incident())
    async with world.journal.begin() as tx:
        for number in range(5):
            await tx.append(kind="incident", name="edit", subject=ID, at=NOW, actor="li", body={"title": str(number)})
    read, cursor = [], ""
    async with world.signed_in("duty") as client:
        while cursor is not None:
            page = (await client.get(f"{PATH}/versions", params={"limit": 2, "cursor": cursor})).json()
            read += [(version["number"], version["values"]["title"]) for version in page["items"]]
            cursor = page["next"]
    assert read == [(number + 1, str(number)) for number in range(5)]


# -- deputies ------------------------------------------------------------------------


def by_role(command: Command) -> Result:
    """The engine: a leader's order."""
    if command.role != "leader":
        return Result(command=command.id, outcome=Outcome.FORBIDDEN, detail="role")
    return Result(command=command.id, outcome=Outcome.DONE, after=INCIDENT.view(an_incident()))


async def staff(world: World, *leave: Leave) -> None:
    persons = (Person(id="gao", name="高", account="gao"), Person(id="d", name="段", account="duty-all"))
    async with world.journal.begin() as tx:
        roster = Roster(persons=persons, leave=leave)
        await tx.put(ROSTER, SITE, Version(rev=1, doc=roster).dump(), open=True, seq=0)


AWAY = {"person": "gao", "first": "2026-11-01", "last": "2026-12-31"}


async def test_the_deputy_of_a_leader_on_leave_gives_a_leaders_order_under_both_names(world: World) -> None:
    world.desk.answer = by_role
    await accounts.add_account(world.journal, "gao", "leader", "", PASSWORD, "test")
    await staff(world, Leave(**AWAY, deputy="d"))
    async with world.signed_in("duty") as client:
        assert (await client.post(f"{PATH}/end", json={})).status_code == 200
        assert (await client.get("/api/v1/me")).json()["acting_for"] == "gao"
    first, second = world.desk.seen
    assert (first.role, first.acting_for) == ("duty", "")
    assert (second.role, second.actor, second.acting_for) == ("leader", "duty-all", "gao")
    (entry,) = [entry for entry in await world.journal.entries(kind="audit", limit=100) if entry.name == "command"][1:]
    assert entry.body["acting_for"] == "gao"


@pytest.mark.parametrize(
    "leave",
    [
        (),
        (Leave(**AWAY),),
        (Leave(**AWAY | {"first": "2026-12-30"}, deputy="d"),),
        (Leave(**AWAY, deputy="d"), Leave(**AWAY | {"person": "d"})),
    ],
    ids=["nobody is away", "no deputy is named", "another day", "the deputy is away as well"],
)
async def test_nobody_else_gives_a_leaders_order(world: World, leave: tuple[Leave, ...]) -> None:
    world.desk.answer = by_role
    await accounts.add_account(world.journal, "gao", "leader", "", PASSWORD, "test")
    await staff(world, *leave)
    async with world.signed_in("duty") as client:
        assert (await client.post(f"{PATH}/end", json={})).status_code == 403
    assert [command.role for command in world.desk.seen] == ["duty"]


async def test_the_deputy_of_somebody_who_leads_nothing_gets_no_right(world: World) -> None:
    world.desk.answer = by_role
    await accounts.add_account(world.journal, "gao", "operator", "", PASSWORD, "test")
    await staff(world, Leave(**AWAY, deputy="d"))
    async with world.signed_in("duty") as client:
        assert (await client.post(f"{PATH}/end", json={})).status_code == 403


# -- bad input -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"lat": 101.5, "lon": 25.0}, "body.lat", "coordinate_swapped"),
        ({"lat": "101.5", "lon": "25.0"}, "body.lat", "coordinate_swapped"),
        ({"lat": 85.0, "lon": 25.0}, "body.lat", "coordinate_swapped"),
        ({"lat": 0, "lon": 0}, "body.lat", "coordinate_zero"),
        ({"lat": 25.0}, "body.lat", "half_position"),
        ({"text": "秘密★1年 方案"}, "body.text", "classified"),
        ({"title": "【机密】方案"}, "body.title", "classified"),
    ],
)
@pytest.mark.parametrize("path", ["incidents", "receipts"])
async def test_a_position_or_text_that_cannot_be_is_told(
    world: World, path: str, fields: dict[str, Any], field: str, code: str
) -> None:
    async with world.signed_in("duty") as client:
        answer = problem(await client.post(f"/api/v1/{path}", json={"text": "泄漏"} | fields), 422, "invalid")
    assert [(error["field"], error["code"]) for error in answer["errors"]] == [(field, code)]
    assert all(error["message"] for error in answer["errors"])
    assert world.desk.seen == []


async def test_a_figure_in_words_is_refused_with_a_hint(world: World) -> None:
    async with world.signed_in("duty") as client:
        body = {"what": "grave", "value": "约10人", "source": "120"}
        answer = problem(await client.post(f"{PATH}/casualties", json=body), 422, "invalid")
    assert "约" in answer["errors"][0]["message"]


async def test_words_that_only_speak_of_secrets_are_taken(world: World) -> None:
    world.desk.answer = done
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v1/incidents", json={"text": "现场无秘密资料，机密室未受影响"})
    assert answer.status_code == 201


async def test_reporting_policies_are_shown_with_their_sources(world: World) -> None:
    async with world.signed_in("duty") as client:
        answer = (await client.get("/api/v1/report-policies")).json()
    assert {"seen-A", "health-376"} <= set(answer["profiles"])
    assert all(row["source"] for row in answer["items"])
