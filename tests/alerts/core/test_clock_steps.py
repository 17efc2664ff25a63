"""Timelines in which the wall clock is set: what has been waited for stays, and nothing lies in the future."""

from __future__ import annotations

import pytest

from alerts.lifecycle import suppression_reasons, transitions
from alerts.lifecycle.clock_set import ClockSet, clock_changes
from feeds.bus import Bus
from feeds.clock import restamped
from feeds.external import Report
from feeds.journal import Intake, Journal
from feeds.model import Ack, Alert, Hold, Shelf
from tests.alerts.builders import T0, change, core, make_alert, names, rule, state
from tests.alerts.external.test_external import ended, fires
from tests.alerts.rig import DESK, Rig
from tests.alerts.rosters import GROUP, POLICY, SMS, roster

DAY, YEAR, MINUTE = 86_400.0, 31_536_000.0, 60.0
STEPS = pytest.mark.parametrize("by", [300.0, -300.0, DAY, -DAY, YEAR, -YEAR])
RESTART = pytest.mark.parametrize("restart", [False, True], ids=["running", "restarted"])
HELD = rule(hold=10.0, recover_for=5.0)


@STEPS
def test_an_on_delay_and_an_off_delay_last_as_long_as_without_the_step(by: float) -> None:
    alert_core = core(HELD)
    alert_core.fold(change(state("r1", "down"), T0), T0)
    alert_core.clock_stepped(by, T0 + 6 + by)
    alert_core.reconcile()
    alert_core.advance(T0 + 9.9 + by)
    assert names(alert_core.take_steps()) == []
    alert_core.advance(T0 + 10 + by)
    assert names(alert_core.take_steps()) == [(10 + by, "raise")]
    alert_core.fold(change(state("r1", "ok"), T0 + 20 + by), T0 + 20 + by)
    alert_core.clock_stepped(-by, T0 + 23)
    alert_core.reconcile()
    alert_core.take_steps()
    alert_core.advance(T0 + 24.9)
    assert names(alert_core.take_steps()) == []
    alert_core.advance(T0 + 25)
    assert names(alert_core.take_steps()) == [(25, "clear")]


@RESTART
@STEPS
async def test_an_on_delay_goes_on_over_the_step(bus: Bus, journal: Journal, by: float, restart: bool) -> None:
    rig = Rig(bus, journal, rules=(HELD,))
    await rig.assets()
    await rig.start()
    await rig.health("down")
    await rig.step()
    await rig.step(6.0)
    await rig.set_clock(by, restart=restart)
    await rig.step(3.9)
    assert await rig.names() == []
    await rig.step(0.1)
    assert [name for _, name in await rig.names()] == ["raise"]
    assert (await rig.shown())["a1"].raised_at == rig.now


@RESTART
@pytest.mark.parametrize("begins", ["before", "while ahead", "after"])
@pytest.mark.parametrize("by", [300.0, DAY, YEAR])
async def test_an_outage_is_told_once_with_no_time_in_the_future(
    bus: Bus, journal: Journal, by: float, begins: str, restart: bool
) -> None:
    rig = Rig(bus, journal)
    await rig.assets()
    await rig.start()
    await rig.health("ok")
    for moment, step in (("before", by), ("while ahead", -by), ("after", 0.0)):
        await rig.step(1.0)
        if begins == moment:
            await rig.health("down")
            await rig.step(1.0)
        await rig.set_clock(step, restart=restart)
        await rig.step(1.0)
    alert = (await rig.shown())["a1"]
    assert max(alert.raised_at, alert.since) <= rig.now
    assert [item.body["reason"] for item in await journal.outbox_for("a1")] == ["first"]
    transitions_seen = [name for _, name in await rig.names()]
    assert transitions_seen == (["raise", "clock_set"] if begins == "while ahead" else ["raise"])
    await rig.health("ok")
    await rig.step(1.0)
    assert (await rig.shown())["a1"].cleared_at == rig.now - 1.0
    assert [item.body["reason"] for item in await journal.outbox_for("a1")] == ["first", "cleared"]
    await rig.assert_whole()


async def test_a_site_that_was_started_anew_by_another_run_of_the_machine_has_no_alert_of_the_future(
    bus: Bus, journal: Journal
) -> None:
    rig = Rig(bus, journal)
    await rig.assets()
    await rig.start()
    await rig.health("down")
    await rig.step(1.0)
    rig.now -= DAY  # nobody can tell by how much the clock was set
    await rig.start()
    await rig.step(1.0)
    alert = (await rig.shown())["a1"]
    assert alert.raised_at == rig.now - 1.0
    assert await journal.outbox_count() == 1
    await rig.assert_whole()


@RESTART
@STEPS
async def test_an_escalation_step_comes_when_it_would_have_come(
    bus: Bus, journal: Journal, by: float, restart: bool
) -> None:
    rig = Rig(bus, journal, receivers=(DESK, SMS, GROUP), escalations=(POLICY,))
    await rig.assets()
    await rig.start()
    await rig.order("roster_put", 0, doc=roster())
    await rig.health("down")
    await rig.step()
    before = len(await journal.outbox_for("a1"))
    due = rig.engine.notifier.escalations.next_due()
    assert due is not None
    remaining = due - rig.now
    await rig.step(remaining - MINUTE)
    await rig.set_clock(by, restart=restart)
    await rig.step(MINUTE - 1.0)
    assert len(await journal.outbox_for("a1")) == before
    await rig.step(1.0)
    assert len(await journal.outbox_for("a1")) > before
    await rig.assert_whole()


def reported(until: float | None = None, at: float | None = None) -> Report:
    return fires(until=until, at=at)


@STEPS
async def test_a_lease_of_another_tool_has_as_long_to_go_as_before(
    bus: Bus, journal: Journal, intake: Intake, by: float
) -> None:
    rig = Rig(bus, journal, intake=intake)
    await rig.assets()
    await rig.start()
    await rig.hand_in(reported(until=T0 + 100, at=T0))
    await rig.step(1.0)
    await rig.step(50.0)
    await rig.set_clock(by)
    await rig.step(48.0)
    assert (await rig.shown())["a1"].stale_since is None
    await rig.step(2.0)
    assert (await rig.shown())["a1"].stale_since is not None


@RESTART
async def test_what_another_tool_says_after_the_clock_came_back_is_not_outdated(
    bus: Bus, journal: Journal, intake: Intake, restart: bool
) -> None:
    rig = Rig(bus, journal, intake=intake)
    await rig.assets()
    await rig.start()
    await rig.set_clock(DAY)
    await rig.hand_in(reported(at=rig.now))
    await rig.step(1.0)
    await rig.set_clock(-DAY, restart=restart)
    await rig.step(1.0)
    await rig.hand_in(ended(at=rig.now))
    await rig.step(1.0)
    assert not (await rig.shown())["a1"].active


async def test_a_lease_that_came_in_before_the_clock_was_set_back_waits_no_longer_than_its_own_term(
    bus: Bus, journal: Journal, intake: Intake
) -> None:
    rig = Rig(bus, journal, intake=intake)
    await rig.assets()
    await rig.start()
    await rig.hand_in(reported(until=T0 + 100, at=T0))
    await rig.set_clock(-DAY)
    await rig.step(1.0)
    assert (await rig.shown())["a1"].stale_since is None
    await rig.step(100.0)
    assert (await rig.shown())["a1"].stale_since is not None


@STEPS
def test_a_condition_that_flaps_is_quiet_after_as_long_as_without_the_step(by: float) -> None:
    alert_core = core(rule())
    for second in range(21):
        alert_core.fold(change(state("r1", "ok" if second % 2 else "down"), T0 + second), T0 + second)
    (alert,) = alert_core.alerts.values()
    assert alert.suppressed_by == (suppression_reasons.FLAPPING,)
    alert_core.clock_stepped(by, T0 + 300 + by)
    alert_core.advance(T0 + 600 + by)
    assert next(iter(alert_core.alerts.values())).suppressed_by == (suppression_reasons.FLAPPING,)
    alert_core.advance(T0 + 621 + by)
    assert next(iter(alert_core.alerts.values())).suppressed_by == ()


@STEPS
def test_a_hold_lasts_as_long_as_before_and_what_a_person_chose_stays(by: float) -> None:
    now = T0 + 40 + by
    alert = make_alert(
        ack=Ack(by="zhang", at=T0, until=T0 + 7200),
        shelf=Shelf(at=T0, until=T0 + 7200),
        suppressed_by=("held",),
        hold=Hold(since=T0, until=T0 + 60),
        raised_at=T0,
        since=T0,
    )
    after, transition = transitions.apply(alert, ClockSet(by=by), now)
    assert after.hold == Hold(since=T0 + by, until=T0 + 60 + by)
    assert after.ack is not None
    assert after.shelf is not None
    assert (after.ack.until, after.shelf.until) == (T0 + 7200, T0 + 7200)
    assert (after.raised_at, after.ack.at) == (restamped(T0, by, now), restamped(T0, by, now))
    assert transition.name == "clock_set"


def test_an_alert_of_the_past_without_anything_that_waits_is_left_alone() -> None:
    assert clock_changes(make_alert(), DAY, T0 + 1 + DAY) == {}


@pytest.mark.parametrize("field", ["raised_at", "since", "cleared_at", "stale_since"])
def test_no_time_of_an_alert_stays_in_the_future(field: str) -> None:
    alert: Alert = make_alert(**{"raised_at": T0 - DAY, "since": T0 - DAY, field: T0 + 5})
    after, _ = transitions.apply(alert, ClockSet(by=0.0), T0)
    assert getattr(after, field) == T0
