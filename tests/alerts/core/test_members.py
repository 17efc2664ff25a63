"""Rules over members: one alert for each interface, disk or channel of an asset, on a timeline."""

from __future__ import annotations

from dataclasses import replace as copy
from typing import Any

import pytest
from msgspec.structs import replace

from alerts.rules.rule import RuleError, compile_rule
from alerts.settings import SeverityGrade
from feeds.model import AssetState, Severity
from tests.alerts.builders import T0, asset, gone, reading, rule, state
from tests.alerts.desk import Desk

PORTS = rule(
    "if-down",
    'm["if.oper"] == "down" && m["if.admin"] != "down" && !(member in ["Vlan1"]) && !member.startsWith("Loop")',
    each="if.oper",
    severity=Severity.MAJOR,
    title={"zh-CN": "接口中断", "en": "interface down"},
)
FULL = rule(
    "disk-full",
    'm["disk.used"] > (active ? 80.0 : 85.0)',
    each="disk.used",
    severity=Severity.MINOR,
    grades=(SeverityGrade(when='m["disk.used"] > (active ? 92.0 : 95.0)', severity=Severity.CRITICAL),),
)


def readings(at: float, **values: Any) -> AssetState:
    """`if_oper={"GE0/0/1": "down"}` gives the reading `if.oper[GE0/0/1]`."""
    members = {
        f"{metric.replace('_', '.', 1)}[{member}]": reading(value, at=T0 + at, fresh_for=100.0)
        for metric, by_member in values.items()
        for member, value in by_member.items()
    }
    return replace(state("sw"), readings=members, seen_at=T0 + at)


class Switch(Desk):
    """A switch whose ports and disks are read."""

    def __init__(self, *rules: Any) -> None:
        super().__init__(asset("sw"), rules=rules or (PORTS,))

    def read(self, second: float, **values: Any) -> None:
        self.fold(second, readings(second, **values))

    def active(self) -> dict[str, str]:
        return {alert.member: str(alert.severity) for alert in self.core.alerts.values() if alert.active}


def test_each_member_has_an_alert_of_its_own_with_its_label() -> None:
    switch = Switch()
    switch.read(0, if_oper={"GE0/0/1": "up", "GE0/0/2": "up", "GE0/0/3": "down"}, if_admin={"GE0/0/3": "down"})
    assert switch.active() == {}
    switch.read(10, if_oper={"GE0/0/1": "down", "GE0/0/2": "down", "Vlan1": "down", "LoopBack0": "down"}, if_admin={})
    assert switch.active() == {}, "a port without if.admin is not known to be wanted"
    up = dict.fromkeys(("GE0/0/1", "GE0/0/2", "Vlan1", "LoopBack0"), "up")
    switch.read(20, if_oper=dict.fromkeys(up, "down"), if_admin=up)
    assert switch.active() == {"GE0/0/1": "major", "GE0/0/2": "major"}, "what the rule leaves out raises nothing"
    alerts = {alert.member: alert for alert in switch.core.alerts.values()}
    first = alerts["GE0/0/1"]
    assert (first.asset, first.rule, first.title["zh-CN"]) == ("sw", "if-down", "接口中断 GE0/0/1")
    assert first.labels["member"] == "GE0/0/1"
    assert len({alert.fingerprint for alert in alerts.values()}) == 2
    switch.read(30, if_oper={**up, "GE0/0/2": "down"}, if_admin=up)
    assert switch.active() == {"GE0/0/2": "major"}
    assert [reason for _, _, reason in switch.notices] == ["first", "first", "cleared"]


def test_members_have_their_own_delays_deadbands_and_severities() -> None:
    switch = Switch(copy(FULL, hold=20.0))
    switch.read(0, disk_used={"C": 90.0, "D": 50.0})
    switch.read(10, disk_used={"C": 90.0, "D": 96.0})
    switch.until(20)
    assert switch.active() == {"C": "minor"}
    switch.until(30)
    assert switch.active() == {"C": "minor", "D": "critical"}
    switch.read(40, disk_used={"C": 82.0, "D": 93.0})
    assert switch.active() == {"C": "minor", "D": "critical"}, "within both deadbands"
    switch.read(50, disk_used={"C": 79.0, "D": 91.0})
    assert switch.active() == {"D": "minor"}


def test_a_member_that_is_not_read_any_more_goes_stale_and_an_exclusion_ends_its_alert() -> None:
    switch = Switch()
    admin = {"if_admin": {"GE0/0/1": "up", "GE0/0/2": "up"}}
    switch.read(0, if_oper={"GE0/0/1": "down", "GE0/0/2": "up"}, **admin)
    switch.read(10, if_oper={"GE0/0/2": "up"}, **admin)
    (alert,) = switch.core.alerts.values()
    assert (alert.active, alert.stale_since) == (True, T0 + 10), "no data is no recovery"
    without = copy(PORTS, when=f"{PORTS.when} && member != 'GE0/0/1'")
    switch.core.reconcile(switch.core.set_rules({"if-down": compile_rule(without)}))
    assert switch.active() == {}


def test_an_alert_of_a_member_ends_with_its_asset_and_with_another_form_of_its_rule() -> None:
    switch = Switch()
    switch.read(0, if_oper={"GE0/0/1": "down"}, if_admin={"GE0/0/1": "up"})
    switch.core.reconcile(switch.core.set_rules({"if-down": compile_rule(rule("if-down", 'health == "down"'))}))
    assert switch.active() == {}
    again = Switch(copy(PORTS, hold=60.0), FULL)
    again.read(0, if_oper={"GE0/0/1": "down"}, if_admin={"GE0/0/1": "up"}, disk_used={"C": 90.0})
    again.core.fold(gone("asset", "sw", T0 + 10), T0 + 10)
    again.until(100)
    assert again.active() == {}
    assert not again.core.timers.waiting()


def test_a_critical_port_is_no_failure_of_its_switch() -> None:
    desk = Desk(asset("sw"), asset("cam", parents=("sw",)), rules=(copy(PORTS, severity=Severity.CRITICAL), rule()))
    desk.fold(0, readings(0, if_oper={"GE0/0/1": "down"}, if_admin={"GE0/0/1": "up"}))
    desk.see(1, "cam", "down")
    assert desk.alert("cam").suppressed_by == ()


def test_what_waits_for_a_member_survives_a_restart() -> None:
    switch = Switch(copy(FULL, hold=20.0))
    switch.read(0, disk_used={"C:": 96.0, "D[1]": 90.0})
    dumped = switch.core.dump()
    assert [row[0] for row in dumped["pending"]] == ["disk-full[C:]", "disk-full[D[1]]"]
    switch.until(20)
    assert switch.active() == {"C:": "critical", "D[1]": "minor"}


def test_rates_and_ages_are_those_of_the_member() -> None:
    rising = rule("errors", 'rate(m["if.errors"], 60) > 1.0 && age(m["if.errors"]) < 30.0', each="if.errors")
    switch = Switch(rising)
    for second in range(0, 70, 10):
        switch.read(second, if_errors={"GE0/0/1": float(second * 2), "GE0/0/2": 5.0})
    assert switch.active() == {"GE0/0/1": "critical"}


@pytest.mark.parametrize(("over", "each"), [("source", "if.oper"), ("asset", "if.oper[GE0/0/1]"), ("asset", "if oper")])
def test_each_is_a_reading_of_assets_without_its_member(over: str, each: str) -> None:
    with pytest.raises(RuleError, match="must be a reading of assets"):
        compile_rule(rule("r", "true", over=over, each=each))
    with pytest.raises(RuleError, match="unknown name member"):
        compile_rule(rule("r", 'member == "x"'))


def test_any_member_at_once_is_one_alert_of_the_asset() -> None:
    any_port = rule("any-port", 'm.exists(key, key.startsWith("if.oper[") && m[key] == "down") && !("if.ok" in m)')
    switch = Switch(any_port)
    switch.read(0, if_oper={"GE0/0/1": "up", "GE0/0/2": "up"})
    assert switch.active() == {}
    switch.read(10, if_oper={"GE0/0/1": "up", "GE0/0/2": "down"})
    assert switch.active() == {"": "critical"}


def test_a_member_that_is_not_fresh_any_more_is_no_recovery_of_any() -> None:
    switch = Switch(rule("any-port", 'm.exists(key, key.startsWith("if.oper[") && m[key] == "down")'))
    switch.read(0, if_oper={"GE0/0/1": "up", "GE0/0/2": "down"})
    stale = readings(20, if_oper={"GE0/0/1": "up", "GE0/0/2": "down"})
    old = replace(stale.readings["if.oper[GE0/0/2]"], fresh_until=T0 + 10)
    switch.fold(20, replace(stale, readings=stale.readings | {"if.oper[GE0/0/2]": old}))
    (alert,) = switch.core.alerts.values()
    assert (alert.active, alert.stale_since) == (True, T0 + 20)
    switch.read(30, if_oper={"GE0/0/1": "up", "GE0/0/2": "up"})
    assert switch.active() == {}
