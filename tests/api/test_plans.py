"""Plans over REST: drafts with findings, the rehearsal that is kept, differences, who may give orders."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from feeds.kinds import PLAN, PROPOSAL
from feeds.model import Change, Kind, Outcome, Result
from feeds.model.incidents import GradeVersion, Incident
from feeds.model.plans import ActionProposal, Plan, ProposalEffect
from feeds.plans.format import PlanContext, read_plan
from tests.api.conftest import NOW, A, World, problem

TEXT = """\
id: hazchem
name: 危化品预案
owner: yjj
review_by: 2030-06-30
triggers: [{when: "incident.grade <= 3", level: III}]
levels: {III: {tasks: [{key: cordon, title: 封控, role: duty, due: "15m"}]}}
"""


def a_plan(version: int = 1, text: str = TEXT, **fields: Any) -> Plan:
    plan = read_plan(text, "", PlanContext()).plan
    assert plan is not None
    return replace(plan, id=f"hazchem@{version}", version=version, drafted_at=NOW, drafted_by="li", **fields)


async def _stored(world: World, *plans: Plan) -> None:
    world.pump.mirror.apply(Change(kind=Kind.PLAN, id=plan.id, after=plan, at=NOW) for plan in plans)
    async with world.journal.begin() as tx:
        for plan in plans:
            await tx.put("plan", plan.id, msgspec.to_builtins(plan), open=True, seq=0)


def _done(command: Any) -> Result:
    return Result(command=command.id, outcome=Outcome.DONE, after=PLAN.view(a_plan()))


async def test_a_draft_is_a_command_with_the_text(world: World) -> None:
    world.desk.answer = _done
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v1/plans", json={"text": TEXT})
    assert (answer.status_code, answer.json()["id"]) == (201, "hazchem@1")
    (command,) = world.desk.seen
    assert (command.action, command.args) == ("plan.draft", {"text": TEXT})


async def test_what_is_wrong_with_a_text_is_told_with_its_line(world: World) -> None:
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v1/plans", json={"text": TEXT.replace("15m", "0m")})
    problem(answer, 422, "invalid")
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("body.text", "plan_deadline_zero")
    assert error["message"].startswith("6: levels.III.tasks[1].due: ")
    assert world.desk.seen == []


async def test_walls_and_administrators_change_no_plan(world: World) -> None:
    for role in ("viewer", "admin"):
        async with world.signed_in(role) as client:
            problem(await client.post("/api/v1/plans", json={"text": TEXT}), 403, "forbidden")


async def test_a_rehearsal_counts_the_incidents_of_the_journal_and_is_kept_with_the_version(world: World) -> None:
    world.desk.answer = _done
    await _stored(world, a_plan())
    grades = (GradeVersion(grade="III", basis="x", by="li", at=NOW - 100),)
    incident = Incident(
        id="i",
        region=A,
        received_at=NOW - 200,
        created_at=NOW - 200,
        created_by="li",
        phase_at=NOW - 150,
        grades=grades,
    )
    async with world.journal.begin() as tx:
        await tx.put("incident", "i", msgspec.to_builtins(incident), open=True, seq=0)
    async with world.signed_in("duty") as client:
        answer = await client.post("/api/v1/plans/hazchem@1/rehearse", json={})
        problem(await client.post("/api/v1/plans/other@1/rehearse", json={}), 404, "not-found")
    assert answer.status_code == 200
    (command,) = world.desk.seen
    assert (command.action, command.subject, command.args["count"]) == ("plan.rehearse", "hazchem@1", 1)
    assert [(start["incident"], start["level"], start["at"]) for start in command.args["starts"]] == [
        ("i", "III", NOW - 100)
    ]


async def test_the_difference_from_the_version_before(world: World) -> None:
    await _stored(world, a_plan(1), a_plan(2, TEXT.replace("15m", "20m")))
    async with world.signed_in("viewer") as client:
        answer = (await client.get("/api/v1/plans/hazchem@2/diff")).json()
        same = (await client.get("/api/v1/plans/hazchem@2/diff?against=hazchem@2")).json()
        problem(await client.get("/api/v1/plans/hazchem@2/diff?against=hazchem@7"), 404, "not-found")
    assert (answer["against"], same["changes"], same["lines"]) == ("hazchem@1", [], [])
    assert answer["changes"] == [{"where": "III/cordon/due", "before": "900", "after": "1200"}]
    assert sum(line.startswith("+levels") for line in answer["lines"]) == 1


async def test_walls_are_not_shown_who_wrote_a_plan(world: World) -> None:
    await _stored(world, a_plan())
    async with world.signed_in("viewer") as client:
        record = (await client.get("/api/v1/plans/hazchem@1")).json()
    assert (record["drafted_by"], record["orders"]["review"]) == ("", ["duty", "leader"])


async def test_answers_to_proposals_are_commands(world: World) -> None:
    proposal = ActionProposal(id="i/hazchem/III/1", region=A, effect=ProposalEffect(), proposed_at=NOW)
    world.desk.answer = lambda command: Result(command=command.id, outcome=Outcome.DONE, after=PROPOSAL.view(proposal))
    async with world.signed_in("leader") as client:
        answer = await client.post("/api/v1/proposals", json={"incident": "i", "plan": "hazchem", "level": "III"})
        yes = {"decisions": {"i/1": "withdraw"}, "rev": 2}
        assert (await client.post("/api/v1/proposals/i/hazchem/III/1/confirm", json=yes)).status_code == 200
        no = await client.post("/api/v1/proposals/i/hazchem/III/1/decline", json={})
        problem(no, 422, "invalid")
        bad = {"decisions": {"i/1": "forget"}}
        problem(await client.post("/api/v1/proposals/i/hazchem/III/1/confirm", json=bad), 422, "invalid")
    assert answer.status_code == 201
    created, confirmed = world.desk.seen
    assert (created.action, created.args["level"]) == ("proposal.create", "III")
    assert (confirmed.action, confirmed.subject, confirmed.expected_rev) == ("proposal.confirm", "i/hazchem/III/1", 2)
    assert confirmed.args == {"decisions": {"i/1": "withdraw"}}


async def test_an_answered_proposal_says_so_with_its_answer(world: World) -> None:
    proposal = ActionProposal(
        id="i/hazchem/III/1", region=A, effect=ProposalEffect(), proposed_at=NOW, state="declined", answered_by="zhao"
    )
    world.desk.answer = lambda command: Result(
        command=command.id, outcome=Outcome.CONFLICT, detail="answered", after=PROPOSAL.view(proposal)
    )
    async with world.signed_in("leader") as client:
        answer = await client.post("/api/v1/proposals/i/hazchem/III/1/confirm", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "answered")
    assert answer.json()["current"]["answered_by"] == "zhao"
