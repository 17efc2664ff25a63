"""Whatever comes in whatever order: firing told means clearing told, and nothing is hidden for nothing."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.core.core import AlertCore
from alerts.lifecycle.suppression_reasons import FLAPPING, HELD, SHELVED
from alerts.rules.delays import Timers
from alerts.rules.rule import compile_rules
from alerts.rules.subjects import Subjects
from alerts.suppression import silences
from feeds.model import Alert, Asset, Kind, Severity
from feeds.model.isa_state import INHIBITED
from tests import patience
from tests.alerts.builders import T0, rule
from tests.alerts.desk import Desk, foreign, probed

RULES = (
    rule(hold=1.0, recover_for=2.0),
    rule(id="poor", when='health == "degraded"', severity=Severity.MINOR),
    rule(id="blind", when='health == "unknown"', hold=3.0, severity=Severity.MAJOR),
)
ASSETS = (
    probed("root"),
    probed("up1", "root", redundancy_group="up"),
    probed("up2", redundancy_group="up"),
    probed("mid", "up1", "up2"),
    probed("leaf", "mid"),
    Asset(id="bare", name="x", kind="site", region="532301", parents=("mid",)),
    probed("far", "bare", "root"),
)
IDS = st.sampled_from([asset.id for asset in ASSETS])
MATCHES = st.sampled_from([{"assets": ["mid"]}, {"region": "532301"}, {"kinds": ["router"]}])
EVENTS = st.one_of(
    st.tuples(st.just("see"), IDS, st.sampled_from(["ok", "down", "down", "degraded", "unknown"])),
    st.tuples(st.just("see"), IDS, st.sampled_from(["ok", "down"])),
    st.tuples(st.just("report"), IDS, st.booleans()),
    st.tuples(st.sampled_from(["ack", "unack", "shelve", "unshelve"]), st.integers(0, 9), st.floats(1, 20)),
    st.tuples(st.sampled_from(["silence", "maintain"]), MATCHES, st.floats(1, 20)),
    st.tuples(st.sampled_from(["unsilence", "unmaintain"]), st.integers(0, 3), st.none()),
    st.tuples(st.just("wait"), st.none(), st.none()),
)
STORIES = st.lists(st.tuples(EVENTS, st.sampled_from([0.0, 0.3, 1.0, 3.0, 11.0])), max_size=60)


def play(desk: Desk, event: tuple[str, Any, Any], second: float) -> None:
    action, a, b = event
    if action == "see":
        desk.see(second, a, b)
    elif action == "report":
        desk.report(second, foreign(a, active=b))
    elif action in ("silence", "maintain"):
        desk.order(second, action, f"{action}{second}", match=a, until=T0 + second + b)
    elif action in ("unsilence", "unmaintain"):
        suppression_ids = sorted(desk.core.suppressions.all())
        desk.order(second, action, suppression_ids[a % len(suppression_ids)] if suppression_ids else "none")
    elif action == "wait":
        desk.until(second)
    else:
        suppression_ids = sorted(desk.core.alerts)
        until = {"until": T0 + second + b} if action in ("ack", "shelve") else {}
        desk.order(second, action, suppression_ids[a % len(suppression_ids)] if suppression_ids else "none", **until)


def why(core: AlertCore, alert: Alert, reason: str) -> bool:
    """Whether a reason to hide stands, and has an end to come."""
    waits = alert.hold is not None and alert.hold.until > core.now
    if reason == SHELVED:
        return alert.shelf is not None and alert.shelf.until > core.now
    if reason == HELD:
        return waits
    if reason == FLAPPING:
        return core.flapping.next_due() is not None
    if reason.startswith(INHIBITED):
        root = core.alerts.get(reason.removeprefix(INHIBITED))
        return root is not alert and (waits or (root is not None and root.active))
    suppression = core.suppressions.get(reason.partition(":")[2])
    return suppression is not None and suppression.running and suppression.until > core.now


def roots_in_sight(core: AlertCore, *group: str) -> set[str]:
    """The members of a group, lost as a whole, whose failure stands in sight; the lost group has one root at most."""
    causes = core.inhibition._causes
    if not all(causes._failing(id) is not None and causes.cut(id) is None for id in group):
        return set()
    return {
        alert.asset
        for alert in core.alerts.values()
        if alert.asset in group and alert.active and not alert.suppressed_by and core.inhibition._means_failure(alert)
    }


def assert_sound(desk: Desk) -> None:
    assert len(roots_in_sight(desk.core, "up1", "up2")) <= 1
    for alert in desk.core.alerts.values():
        for reason in alert.suppressed_by:
            assert why(desk.core, alert, reason), (alert.asset, alert.rule, reason, alert.hold)
        recipients = desk.told_of(alert.id)
        if alert.active and not alert.suppressed_by:
            assert recipients.firing, (alert.asset, alert.rule)
        if not alert.active and FLAPPING not in alert.suppressed_by:
            assert not recipients.firing, (alert.asset, alert.rule)
    for id, recipients in desk.everybody().items():
        assert id in desk.core.alerts or not recipients.firing, id


UPLINK = st.sampled_from(["up1", "up2"])
LOSSES = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.just("see"), UPLINK, st.sampled_from(["ok", "down", "down", "unknown"])),
            st.tuples(st.just("see"), st.just("mid"), st.sampled_from(["ok", "down"])),
            st.tuples(st.just("report"), UPLINK, st.booleans()),
            st.tuples(st.sampled_from(["ack", "shelve"]), st.integers(0, 9), st.floats(1, 20)),
        ),
        st.sampled_from([0.0, 0.3, 1.0, 3.0]),
    ),
    max_size=40,
)


@settings(max_examples=patience.examples(100), derandomize=True, deadline=None)
@given(LOSSES)
def test_two_uplinks_that_are_lost_at_last_have_one_root_and_leave_nothing_when_they_are_back(story: list[Any]) -> None:
    desk, second = Desk(*ASSETS, rules=RULES), 0.0
    for event, pause in story:
        second += pause
        play(desk, event, second)
        assert_sound(desk)
    for health in ("down", "ok"):
        second += 700  # flapping and shelves are over
        for _ in range(6):
            for id in ("up1", "up2", "mid", "leaf"):
                desk.see(second, id, health)
                if health == "ok" and id.startswith("up"):
                    desk.report(second, foreign(id, active=False))
                second += 0.5
            assert_sound(desk)
        if health == "down":
            sights = [alert for alert in desk.core.alerts.values() if alert.active and not alert.suppressed_by]
            assert {alert.asset for alert in sights} in ({"up1"}, {"up2"}), "both tools may speak of it"
            assert [alert.affected for alert in sights if alert.affected] == [{"router": 3, "site": 1}]
            assert all(desk.told_of(alert.id).firing for alert in sights)
    second += 700  # what has flapped is told of again only after it was quiet
    desk.see(second, "leaf", "ok")
    assert not [alert for alert in desk.core.alerts.values() if alert.active or alert.suppressed_by]
    assert not any(recipients.firing for recipients in desk.everybody().values())


def rebuilt(desk: Desk) -> AlertCore:
    """As the engine does it at a start: from the journal's documents and what is on its way."""
    live = desk.core
    stored = json.loads(json.dumps(live.dump()))
    records: dict[str, Any] = {Kind.ASSET: live.subjects.assets, Kind.STATE: live.subjects.states}
    docs = [json.loads(json.dumps(silences.dump(suppression))) for suppression in live.suppressions.all().values()]
    core = AlertCore(
        compile_rules(RULES),
        subjects=Subjects(records),
        alerts=live.alerts.values(),
        timers=Timers(stored),
        suppressions=[silences.load(doc) for doc in docs],
        flapping=stored["flapping"],
    )
    core.start_from_snapshot(live.now)
    return core


@settings(max_examples=patience.examples(150), derandomize=True, deadline=None)
@given(STORIES)
def test_told_of_firing_is_told_of_clearing_and_every_reason_to_hide_has_an_end(story: list[Any]) -> None:
    desk, second = Desk(*ASSETS, rules=RULES), 0.0
    for event, pause in story:
        second += pause
        play(desk, event, second)
        assert_sound(desk)
    again = rebuilt(desk)
    assert [step.transition.name for step in again.take_steps()] == []
    assert again.alerts == desk.core.alerts
    desk.until(second + 700)
    assert_sound(desk)
    assert not [alert for alert in desk.core.alerts.values() if alert.suppressed_by and not _rooted(desk.core, alert)]


def _rooted(core: AlertCore, alert: Alert) -> bool:
    """Long after the last event only root cause still hides, and its root stands in sight."""
    roots = [core.alerts[cause.removeprefix(INHIBITED)] for cause in alert.suppressed_by]
    return all(root.active and not root.suppressed_by for root in roots)
