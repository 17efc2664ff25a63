"""Drills: a plan played in an exercise of its own, with its clock, beside real incidents."""

from __future__ import annotations

from tests.incidents.commands import CommandDesk
from tests.incidents.plans.test_proposals import LEADER, TEXT, publish


async def test_a_drill_runs_in_an_exercise_of_its_own_at_the_speed_of_its_clock(desk: CommandDesk) -> None:
    version = await publish(desk)
    people = {"unit:gaj": "zhou"}
    proposal = await desk.done("plan.drill", version, level="III", people=people, speed=10.0, place="楚雄市")
    exercise = desk.engine.proposals.registry.proposals[proposal].incident
    assert exercise.startswith("532300:X")
    incident = desk.incident(exercise)
    assert (incident.mode, incident.phase, incident.title) == ("exercise", "active", "演练：危化品预案")
    await desk.done("proposal.confirm", proposal, **LEADER)
    tasks = {task.plan_key.removeprefix("hazchem:"): task for task in desk.engine.tasks.of(exercise)}
    assert {task.mode for task in tasks.values()} == {"exercise"}
    assert {key: task.person for key, task in tasks.items()} == {
        "cordon": "zhou",
        "evacuate": "zhou",
        "hospitals": "li",
        "monitor": "li",
    }
    cordon = tasks["cordon"]
    assert cordon.due is not None
    assert cordon.starts_at is not None
    assert (cordon.due - cordon.starts_at, cordon.sign_within) == (90.0, 180.0)


async def test_a_draft_may_be_drilled_before_anybody_publishes_it(desk: CommandDesk) -> None:
    version = await desk.done("plan.draft", text=TEXT)
    assert await desk.done("plan.drill", version, level="III", speed=1.0)


async def test_what_cannot_be_drilled_is_refused(desk: CommandDesk) -> None:
    version = await publish(desk)
    assert await desk.refused("plan.drill", version, level="I", speed=1.0) == ("conflict", "unknown_level:level")
    assert await desk.refused("plan.drill", "hazchem@9", level="III", speed=1.0) == ("not_found", "")
    refused = await desk.refused("plan.drill", version, level="III", speed=1.0, role="viewer")
    assert refused == ("forbidden", "role")
    await desk.done("plan.retire", version, reason="修订", **LEADER)
    assert await desk.refused("plan.drill", version, level="III", speed=1.0) == ("conflict", "transition")
