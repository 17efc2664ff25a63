"""The reporting clock through the engine: the worked examples of the reporting rules, with a moved clock."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.model.incidents import Obligation
from tests.incidents.commands import CommandDesk, moment


async def _graded(desk: CommandDesk, grade: str = "III") -> str:
    """Received at 14:12, graded at 14:20."""
    id = await desk.opened("14:12")
    await desk.at("14:20")
    await desk.done("incident.grade", id, grade=grade, basis="重伤 10 人")
    return id


async def _prove(desk: CommandDesk, due: Obligation, at: str) -> None:
    phone = {"channel": "phone", "recipient": "省值班室 陈", "number": "0871-1"}
    written = {"channel": "network", "number": "回执 17"}
    values: dict[str, Any] = phone if due.channel == "phone" else written
    await desk.done("obligation.proof", due.id, at=moment(at), **values)


async def test_the_times_of_a_first_report(desk: CommandDesk) -> None:
    id = await _graded(desk)
    (phone,), (written,) = desk.due(id, "first", "phone"), desk.due(id, "first", "written")
    assert (phone.due_at, phone.warn_at) == (moment("14:42"), moment("14:32"))
    assert (written.due_at, written.warn_at) == (moment("15:12"), moment("14:52"))


async def test_no_grade_no_obligation_by_a_profile_of_grades(desk: CommandDesk) -> None:
    id = await desk.opened("14:12")
    assert desk.engine.obligations.of(id) == []


async def test_an_obligation_turns_by_itself_and_is_met_by_proof(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.at("14:32")
    (phone,) = desk.due(id, "first", "phone")
    assert phone.state == "warned"
    await desk.at("14:33")
    await _prove(desk, phone, "14:31")
    (phone,) = desk.due(id, "first", "phone")
    assert (phone.state, phone.met_at, phone.late, phone.late_seconds) == ("met", moment("14:31"), False, 0.0)


@pytest.mark.parametrize(
    ("acknowledged", "slots"),
    [("14:58", [("warned", "17:00")]), ("15:02", [("skipped", "17:00"), ("pending", "11-28 08:00")])],
)
async def test_a_follow_up_within_two_hours_after_a_report_is_skipped(
    desk: CommandDesk, acknowledged: str, slots: list[tuple[str, str]]
) -> None:
    id = await _graded(desk)
    await desk.at("15:03")
    (written,) = desk.due(id, "first", "written")
    await _prove(desk, written, acknowledged)
    await desk.at("16:45")
    owed = [(due.state, due.due_at) for due in desk.due(id, "follow-up", "written")]
    assert owed == [(state, moment(time)) for state, time in slots]


async def test_queued_is_not_sent(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.at("15:14")
    (written,) = desk.due(id, "first", "written")
    assert written.state == "late"
    await _prove(desk, written, "15:14")
    (written,) = desk.due(id, "first", "written")
    assert (written.state, written.late, written.late_seconds) == ("met", True, 120.0)


async def test_a_regrade_makes_the_reports_of_the_graver_grade_due(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.at("15:40")
    await desk.done("incident.grade", id, grade="II", basis="死亡 10 人")
    phone, written = desk.due(id, "first", "phone")[-1], desk.due(id, "first", "written")[-1]
    assert (phone.due_at, phone.warn_at) == (moment("15:55"), moment("15:50"))
    assert (written.due_at, written.warn_at) == (moment("16:15"), moment("16:03:20"))
    await desk.at("16:15")
    written = desk.due(id, "first", "written")[-1]
    assert (written.state, written.late, written.grade) == ("late", True, "II")
    await desk.at("16:22")
    await _prove(desk, written, "16:22")
    written = desk.due(id, "first", "written")[-1]
    assert (written.state, written.late_seconds) == ("met", 420.0)


async def test_a_regrade_down_changes_nothing_that_is_due(desk: CommandDesk) -> None:
    id = await _graded(desk)
    before = desk.engine.obligations.of(id)
    await desk.done("incident.grade", id, grade="IV", basis="复核")
    unchanged = [due for due in desk.engine.obligations.of(id) if due.policy in {old.policy for old in before}]
    assert unchanged == before


async def test_from_the_start_an_obligation_may_be_born_late(desk: CommandDesk) -> None:
    await desk.start("order-493")
    id = await desk.opened("14:12", event_class="work")
    await desk.done("incident.grade", id, grade="IV", basis="轻微")
    await desk.at("17:00")
    await desk.done("incident.grade", id, grade="III", basis="死亡 3 人")
    due = next(due for due in desk.due(id, "first", "written") if due.recipient == "province")
    assert (due.due_at, due.state, due.because_regraded) == (moment("16:12"), "late", True)


async def test_health_reports_are_due_two_hours_after_their_own_receipt(desk: CommandDesk) -> None:
    await desk.start("health-376")
    id = await desk.opened("10:40", event_class="food")
    due = next(due for due in desk.due(id, "first", "written") if due.recipient == "province")
    assert due.due_at == moment("12:40")


async def test_at_once_has_no_due_time_and_is_never_late(desk: CommandDesk) -> None:
    await desk.start("law-2024")
    id = await desk.opened("14:12")
    await desk.at("11-28 14:12")
    (due,) = desk.due(id, "first", "phone")
    assert (due.due_at, due.state) == (None, "pending")


async def test_a_proof_that_is_entered_later_is_marked(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.at("14:50")
    (phone,) = desk.due(id, "first", "phone")
    await _prove(desk, phone, "14:31")
    (phone,) = desk.due(id, "first", "phone")
    assert phone.proof is not None
    assert phone.proof.retroactive
    assert not phone.late


@pytest.mark.parametrize(
    ("proof", "code"),
    [
        ({"channel": "pigeon"}, "unknown_channel"),
        ({"channel": "network", "number": "1"}, "other_channel"),
        ({"channel": "phone", "number": "1"}, "missing:recipient"),
        ({"channel": "phone", "recipient": "x", "number": "1", "at": moment("11-28 00:00")}, "proof_time"),
        ({"channel": "phone", "recipient": "x", "number": "1", "at": moment("11-26 00:00")}, "proof_time"),
    ],
)
async def test_a_proof_names_who_received_what_when(desk: CommandDesk, proof: dict[str, Any], code: str) -> None:
    id = await _graded(desk)
    (phone,) = desk.due(id, "first", "phone")
    assert await desk.refused("obligation.proof", phone.id, **proof) == ("invalid", code)


async def test_a_false_report_owes_nothing(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.done("incident.false", id, role="leader", reason="误报")
    assert {(due.state, due.reason) for due in desk.engine.obligations.of(id)} == {("void", "false")}


async def test_the_end_owes_the_final_report_and_no_follow_up(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.at("16:00")
    await desk.done("incident.end", id, role="leader")
    (final,) = desk.due(id, "final", "written")
    assert final.due_at == moment("11-28 16:00")
    assert [due.state for due in desk.due(id, "follow-up", "written")] == ["void"]
    await desk.done("incident.reopen", id, reason="复燃")
    assert [due.state for due in desk.due(id, "final", "written")] == ["void"]
    assert [due.state for due in desk.due(id, "follow-up", "written")][-1] == "pending"


async def test_what_turns_out_to_be_true_is_owed_again(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.done("incident.false", id, role="leader", reason="误报")
    await desk.at("14:33")
    await desk.done("incident.restore", id, role="leader", reason="确有其事")
    (phone,) = desk.due(id, "first", "phone")
    assert (phone.state, phone.due_at) == ("warned", moment("14:42"))


async def test_a_daily_report_goes_on_under_its_own_number_after_the_end_was_taken_back(desk: CommandDesk) -> None:
    id = await _graded(desk)
    await desk.at("17:00")
    await _prove(desk, desk.due(id, "follow-up", "written")[0], "16:59")
    await desk.done("incident.end", id, role="leader")
    await desk.done("incident.reopen", id, reason="复燃")
    reports = desk.due(id, "follow-up", "written")
    assert [report.state for report in reports] == ["met", "void", "pending"]
    assert [report.id.rpartition("/")[2] for report in reports] == ["1", "2", "3"]


async def test_of_two_clocks_for_one_obligation_the_earlier_stands(desk: CommandDesk) -> None:
    target = await _graded(desk)
    merged = await desk.opened("14:22", place="乙")
    await desk.done("incident.grade", merged, grade="III", basis="同一事件")
    await desk.at("14:25")
    await desk.done("incident.merge", merged, into=target)
    (later,), (earlier,) = desk.due(merged, "first", "phone"), desk.due(target, "first", "phone")
    assert (later.state, later.merged_into) == ("void", earlier.id)
    assert (earlier.state, earlier.due_at) == ("pending", moment("14:42"))
    await desk.at("14:40")
    await desk.done("incident.unmerge", merged)
    (later,) = desk.due(merged, "first", "phone")
    assert (later.state, later.due_at, later.merged_into) == ("pending", moment("14:52"), "")


async def test_a_clock_that_runs_out_while_the_role_is_down_is_late_at_its_start(desk: CommandDesk) -> None:
    id = await _graded(desk)
    desk.now = moment("14:50")
    await desk.start()
    await desk.at("14:50")
    (phone,) = desk.due(id, "first", "phone")
    assert (phone.state, phone.late) == ("late", True)


async def test_an_exercise_owes_its_own_reports_under_its_mode(desk: CommandDesk) -> None:
    id = await desk.opened("14:12", mode="exercise")
    await desk.done("incident.grade", id, grade="III", basis="推演")
    assert {due.mode for due in desk.engine.obligations.of(id)} == {"exercise"}
