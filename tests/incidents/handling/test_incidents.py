"""Incidents through the engine of the command role: creation, phases, grades, casualties, posts and merging."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.incidents.phases import PHASE_CHANGES, orders_of
from feeds.model.incidents import Incident
from tests.incidents.commands import SITE, CommandDesk, moment

FIRST = f"{SITE}:20261127-0001"
RECEIVED: dict[str, Any] = {
    "id": FIRST,
    "region": SITE,
    "received_at": 0,
    "created_at": 0,
    "created_by": "li",
    "phase_at": 0,
}


async def test_an_incident_takes_what_it_is_not_given_from_its_receipt(desk: CommandDesk) -> None:
    receipt = await desk.receipt("R1", "14:12", event_class="hazchem", accuracy_m=50.0, place="开发区")
    id = await desk.done("incident.create", receipts=[receipt])
    incident = desk.incident(id)
    assert id == FIRST
    assert incident.title == "开发区危险化学品事件"
    assert (incident.received_at, incident.lat, incident.accuracy_m) == (moment("14:12"), 25.045, 50.0)
    assert desk.engine.receipts.receipts[receipt].incident == id
    assert desk.engine.receipts.receipts[receipt].state == "opened"


async def test_a_receipt_makes_one_incident_only(desk: CommandDesk) -> None:
    receipt = await desk.receipt("R1", "14:12")
    await desk.done("incident.create", receipts=[receipt])
    assert await desk.refused("incident.create", receipts=[receipt]) == ("conflict", "receipt_decided")


async def test_a_further_receipt_is_attached(desk: CommandDesk) -> None:
    id = await desk.done("incident.create", receipts=[await desk.receipt("R1", "14:12")])
    second = await desk.receipt("R2", "14:16:30", source="110", channel="110")
    await desk.done("incident.attach", id, receipt=second)
    assert desk.incident(id).receipts == ("119:R1", "110:R2")
    assert desk.engine.receipts.receipts[second].state == "attached"


async def test_numbers_are_never_used_twice_also_after_a_restart(desk: CommandDesk) -> None:
    first = await desk.done("incident.create", place="甲")
    await desk.done("incident.false", first, reason="演习烟雾")
    await desk.at("11-29 14:00")
    await desk.start()
    desk.now = moment("11-29 14:01")
    late = await desk.done("incident.create", place="乙", received_at=moment("14:05"))
    assert (first, late) == (FIRST, f"{SITE}:20261127-0002")


async def test_the_number_of_an_exercise_can_be_mistaken_for_none(desk: CommandDesk) -> None:
    assert await desk.done("incident.create", mode="exercise", place="甲") == f"{SITE}:X20261127-0001"


async def test_an_exercise_takes_no_real_receipt(desk: CommandDesk) -> None:
    receipt = await desk.receipt("R1", "14:12")
    assert await desk.refused("incident.create", receipts=[receipt], mode="exercise") == ("invalid", "mode")


async def test_an_incident_is_opened_with_class_and_place_or_their_absence_said(desk: CommandDesk) -> None:
    id = await desk.done("incident.create", region="532301")
    assert await desk.refused("incident.open", id) == ("invalid", "missing:event_class")
    assert await desk.refused("incident.open", id, event_class="flood") == ("invalid", "missing:place")
    await desk.done("incident.open", id, event_class="flood", place_unknown=True)
    assert desk.incident(id).phase == "active"


async def test_a_title_that_nobody_gave_follows_place_and_class(desk: CommandDesk) -> None:
    id = await desk.done("incident.create", receipts=[await desk.receipt("R1", "14:12", event_class="mass")])
    await desk.done("incident.open", id, event_class="hazchem", place="开发区")
    assert desk.incident(id).title == "开发区危险化学品事件"
    await desk.done("incident.edit", id, title="液氨泄漏")
    await desk.done("incident.edit", id, place="经开区")
    assert desk.incident(id).title == "液氨泄漏"


async def test_only_a_leader_ends_and_only_without_a_running_response(desk: CommandDesk) -> None:
    id = await desk.opened()
    response = {"level": "III", "matters": "泄漏", "measures": "疏散", "expected_end": moment("18:00")}
    assert await desk.refused("incident.respond", id, **response) == ("forbidden", "role")
    await desk.done("incident.respond", id, role="leader", actor="wang", **response)
    assert desk.incident(id).response == "III"
    assert await desk.refused("incident.end", id) == ("forbidden", "role")
    assert await desk.refused("incident.end", id, role="leader") == ("conflict", "response_running")
    await desk.done("incident.end-response", id, role="leader")
    await desk.done("incident.end", id, role="leader")
    assert desk.incident(id).phase == "ended"
    assert desk.incident(id).responses[0].ended_at == desk.now


@pytest.mark.parametrize("missing", ["level", "matters", "measures", "expected_end"])
async def test_a_response_names_matter_level_end_and_measures(desk: CommandDesk, missing: str) -> None:
    id = await desk.opened()
    response = {"level": "III", "matters": "泄漏", "measures": "疏散", "expected_end": moment("18:00")}
    response.pop(missing)
    assert await desk.refused("incident.respond", id, role="leader", **response) == ("invalid", f"missing:{missing}")


async def test_an_administrator_gives_no_operational_order(desk: CommandDesk) -> None:
    id = await desk.opened()
    assert await desk.refused("incident.create", role="admin", place="甲") == ("forbidden", "role")
    assert await desk.refused("incident.grade", id, role="admin", grade="I", basis="x") == ("forbidden", "role")
    assert await desk.refused("incident.verify", id, role="admin", called_back="x") == ("conflict", "transition")


async def test_calling_an_active_incident_false_needs_a_leader(desk: CommandDesk) -> None:
    id = await desk.opened()
    assert await desk.refused("incident.false", id, reason="误报") == ("forbidden", "role")
    await desk.done("incident.false", id, role="leader", reason="误报")
    await desk.done("incident.restore", id, role="leader", reason="确有其事")
    assert desk.incident(id).phase == "active"


async def test_the_life_after_the_end(desk: CommandDesk) -> None:
    id = await desk.opened()
    await desk.done("incident.end", id, role="leader")
    await desk.done("incident.reopen", id, reason="复燃")
    await desk.done("incident.end", id, role="leader")
    assert await desk.refused("incident.review", id, cause="阀门") == ("invalid", "missing:lessons")
    await desk.done("incident.review", id, cause="阀门", lessons="巡检")
    await desk.done("incident.archive", id, role="leader", actor="wang")
    doc = await desk.journal.doc("incident", id)
    assert doc is not None
    assert (doc.open, doc.body["phase"], doc.body["review_signed_by"]) == (False, "archived", "wang")
    assert id not in await desk.shown("incident")


async def test_a_false_report_leaves_the_screens_after_a_day_and_stays_in_the_journal(desk: CommandDesk) -> None:
    id = await desk.done("incident.create", place="甲")
    await desk.done("incident.false", id, reason="误报")
    assert id in await desk.shown("incident")
    await desk.at("11-28 14:01")
    assert id not in await desk.shown("incident")
    doc = await desk.journal.doc("incident", id)
    assert doc is not None
    assert not doc.open


async def test_every_other_order_is_a_conflict_that_names_the_transition(desk: CommandDesk) -> None:
    id = await desk.done("incident.create", place="甲")
    for order in sorted(set(PHASE_CHANGES) - set(orders_of(Incident(**RECEIVED)))):
        refused = await desk.refused(f"incident.{order}", id, role="leader", reason="x")
        assert refused == ("conflict", "transition"), order


async def test_an_order_from_an_old_picture_is_a_conflict_and_shows_the_new_one(desk: CommandDesk) -> None:
    id = await desk.opened()
    result = await desk.order("incident.edit", id, rev=1, title="别的")
    assert result.outcome == "conflict"
    assert result.after is not None
    assert result.after["rev"] == 2


async def test_an_incident_of_another_region_is_out_of_reach(desk: CommandDesk) -> None:
    id = await desk.opened(region="532301")
    assert await desk.refused("incident.edit", id, actor_region="532302", title="x") == ("forbidden", "region")


async def test_no_order_reaches_into_a_region_beyond_the_own(desk: CommandDesk) -> None:
    own = await desk.opened(region="532301")
    other = await desk.opened(region="532302", place="乙")
    reach = "532301"
    assert await desk.refused("incident.edit", own, actor_region=reach, region="532302") == ("forbidden", "region")
    assert await desk.refused("incident.merge", own, actor_region=reach, into=other) == ("forbidden", "region")
    assert await desk.refused("incident.create", region="here") == ("invalid", "unknown_region")


async def test_figures_keep_their_versions_and_propose_a_grade(desk: CommandDesk) -> None:
    id = await desk.opened("14:12")
    await desk.done("incident.casualties", id, what="grave", value=2, source="120")
    await desk.at("15:10")
    await desk.done("incident.casualties", id, what="grave", value=10, source="州卫健委", official=True)
    incident = desk.incident(id)
    assert incident.figures["grave"].value == 10
    assert [(other.source, other.value) for other in incident.figures["grave"].others] == [("120", 2)]
    assert incident.grade_proposal is not None
    assert (incident.grade_proposal.grade, incident.grade_proposal.criterion) == ("III", "grave >= 10")
    await desk.done("incident.grade", id, grade="III", basis="重伤 10 人", criterion="grave >= 10")
    assert desk.incident(id).grade_proposal is None
    await desk.at("16:00")
    await desk.done(
        "incident.casualties",
        id,
        what="grave",
        value=9,
        source="州卫健委",
        official=True,
        valid_at=moment("15:10"),
        corrects=2,
    )
    incident = desk.incident(id)
    assert incident.figures["grave"].value == 9
    assert incident.grade == "III"
    assert incident.grade_proposal is not None
    assert incident.grade_proposal.grade == "IV"
    assert len(incident.casualties) == 3


async def test_an_official_figure_stands_before_a_newer_one_that_is_not(desk: CommandDesk) -> None:
    id = await desk.opened("14:12")
    await desk.done("incident.casualties", id, what="dead", value=3, source="卫健委", official=True)
    await desk.at("14:30")
    await desk.done("incident.casualties", id, what="dead", value=5, source="媒体")
    assert desk.incident(id).figures["dead"].value == 3


@pytest.mark.parametrize(
    ("report", "code"),
    [
        ({"what": "dead", "value": -1, "source": "x"}, "figure_out_of_range"),
        ({"what": "dead", "value": 1e9, "source": "x"}, "figure_out_of_range"),
        ({"what": "ghosts", "value": 1, "source": "x"}, "unknown_figure"),
        ({"what": "dead", "value": 1}, "missing:source"),
        ({"what": "dead", "value": 1, "source": "x", "valid_at": moment("11-28 00:00")}, "future"),
        ({"what": "dead", "value": 1, "source": "x", "corrects": 7}, "corrects_nothing"),
    ],
)
async def test_figures_that_cannot_be_are_refused(desk: CommandDesk, report: dict[str, Any], code: str) -> None:
    id = await desk.opened()
    assert await desk.refused("incident.casualties", id, **report) == ("invalid", code)


async def test_a_post_has_one_holder_and_is_taken_over_by_name(desk: CommandDesk) -> None:
    id = await desk.opened()
    await desk.done("incident.post", id, post="commander", holder="zhang")
    assert await desk.refused("incident.post", id, post="commander", holder="li") == ("conflict", "post_taken")
    await desk.done("incident.post", id, post="commander", holder="li", from_holder="zhang")
    assert [held.holder for held in desk.incident(id).posts] == ["li"]
    assert [held.holder for held in desk.incident(id).posts_before] == ["zhang"]


async def test_a_grave_incident_without_a_commander_says_so_after_ten_minutes(desk: CommandDesk) -> None:
    id = await desk.opened("14:12")
    await desk.done("incident.grade", id, grade="III", basis="重伤")
    await desk.at("14:21:59")
    assert not desk.incident(id).commander_missing
    await desk.at("14:22")
    assert desk.incident(id).commander_missing
    await desk.done("incident.post", id, post="commander", holder="li")
    assert not desk.incident(id).commander_missing


async def test_a_merge_keeps_both_and_is_undone_within_a_day(desk: CommandDesk) -> None:
    target = await desk.opened("14:12")
    merged = await desk.done("incident.create", receipts=[await desk.receipt("R2", "14:16")])
    await desk.at("14:25")
    await desk.done("incident.merge", merged, into=target)
    assert desk.incident(merged).merged_into == target
    assert desk.incident(target).merged == (merged,)
    assert set(await desk.shown("incident")) == {target}
    await desk.at("14:40")
    await desk.done("incident.unmerge", merged)
    assert set(await desk.shown("incident")) == {target, merged}
    incident = desk.incident(merged)
    assert (incident.phase, incident.merged_into, incident.receipts) == ("received", "", ("119:R2",))
    assert desk.incident(target).merged == ()


async def test_a_merge_after_a_day_stays(desk: CommandDesk) -> None:
    target = await desk.opened("14:12")
    merged = await desk.done("incident.create", place="乙")
    await desk.done("incident.merge", merged, into=target)
    await desk.at("11-28 14:13")
    assert (await desk.refused("incident.unmerge", merged))[0] == "conflict"


async def test_what_cannot_be_merged(desk: CommandDesk) -> None:
    target = await desk.opened("14:12")
    merged = await desk.done("incident.create", place="乙")
    exercise = await desk.done("incident.create", place="丙", mode="exercise")
    for incident, into in ((target, target), (exercise, target), (target, f"{SITE}:20261127-0099")):
        assert (await desk.refused("incident.merge", incident, into=into))[0] == "conflict"
    await desk.done("incident.merge", merged, into=target)
    assert await desk.refused("incident.merge", target, into=merged) == ("conflict", "merge_target")


async def test_a_restart_changes_no_incident(desk: CommandDesk) -> None:
    id = await desk.opened("14:12")
    await desk.done("incident.casualties", id, what="dead", value=3, source="卫健委", official=True)
    await desk.done("incident.post", id, post="commander")
    before: Incident = desk.incident(id)
    obligations = desk.engine.obligations.of(id)
    await desk.start()
    assert desk.incident(id) == before
    assert desk.engine.obligations.of(id) == obligations
    assert (await desk.shown("incident"))[id] == before


async def test_a_position_outside_the_site_is_kept_and_said_to_be_outside(desk: CommandDesk) -> None:
    id = await desk.opened()
    assert desk.incident(id).outside is False
    await desk.done("incident.edit", id, lat=25.04, lon=102.71)  # Kunming
    assert (desk.incident(id).outside, desk.incident(id).lat) == (True, 25.04)
    await desk.done("incident.edit", id, lat=25.045, lon=101.546)
    assert desk.incident(id).outside is False
