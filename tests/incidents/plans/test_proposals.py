"""Proposals through the engine: the worked example of a plan, with a moved clock."""

from __future__ import annotations

from typing import Any

from feeds.model.plans import ActionProposal
from feeds.model.tasks import Task
from tests.incidents.commands import CommandDesk, moment

TEXT = """\
id: hazchem
name: {zh-CN: 危化品预案}
owner: gaj
review_by: 2030-06-30
classes: [hazchem]
triggers:
  - {when: "incident.grade == 4 && incident.phase == 'active'", level: IV}
  - {when: "incident.grade <= 3 && incident.phase == 'active'", level: III}
  - {when: "incident.grade <= 2", level: II}
levels:
  IV:
    start: {auto_after: 2m}
    tasks: [{key: callback, title: 回访, role: duty, due: "10m", reversible: true}]
  III:
    posts: [commander, on-scene]
    tasks:
      - {key: cordon, title: "在{place}设置警戒区", unit: gaj, due: "+15m", sign_within: "30m", evidence: none}
      - {key: hospitals, title: 救治准备, unit: sthj, due: "+20m"}
      - {key: monitor, title: 环境监测, unit: sthj, due: "+30m"}
      - {key: evacuate, title: 组织疏散, unit: gaj, due: "+60m", depends: [cordon]}
  II: {adds: [{key: province, title: 请求省级专业队, post: commander, due: "+30m", sign_within: "10m"}]}
"""
REHEARSAL: dict[str, Any] = {"since": 0.0, "until": 1.0, "incidents": 0, "count": 0, "per_month": 0.0, "starts": []}
LEADER: dict[str, Any] = {"role": "leader", "actor": "zhao"}


async def publish(desk: CommandDesk, text: str = TEXT) -> str:
    """A published version of a plan."""
    id = await desk.done("plan.draft", text=text)
    await desk.done("plan.rehearse", id, **REHEARSAL)
    await desk.done("plan.review", id)
    return await desk.done("plan.publish", id, **LEADER)


async def _graded(desk: CommandDesk, grade: str = "III", **fields: Any) -> str:
    """An incident received at 14:12 and graded at 14:20, with a published plan."""
    await publish(desk)
    id = await desk.opened("14:12", **fields)
    await desk.at("14:20")
    await desk.done("incident.grade", id, grade=grade, basis="重伤 10 人")
    return id


def _proposals(desk: CommandDesk, incident: str) -> list[ActionProposal]:
    return desk.engine.proposals.registry.of(incident)


def _tasks(desk: CommandDesk, incident: str) -> dict[str, Task]:
    return {task.plan_key.removeprefix("hazchem:"): task for task in desk.engine.tasks.of(incident)}


async def _finish(desk: CommandDesk, task: Task) -> None:
    holder = {"role": "unit", "actor": "gaj-1"}
    await desk.done("task.sign", task.id, **holder)
    await desk.done("task.ask-done", task.id, **holder)
    await desk.done("task.done", task.id)


async def test_a_trigger_proposes_with_its_reason_and_full_effect(desk: CommandDesk) -> None:
    id = await _graded(desk)
    (proposal,) = _proposals(desk, id)
    assert (proposal.id, proposal.kind, proposal.level, proposal.state) == (
        f"{id}/hazchem/III/1",
        "start",
        "III",
        "open",
    )
    assert proposal.cause == "incident.grade <= 3 && incident.phase == 'active'"
    assert [(task.key, task.title, task.unit, task.after) for task in proposal.effect.tasks] == [
        ("cordon", "在楚雄市设置警戒区", "gaj", 900.0),
        ("hospitals", "救治准备", "sthj", 1200.0),
        ("monitor", "环境监测", "sthj", 1800.0),
        ("evacuate", "组织疏散", "gaj", 3600.0),
    ]
    assert proposal.effect.vacant == ("commander", "on-scene")
    assert _tasks(desk, id) == {}
    assert set(await desk.shown("proposal")) == {proposal.id}


async def test_a_proposal_without_an_answer_for_five_minutes_is_unanswered(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.at("14:24:59")
    assert not _proposals(desk, id)[0].unanswered
    await desk.at("14:25")
    assert _proposals(desk, id)[0].unanswered


async def test_the_confirmation_is_the_start_of_every_clock(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.at("14:26")
    await desk.done("proposal.confirm", f"{id}/hazchem/III/1", **LEADER)
    tasks = _tasks(desk, id)
    assert {key: task.due for key, task in tasks.items()} == {
        "cordon": moment("14:41"),
        "hospitals": moment("14:46"),
        "monitor": moment("14:56"),
        "evacuate": None,
    }
    assert (tasks["cordon"].sign_by, tasks["evacuate"].light) == (moment("14:56"), "grey")
    await desk.at("14:38")
    await _finish(desk, tasks["cordon"])
    assert _tasks(desk, id)["evacuate"].due == moment("15:38")


async def test_a_higher_level_issues_only_what_it_adds_and_nothing_twice(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.at("14:26")
    await desk.done("proposal.confirm", f"{id}/hazchem/III/1", **LEADER)
    before = _tasks(desk, id)
    await desk.at("15:40")
    await desk.done("incident.grade", id, grade="II", basis="死亡 10 人")
    second = _proposals(desk, id)[-1]
    assert (second.kind, second.level, second.before) == ("up", "II", "III")
    assert [task.key for task in second.effect.tasks] == ["province"]
    await desk.done("proposal.confirm", second.id, **LEADER)
    after = _tasks(desk, id)
    assert set(after) - set(before) == {"province"}
    assert after["province"].sign_by == moment("15:50")
    again = await desk.done("proposal.create", incident=id, plan="hazchem", level="II")
    assert desk.engine.proposals.registry.proposals[again].effect.tasks == ()
    await desk.done("proposal.confirm", again, **LEADER)
    assert _tasks(desk, id).keys() == after.keys()


async def test_one_proposal_a_level_and_a_higher_one_replaces_it(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.done("incident.edit", id, text="又一报告")
    assert len(_proposals(desk, id)) == 1
    await desk.done("incident.grade", id, grade="II", basis="死亡 10 人")
    low, high = _proposals(desk, id)
    assert (low.state, low.replaced_by, high.level, high.kind) == ("replaced", high.id, "II", "start")
    await desk.done("incident.grade", id, grade="III", basis="复核")
    assert [proposal.id for proposal in _proposals(desk, id)] == [low.id, high.id]
    assert await desk.refused("proposal.confirm", low.id, **LEADER) == ("conflict", "answered")


async def test_only_a_leader_answers_and_a_no_needs_a_reason(desk: CommandDesk) -> None:
    id = await _graded(desk)
    proposal = f"{id}/hazchem/III/1"
    assert await desk.refused("proposal.confirm", proposal) == ("forbidden", "role")
    assert await desk.refused("proposal.decline", proposal, **LEADER) == ("invalid", "missing:reason")
    await desk.done("proposal.decline", proposal, reason="已由省级统一指挥", **LEADER)
    await desk.done("incident.edit", id, text="又一报告")
    (declined,) = _proposals(desk, id)
    assert (declined.state, declined.answered_by, declined.reason) == ("declined", "zhao", "已由省级统一指挥")


async def test_the_second_of_two_answers_sees_who_was_first(desk: CommandDesk) -> None:
    id = await _graded(desk)
    proposal = f"{id}/hazchem/III/1"
    await desk.done("proposal.confirm", proposal, rev=1, **LEADER)
    result = await desk.order("proposal.confirm", proposal, rev=1, role="leader", actor="gao")
    assert (str(result.outcome), result.detail) == ("conflict", "answered")
    assert result.after is not None
    assert result.after["answered_by"] == "zhao"
    assert len(_tasks(desk, id)) == 4


async def test_what_is_shown_is_what_a_confirmation_would_do_now(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.done("incident.post", id, post="commander", holder="zhao")
    (proposal,) = _proposals(desk, id)
    assert (proposal.effect.vacant, proposal.rev) == (("on-scene",), 2)
    assert (await desk.refused("proposal.confirm", proposal.id, rev=1, **LEADER))[0] == "conflict"


async def test_a_reversible_level_starts_by_itself(desk: CommandDesk) -> None:
    id = await _graded(desk, "IV")
    (proposal,) = _proposals(desk, id)
    assert proposal.auto_at == moment("14:22")
    await desk.at("14:22")
    (proposal,) = _proposals(desk, id)
    assert (proposal.state, proposal.answered_by, len(proposal.issued)) == ("confirmed", "hazchem@1", 1)
    assert _tasks(desk, id)["callback"].due == moment("14:32")


async def test_a_no_keeps_a_level_from_starting_by_itself(desk: CommandDesk) -> None:
    id = await _graded(desk, "IV")
    await desk.done("proposal.decline", f"{id}/hazchem/IV/1", reason="误判", **LEADER)
    await desk.at("14:30")
    assert _tasks(desk, id) == {}


async def test_an_empty_unit_is_seen_before_and_refused_at_the_confirmation(desk: CommandDesk) -> None:
    await publish(desk, TEXT.replace('unit: sthj, due: "+20m"', 'unit: empty, due: "+20m"'))
    id = await desk.opened("14:12")
    await desk.done("incident.grade", id, grade="III", basis="x")
    (proposal,) = _proposals(desk, id)
    assert {task.key: task.problem for task in proposal.effect.tasks if task.problem} == {"hospitals": "empty_unit"}
    assert await desk.refused("proposal.confirm", proposal.id, **LEADER) == ("invalid", "empty_unit:unit")
    assert _tasks(desk, id) == {}


async def test_a_lower_level_lists_what_is_open_and_each_task_is_decided(desk: CommandDesk) -> None:
    id = await _graded(desk, "II")
    await desk.done("proposal.confirm", f"{id}/hazchem/II/1", **LEADER)
    province = _tasks(desk, id)["province"]
    down = await desk.done("proposal.create", incident=id, plan="hazchem", level="III")
    proposal = desk.engine.proposals.registry.proposals[down]
    assert (proposal.kind, [left.task for left in proposal.effect.left]) == ("down", [province.id])
    assert await desk.refused("proposal.confirm", down, **LEADER) == ("invalid", f"undecided:{province.id}")
    await desk.done("proposal.confirm", down, decisions={province.id: "withdraw"}, **LEADER)
    assert _tasks(desk, id)["province"].state == "withdrawn"
    end = await desk.done("proposal.create", incident=id, plan="hazchem", level="")
    left = [each.task for each in desk.engine.proposals.registry.proposals[end].effect.left]
    assert len(left) == 4
    await desk.done("proposal.confirm", end, decisions=dict.fromkeys(left, "keep"), **LEADER)
    assert [task.open for key, task in _tasks(desk, id).items() if key != "province"] == [True] * 4
    assert desk.engine.proposals.registry.running(id, "hazchem") is None


async def test_an_incident_that_is_none_voids_what_is_open_and_is_asked_again_when_restored(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.done("incident.false", id, reason="误报", **LEADER)
    assert [proposal.state for proposal in _proposals(desk, id)] == ["void"]
    await desk.done("incident.restore", id, reason="属实", **LEADER)
    assert [proposal.state for proposal in _proposals(desk, id)] == ["void", "open"]


async def test_a_plan_that_is_retired_while_it_runs_goes_on(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.done("proposal.confirm", f"{id}/hazchem/III/1", **LEADER)
    await desk.done("plan.retire", "hazchem@1", reason="修订", **LEADER)
    await desk.done("incident.grade", id, grade="II", basis="死亡 10 人")
    up = _proposals(desk, id)[-1]
    assert (up.version, up.level, up.state) == ("hazchem@1", "II", "open")
    other = await desk.opened("14:30")
    await desk.done("incident.grade", other, grade="III", basis="x")
    assert _proposals(desk, other) == []


async def test_a_running_incident_stays_on_its_version_until_somebody_moves_it(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.done("proposal.confirm", f"{id}/hazchem/III/1", **LEADER)
    more = TEXT.replace(
        "      - {key: hospitals",
        "      - {key: water, title: 通知取水口, unit: gaj, due: 5m}\n      - {key: hospitals",
    )
    second = await publish(desk, more)
    await desk.at("14:40")
    assert desk.engine.proposals.registry.running(id, "hazchem").version == "hazchem@1"  # type: ignore[union-attr]
    move = await desk.done("proposal.create", incident=id, plan="hazchem", level="III", version=second)
    proposal = desk.engine.proposals.registry.proposals[move]
    assert (proposal.kind, [task.key for task in proposal.effect.tasks]) == ("move", ["water"])
    await desk.done("proposal.confirm", move, **LEADER)
    assert desk.engine.proposals.registry.running(id, "hazchem").version == second  # type: ignore[union-attr]
    assert len(_tasks(desk, id)) == 5


async def test_a_drill_gives_the_tasks_to_stand_ins_and_stays_an_exercise(desk: CommandDesk) -> None:
    draft = await desk.done("plan.draft", text=TEXT)
    id = await desk.opened("14:12", mode="exercise")
    people = {"unit:gaj": "zhou", "unit:sthj": "luo"}
    drill = await desk.done("proposal.create", incident=id, plan="hazchem", level="III", version=draft, people=people)
    await desk.done("proposal.confirm", drill, **LEADER)
    tasks = _tasks(desk, id)
    assert {(task.person, task.unit, task.mode) for task in tasks.values()} == {
        ("zhou", "", "exercise"),
        ("luo", "", "exercise"),
    }
    real = await desk.opened("14:20")
    stand_ins = {"incident": real, "plan": "hazchem", "level": "III"}
    assert await desk.refused("proposal.create", **stand_ins, version=draft) == ("conflict", "not_published")
    await publish(desk, TEXT.replace("15m", "16m"))
    assert await desk.refused("proposal.create", **stand_ins, people=people) == ("invalid", "mode:people")


async def test_everything_survives_a_restart_and_nothing_is_proposed_or_issued_twice(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.done("proposal.confirm", f"{id}/hazchem/III/1", **LEADER)
    before = {proposal.id: proposal for proposal in _proposals(desk, id)}
    tasks = _tasks(desk, id)
    await desk.start()
    await desk.at("14:45")
    assert {proposal.id: proposal for proposal in _proposals(desk, id)} == before
    assert _tasks(desk, id).keys() == tasks.keys()
    assert await desk.names("proposal") == ["proposed", "confirmed"]
