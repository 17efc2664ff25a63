"""Rehearsal: the past states of an incident, and what a plan would have proposed then."""

from __future__ import annotations

from typing import Any

from feeds.model.incidents import CasualtyReport, GradeVersion, Incident
from feeds.model.plans import Plan, PlanTrigger
from feeds.plans.differences import PlanDifference, differences, text_difference
from feeds.plans.format import PlanContext, read_plan
from feeds.plans.rehearsal import DAY, rehearsed, states

T = 1_795_000_000.0
TEXT = """\
id: hazchem
name: 危化品预案
owner: yjj
review_by: 2030-06-30
triggers:
  - {when: "incident.class == 'hazchem' && incident.grade <= 3 && incident.phase == 'active'", level: III}
  - {when: "incident.class == 'hazchem' && incident.casualties.dead >= 3", level: II}
levels:
  III: {tasks: [{key: cordon, title: 封控, role: duty, due: "15m"}]}
  II: {adds: [{key: province, title: 增援, role: leader, due: "30m"}]}
"""


def _plan(text: str = TEXT) -> Plan:
    plan = read_plan(text, "hazchem.yaml", PlanContext()).plan
    assert plan is not None
    return plan


def _incident(at: float, number: int = 1, **fields: Any) -> Incident:
    values: dict[str, Any] = {
        "id": f"532300:20261101-{number:04d}",
        "title": "泄漏",
        "event_class": "hazchem",
        "region": "532301",
        "received_at": at,
        "created_at": at,
        "created_by": "li",
        "verified_at": at + 60,
        "opened_at": at + 60,
        "phase": "active",
        "phase_at": at + 60,
        "grade": "III",
        "grades": (GradeVersion(grade="III", basis="重伤", by="li", at=at + 480),),
    }
    return Incident(**values | fields)


def _dead(number: int, value: float, at: float) -> CasualtyReport:
    return CasualtyReport(
        number=number, what="dead", value=value, source="州卫健委", official=True, valid_at=at, at=at, by="li"
    )


def test_the_states_of_an_incident_are_made_anew_from_its_versions() -> None:
    incident = _incident(T, ended_at=T + 9000, phase="ended", phase_at=T + 9000, casualties=(_dead(1, 3, T + 600),))
    seen = [(at - T, state.phase, state.grade, state.figures.keys()) for at, state in states(incident)]
    assert seen == [
        (0, "received", "", set()),
        (60, "active", "", set()),
        (480, "active", "III", set()),
        (600, "active", "III", {"dead"}),
        (9000, "ended", "III", {"dead"}),
    ]


def test_a_plan_would_have_started_when_its_trigger_first_held_and_risen_later() -> None:
    risen = _incident(T, casualties=(_dead(1, 1, T + 500), _dead(2, 3, T + 900)))
    result = rehearsed(_plan(), [risen], until=T + DAY, by="li")
    assert [(start.level, start.at - T) for start in result.starts] == [("II", 900), ("III", 480)]
    assert (result.count, result.incidents, result.per_month) == (2, 1, 0.67)


def test_only_real_incidents_of_the_last_ninety_days_count() -> None:
    old, drill = _incident(T - 91 * DAY, 2), _incident(T, 3, mode="exercise")
    result = rehearsed(_plan(), [_incident(T), old, drill], until=T + DAY, by="li")
    assert (result.incidents, result.count) == (1, 1)


def test_a_trigger_that_would_fire_nine_hundred_times_a_month_is_told() -> None:
    plan = _plan(
        TEXT.replace("incident.class == 'hazchem' && incident.grade <= 3 && incident.phase == 'active'", "true")
    )
    many = [_incident(T - number * 2880, number) for number in range(2700)]
    result = rehearsed(plan, many, until=T + 1, by="li")
    assert (result.count, result.per_month, len(result.starts)) == (2700, 900.0, 100)


def test_an_incident_that_was_none_starts_nothing_from_then_on() -> None:
    false = _incident(T, phase="false", phase_at=T + 120)
    assert rehearsed(_plan(), [false], until=T + DAY, by="li").count == 0


def test_a_trigger_over_a_warning_needs_the_linked_warning() -> None:
    plan = _plan(TEXT.replace("incident.grade <= 3 && incident.phase == 'active'", "warning.colour == 'red'"))
    linked = _incident(T, warnings=("w1",))
    assert rehearsed(plan, [linked], until=T + DAY, by="li").count == 0
    warnings = {"w1": {"id": "w1", "colour": "red"}, "w2": {"id": "w2", "colour": "blue"}}
    assert rehearsed(plan, [linked], until=T + DAY, by="li", warnings=warnings).count == 1


def test_the_difference_names_what_is_done_otherwise() -> None:
    after = _plan(TEXT.replace('due: "15m"', 'due: "20m", evidence: photo').replace("dead >= 3", "dead >= 2"))
    changes = differences(_plan(), after)
    trigger = "II: incident.class == 'hazchem' && incident.casualties.dead >= "
    assert changes == [
        PlanDifference("triggers/2", trigger + "3", trigger + "2"),
        PlanDifference("II/cordon/due", "900", "1200"),
        PlanDifference("II/cordon/evidence", "none", "photo"),
        PlanDifference("III/cordon/due", "900", "1200"),
        PlanDifference("III/cordon/evidence", "none", "photo"),
    ]
    assert [line[:1] for line in text_difference(_plan(), after) if line[:3] not in ("---", "+++")].count("+") == 2
    assert differences(_plan(), _plan()) == []
    assert all(change.before == "" for change in differences(None, after))


def test_a_trigger_that_names_a_record_that_is_not_there_is_false() -> None:
    plan = _plan()
    assert plan.triggers[1] == PlanTrigger(
        when="incident.class == 'hazchem' && incident.casualties.dead >= 3", level="II"
    )
    assert rehearsed(plan, [], until=T, by="li").count == 0
