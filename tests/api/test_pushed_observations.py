"""Observations that a mapped system pushes: durable before the answer, on the bus whatever ends in between."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.pushed_observations import TARGET, ObservationForwarder
from feeds.bus import Bus, BusError
from feeds.journal import Intake, Parcel
from feeds.mapped.source import MappedSource, PushedSource
from feeds.model import Observation
from tests.api.conftest import NOW, SITE, World, problem
from tests.api.test_receipts import push
from tests.patience import PATIENCE, until

RIVER = MappedSource(
    gives="observation",
    metric="river.stage",
    unit="m",
    map={"asset": "/stcd", "at": "/tm", "value": "/z", "warning": "/wrz"},
)
ROW = {"stcd": "HYD1", "tm": "2026-11-18 20:00", "z": 1772.8, "wrz": 1772.5}


@pytest.fixture
def river(world: World) -> World:
    world.pushed["river"] = PushedSource(source=RIVER, region=SITE, heartbeat=60.0)
    return world


def intake_of(world: World) -> Intake:
    assert world.intake is not None
    return world.intake


async def observed(bus: Bus) -> list[Observation]:
    entries = await bus.read({bus.keys.feed("network"): "0-0"}, block=0.01)
    return [item for entry in entries for item in entry.items if isinstance(item, Observation)]


async def waiting(world: World) -> list[Parcel]:
    return await intake_of(world).read(TARGET, 0, limit=10)


async def test_they_are_durable_before_the_answer_and_forwarded_by_the_next_process(river: World, bus: Bus) -> None:
    answer = await push(river, ROW, "river")
    assert (answer.status_code, answer.json()["taken"]) == (202, 3)
    assert len(await waiting(river)) == 1  # killed here: nothing was forwarded
    assert await ObservationForwarder(intake_of(river), bus).forward() is False
    seen = await observed(bus)
    assert [(each.asset, each.metric, each.value, each.source) for each in seen] == [
        ("HYD1", "river.stage", 1772.8, "river"),
        ("HYD1", "river.stage_warning", 1772.5, "river"),
        ("HYD1", "report.up", True, "river"),
    ]
    assert await waiting(river) == []


async def test_they_are_taken_and_wait_while_redis_is_lost(
    river: World, bus: Bus, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = bus.publish

    async def lost(*_: Any, **__: Any) -> None:
        raise BusError("gone")

    monkeypatch.setattr(bus, "publish", lost)
    assert (await push(river, ROW, "river")).status_code == 202
    forwarder = ObservationForwarder(intake_of(river), bus)
    running = asyncio.ensure_future(forwarder.run())
    try:
        await asyncio.sleep(0)
        with pytest.raises(BusError):
            await forwarder.forward()
        assert len(await waiting(river)) == 1
        monkeypatch.setattr(bus, "publish", publish)

        async def arrived() -> bool:
            return len(await observed(bus)) == 3

        await until(arrived, PATIENCE)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_parcel_of_another_version_stops_no_other(river: World, bus: Bus) -> None:
    await intake_of(river).put(Parcel(target=TARGET, kind="observation", at=NOW, body=b"\xc1"))
    await push(river, ROW, "river")
    await ObservationForwarder(intake_of(river), bus).forward()
    assert len(await observed(bus)) == 3
    assert await waiting(river) == []


async def test_storing_wakes_the_forwarder_and_leaves_engines_to_others(river: World, bus: Bus) -> None:
    forwarder = ObservationForwarder(intake_of(river), bus)
    assert forwarder.stored(frozenset((TARGET, "command"))) == {"command"}


async def test_a_row_without_an_asset_is_a_finding(river: World) -> None:
    answer = await push(river, [ROW, {"tm": "2026-11-18 20:00", "z": 1}], "river")
    assert problem(answer, 422, "invalid")["taken"] == 3
