"""A role's metrics: worst cases since the last read, counts since the start."""

from __future__ import annotations

import asyncio
import time

from feeds.bus import Bus
from feeds.engine.vitals import SAMPLE, Vitals
from feeds.journal import Journal
from feeds.model import Kind
from feeds.projection.projector import Projector


async def test_a_blocked_loop_is_reported_once() -> None:
    vitals = Vitals()
    vitals.start()
    await asyncio.sleep(0)
    time.sleep(SAMPLE + 0.1)  # blocking the loop is the point
    await asyncio.sleep(0.01)
    assert vitals.read()["loop_lag_ms"] > 50
    assert vitals.read()["loop_lag_ms"] == 0
    vitals.stop()


def test_lag_is_the_worst_since_the_last_read_and_entries_add_up() -> None:
    vitals = Vitals()
    vitals.took(3, 0.2)
    vitals.took(2, 0.1)
    first, second = vitals.read(), vitals.read()
    assert (first["queue_lag_ms"], first["entries"]) == (200.0, 5.0)
    assert (second["queue_lag_ms"], second["entries"]) == (0.0, 5.0)
    assert first["rss_mb"] > 1


async def test_every_role_is_a_source_with_its_figures(bus: Bus, journal: Journal) -> None:
    projector = Projector(journal, bus.site, {})
    cursors = await projector.open(bus)
    await bus.beat("alert", 100.0, {"rss_mb": 42.0})
    await projector.step(await bus.read(cursors, block=0.01), 100.1)
    source = (await bus.state((Kind.SOURCE,))).records[Kind.SOURCE]["role.alert"]
    assert (source.kind, source.ok, source.stats) == ("role", True, {"rss_mb": 42.0})
    projector.set_assets({}, sources=())  # roles are no matter of the settings
    await projector.step([], 120.0)
    source = (await bus.state((Kind.SOURCE,))).records[Kind.SOURCE]["role.alert"]
    assert source.silent_since is not None
