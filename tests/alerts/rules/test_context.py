"""Rules with two limits, over time, over a region, and over several assets; each asked only when it must be."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.core.rule_evaluator import RuleEvaluator
from alerts.rules.rule import CompiledRule
from alerts.rules.subjects import Subject
from feeds.model import Asset, Kind
from tests.alerts.builders import T0, asset, change, core, gone, names, reading, rule, state

HOT = rule(id="hot", when='m["sensor.temp"] > (active ? 70.0 : 80.0)')
RISING = rule(id="rising", when='rate(m["river.level"], 60) > 0.01')
CAMERAS = rule(id="cameras", over="region", when='count(region, "camera", "down") >= 2')


def test_two_limits_raise_high_and_clear_low() -> None:
    alert_core = core(HOT)
    for second, value in enumerate((75, 81, 79, 71, 81, 70, 75)):
        alert_core.fold(change(state("r1", "ok", sensor_temp=reading(value, at=T0 + second)), T0 + second), T0 + second)
    assert names(alert_core.take_steps()) == [(1, "raise"), (5, "clear")]


def test_a_rate_is_known_once_half_its_window_is_and_says_its_value() -> None:
    alert_core = core(RISING)
    for second, level in ((0, 1.0), (10, 1.0), (20, 1.1), (31, 1.4), (60, 2.0), (90, 2.0), (120, 2.0)):
        level_then = reading(level, at=T0 + second, fresh_for=60)
        alert_core.fold(change(state("r1", "ok", river_level=level_then), T0 + second), T0 + second)
    steps = alert_core.take_steps()
    assert names(steps) == [(31, "raise"), (120, "clear")]
    assert steps[0].transition.text == "rate(river.level)=0.0129032 /s"


def test_a_rate_without_fresh_samples_is_no_data_and_no_recovery() -> None:
    alert_core = core(RISING)
    for second, level in ((0, 1.0), (40, 2.0)):
        alert_core.fold(change(state("r1", "ok", river_level=reading(level, at=T0 + second)), T0 + second), T0 + second)
    alert_core.advance(T0 + 200)
    assert names(alert_core.take_steps()) == [(40, "raise"), (70, "stale")]


def test_a_count_over_a_region_is_one_alert_of_the_region_whatever_the_number_of_assets() -> None:
    cameras = tuple(asset(f"c{n}", kind="camera", region="532301") for n in range(3))
    alert_core = core(CAMERAS, assets=(*cameras, asset("r1", region="532323")))
    for second, (id, health) in enumerate((("c0", "down"), ("c1", "down"), ("c2", "down"), ("c0", "ok"), ("c1", "ok"))):
        alert_core.fold(change(state(id, health), T0 + second), T0 + second)
    alert_core.advance(T0 + 10)
    steps = alert_core.take_steps()
    assert {(s.alert.asset, s.alert.subject_kind, s.alert.region) for s in steps} == {
        ("532301", "region", "532301"),
        ("532300", "region", "532300"),
    }
    assert [s.transition.name for s in steps if s.alert.asset == "532301"] == ["raise", "clear"]


def test_a_rule_may_ask_of_another_asset() -> None:
    both = rule(id="both", when='id == "r1" && health == "down" && health_of("r2") == "down"')
    alert_core = core(both, assets=(asset("r1"), asset("r2")))
    alert_core.fold(change(state("r1", "down"), T0), T0)
    alert_core.advance(T0 + 5)
    assert names(alert_core.take_steps()) == []
    alert_core.fold(change(state("r2", "down"), T0 + 6), T0 + 6)
    alert_core.advance(T0 + 10)
    assert names(alert_core.take_steps()) == [(7, "raise")]
    alert_core.fold(gone(Kind.ASSET, "r2", T0 + 11), T0 + 11)
    alert_core.advance(T0 + 20)
    assert names(alert_core.take_steps()) == [(12, "stale")]


def test_only_rules_whose_inputs_have_changed_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    evaluate = RuleEvaluator.evaluate

    def counted(self: RuleEvaluator, rule: CompiledRule, subject: Subject, now: float, *, fresh: bool = False) -> None:
        looked_up.append(rule.id)
        evaluate(self, rule, subject, now, fresh=fresh)

    monkeypatch.setattr(RuleEvaluator, "evaluate", counted)
    alert_core = core(rule(), HOT, RISING)
    first = state("r1", "ok", sensor_temp=60.0, tcp_ms=1.0)
    alert_core.fold(change(first, T0), T0)
    looked_up.clear()
    for second, after in enumerate(
        (
            replace(first, readings={**first.readings, "tcp.ms": reading(2.0, at=T0 + 1)}),
            replace(first, readings={**first.readings, "sensor.temp": reading(61.0, at=T0 + 2)}),
            state("r1", "down", sensor_temp=reading(61.0, at=T0 + 2), tcp_ms=1.0),
        ),
        1,
    ):
        alert_core.fold(change(after, T0 + second), T0 + second)
        looked_up.append("|")
    assert "".join(looked_up).split("|")[:3] == ["", "hot", "down"]


def watched(id: str, **more: object) -> Asset:
    return asset(id, probes=(f"icmp://{id}",), **more)


def test_cameras_that_become_unknown_are_no_recovery_of_those_that_were_down() -> None:
    alert_core = core(CAMERAS, assets=tuple(watched(f"c{number}", kind="camera") for number in range(3)))
    for second, (id, health) in enumerate(
        (("c0", "down"), ("c1", "down"), ("c2", "ok"), ("c0", "unknown"), ("c1", "unknown"))
    ):
        alert_core.fold(change(state(id, health), T0 + 10 * second), T0 + 10 * second)
    alert_core.advance(T0 + 60)
    assert names(alert_core.take_steps()) == [(11, "raise"), (31, "stale")]
    alert_core.fold(change(state("c0", "ok"), T0 + 70), T0 + 70)
    alert_core.advance(T0 + 80)
    assert names(alert_core.take_steps()) == [(71, "fresh"), (71, "clear")], "one unknown camera makes no two"


def test_unknown_cameras_confirm_nothing_either_and_what_has_no_probe_is_no_doubt() -> None:
    few = rule(id="few", over="region", when='count(region, "camera", "ok") < 2')
    cameras = (watched("c0", kind="camera"), watched("c1", kind="camera"), asset("pole", kind="camera"))
    alert_core = core(few, assets=cameras)
    for second, (id, health) in enumerate((("c0", "ok"), ("c1", "unknown"), ("c1", "down"))):
        alert_core.fold(change(state(id, health), T0 + 10 * second), T0 + 10 * second)
    alert_core.advance(T0 + 40)
    assert names(alert_core.take_steps()) == [(21, "raise")]


def test_another_asset_that_becomes_unknown_is_no_recovery_unless_its_being_unknown_is_asked_for() -> None:
    both = rule(id="both", when='id == "r1" && health_of("r2") == "down"')
    lost = rule(id="lost", when='id == "r1" && health_of("r2") == "unknown"')
    alert_core = core(both, lost, assets=(asset("r1"), watched("r2")))
    for second, health in enumerate(("down", "unknown", "ok")):
        alert_core.fold(change(state("r2", health), T0 + 10 * second), T0 + 10 * second)
    alert_core.advance(T0 + 40)
    taken = alert_core.take_steps()
    steps = [(step.alert.rule, at, name) for (at, name), step in zip(names(taken), taken, strict=True)]
    assert [step for step in steps if step[0] == "both"] == [
        ("both", 1, "raise"),
        ("both", 11, "stale"),
        ("both", 21, "fresh"),
        ("both", 21, "clear"),
    ]
    assert [step[1:] for step in steps if step[0] == "lost"] == [(11, "raise"), (21, "clear")]
