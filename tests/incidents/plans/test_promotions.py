"""Rules that promote alerts, warnings and receipts to incidents, through the engine with a moved clock."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feeds.incidents.promotions import CREATED_AN_HOUR, OPEN_PROPOSALS, PromotionRule
from feeds.model import Alert, Change, Kind, Severity
from feeds.model.plans import ActionProposal
from tests.incidents.commands import CommandDesk, moment

RIVER = PromotionRule(
    id="river",
    when="alert.rule == 'river-level' && alert.severity == 'critical'",
    event_class="flood",
    nature="threat",
    grade="IV",
    title="{region}{class}险情",
)
LEAKS = PromotionRule(id="leaks", when="receipt.class == 'hazchem'")
ALONE = replace(LEAKS, id="alone", mode="create")


def _alert(id: str = "a1", **fields: Any) -> Alert:
    values: dict[str, Any] = {"rule": "river-level", "asset": "in1", "region": "532301", "active": True}
    values |= {"severity": Severity.CRITICAL, "raised_at": moment("14:00"), "title": {"zh-CN": "水位超保证"}}
    return Alert(id=id, fingerprint=id, **{**values, **fields})


async def _raise(desk: CommandDesk, alert: Alert | None, id: str = "a1") -> None:
    await desk.bus.announce([Change(kind=Kind.ALERT, id=id, after=alert, at=desk.now)])
    await desk.step()


def _proposals(desk: CommandDesk, state: str = "open") -> list[ActionProposal]:
    return [each for each in desk.engine.proposals.registry.proposals.values() if each.state == state]


async def test_an_alert_is_proposed_once_and_a_person_on_duty_opens_the_incident(desk: CommandDesk) -> None:
    await desk.start(promotions=(RIVER,))
    await _raise(desk, _alert())
    await _raise(desk, _alert(count=2))
    (proposal,) = _proposals(desk)
    assert (proposal.id, proposal.subject, proposal.cause) == ("promote/river/a1", "a1", RIVER.when)
    assert desk.engine.incidents.incidents == {}
    assert await desk.refused("proposal.confirm", proposal.id, role="operator") == ("forbidden", "role")
    await desk.done("proposal.confirm", proposal.id)
    (incident,) = desk.engine.incidents.incidents.values()
    assert (incident.title, incident.event_class, incident.nature) == ("楚雄市洪涝险情", "flood", "threat")
    assert (incident.alerts, incident.assets, incident.region) == (("a1",), ("in1",), "532301")
    assert (incident.grade, incident.grades[-1].basis) == ("IV", f"river: {RIVER.when}")
    assert _proposals(desk, "confirmed")[0].incident == incident.id
    assert incident.created_by == "li"


async def test_what_reaches_beyond_the_site_is_an_incident_of_the_site(desk: CommandDesk) -> None:
    await desk.start(promotions=(replace(RIVER, title="", grade=""),))
    await _raise(desk, _alert(region="530000"))
    (proposal,) = _proposals(desk)
    assert (proposal.region, proposal.effect.about) == ("532300", "水位超保证")
    assert proposal.effect.title == "楚雄彝族自治州洪涝事件"


async def test_what_was_answered_is_not_proposed_again_also_after_a_restart(desk: CommandDesk) -> None:
    await desk.start(promotions=(RIVER,))
    await _raise(desk, _alert())
    await desk.done("proposal.decline", "promote/river/a1", reason="检修")
    await desk.at("14:30")
    await _raise(desk, _alert(count=3))
    assert _proposals(desk) == []
    await desk.at("11-29 15:00")
    await desk.start(promotions=(RIVER,))
    await _raise(desk, _alert(count=4))
    assert _proposals(desk) == []
    assert (await desk.names("proposal")).count("proposed") == 1


async def test_a_proposal_whose_alert_is_over_is_void_and_leaves_after_a_day(desk: CommandDesk) -> None:
    await desk.start(promotions=(RIVER,))
    await _raise(desk, _alert())
    await _raise(desk, _alert(active=False))
    (proposal,) = _proposals(desk, "void")
    assert proposal.reason == "subject_gone"
    await desk.at("11-28 14:30")
    assert await desk.shown("proposal") == {}
    assert (await desk.names("proposal"))[-1] == "filed"


async def test_an_alert_that_an_incident_has_already_is_not_proposed(desk: CommandDesk) -> None:
    await desk.start(promotions=(RIVER,))
    await desk.done("incident.create", text="水位上涨", alerts=["a1"])
    await _raise(desk, _alert())
    assert _proposals(desk) == []


async def test_a_rule_that_opens_by_itself_opens_three_an_hour_and_proposes_the_others(desk: CommandDesk) -> None:
    await desk.start(promotions=(ALONE,))
    for number in range(CREATED_AN_HOUR + 2):
        await desk.receipt(f"r{number}", "14:05", event_class="hazchem", text=f"泄漏 {number}")
    incidents = desk.engine.incidents.incidents.values()
    assert len(incidents) == CREATED_AN_HOUR
    assert {incident.created_by for incident in incidents} == {"promote/alone"}
    assert {proposal.reason for proposal in _proposals(desk)} == {"capped"}
    assert len(_proposals(desk)) == 2
    await desk.at("15:06")
    await desk.receipt("late", "15:06", event_class="hazchem", text="又一起")
    assert len(desk.engine.incidents.incidents) == CREATED_AN_HOUR + 1


async def test_a_storm_of_receipts_makes_so_many_proposals_and_no_more_until_one_is_answered(desk: CommandDesk) -> None:
    await desk.start(promotions=(LEAKS,))
    for number in range(OPEN_PROPOSALS + 3):
        await desk.receipt(f"r{number}", "14:05", event_class="hazchem", text=f"泄漏 {number}")
    assert len(_proposals(desk)) == OPEN_PROPOSALS
    await desk.done("proposal.confirm", _proposals(desk)[0].id)
    await desk.step()
    assert len(_proposals(desk)) == OPEN_PROPOSALS


async def test_a_receipt_that_somebody_decided_on_needs_no_proposal(desk: CommandDesk) -> None:
    await desk.start(promotions=(LEAKS,))
    receipt = await desk.receipt("r1", "14:05", event_class="hazchem")
    assert [proposal.subject for proposal in _proposals(desk)] == [receipt]
    await desk.done("receipt.dismiss", receipt, reason="误报")
    assert [proposal.reason for proposal in _proposals(desk, "void")] == ["subject_gone"]


@pytest.mark.parametrize("fields", [{"severity": Severity.MAJOR}, {"rule": "other"}, {"active": False}])
async def test_what_the_rule_does_not_ask_for_is_left_alone(desk: CommandDesk, fields: dict[str, Any]) -> None:
    await desk.start(promotions=(RIVER,))
    await _raise(desk, _alert(**fields))
    assert _proposals(desk) == []


async def test_an_exercise_is_never_promoted(desk: CommandDesk) -> None:
    await desk.start(promotions=(LEAKS,))
    await desk.receipt("x1", "14:05", event_class="hazchem", mode="exercise")
    assert _proposals(desk) == []
