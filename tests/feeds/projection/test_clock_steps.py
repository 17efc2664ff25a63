"""The projection when the wall clock is set: ages stay what they were, and nothing lies in the future."""

from __future__ import annotations

import pytest
from msgspec import structs

from feeds.bus import Bus
from feeds.clock import SiteClock
from feeds.journal import Journal
from feeds.model import Asset, Change, Health, Heartbeat, Kind, Observation
from feeds.projection.fold import Projection
from feeds.projection.projector import Projector

DAY, YEAR = 86_400.0, 31_536_000.0
STEPS = pytest.mark.parametrize("by", [300.0, -300.0, DAY, -DAY, YEAR, -YEAR])
T0 = 1_800_000_000.0
TCP = "tcp://127.0.0.1:1"
ASSETS = {"a": Asset(id="a", name="a", kind="router", region="532301", probes=(TCP,))}


def seen(value: bool, at: float, received_at: float | None = None) -> Observation:
    return Observation(
        asset="a",
        metric="tcp.up",
        value=value,
        observed_at=at,
        received_at=at if received_at is None else received_at,
        source="network.tcp",
        probe=TCP,
        fresh_for=30.0,
    )


def beat(at: float) -> Heartbeat:
    return Heartbeat(source="cma", kind="emergency.cap", at=at, ok=True, every=60.0)


def projection() -> Projection:
    one = Projection("532300")
    list(one.set_assets(ASSETS, T0 - 10))
    list(one.observe([seen(True, T0)], T0))
    list(one.beat(beat(T0), T0))
    return one


@STEPS
def test_a_reading_is_fresh_and_a_source_is_heard_for_as_long_as_without_the_step(by: float) -> None:
    one = projection()
    list(one.clock_stepped(by, T0 + 20 + by))
    list(one.tick(T0 + 29 + by))
    assert one.states["a"].health is Health.OK
    list(one.tick(T0 + 30 + by))
    assert one.states["a"].health is Health.UNKNOWN
    list(one.tick(T0 + 60 + by))
    assert one.sources["cma"].silent_since is None
    list(one.tick(T0 + 61 + by))
    assert one.sources["cma"].silent_since == T0 + 60 + by


@STEPS
@pytest.mark.parametrize("begins", ["before", "after"])
def test_an_outage_around_the_step_is_seen_at_once_and_its_since_is_not_in_the_future(by: float, begins: str) -> None:
    one, now = projection(), T0 + 10
    if begins == "before":
        list(one.observe([seen(False, now)], now))
    now += 1 + by
    list(one.clock_stepped(by, now))
    if begins == "after":
        list(one.observe([seen(False, now)], now))
    state = one.states["a"]
    assert state.health is Health.DOWN
    assert state.since <= now
    assert max(reading.observed_at for reading in state.readings.values()) <= now
    list(one.observe([seen(True, now + 5)], now + 5))
    assert one.states["a"].health is Health.OK, "a recovery counts at once, too"


def test_a_since_from_while_the_clock_was_ahead_comes_back_to_when_it_was() -> None:
    one = projection()
    list(one.clock_stepped(DAY, T0 + 5 + DAY))
    list(one.observe([seen(False, T0 + 10 + DAY)], T0 + 10 + DAY))
    list(one.clock_stepped(-DAY, T0 + 20))
    assert one.states["a"].since == pytest.approx(T0 + 10)


@pytest.mark.parametrize("by", [300.0, DAY, YEAR])
def test_a_device_whose_own_clock_was_not_set_is_still_heard_and_a_repeated_message_changes_nothing(by: float) -> None:
    one, now = projection(), T0 + 10 + by
    list(one.clock_stepped(by, now))
    down = structs.replace(seen(False, T0 + 11, received_at=now + 1), confirmed_at=now + 1)
    list(one.observe([down], now + 1))
    assert one.states["a"].health is Health.DOWN
    assert list(one.observe([structs.replace(down, value=True)], now + 2)) == []


@pytest.mark.parametrize("by", [-300.0, -DAY, -YEAR])
def test_what_was_kept_by_another_run_of_the_machine_waits_no_longer_than_its_own_term(by: float) -> None:
    before, now = projection(), T0 + by
    one = Projection("532300", before.assets, before.states, before.sources, {"a": (Health.OK, T0)})
    one.resume()
    list(one.clock_stepped(0.0, now))
    list(one.tick(now + 31))
    assert one.states["a"].health is Health.UNKNOWN
    list(one.tick(now + 61))
    assert one.sources["cma"].silent_since is not None
    assert one.states["a"].since <= now + 31
    assert one.remembered["a"][1] <= now


@STEPS
async def test_a_projector_that_is_started_again_knows_the_step_and_says_it(
    bus: Bus, journal: Journal, by: float
) -> None:
    moved = 0.0
    up = T0

    def wall() -> float:
        return up + moved

    async def start() -> Projector:
        await bus.open()
        projector = Projector(journal, bus.site, ASSETS, SiteClock(wall, lambda: up, lambda: "boot"))
        await projector.open(bus)
        await projector.step([], wall())
        return projector

    projector = await start()
    changes = [Change(kind=Kind.STATE, id="a", after=None, at=wall())]
    changes = [*projector.projection.observe([seen(True, wall())], wall(), "1-0")]
    await bus.commit(projector.name, cursors={}, changes=changes)
    up, moved = up + 20, by
    projector = await start()
    assert projector.projection.states["a"].health is Health.OK
    assert projector.clock_condition.words("en") != ""
    up += 9
    await projector.step([], wall())
    assert projector.projection.states["a"].health is Health.OK
    up += 1
    await projector.step([], wall())
    assert projector.projection.states["a"].health is Health.UNKNOWN
    shown = (await bus.state((Kind.STATE,))).records[Kind.STATE]["a"]
    assert shown.stale_since == wall()
