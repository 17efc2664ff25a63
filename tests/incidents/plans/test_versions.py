"""Versions of plans through the engine: drafts from files and people, publication by two persons, retirement."""

from __future__ import annotations

from typing import Any

from feeds.incidents.plan_files import PlanFile
from feeds.incidents.settings import IncidentSettings
from tests.incidents.commands import ZONE, CommandDesk

TEXT = """\
id: hazchem
name: {zh-CN: 危化品预案}
owner: gaj
review_by: 2030-06-30
triggers: [{when: "incident.grade <= 3", level: III}]
levels: {III: {tasks: [{key: cordon, title: 封控, role: duty, due: "15m"}]}}
"""
REHEARSAL: dict[str, Any] = {"since": 0.0, "until": 1.0, "incidents": 0, "count": 0, "per_month": 0.0, "starts": []}


async def _draft(desk: CommandDesk, text: str = TEXT, actor: str = "li") -> str:
    return await desk.done("plan.draft", text=text, actor=actor)


async def _published(desk: CommandDesk, text: str = TEXT) -> str:
    id = await _draft(desk, text)
    await desk.done("plan.rehearse", id, **REHEARSAL)
    await desk.done("plan.review", id)
    return await desk.done("plan.publish", id, role="leader", actor="zhao")


def _settings(text: str) -> IncidentSettings:
    return IncidentSettings(zone=ZONE, plans=(PlanFile("plans/hazchem.yaml", text),))


async def test_each_text_is_one_version(desk: CommandDesk) -> None:
    assert await _draft(desk) == "hazchem@1"
    assert await _draft(desk, TEXT.replace("15m", "20m")) == "hazchem@2"
    assert await desk.refused("plan.draft", text=TEXT) == ("conflict", "same_text")
    assert await desk.refused("plan.draft", text="id: [") == ("invalid", "findings:text")


async def test_a_plan_is_published_by_a_second_person_who_leads(desk: CommandDesk) -> None:
    id = await _draft(desk, actor="li")
    assert await desk.refused("plan.publish", id, role="leader", actor="zhao") == ("conflict", "transition")
    await desk.done("plan.review", id, actor="zhou")
    await desk.done("plan.rehearse", id, **REHEARSAL)
    assert await desk.refused("plan.publish", id, role="duty", actor="zhao") == ("forbidden", "role")
    for same in ("li", "zhou"):
        assert await desk.refused("plan.publish", id, role="leader", actor=same) == ("forbidden", "same_person")
    await desk.done("plan.publish", id, role="leader", actor="zhao")
    plan = desk.engine.plans.plans[id]
    assert (plan.state, plan.drafted_by, plan.submitted_by, plan.published_by) == ("published", "li", "zhou", "zhao")


async def test_what_was_not_rehearsed_is_not_published(desk: CommandDesk) -> None:
    id = await _draft(desk)
    await desk.done("plan.review", id)
    assert await desk.refused("plan.publish", id, role="leader", actor="zhao") == ("conflict", "not_rehearsed")


async def test_a_published_version_never_changes_and_the_next_one_takes_its_place(desk: CommandDesk) -> None:
    first = await _published(desk)
    text = desk.engine.plans.plans[first].text
    second = await _published(desk, TEXT.replace("15m", "20m"))
    plans = desk.engine.plans.plans
    assert (plans[first].state, plans[first].reason, plans[first].text) == ("retired", "superseded", text)
    assert [plan.id for plan in desk.engine.plans.in_force()] == [second]
    assert set(await desk.shown("plan")) == {second}


async def test_retiring_needs_a_reason_and_a_leader(desk: CommandDesk) -> None:
    id = await _published(desk)
    assert await desk.refused("plan.retire", id, role="leader") == ("invalid", "missing:reason")
    assert await desk.refused("plan.retire", id, reason="旧") == ("forbidden", "role")
    await desk.done("plan.retire", id, role="leader", reason="已修订")
    assert desk.engine.plans.in_force() == []


async def test_only_the_whole_site_changes_plans(desk: CommandDesk) -> None:
    assert await desk.refused("plan.draft", text=TEXT, actor_region="532301") == ("forbidden", "region")


async def test_a_file_of_the_site_becomes_a_draft_once(desk: CommandDesk) -> None:
    desk.engine.plans.use(_settings(TEXT))
    await desk.at("14:01")
    await desk.start()
    desk.engine.plans.use(_settings(TEXT))
    await desk.at("14:02")
    (plan,) = desk.engine.plans.plans.values()
    assert (plan.id, plan.state, plan.origin, plan.drafted_by) == ("hazchem@1", "draft", "plans/hazchem.yaml", "")


async def test_an_edited_file_replaces_its_own_draft_and_no_published_version(desk: CommandDesk) -> None:
    desk.engine.plans.use(_settings(TEXT))
    await desk.at("14:01")
    desk.engine.plans.use(_settings(TEXT.replace("15m", "20m")))
    await desk.at("14:02")
    assert {plan.id: plan.state for plan in desk.engine.plans.plans.values()} == {
        "hazchem@1": "retired",
        "hazchem@2": "draft",
    }
    await desk.done("plan.rehearse", "hazchem@2", **REHEARSAL)
    await desk.done("plan.review", "hazchem@2")
    await desk.done("plan.publish", "hazchem@2", role="leader", actor="zhao")
    desk.engine.plans.use(_settings(TEXT.replace("15m", "25m")))
    await desk.at("14:03")
    assert [(plan.id, plan.state) for plan in desk.engine.plans.versions("hazchem")][1:] == [
        ("hazchem@2", "published"),
        ("hazchem@3", "draft"),
    ]


async def test_everything_survives_a_restart(desk: CommandDesk) -> None:
    await _published(desk)
    before = dict(desk.engine.plans.plans)
    await desk.start()
    assert desk.engine.plans.plans == before
    assert set(await desk.shown("plan")) == {"hazchem@1"}
    assert await desk.names("plan") == ["drafted", "rehearse", "review", "publish"]
