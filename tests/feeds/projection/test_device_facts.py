"""Facts of devices in the projector: no readings, journaled when they change, never lost with Redis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from msgspec import structs

from feeds.bus import Bus
from feeds.clock import now
from feeds.journal import Journal
from feeds.model import Asset, DeviceFacts, Kind, Observation
from feeds.projection.projector import Projector

SNMP, OTHER = "snmp://10.0.0.1", "snmp://10.0.0.2"
ASSET = Asset(id="a", name="a", kind="switch", region="532301", probes=(SNMP, OTHER))
BASE = now() - 100.0


def facts_at(at: float, probe: str = SNMP, asset: str = "a", **facts: str) -> list[Observation]:
    return [
        Observation(
            asset=asset,
            metric=f"device.{name}",
            value=value,
            observed_at=BASE + at,
            received_at=BASE + at,
            source="network.snmp",
            probe=probe,
            fresh_for=20.0,
        )
        for name, value in facts.items()
    ]


async def project(bus: Bus, journal: Journal, assets: Mapping[str, Asset] | None = None) -> dict[str, DeviceFacts]:
    """Let a new projector read everything. Returns the facts that are live."""
    projector = Projector(journal, bus.site, {"a": ASSET} if assets is None else assets)
    await bus.open()
    cursors = await projector.open(bus)
    await projector.step(await bus.read(cursors, block=0.001, count=100), now())
    return (await bus.state((Kind.FACTS,))).records[Kind.FACTS]


async def events(journal: Journal) -> list[tuple[str, dict[str, Any]]]:
    return [(entry.name, entry.body) for entry in await journal.entries(kind="facts")]


async def tell(bus: Bus, *observations: Observation) -> None:
    await bus.publish("network", "observation", observations, source="network.snmp")


async def test_a_change_is_an_event_and_a_repetition_is_none(bus: Bus, journal: Journal) -> None:
    await bus.open()
    await tell(bus, *facts_at(1, name="SW1", serial="A", model=""))
    assert await project(bus, journal) == {"a": DeviceFacts(id="a", by_probe={SNMP: {"name": "SW1", "serial": "A"}})}
    await tell(bus, *facts_at(2, name="SW1", serial="A", model=""))
    await project(bus, journal)
    await tell(bus, *facts_at(3, name="SW1", serial="B", model=""))
    await tell(bus, *facts_at(4, name="", serial="B", model=""))
    assert (await project(bus, journal))["a"].by_probe == {SNMP: {"serial": "B"}}
    assert await events(journal) == [
        ("first", {"probe": SNMP, "before": {"name": "", "serial": ""}, "after": {"name": "SW1", "serial": "A"}}),
        ("changed", {"probe": SNMP, "before": {"serial": "A"}, "after": {"serial": "B"}}),
        ("changed", {"probe": SNMP, "before": {"name": "SW1"}, "after": {"name": ""}}),
    ]


async def test_facts_are_no_readings_and_decide_no_health(bus: Bus, journal: Journal) -> None:
    await bus.open()
    await tell(bus, *facts_at(1, name="SW1"))
    await project(bus, journal)
    state = (await bus.state((Kind.STATE,))).records[Kind.STATE]["a"]
    assert (state.readings, state.health) == ({}, "unknown")


async def test_what_a_camera_says_is_a_reading_and_a_fact(bus: Bus, journal: Journal) -> None:
    await bus.open()
    await tell(bus, structs.replace(facts_at(1, model="DS-2CD")[0], metric="onvif.model"))
    assert (await project(bus, journal))["a"].merged(ASSET.probes) == {"model": "DS-2CD"}
    assert (await bus.state((Kind.STATE,))).records[Kind.STATE]["a"].readings["onvif.model"].value == "DS-2CD"


async def test_two_probes_do_not_argue_and_the_first_of_the_inventory_holds(bus: Bus, journal: Journal) -> None:
    await bus.open()
    for at in (1.0, 2.0):
        await tell(bus, *facts_at(at, name="second", location="B"), *facts_at(at, OTHER, name="other", contact="x"))
        live = await project(bus, journal)
    assert live["a"].merged(ASSET.probes) == {"name": "second", "location": "B", "contact": "x"}
    assert [name for name, _ in await events(journal)] == ["first", "first"]


async def test_facts_come_back_from_the_journal_when_redis_is_lost(bus: Bus, journal: Journal, valkey_url: str) -> None:
    await bus.open()
    await tell(bus, *facts_at(1, serial="A"))
    before = await project(bus, journal)
    empty = Bus(valkey_url, f"{bus.site}9")
    await empty.open()
    assert await project(empty, journal) == before
    assert len(await events(journal)) == 1
    await empty.close()


async def test_facts_of_a_removed_probe_asset_or_stranger_are_withdrawn(bus: Bus, journal: Journal) -> None:
    await bus.open()
    await tell(
        bus, *facts_at(1, serial="A"), *facts_at(1, OTHER, serial="B"), *facts_at(1, asset="stranger", serial="C")
    )
    await tell(bus, *facts_at(1, "snmp://10.0.0.9", serial="D"))
    assert set(await project(bus, journal)) == {"a"}
    fewer = {"a": replace(ASSET, probes=(OTHER,))}
    assert (await project(bus, journal, fewer))["a"].by_probe == {OTHER: {"serial": "B"}}
    assert await project(bus, journal, {}) == {}
