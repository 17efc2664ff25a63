"""Unknown is no failure of a redundancy group: isolation and silent sources raise nothing about redundancy."""

from __future__ import annotations

import pytest

from feeds.model import REFERENCE, Severity
from tests.alerts.builders import T0, rule, source
from tests.alerts.desk import Desk, foreign, probed

UP1, UP2 = probed("up1", redundancy_group="up"), probed("up2", redundancy_group="up")
RULES = (
    rule(),
    rule(id="no-data", when='health == "unknown"', hold=5.0, severity=Severity.CRITICAL),
    rule(id="isolated", over="source", when="failing || silent", severity=Severity.MAJOR),
)


@pytest.fixture
def desk() -> Desk:
    """Two switches with two uplinks each, all well, seen by two sources."""
    site = Desk(UP1, UP2, probed("dual", "up1", "up2"), probed("other", "up1", "up2"), rules=RULES)
    for id, seen_by in (("up1", "probes"), ("up2", "agents"), ("dual", "probes"), ("other", "agents")):
        site.see(0, id, "ok", seen_by)
    return site


def redundancy(desk: Desk) -> list[tuple[float, str, str]]:
    alerts = [step for step in desk.steps if step[1] in ("dual", "other")]
    open_rules = {alert.rule for alert in desk.core.alerts.values() if alert.active}
    return alerts if "redundancy-lost" in open_rules else []


def test_an_uplink_that_turns_unknown_is_no_lost_redundancy(desk: Desk) -> None:
    desk.see(10, "up1", "unknown", "probes")
    desk.until(60)
    assert desk.alert("up1", "no-data").active
    assert redundancy(desk) == []


def test_a_lost_reference_raises_nothing_about_redundancy(desk: Desk) -> None:
    for second, id in ((10.0, "up1"), (12.0, "dual"), (14.0, "up2"), (16.0, "other")):
        desk.see(second, id, "unknown", REFERENCE)
        desk.until(second + 1)
    desk.fold(18, source(REFERENCE, kind=REFERENCE, ok=False, failing_since=T0 + 18))
    desk.until(90)
    assert redundancy(desk) == []
    desk.fold(100, source(REFERENCE, kind=REFERENCE, at=T0 + 100))
    for second, id in ((101.0, "up1"), (105.0, "up2"), (106.0, "dual"), (107.0, "other")):
        desk.see(second, id, "ok", "probes")
    desk.until(200)
    assert "redundancy-lost" not in {rule for _, _, rule in desk.steps}
    assert redundancy(desk) == []


def test_a_silent_source_that_sees_one_of_two_uplinks_is_no_lost_redundancy(desk: Desk) -> None:
    desk.fold(10, source("probes", silent_since=T0 + 10))
    desk.see(12, "up1", "unknown", "probes")
    desk.until(60)
    assert redundancy(desk) == []


def test_an_uplink_known_to_be_down_is_lost_redundancy_also_when_it_is_unknown_later(desk: Desk) -> None:
    desk.see(10, "up1", "down", "probes")
    assert desk.alert("dual", "redundancy-lost").active
    desk.see(20, "up1", "unknown", "probes")
    desk.until(60)
    assert desk.alert("dual", "redundancy-lost").active, "no data is never a recovery"


def test_another_tools_critical_alert_on_an_uplink_that_nobody_probes_is_lost_redundancy() -> None:
    site = Desk(UP1, UP2, probed("dual", "up1", "up2"), rules=RULES)
    site.see(0, "up2", "ok")
    site.see(0, "dual", "ok")
    site.report(10, foreign("up1"))
    site.until(60)
    assert site.alert("dual", "redundancy-lost").active
