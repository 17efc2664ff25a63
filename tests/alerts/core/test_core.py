"""Timelines: what comes in when, and what happens then."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from alerts.core.core import AlertCore
from alerts.rules.delays import Timers
from alerts.rules.rule import CompiledRule, compile_rules
from alerts.rules.subjects import Subject
from feeds.model import Asset, Health, Kind, Outcome, Severity
from feeds.model.isa_state import isa_state
from tests.alerts.builders import (
    T0,
    asset,
    change,
    command,
    core,
    gone,
    make_alert,
    names,
    reading,
    rule,
    source,
    state,
)

HELD = rule(hold=10.0, recover_for=5.0)


def feed(alert_core: AlertCore, second: float, health: str, id: str = "r1", **readings: object) -> None:
    alert_core.fold(change(state(id, health, **readings), T0 + second), T0 + second)


def test_raised_after_for_and_cleared_after_recover_for_at_their_exact_moments() -> None:
    alert_core = core(HELD)
    feed(alert_core, 1, "down")
    alert_core.advance(T0 + 10.9)
    assert names(alert_core.take_steps()) == []
    alert_core.advance(T0 + 11.2)
    assert names(alert_core.take_steps()) == [(11, "raise")]
    feed(alert_core, 20, "ok")
    alert_core.advance(T0 + 30)
    assert names(alert_core.take_steps()) == [(25, "clear")]
    assert [isa_state(alert) for alert in alert_core.alerts.values()] == ["RTNUN"]


def test_a_short_failure_raises_nothing_and_a_short_recovery_clears_nothing() -> None:
    alert_core = core(HELD)
    feed(alert_core, 0, "down")
    feed(alert_core, 9, "ok")
    feed(alert_core, 10, "down")
    alert_core.advance(T0 + 20)
    feed(alert_core, 21, "ok")
    feed(alert_core, 25, "down")
    alert_core.advance(T0 + 60)
    assert names(alert_core.take_steps()) == [(20, "raise")]


def test_fire_clear_fire_within_a_second_is_recorded_and_stays_one_alert() -> None:
    alert_core = core()
    for second, health in ((0, "down"), (0.3, "ok"), (0.6, "down")):
        feed(alert_core, second, health)
    steps = alert_core.take_steps()
    assert names(steps) == [(0, "raise"), (0.3, "clear"), (0.6, "reraise")]
    assert {step.alert.id for step in steps} == {"a1"}


def test_a_backlog_read_late_gives_the_same_steps_as_one_read_as_it_came() -> None:
    alert_core = core(HELD)
    late = T0 + 500
    for second, health in ((0, "down"), (30, "ok"), (40, "down"), (45, "ok")):
        alert_core.fold(change(state("r1", health), T0 + second), late)
    alert_core.advance(late)
    assert names(alert_core.take_steps()) == [(10, "raise"), (35, "clear")]


def test_no_data_is_never_a_recovery() -> None:
    alert_core = core(HELD)
    feed(alert_core, 0, "down")
    alert_core.advance(T0 + 10)
    feed(alert_core, 12, "ok")
    feed(alert_core, 14, "unknown")
    alert_core.advance(T0 + 100)
    assert names(alert_core.take_steps()) == [(10, "raise"), (14, "stale")]
    feed(alert_core, 100, "ok")
    alert_core.advance(T0 + 110)
    assert names(alert_core.take_steps()) == [(100, "fresh"), (103, "clear")]


def test_a_reading_that_ages_is_found_without_any_input() -> None:
    alert_core = core(rule(when='m["http.ms"] > 300'))
    feed(alert_core, 0, "ok", http_ms=reading(400, fresh_for=30))
    alert_core.advance(T0 + 100)
    assert names(alert_core.take_steps()) == [(0, "raise"), (30, "stale")]


def test_a_rule_over_age_fires_when_its_limit_is_passed_without_any_input() -> None:
    alert_core = core(rule(when='age(m["tcp.up"]) > 60'))
    feed(alert_core, 0, "ok", tcp_up=True)
    alert_core.advance(T0 + 60)
    assert names(alert_core.take_steps()) == []
    alert_core.advance(T0 + 62)
    assert names(alert_core.take_steps()) == [(60.001, "raise")]


def test_only_rules_of_the_changed_kind_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    alert_core = core(rule(), rule(id="silent", over="source", when="silent"))
    evaluated: list[str] = []

    def evaluate(rule: CompiledRule, subject: Subject, now: float, *, fresh: bool) -> None:
        evaluated.append(rule.id)

    monkeypatch.setattr(alert_core._evaluator, "evaluate", evaluate)
    feed(alert_core, 0, "down")
    alert_core.fold(change(source(), T0 + 1), T0 + 1)
    assert evaluated == ["down", "silent"]


def test_the_silence_of_a_source_is_one_alert_with_its_region() -> None:
    alert_core = core(rule(id="silent", over="source", when="silent", severity=Severity.MAJOR))
    alert_core.fold(change(source(silent_since=T0 + 60), T0 + 60), T0 + 60)
    (step,) = alert_core.take_steps()
    assert (step.alert.asset, step.alert.subject_kind, step.alert.region) == ("cma", "source", "532300")
    alert_core.fold(change(source(at=T0 + 99), T0 + 99), T0 + 99)
    assert names(alert_core.take_steps()) == [(99, "clear")]


SILENT = rule(id="silent", over="source", when="silent")


def test_the_alert_of_a_source_that_was_removed_ends_by_that_name() -> None:
    alert_core = core(SILENT)
    alert_core.fold(change(source(silent_since=T0 + 60), T0 + 60), T0 + 60)
    alert_core.fold(gone(Kind.SOURCE, "cma", T0 + 70), T0 + 70)
    steps = alert_core.take_steps()
    assert names(steps) == [(60, "raise"), (70, "removed")]
    assert steps[-1].transition.text == "source_removed"


def test_after_a_loss_the_settings_decide_which_sources_are_gone() -> None:
    alert = make_alert(rule="silent", subject_kind="source", asset="cma")

    def after_loss(assets: tuple[Asset, ...], named: set[str]) -> AlertCore:
        alert_core = core(SILENT, assets=assets, alerts=[alert])
        alert_core.subjects.named_sources = lambda inventory: named
        alert_core.start_from_snapshot(T0 + 1)
        return alert_core

    unknown, expected = after_loss((), set()), after_loss((asset(),), {"cma"})
    assert names(unknown.take_steps()) == names(expected.take_steps()) == [(1, "stale")]
    removed = after_loss((asset(),), set())
    assert [step.transition.text for step in removed.take_steps()] == ["source_removed"]
    assert expected.set_named_sources(lambda inventory: {"other"}) == {"silent"}
    expected.reconcile({"silent"})
    assert [step.transition.text for step in expected.take_steps()] == ["source_removed"]


def test_an_acknowledgement_ends_at_its_time_and_the_alert_is_open_again_as_before() -> None:
    alert_core = core()
    feed(alert_core, 0, "down")
    args = {"comment": "一小时内", "until": T0 + 3600}
    assert alert_core.command(command("ack", "a1", T0 + 5, args=args), T0 + 5).outcome is Outcome.DONE
    alert_core.advance(T0 + 3599)
    assert isa_state(alert_core.alerts["a1"]) == "ACKED"
    alert_core.advance(T0 + 3601)
    assert names(alert_core.take_steps()) == [(0, "raise"), (5, "ack"), (3600, "ack_expired")]
    assert alert_core.alerts["a1"].ack is None


def test_an_acknowledgement_that_expired_while_nobody_ran_ends_at_the_start() -> None:
    alert_core = core()
    feed(alert_core, 0, "down")
    alert_core.command(command("ack", "a1", T0 + 1, args={"until": T0 + 10}), T0 + 1)
    again = core(alerts=alert_core.alerts.values())
    again.start_from_snapshot(T0 + 50)
    again.advance(T0 + 50)
    assert (50, "ack_expired") in names(again.take_steps())


def test_an_acknowledged_alert_that_clears_is_closed_and_the_next_one_is_new() -> None:
    alert_core = core()
    feed(alert_core, 0, "down")
    alert_core.command(command("ack", "a1", T0 + 1), T0 + 1)
    feed(alert_core, 2, "ok")
    assert alert_core.alerts == {}
    feed(alert_core, 3, "down")
    assert list(alert_core.alerts) == ["a2"]


def test_a_subject_that_leaves_the_inventory_ends_its_alert_as_removed() -> None:
    alert_core = core(HELD, rule(id="slow", when='m["http.ms"] > 1', hold=60.0))
    feed(alert_core, 0, "down", http_ms=5)
    alert_core.advance(T0 + 10)
    alert_core.fold(gone(Kind.STATE, "r1", T0 + 20), T0 + 20)
    alert_core.fold(gone(Kind.ASSET, "r1", T0 + 20), T0 + 20)
    alert_core.advance(T0 + 200)
    steps = alert_core.take_steps()
    assert names(steps) == [(10, "raise"), (20, "removed")]
    assert steps[-1].transition.text == "subject_gone"
    assert steps[-1].alert.removed
    assert not steps[-1].alert.active
    assert len(alert_core.timers) == 0


def test_after_a_loss_the_inventory_decides_who_is_gone_but_only_once_it_is_there() -> None:
    empty = core(assets=(), alerts=[make_alert()])
    empty.start_from_snapshot(T0 + 1)
    assert names(empty.take_steps()) == [(1, "stale")]
    loaded = core(assets=(asset("r2"),), alerts=[make_alert()])
    loaded.start_from_snapshot(T0 + 1)
    assert [step.transition.text for step in loaded.take_steps()] == ["subject_gone"]


def test_an_alert_of_a_removed_rule_ends_as_removed_and_a_new_rule_looks_at_what_is_there() -> None:
    alert_core = core(rule(), rule(id="held", hold=60.0))
    feed(alert_core, 0, "down")
    alert_core.set_rules(compile_rules([rule(id="not-ok", when='health != "ok"')]))
    alert_core.advance(T0 + 7)
    alert_core.reconcile()
    steps = alert_core.take_steps()
    assert [(s.alert.rule, s.transition.name, s.transition.text) for s in steps[1:]] == [
        ("down", "removed", "rule_removed"),
        ("not-ok", "raise", "health=down"),
    ]
    assert len(alert_core.timers) == 0


def test_a_rule_that_now_says_worse_ends_the_acknowledgement() -> None:
    alert_core = core(rule(severity=Severity.MINOR))
    feed(alert_core, 0, "down")
    alert_core.command(command("ack", "a1", T0 + 1), T0 + 1)
    alert_core.set_rules(compile_rules([rule(severity=Severity.CRITICAL)]))
    alert_core.reconcile()
    assert names(alert_core.take_steps())[-1] == (1, "ack_ended_by_worsening")
    alert_core.set_rules(compile_rules([rule(severity=Severity.MAJOR)]))
    alert_core.reconcile()
    assert names(alert_core.take_steps()) == [(1, "severity_down")]


def test_asking_every_rule_again_changes_nothing_that_stands() -> None:
    alert_core = core(HELD, rule(id="slow", when='m["http.ms"] > 1', hold=60.0))
    feed(alert_core, 0, "down", http_ms=5)
    alert_core.advance(T0 + 12)
    alert_core.take_steps()
    before = alert_core.timers.dump()
    alert_core.reconcile()
    assert (alert_core.take_steps(), alert_core.timers.dump()) == ([], before)


def test_from_a_snapshot_what_holds_now_decides_before_a_timer_left_from_before() -> None:
    left = {"pending": [["down", "asset", "r1", "raise", T0, 10.0, None]]}
    for health, expected in ((Health.OK, []), (Health.DOWN, [(60, "raise")])):
        alert_core = core(HELD, timers=Timers(left))
        alert_core.subjects.fold(change(replace(state("r1"), health=health), T0 + 50))
        alert_core.start_from_snapshot(T0 + 60)
        alert_core.advance(T0 + 60)
        assert names(alert_core.take_steps()) == expected


def test_the_steps_say_what_brought_them_about() -> None:
    alert_core = core()
    alert_core.fold(replace(change(state("r1", "down"), T0), rev="e1.5-0"), T0)
    alert_core.command(command("ack", "a1", T0 + 1, id="c7"), T0 + 1)
    assert [step.cause for step in alert_core.take_steps()] == ["e1.5-0", "c7"]
