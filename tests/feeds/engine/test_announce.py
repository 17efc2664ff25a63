"""A start that has much to publish: in parts, each whole, resumed by the next start when it is killed between two."""

from __future__ import annotations

import pytest

from feeds.bus import Bus, BusLost, committing
from feeds.journal import Journal
from tests.alerts.builders import asset
from tests.alerts.rig import Rig

ASSETS = [f"r{n}" for n in range(12)]


async def alerting(bus: Bus, journal: Journal) -> Rig:
    """An engine with twelve open alerts, after its Redis was emptied."""
    rig = Rig(bus, journal)
    await rig.start()
    await rig.assets(*map(asset, ASSETS))
    for id in ASSETS:
        await rig.health("down", id)
    await rig.step()
    await rig.step(60)
    assert len(rig.engine.core.alerts) == len(ASSETS)
    return rig


async def forget(bus: Bus) -> None:
    """Delete every alert from the live state, as a Redis that lost its data has none."""
    async with bus.pipeline() as pipe:
        pipe.delete(bus.keys.state("alert"))
        await pipe.execute()


async def test_what_redis_lacks_is_published_in_parts(
    bus: Bus, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "ANNOUNCED", 5)
    rig = await alerting(bus, journal)
    await forget(bus)
    before = await bus.tail(bus.keys.changes)
    await rig.start()
    assert await rig.shown() == rig.engine.core.alerts
    entries = await bus.read({bus.keys.changes: before}, block=0.001)
    assert [len(entry.items) for entry in entries] == [5, 5, 2]
    await rig.assert_whole()


async def test_a_start_that_is_killed_between_two_parts_is_gone_on_with(
    bus: Bus, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committing, "ANNOUNCED", 5)
    rig = await alerting(bus, journal)
    await forget(bus)
    write, parts = bus.write, []

    async def dying(commands: object) -> object:
        parts.append(commands)
        if len(parts) == 2:
            raise BusLost("killed here")
        return await write(commands)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(bus, "write", dying)
        with pytest.raises(BusLost):
            await rig.start()
    assert len(await rig.shown()) == 5
    before = await bus.tail(bus.keys.changes)
    await rig.start()
    assert await rig.shown() == rig.engine.core.alerts
    entries = await bus.read({bus.keys.changes: before}, block=0.001)
    assert sum(len(entry.items) for entry in entries) == 7, "what was published is not published again"
    await rig.assert_whole()
