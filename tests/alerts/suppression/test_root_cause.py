"""What lies behind one failure is one alert: timelines over parents, redundancy, chains and silent sources."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from msgspec import structs

from feeds.model import REFERENCE, Kind, Severity
from feeds.model.isa_state import cut_by
from tests.alerts.builders import T0, gone, reading, rule, source, state
from tests.alerts.desk import Desk, foreign, probed

ROOT, A, B, LEAF = probed("root", kind="router"), probed("a", "root"), probed("b", "root"), probed("leaf", "a")
UP1, UP2 = probed("up1", redundancy_group="up"), probed("up2", redundancy_group="up")
SOURCES = ["agents", "probes"]
DUAL = probed("dual", "up1", "up2")


def all_well(desk: Desk, *ids: str, at: float = 0.0) -> None:
    for id in ids:
        desk.see(at, id, "ok")


def test_children_of_a_failed_parent_are_hidden_behind_its_alert_and_nobody_is_told_of_them() -> None:
    desk = Desk(ROOT, A, B, LEAF)
    all_well(desk, "root", "a", "b", "leaf")
    desk.see(1, "root", "down")
    for second, id in ((1.2, "a"), (1.4, "b"), (1.6, "leaf")):
        desk.see(second, id, "down")
    root = desk.alert("root")
    assert desk.notices == [(1, "root", "first")]
    assert desk.shown() == ["root"]
    assert {desk.alert(id).suppressed_by for id in ("a", "b", "leaf")} == {(f"inhibited:{root.id}",)}
    assert [cut_by(desk.alert(id)) for id in ("root", "a", "b", "leaf")] == ["", root.id, root.id, root.id]
    assert root.affected == {"router": 3}


def test_a_child_found_first_is_held_until_its_parent_has_been_asked_again() -> None:
    desk = Desk(ROOT, A)
    all_well(desk, "root", "a")
    desk.see(1, "a", "down")
    assert desk.alert("a").suppressed_by == ("held",)
    desk.see(2, "root", "down")
    assert desk.notices == [(2, "root", "first")]
    assert desk.alert("a").suppressed_by == (f"inhibited:{desk.alert('root').id}",)
    assert desk.alert("a").hold is None


def test_a_held_child_is_told_as_soon_as_its_parent_proves_well() -> None:
    desk = Desk(ROOT, A)
    all_well(desk, "root", "a")
    desk.see(1, "a", "down")
    assert desk.notices == []
    desk.see(2, "root", "ok")
    assert desk.notices == [(2, "a", "first")]
    assert desk.names("a") == [(1, "raise"), (2, "release")]


def test_a_parent_asked_after_the_failure_holds_nobody_back() -> None:
    desk = Desk(ROOT, A)
    all_well(desk, "root", "a")
    desk.core.advance(T0 + 1)
    desk.see(1, "root", "ok")
    desk.see(1, "a", "down")
    assert desk.notices == [(1, "a", "first")]


def test_holding_is_bounded_by_two_rounds_of_the_probe() -> None:
    desk = Desk(ROOT, A)
    all_well(desk, "root", "a")
    desk.see(1, "a", "down")
    desk.until(6.9)
    assert desk.notices == []
    desk.until(10)
    assert desk.notices == [(7, "a", "first")]


def test_a_short_failure_that_was_held_leaves_nothing_over() -> None:
    desk = Desk(ROOT, A)
    all_well(desk, "root", "a")
    desk.see(1, "a", "down")
    desk.see(1.5, "a", "ok")
    assert (desk.notices, desk.core.alerts) == ([], {})


def test_a_root_that_comes_late_takes_its_children_over_and_nothing_more_is_sent_for_them() -> None:
    desk = Desk(ROOT, A)
    all_well(desk, "root", "a")
    desk.see(1, "a", "down")
    desk.see(2, "root", "ok")
    desk.see(9, "root", "down")
    desk.see(10, "a", "down")
    assert desk.notices == [(2, "a", "first"), (9, "root", "first")]
    assert desk.shown() == ["root"]
    assert desk.alert("root").affected == {"router": 1}


def test_who_was_told_of_a_child_is_told_of_its_end_though_it_is_hidden_by_then() -> None:
    desk = Desk(ROOT, A)
    all_well(desk, "root", "a")
    desk.see(1, "a", "down")
    desk.see(2, "root", "ok")
    desk.see(3, "root", "down")
    desk.see(4, "a", "ok")
    assert desk.notices == [(2, "a", "first"), (3, "root", "first"), (4, "a", "cleared")]
    assert desk.alert("a").suppressed_by == ()


def test_after_the_recovery_children_wait_for_a_newer_result_of_their_own() -> None:
    desk = Desk(ROOT, A, B)
    all_well(desk, "root", "a", "b")
    desk.see(1, "root", "down")
    desk.see(2, "a", "down")
    desk.see(2, "b", "down")
    desk.see(5, "root", "ok")
    assert desk.notices == [(1, "root", "first"), (5, "root", "cleared")]
    assert desk.alert("a").suppressed_by == (f"inhibited:{desk.alert('root').id}",)
    desk.see(5.5, "a", "ok")
    desk.see(6, "b", "down")
    assert desk.notices[2:] == [(6, "b", "first")]
    assert [alert.asset for alert in desk.core.alerts.values() if alert.active] == ["b"]


def test_the_wait_after_a_recovery_is_bounded_and_a_second_failure_ends_it() -> None:
    desk = Desk(ROOT, A)
    all_well(desk, "root", "a")
    desk.see(1, "root", "down")
    desk.see(2, "a", "down")
    desk.see(5, "root", "ok")
    desk.see(6, "root", "down")
    assert desk.alert("a").hold is None
    desk.until(60)
    assert ("a", "first") not in [notice[1:] for notice in desk.notices]
    desk.see(61, "root", "ok")
    desk.until(70)
    assert desk.notices[-1] == (67, "a", "first")


def test_a_recovery_that_must_hold_shows_no_child_in_between() -> None:
    slow = rule(hold=1.0, recover_for=3.0)
    desk = Desk(ROOT, A, rules=(slow,))
    for second in range(0, 20, 2):
        down = 2 <= second < 10
        desk.see(second, "root", "down" if down else "ok")
        desk.see(second + 0.5, "a", "down" if down else "ok")
    desk.until(30)
    assert [(about, why) for _, about, why in desk.notices] == [("root", "first"), ("root", "cleared")]
    assert list(desk.core.alerts) == [desk.alert("root").id]


def test_grandchildren_go_to_the_topmost_root_also_when_it_fails_last() -> None:
    desk = Desk(ROOT, A, LEAF)
    all_well(desk, "root", "a", "leaf")
    desk.see(1, "root", "ok")
    desk.see(1, "a", "down")
    desk.see(1.5, "leaf", "down")
    assert desk.alert("leaf").suppressed_by == (f"inhibited:{desk.alert('a').id}",)
    desk.see(3, "root", "down")
    root = desk.alert("root")
    assert {desk.alert(id).suppressed_by for id in ("a", "leaf")} == {(f"inhibited:{root.id}",)}
    assert (root.affected, desk.alert("a").affected) == ({"router": 2}, {})


def test_one_of_two_uplinks_lost_is_a_minor_alert_both_lost_is_one_outage_and_nothing_is_left_over() -> None:
    desk = Desk(UP1, UP2, DUAL)
    all_well(desk, "up1", "up2", "dual")
    desk.see(1, "up2", "ok")
    desk.see(1, "up1", "down")
    lost = desk.alert("dual", "redundancy-lost")
    assert (lost.severity, lost.suppressed_by) == (Severity.MINOR, ())
    assert desk.notices == [(1, "up1", "first"), (1, "dual", "first")]
    desk.see(3, "up2", "down")
    desk.see(3.2, "dual", "down")
    last = desk.alert("up2")
    assert desk.shown() == ["up2"]
    others = [alert for alert in desk.core.alerts.values() if alert is not last]
    assert {(alert.asset, alert.suppressed_by) for alert in others} == {
        ("up1", (f"inhibited:{last.id}",)),
        ("dual", (f"inhibited:{last.id}",)),
    }
    assert last.affected == {"router": 1}
    assert desk.notices[2:] == [(3, "up2", "first")]
    desk.see(5, "up1", "ok")
    desk.see(5.5, "dual", "ok")
    desk.see(6, "up2", "ok")
    desk.until(60)
    assert [alert.asset for alert in desk.core.alerts.values() if alert.active] == []
    assert sorted(notice[1:] for notice in desk.notices[3:]) == [
        ("dual", "cleared"),
        ("up1", "cleared"),
        ("up2", "cleared"),
    ]
    assert not [alert for alert in desk.core.alerts.values() if alert.suppressed_by]


GROUP = (UP1, UP2, DUAL, probed("leaf1", "dual", kind="camera"), probed("leaf2", "dual", kind="server"))
BEHIND = ("dual", "leaf1", "leaf2")
MINOR = [("dual", "redundancy-lost")]
LOSSES: list[list[set[str]]] = [
    [{"up1"}, {"up1", "up2"}],
    [{"up2"}, {"up1", "up2"}],
    [{"up1", "up2"}],
    [{"up1"}, {"up1", "up2"}, {"up1"}, {"up1", "up2"}],
    [{"up1"}, {"up1", "up2"}, {"up2"}, {"up1", "up2"}],
    [{"up1", "up2"}, {"up2"}, set(), {"up2"}, {"up1", "up2"}],
]
GAINS: list[list[set[str]]] = [[{"up1"}, set()], [{"up2"}, set()], [set()]]


def stages(lost: list[set[str]]) -> str:
    """Sorted: the order of a set of words is another one in each process, and every worker must name a test alike."""
    return " then ".join("+".join(sorted(group)) or "none" for group in lost)


def sights(desk: Desk) -> list[tuple[str, str]]:
    return sorted(
        (alert.asset, alert.rule) for alert in desk.core.alerts.values() if alert.active and not alert.suppressed_by
    )


@pytest.mark.parametrize("turned", [False, True], ids=["polled in order", "polled the other way round"])
@pytest.mark.parametrize("gains", GAINS, ids=stages)
@pytest.mark.parametrize("losses", LOSSES, ids=stages)
def test_a_lost_group_has_one_root_in_whatever_order_it_is_lost_and_comes_back(
    losses: list[set[str]], gains: list[set[str]], turned: bool
) -> None:
    """Each stage lasts five rounds; in sight is one alert for the group, whatever stood there before."""
    desk = Desk(*GROUP, rules=(rule(hold=1.0, recover_for=1.0),))
    order = [member.id for member in GROUP][:: -1 if turned else 1]
    second = 0.0
    for lost in [set(), *losses, *gains]:
        for _ in range(5):
            for id in order:
                gone = lost if id not in BEHIND else {id} if len(lost) == 2 else set()
                desk.see(second, id, "down" if id in gone else "ok")
                second += 0.4
        if len(lost) < 2:
            assert sights(desk) == sorted([(id, "down") for id in lost] + (MINOR if lost else []))
            assert not [alert for alert in desk.core.alerts.values() if alert.active and alert.affected]
            continue
        ((root, _),) = sights(desk)
        assert root in lost
        alert = desk.alert(root)
        assert alert.affected == {"camera": 1, "router": 1, "server": 1}
        hidden = [
            other_alert for other_alert in desk.core.alerts.values() if other_alert.active and other_alert is not alert
        ]
        assert {alert.asset for alert in hidden if alert.rule == "down"} == {"up1", "up2", *BEHIND} - {root}
        assert {alert.suppressed_by for alert in hidden} == {(f"inhibited:{alert.id}",)}
    desk.until(second + 60)
    left = desk.core.alerts.values()
    assert [
        (alert.asset, alert.suppressed_by) for alert in left if alert.active or alert.suppressed_by or alert.hold
    ] == []
    assert not any(recipients.firing for recipients in desk.everybody().values())
    assert {about for _, about, why in desk.notices if why != "cleared"} <= {"up1", "up2", "dual"}
    assert {"up1", "up2"} <= {about for _, about, why in desk.notices if why == "first"}, "each loss was told"


def test_a_lost_uplink_that_others_hang_on_alone_stays_their_root() -> None:
    desk = Desk(UP1, UP2, DUAL, probed("only", "up1", kind="camera"))
    all_well(desk, "up1", "up2", "dual", "only")
    desk.see(1, "up2", "ok")
    for second, id in ((1, "up1"), (1.2, "only"), (3, "up2"), (3.2, "dual")):
        desk.see(second, id, "down")
    assert desk.shown() == ["up1", "up2"]
    assert [desk.alert(id).affected for id in ("up1", "up2")] == [{"camera": 1}, {"router": 1}]
    assert desk.alert("only").suppressed_by == (f"inhibited:{desk.alert('up1').id}",)


def test_every_alert_that_means_the_failure_of_a_lost_uplink_goes_behind_the_root_and_no_other() -> None:
    desk = Desk(UP1, UP2, DUAL)
    all_well(desk, "up1", "up2", "dual")
    desk.see(1, "up2", "ok")
    desk.see(1, "up1", "down")
    desk.report(1, foreign("up1"), foreign("up1", "FanSlow", severity="minor"))
    desk.see(3, "up2", "down")
    assert sights(desk) == [("up1", "prometheus:FanSlow"), ("up2", "down")]
    desk.report(4, foreign("up1", "LinkDown"))
    assert sights(desk) == [("up1", "prometheus:FanSlow"), ("up2", "down")]
    desk.see(5, "up2", "ok")
    desk.see(7, "up1", "down")
    desk.until(30)
    assert sights(desk) == [
        ("dual", "redundancy-lost"),
        ("up1", "down"),
        ("up1", "prometheus:FanSlow"),
        ("up1", "prometheus:HostDown"),
        ("up1", "prometheus:LinkDown"),
    ]


def test_parents_without_a_common_group_are_all_essential() -> None:
    power, line = probed("power"), probed("line")
    desk = Desk(power, line, probed("cabinet", "power", "line"))
    all_well(desk, "power", "line", "cabinet")
    desk.see(1, "power", "down")
    desk.see(1.5, "cabinet", "down")
    assert desk.shown() == ["power"]
    assert "redundancy-lost" not in {alert.rule for alert in desk.core.alerts.values()}


def test_a_circle_of_parents_explains_nothing() -> None:
    desk = Desk(probed("x", "y"), probed("y", "x"))
    desk.see(1, "x", "down")
    desk.see(2, "y", "down")
    desk.until(60)
    assert desk.shown() == ["x", "y"]


def test_a_critical_alert_of_another_tool_is_a_root_and_may_come_late() -> None:
    desk = Desk(probed("sw"), *(probed(f"s{n}", "sw") for n in range(3)), rules=(rule(severity="major"),))
    all_well(desk, "sw")
    desk.report(1, *(foreign(f"s{n}", severity="major") for n in range(3)))
    assert (desk.notices, desk.shown()) == ([], [])
    desk.report(1.5, foreign("elsewhere"))
    assert desk.notices == [(1.5, "elsewhere", "first")]
    desk.report(3, foreign("sw"))
    assert desk.notices[1:] == [(3, "sw", "first")]
    assert desk.shown() == ["elsewhere", "sw"]
    assert desk.alert("sw", "prometheus:HostDown").affected == {"router": 3}


def test_saying_it_twice_is_saying_it_once_and_only_an_explicit_end_clears() -> None:
    desk = Desk(probed("sw"))
    desk.report(1, foreign("x"), foreign("x"))
    desk.report(2, foreign("x"))
    desk.report(3, foreign("x", active=False))
    assert desk.names("x") == [(1, "raise"), (3, "clear")]


def test_a_silent_source_is_one_alert_and_what_is_seen_through_it_none() -> None:
    rules = (
        rule(id="no-data", when='health == "unknown"', hold=5.0),
        rule(id="silent", over="source", when="silent", severity="major"),
    )
    desk = Desk(probed("a"), probed("b"), rules=rules)
    desk.see(0, "a", "ok", "probes")
    desk.see(0, "b", "ok", "probes")
    desk.fold(10, source("probes", silent_since=T0 + 10))
    desk.see(12, "a", "unknown", "probes")
    desk.see(12, "b", "unknown", "probes")
    desk.until(30)
    assert desk.notices == [(10, "probes", "first")]
    behind = (f"inhibited:{desk.alert('probes', 'silent').id}",)
    assert {desk.alert(id, "no-data").suppressed_by for id in "ab"} == {behind}
    desk.fold(40, source("probes", at=T0 + 40))
    desk.see(41, "a", "ok", "probes")
    desk.see(41, "b", "ok", "probes")
    desk.until(60)
    assert [notice[1:] for notice in desk.notices] == [("probes", "first"), ("probes", "cleared")]
    assert [alert.asset for alert in desk.core.alerts.values()] == ["probes"]


@pytest.mark.parametrize(("silent", "shown"), [(("probes",), ["a", "probes"]), (("agents", "probes"), SOURCES)])
def test_an_asset_seen_by_two_sources_is_hidden_only_when_both_are_silent(
    silent: tuple[str, ...], shown: list[str]
) -> None:
    rules = (
        rule(id="no-data", when='health == "unknown"', hold=5.0),
        rule(id="silent", over="source", when="silent", severity="major"),
    )
    desk = Desk(probed("a"), rules=rules)
    readings = {
        "tcp_up": structs.replace(reading(True, fresh_for=5.0), source="probes"),
        "snmp_up": structs.replace(reading(True, fresh_for=5.0), source="agents"),
    }
    desk.fold(0, state("a", "ok", **readings))
    for id in SOURCES:
        desk.fold(10, source(id, silent_since=T0 + 10 if id in silent else None))
    desk.fold(12, structs.replace(state("a", "unknown", **readings), since=T0 + 12, stale_since=T0 + 12))
    desk.until(20)
    assert desk.shown() == shown


def test_an_isolated_collector_is_one_alert_and_the_assets_it_cannot_reach_none() -> None:
    rules = (
        rule(hold=0.0),
        rule(id="no-data", when='health == "unknown"', hold=5.0),
        rule(id="isolated", over="source", when="failing", severity="major"),
    )
    desk = Desk(probed("a"), probed("b"), rules=rules)
    for id in "ab":
        desk.see(0, id, "ok", "network.tcp")
    for id in "ab":
        desk.see(10, id, "unknown", REFERENCE)
    desk.fold(10.1, source(REFERENCE, kind=REFERENCE, ok=False, failing_since=T0 + 10))
    desk.until(60)
    assert desk.notices == [(10.1, REFERENCE, "first")]
    desk.fold(61, source(REFERENCE, kind=REFERENCE, at=T0 + 61))
    for id in "ab":
        desk.see(62, id, "ok", "network.tcp")
    desk.until(90)
    assert [notice[1:] for notice in desk.notices] == [(REFERENCE, "first"), (REFERENCE, "cleared")]


def test_a_parent_that_leaves_the_inventory_explains_nothing_any_more() -> None:
    desk = Desk(ROOT, A)
    all_well(desk, "root", "a")
    desk.see(1, "root", "down")
    desk.see(2, "a", "down")
    desk.core.fold(gone(Kind.STATE, "root", T0 + 3), T0 + 3)
    desk.core.fold(gone(Kind.ASSET, "root", T0 + 3), T0 + 3)
    desk.fold(3, probed("a"))
    desk.until(60)
    assert desk.notices[-1][1:] == ("a", "first")


@pytest.mark.parametrize("order", list(itertools.permutations(("up1", "up2", "dual", "leaf1", "leaf2"))), ids="-".join)
def test_a_group_that_another_tool_reports_as_lost_in_any_order_has_one_root_and_ends_whole(
    order: tuple[str, ...],
) -> None:
    """Nothing is probed; each alert comes half a second after the one before, and ends so."""
    bare = [replace(member, probes=()) for member in GROUP]
    desk = Desk(*bare)
    for place, id in enumerate(order):
        desk.report(1 + place / 2, foreign(id))
    desk.until(5)
    ((root, _),) = sights(desk)
    assert root == [id for id in order if id.startswith("up")][-1]
    assert desk.alert(root, "prometheus:HostDown").affected == {"camera": 1, "router": 1, "server": 1}
    for place, id in enumerate(reversed(order)):
        desk.report(20 + place / 2, foreign(id, active=False))
    desk.until(60)
    assert not [alert for alert in desk.core.alerts.values() if alert.active or alert.suppressed_by]
    assert not any(recipients.firing for recipients in desk.everybody().values())
