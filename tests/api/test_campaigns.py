"""Mass messages and exercises over REST: recipients by name, refusals with words, what became of each message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.records.campaigns import id_of
from feeds.documents.roster import Person, Roster
from feeds.documents.version import ROSTER, SITE, Version
from feeds.incidents.units import ResponsibleUnit, UnitRegister
from feeds.kinds import CAMPAIGN, EXERCISE
from feeds.model import Change, Command, Kind, Outcome, Result
from feeds.model.campaigns import Campaign, CampaignAnswer, CampaignGroup, CampaignPerson, CampaignWave
from feeds.model.exercises import Exercise
from feeds.model.resources import Resource
from tests.api.conftest import NOW, A, World, problem

ID = "532300:M20261127-0001"
PEOPLE = (
    Person(id="zhang", name="张三", phone="13800000001", account="gaj-1"),
    Person(id="li", name="李四", phone="13800000002", contacts={"sms": "13900000002"}),
)
GROUPS = (
    CampaignGroup(
        name="甲组", people=(CampaignPerson(id="zhang", name="张三", address="1"), CampaignPerson(id="x", name="无号"))
    ),
    CampaignGroup(name="乙组", people=(CampaignPerson(id="li", name="李四", address="2"),)),
)


def a_campaign(**fields: Any) -> Campaign:
    values: dict[str, Any] = {"id": ID, "region": A, "text": "请到岗", "groups": GROUPS, "channel": "sms", "need": 1}
    values |= {"digest": "d", "author": "li", "created_at": NOW}
    return Campaign(**values | fields)


def show(world: World, campaign: Campaign) -> None:
    world.pump.mirror.apply([Change(kind=Kind.CAMPAIGN, id=campaign.id, after=campaign, at=NOW)])


def done(command: Command) -> Result:
    return Result(command=command.id, outcome=Outcome.DONE, after=CAMPAIGN.view(a_campaign()))


@pytest.fixture
async def staffed(world: World) -> World:
    """A site with two people in its roster, a unit of one of them, and a team with a telephone."""
    async with world.journal.begin() as tx:
        await tx.put(ROSTER, SITE, Version(rev=1, doc=Roster(persons=PEOPLE)).dump(), open=True, seq=0)
    world.units = UnitRegister((ResponsibleUnit(id="gaj", name={"zh-CN": "公安局"}, people=("gaj-1",)),))
    team = Resource(id="team-1", kind="team", name="危化分队", region=A, phone="13700000001", contact="杨队")
    world.pump.mirror.apply([Change(kind=Kind.RESOURCE, id=team.id, after=team, at=NOW)])
    world.desk.answer = done
    return world


async def test_recipients_are_named_by_roster_unit_resource_and_number(staffed: World) -> None:
    group = {
        "name": "甲组",
        "people": ["li"],
        "units": ["gaj"],
        "resources": ["team-1"],
        "numbers": [{"name": "村主任", "number": "13600000001"}],
    }
    async with staffed.signed_in("duty") as client:
        answer = await client.post("/api/v1/campaigns", json={"text": "请到岗", "groups": [group], "need": 3})
    assert answer.status_code == 201
    (command,) = staffed.desk.seen
    assert command.args["groups"] == [
        {
            "name": "甲组",
            "people": [
                {"id": "li", "name": "李四", "address": "13900000002"},
                {"id": "zhang", "name": "张三", "address": "13800000001"},
                {"id": "team-1", "name": "危化分队 杨队", "address": "13700000001"},
                {"id": id_of("13600000001"), "name": "村主任", "address": "13600000001"},
            ],
        }
    ]
    assert (command.args["channel"], command.args["wave_after"], command.args["need"]) == ("sms", 900.0, 3)


async def test_resources_of_other_counties_are_no_recipients(staffed: World) -> None:
    """Else a message would tell their contacts and numbers to somebody who does not see them."""
    async with staffed.signed_in("duty", "532331") as client:
        body = {"text": "请到岗", "groups": [{"resources": ["team-1"]}]}
        answer = problem(await client.post("/api/v1/campaigns", json=body), 422, "invalid")
    assert [error["field"] for error in answer["errors"]] == ["body.groups.0.resources"]
    assert staffed.desk.seen == []


async def test_no_list_shows_a_number(staffed: World) -> None:
    groups = (CampaignGroup(name="", people=(CampaignPerson(id="li", name="李四", address="13900000002"),)),)
    show(staffed, a_campaign(groups=groups))
    async with staffed.signed_in("duty") as client:
        for path in ("/api/v1/campaigns", f"/api/v1/campaigns/{ID}", f"/api/v1/campaigns/{ID}/preview"):
            text = (await client.get(path)).text
            assert "李四" in text
            assert "13900000002" not in text


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"text": "机密★1年 请到岗"}, "body.text"), ({"reason": "【秘密】"}, "body.reason")],
    ids=["text", "reason"],
)
async def test_a_classified_message_is_not_taken(staffed: World, fields: dict[str, str], field: str) -> None:
    async with staffed.signed_in("duty") as client:
        body = {"text": "请到岗", "groups": [{"people": ["li"]}]} | fields
        answer = problem(await client.post("/api/v1/campaigns", json=body), 422, "invalid")
    assert [(error["field"], error["code"]) for error in answer["errors"]] == [(field, "classified")]
    assert staffed.desk.seen == []


async def test_a_classified_inject_is_not_taken(staffed: World) -> None:
    inject = {"at": "+00:05:00", "kind": "receipt", "body": {"text": "密级：秘密 储罐泄漏"}}
    async with staffed.signed_in("duty") as client:
        answer = problem(
            await client.post("/api/v1/exercises", json={"title": "推演", "injects": [inject]}), 422, "invalid"
        )
    assert [error["field"] for error in answer["errors"]] == ["body.injects.0.body.text"]


async def test_a_name_that_nobody_bears_is_told(staffed: World) -> None:
    async with staffed.signed_in("duty") as client:
        body = {"text": "请到岗", "groups": [{"people": ["wu"], "units": ["none"]}]}
        answer = problem(await client.post("/api/v1/campaigns", json=body), 422, "invalid")
    assert [error["field"] for error in answer["errors"]] == ["body.groups.0.people", "body.groups.0.units"]
    assert staffed.desk.seen == []


@pytest.mark.parametrize(
    ("outcome", "code", "status"), [(Outcome.FORBIDDEN, "same_person", 403), (Outcome.CONFLICT, "approval_void", 409)]
)
async def test_a_refusal_has_its_code_and_its_words(staffed: World, outcome: Outcome, code: str, status: int) -> None:
    show(staffed, a_campaign())
    staffed.desk.answer = lambda command: Result(command=command.id, outcome=outcome, detail=code)
    async with staffed.signed_in("duty") as client:
        order = "approve" if status == 403 else "send"
        answer = await client.post(f"/api/v1/campaigns/{ID}/{order}", json={})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]


async def test_handed_over_is_not_answered_and_each_state_is_told(staffed: World) -> None:
    waves = (CampaignWave(group="甲组", at=NOW),)
    answered = (CampaignAnswer(person="zhang", text="1", at=NOW + 60),)
    show(staffed, replace(a_campaign(), state="reached", waves=waves, answers=answered))
    async with staffed.journal.begin() as tx:
        for person in ("zhang", "li"):
            key = f"{ID}:{person}"
            await tx.enqueue(
                key, receiver="sms", subject=ID, created=NOW, due=NOW, body={}, urgent=False, person=person
            )
    await staffed.journal.outbox_mark(f"{ID}:li", sent_at=NOW + 1, attempts=1)
    async with staffed.signed_in("duty") as client:
        rows = (await client.get(f"/api/v1/campaigns/{ID}/recipients")).json()["items"]
        preview = (await client.get(f"/api/v1/campaigns/{ID}/preview")).json()
    assert [(row["id"], row["state"]) for row in rows] == [
        ("zhang", "answered"),
        ("x", "unreachable"),
        ("li", "waiting"),
    ]
    assert [row["id"] for row in rows if row["takes_answer"]] == ["x"]
    assert (preview["parts"], preview["messages"], preview["unreachable"], preview["alone"]) == (1, 2, 1, True)


@pytest.mark.parametrize(
    ("state", "open_to_answers"),
    [("sending", ["x", "zhang"]), ("reached", ["x", "zhang"]), ("ended", ["x", "zhang"]), ("cancelled", [])],
)
async def test_answers_are_taken_of_those_who_were_sent_to_until_it_is_cancelled(
    staffed: World, state: str, open_to_answers: list[str]
) -> None:
    show(staffed, a_campaign(state=state, waves=(CampaignWave(group="甲组", at=NOW),)))
    async with staffed.signed_in("duty") as client:
        rows = (await client.get(f"/api/v1/campaigns/{ID}/preview")).json()["items"]
    assert sorted(row["id"] for row in rows if row["takes_answer"]) == open_to_answers


async def test_walls_and_other_counties_see_no_message(staffed: World) -> None:
    show(staffed, a_campaign())
    async with staffed.signed_in("viewer") as client:
        assert (await client.get("/api/v1/campaigns")).json()["items"] == []
    async with staffed.signed_in("duty", "532331") as client:
        assert (await client.get(f"/api/v1/campaigns/{ID}/recipients")).status_code == 404


async def test_an_exercise_is_an_order_with_times_of_its_clock_in_seconds(staffed: World) -> None:
    exercise = Exercise(id="532300:X20261127-0001", region=A, title="推演", created_by="li", created_at=NOW)
    staffed.desk.answer = lambda command: Result(
        command=command.id, outcome=Outcome.DONE, after=EXERCISE.view(exercise)
    )
    inject = {"at": "+00:05:00", "kind": "casualties", "body": {"what": "grave", "value": 2, "source": "120"}}
    body = {"title": "推演", "participants": ["li", "unit:gaj"], "speed": 10, "injects": [inject]}
    async with staffed.signed_in("duty") as client:
        assert (await client.post("/api/v1/exercises", json=body)).status_code == 201
        assert (await client.post(f"/api/v1/exercises/{exercise.id}/start", json={})).status_code == 200
        bad = {"title": "推演", "injects": [inject | {"at": "5 min"}]}
        assert (await client.post("/api/v1/exercises", json=bad)).status_code == 422
    prepared, started = staffed.desk.seen
    assert prepared.args["injects"] == [{"at": 300.0, "kind": "casualties", "body": inject["body"]}]
    assert prepared.args["participants"] == ["li", "unit:gaj", "zhang"]
    assert (started.action, started.subject) == ("exercise.start", exercise.id)
