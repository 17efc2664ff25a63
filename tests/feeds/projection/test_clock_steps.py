"""The projection after a step of the wall clock: ages are preserved and no time lies in the future."""

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
    result = Projection("532300")
    list(result.set_assets(ASSETS, T0 - 10))
    list(result.observe([seen(True, T0)], T0))
    list(result.beat(beat(T0), T0))
    return result


@STEPS
def test_a_reading_is_fresh_and_a_source_is_heard_for_as_long_as_without_the_step(by: float) -> None:
    projected = projection()
    list(projected.clock_stepped(by, T0 + 20 + by))
    list(projected.tick(T0 + 29 + by))
    assert projected.states["a"].health is Health.OK
    list(projected.tick(T0 + 30 + by))
    assert projected.states["a"].health is Health.UNKNOWN
    list(projected.tick(T0 + 60 + by))
    assert projected.sources["cma"].silent_since is None
    list(projected.tick(T0 + 61 + by))
    assert projected.sources["cma"].silent_since == T0 + 60 + by


@STEPS
@pytest.mark.parametrize("begins", ["before", "after"])
def test_an_outage_around_the_step_is_seen_at_once_and_its_since_is_not_in_the_future(by: float, begins: str) -> None:
    projected, now = projection(), T0 + 10
    if begins == "before":
        list(projected.observe([seen(False, now)], now))
    now += 1 + by
    list(projected.clock_stepped(by, now))
    if begins == "after":
        list(projected.observe([seen(False, now)], now))
    state = projected.states["a"]
    assert state.health is Health.DOWN
    assert state.since <= now
    assert max(reading.observed_at for reading in state.readings.values()) <= now
    list(projected.observe([seen(True, now + 5)], now + 5))
    assert projected.states["a"].health is Health.OK, "a recovery counts at once, too"


def test_a_since_recorded_while_the_clock_was_ahead_is_corrected() -> None:
    projected = projection()
    list(projected.clock_stepped(DAY, T0 + 5 + DAY))
    list(projected.observe([seen(False, T0 + 10 + DAY)], T0 + 10 + DAY))
    list(projected.clock_stepped(-DAY, T0 + 20))
    assert projected.states["a"].since == pytest.approx(T0 + 10)


@pytest.mark.parametrize("by", [300.0, DAY, YEAR])
def test_a_device_whose_own_clock_was_not_set_is_still_heard_and_a_repeated_message_changes_nothing(by: float) -> None:
    projected, now = projection(), T0 + 10 + by
    list(projected.clock_stepped(by, now))
    down = structs.replace(seen(False, T0 + 11, received_at=now + 1), confirmed_at=now + 1)
    list(projected.observe([down], now + 1))
    assert projected.states["a"].health is Health.DOWN
    assert list(projected.observe([structs.replace(down, value=True)], now + 2)) == []


@pytest.mark.parametrize("by", [-300.0, -DAY, -YEAR])
def test_what_was_kept_by_another_run_of_the_machine_waits_no_longer_than_its_own_term(by: float) -> None:
    before, now = projection(), T0 + by
    restored = Projection("532300", before.assets, before.states, before.sources, {"a": (Health.OK, T0)})
    restored.resume()
    list(restored.clock_stepped(0.0, now))
    list(restored.tick(now + 31))
    assert restored.states["a"].health is Health.UNKNOWN
    list(restored.tick(now + 61))
    assert restored.sources["cma"].silent_since is not None
    assert restored.states["a"].since <= now + 31
    assert restored.remembered["a"][1] <= now


@STEPS
async def test_a_restarted_projector_detects_and_reports_the_step(bus: Bus, journal: Journal, by: float) -> None:
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
