"""Severities by value: one alert that worsens and eases, each severity with its own deadband and delays."""

from __future__ import annotations

from dataclasses import replace as copy
from typing import Any

import pytest
from msgspec.structs import replace

from alerts.lifecycle.transitions import Acknowledge
from alerts.rules.rule import RuleError, compile_rule
from alerts.settings import SeverityGrade, graded
from feeds.model import Severity
from tests.alerts.builders import T0, asset, reading, rule, state
from tests.alerts.desk import Desk

HIGH = rule(
    "level",
    'm["river.level"] > (active ? 4.8 : 5.0)',
    severity=Severity.MINOR,
    grades=(
        SeverityGrade(when='m["river.level"] > (active ? 6.8 : 7.0)', severity=Severity.CRITICAL),
        SeverityGrade(when='m["river.level"] > (active ? 5.8 : 6.0)', severity=Severity.MAJOR),
    ),
)


class River(Desk):
    """A gauge whose level is read."""

    def __init__(self, *, hold: float = 0.0, recover_for: float = 0.0) -> None:
        super().__init__(asset("g"), rules=(copy(HIGH, hold=hold, recover_for=recover_for),))

    def level(self, second: float, metres: float, fresh_for: float = 1000.0) -> None:
        at = T0 + second
        level = reading(metres, at=at, fresh_for=fresh_for)
        self.fold(second, replace(state("g", river_level=level), seen_at=at))

    def severity(self) -> str:
        return str(self.alert("g", "level").severity)

    def steps_of(self) -> list[str]:
        return [name for _, name in self.names("g")]


def test_high_and_high_high_are_one_alert_with_its_history() -> None:
    river = River()
    severities = []
    for second, metres in enumerate((4.0, 5.1, 6.1, 7.1, 6.9, 6.7, 5.9, 5.7, 4.9)):
        river.level(second * 10.0, metres)
        severities += [river.severity()] if river.core.alerts else []
    assert severities == ["minor", "major", "critical", "critical", "major", "major", "minor", "minor"]
    river.level(100, 4.7)
    assert river.steps_of() == ["raise", "severity_up", "severity_up", "severity_down", "severity_down", "clear"]
    assert len(river.core.alerts) == 1


def test_an_alert_is_raised_with_the_severity_of_its_value() -> None:
    river = River()
    river.level(0, 9.0)
    assert (river.severity(), river.steps_of()) == ("critical", ["raise"])


def test_worsening_is_told_and_ends_an_acknowledgement_and_easing_is_quiet() -> None:
    river = River()
    river.level(0, 5.1)
    alert = river.alert("g", "level")
    river.core.open_alerts.apply(alert, Acknowledge(actor="zhang"), T0 + 5)
    river.level(10, 7.1)
    assert river.alert("g", "level").ack is None
    assert river.steps_of() == ["raise", "ack", "ack_ended_by_worsening"]
    assert [reason for _, _, reason in river.notices] == ["first", "worse"]
    river.level(20, 5.1)
    assert river.severity() == "minor"
    assert [reason for _, _, reason in river.notices] == ["first", "worse"]


def test_worsening_waits_for_the_on_delay_and_easing_for_the_off_delay() -> None:
    river = River(hold=20.0, recover_for=30.0)
    river.level(0, 5.1)
    river.until(20)
    river.level(40, 7.1)
    river.until(59)
    assert river.severity() == "minor"
    river.until(60)
    assert river.severity() == "critical"
    river.level(70, 5.1)
    river.until(99)
    assert river.severity() == "critical"
    river.until(100)
    assert river.severity() == "minor"


def test_a_peak_shorter_than_the_on_delay_worsens_nothing() -> None:
    river = River(hold=20.0)
    river.level(0, 5.1)
    river.until(20)
    river.level(40, 7.1)
    river.level(50, 5.1)
    river.until(500)
    assert (river.severity(), river.steps_of()) == ("minor", ["raise"])
    assert len(river.core.timers) == 0


def test_no_data_eases_nothing() -> None:
    river = River()
    river.level(0, 7.1, fresh_for=30.0)
    river.until(200)
    assert (river.severity(), river.steps_of()) == ("critical", ["raise", "stale"])


def test_a_waiting_severity_survives_a_restart_and_goes_with_the_alert() -> None:
    river = River(hold=20.0)
    river.level(0, 5.1)
    river.until(20)
    river.level(40, 7.1)
    assert river.core.timers.dump()["pending"][0][0] == "level:critical"
    river.level(45, 4.0)
    assert river.core.timers.dump()["pending"] == []


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([("a", "critical"), ("", "minor")], ("minor", ["critical"])),
        ([("a", "minor"), ("b", "critical")], ("minor", ["minor", "critical"])),
        ([], None),
        ([("", "minor"), ("", "major")], None),
        ([("a", "minor"), ("b", "minor")], None),
    ],
)
def test_a_list_of_severities_has_one_that_counts_while_none_holds(entries: Any, expected: Any) -> None:
    result = graded([(when, Severity(severity)) for when, severity in entries])
    assert (result and (str(result[0]), [str(grade.severity) for grade in result[1]])) == expected


def test_a_condition_of_a_severity_is_checked_as_the_rules_own() -> None:
    with pytest.raises(RuleError, match="health_off"):
        compile_rule(rule(grades=(SeverityGrade(when="health_off == 'x'", severity=Severity.MAJOR),)))
