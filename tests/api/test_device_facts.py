"""Facts that a device says of itself, from a real agent to the asset's detail, its events and the search."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pysnmp.proto.api import v2c

from api.records.search import SearchIndex
from collectors.jobs import specs
from collectors.network.snmp.probe import SnmpPoller
from collectors.probing import retries, verdicts
from feeds.bus import Bus
from feeds.clock import now
from feeds.kinds import Audience
from feeds.model import Asset, Kind
from feeds.projection.projector import Projector
from tests.api.conftest import A, World
from tests.collectors.network.loopback import closing
from tests.collectors.network.snmp_agent import Agent, serving
from tests.collectors.network.test_device_facts import CHASSIS, SYSTEM


class Watched:
    """An agent that is polled, projected and shown."""

    def __init__(self, world: World, bus: Bus, agent: Agent, poller: SnmpPoller) -> None:
        self._world, self._bus, self._poller = world, bus, poller
        uri = f"snmp://127.0.0.1:{agent.port}"
        self.asset = Asset(id="sw", name="交换机", kind="switch", region=A, probes=(uri,))
        (self._spec,) = specs({"sw": self.asset}, {}, {}).values()

    async def poll(self) -> None:
        """One poll, its way over the bus and through the projector, into the picture of the web server."""
        assert self._spec.target is not None
        measured = await retries.probe(self._poller, self._spec.target, 1)
        observed = verdicts.answered(self._spec, measured, now())
        await self._bus.publish("network", "observation", observed, source="network.snmp")
        projector = Projector(self._world.journal, self._bus.site, {"sw": self.asset})
        cursors = await projector.open(self._bus)
        await projector.step(await self._bus.read(cursors, block=0.001, count=100), now())
        state = await self._bus.state((Kind.ASSET, Kind.STATE, Kind.FACTS, Kind.SOURCE))
        self._world.pump.restart("e1.2-0", dict(state.records))


@asynccontextmanager
async def watching(world: World, bus: Bus) -> AsyncIterator[tuple[Agent, Watched]]:
    async with serving(SYSTEM | CHASSIS) as agent, closing(SnmpPoller()) as poller:
        yield agent, Watched(world, bus, agent, poller)


async def test_facts_stand_in_the_detail_and_a_change_in_the_events(world: World, bus: Bus) -> None:
    async with watching(world, bus) as (agent, watched):
        await watched.poll()
        agent.set("1.3.6.1.2.1.47.1.1.1.1.11.1", v2c.OctetString("21980B2"))
        agent.set("1.3.6.1.2.1.1.3.0", v2c.TimeTicks(100))  # replaced, and therefore restarted
        await watched.poll()
    async with world.signed_in("duty") as client:
        detail = (await client.get("/api/v1/assets/sw")).json()
    assert (detail["facts"]["name"], detail["facts"]["serial"]) == ("SW-CX-01", "21980B2")
    assert detail["facts"]["contact"] == "网管 张工"
    changed = next(event for event in detail["events"] if event["name"] == "changed")
    assert (changed["before"], changed["after"]) == ({"serial": "21980A1"}, {"serial": "21980B2"})
    assert {event["kind"] for event in detail["events"]} == {"facts", "health"}


async def test_an_asset_is_found_by_what_it_says_of_itself(world: World, bus: Bus) -> None:
    async with watching(world, bus) as (_, watched):
        await watched.poll()
    async with world.signed_in("duty") as client:
        for query in ("21980a1", "SW-CX-01", "州政府机房", "s5735", "网管 张工"):
            items = (await client.get("/api/v1/search", params={"q": query, "kind": "asset"})).json()["items"]
            assert [item["id"] for item in items] == ["sw"], query


async def test_a_wall_is_shown_and_finds_no_contact(world: World, bus: Bus) -> None:
    async with watching(world, bus) as (_, watched):
        await watched.poll()
    token = await world.token("wall")
    async with world.client(Authorization=f"Bearer {token}") as client:
        shown = await client.get("/api/v1/snapshot")
    assert "张工" not in shown.text
    assert shown.json()["asset"]["sw"]["facts"] | {"contact": ""} == shown.json()["asset"]["sw"]["facts"]
    candidates = await SearchIndex().candidates(world.pump.mirror, Audience("", personal=False), ["asset"])
    assert not any("张工" in text for texts, _ in candidates for text in texts.ids)
    assert any("21980A1" in text for texts, _ in candidates for text in texts.ids)
