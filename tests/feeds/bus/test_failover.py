"""Masters that die, step down or are isolated, on a Sentinel set and on a cluster of real processes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from feeds.bus import Bus, BusLost
from feeds.clock import now
from feeds.model import AssetState, Change, Health, Kind
from tests.feeds import redis_servers
from tests.feeds.bus.failover_rig import SITE, again, opened, seen
from tests.feeds.redis_servers import Servers

pytestmark = pytest.mark.skipif(not redis_servers.EVERYTHING, reason="make test-redis")


@pytest.fixture(params=redis_servers.FORMS)
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A set of its own for each test, because it is broken there."""
    with redis_servers.running(request.param, tmp_path_factory.mktemp(request.param)) as servers:
        yield servers


async def publish(bus: Bus, value: int) -> None:
    await bus.publish("network", "observation", [seen("x1", "tcp.n", value)], source="network.tcp")


async def values(bus: Bus) -> list[Any]:
    entries = await bus.read({bus.keys.feed("network"): "0"}, block=0.001, count=100_000)
    return [item.value for entry in entries for item in entry.items]


async def test_a_failover_is_another_epoch_with_everything_that_was_accepted(servers: Servers) -> None:
    async with opened(servers.url) as bus:
        before = bus.epoch
        for value in range(5):
            await publish(bus, value)
        await bus.commit(
            "project",
            cursors={"s": "1-0"},
            changes=[
                Change(kind=Kind.STATE, id="x1", after=AssetState(id="x1", region="532301", health=Health.DOWN), at=1.0)
            ],
        )
        await publish(bus, 5)  # its replica has what came before, too
        victim = servers.master(SITE)
        victim.kill()
        with pytest.raises(BusLost):
            await publish(bus, 99)
        assert await again(lambda: values(bus)) == list(range(6))
        assert bus.epoch != before
        assert (await bus.saved("project")).cursors == {"s": "1-0"}
        assert (await bus.state()).records[Kind.STATE]["x1"].health is Health.DOWN


async def test_an_entry_that_no_replica_confirms_is_not_accepted(servers: Servers) -> None:
    async with opened(servers.url) as bus, opened(_with(servers.url, "wait=0")) as careless:
        await publish(bus, 0)
        replicas = servers.replicas(SITE)
        for replica in replicas:
            replica.kill()
        with pytest.raises(BusLost, match="0 of 1 replicas"):
            await publish(bus, 1)
        await publish(careless, 2)
        assert await values(bus) == [0, 1, 2]  # visible, but not promised
        replicas[0].start()
        await again(lambda: publish(bus, 3))


async def test_a_master_that_steps_down_is_left_at_once(servers: Servers) -> None:
    async with opened(servers.url) as bus:
        before = bus.epoch
        await publish(bus, 1)
        old = servers.master(SITE)
        reading = asyncio.create_task(_read_until_lost(bus))
        await asyncio.to_thread(_step_down, servers)
        await asyncio.to_thread(servers.master, SITE, [old])
        await asyncio.wait_for(reading, 8.0)  # Sentinel tells the old master itself ten seconds later
        await again(lambda: publish(bus, 2))
        assert bus.epoch != before
        assert await values(bus) == [1, 2]


async def _read_until_lost(bus: Bus) -> None:
    """A pump's or an engine's loop; returns with the loss."""
    with contextlib.suppress(BusLost):
        while True:
            await bus.read({bus.keys.changes: "$"}, block=0.1)
            await bus.beat("test", now())


def _step_down(servers: Servers) -> None:
    if isinstance(servers, redis_servers.SentinelSet):
        servers.sentinels[0].ask("SENTINEL FAILOVER", redis_servers.SERVICE)
    else:
        servers.replicas(SITE)[0].ask("CLUSTER FAILOVER")


async def test_an_absent_set_is_a_loss_without_secrets_in_the_error(servers: Servers) -> None:
    async with opened(servers.url) as bus:
        for node in servers.nodes:
            node.kill()
        for attempt in (bus.open, bus.state, lambda: publish(bus, 1), lambda: bus.commit("project", cursors={})):
            with pytest.raises(BusLost) as loss:
                await attempt()
            assert redis_servers.PASSWORD not in str(loss.value)
            assert redis_servers.SENTINEL_PASSWORD not in str(loss.value)


def _with(url: str, option: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{option}"


# -- a cluster alone ---------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with redis_servers.running("cluster", tmp_path_factory.mktemp("cluster")) as servers:
        yield servers


async def test_a_slot_that_is_being_moved_is_a_loss_until_it_stands(cluster: Servers) -> None:
    async with opened(cluster.url) as bus:
        await publish(bus, 1)
        source = cluster.master(SITE)
        target = next(node for node in cluster.nodes if node.role() == "master" and node is not source)
        slot, ids = source.ask("CLUSTER KEYSLOT", SITE), {n: n.ask("CLUSTER MYID") for n in (source, target)}
        target.ask("CLUSTER SETSLOT", slot, "IMPORTING", ids[source])
        source.ask("CLUSTER SETSLOT", slot, "MIGRATING", ids[target])
        with pytest.raises(BusLost, match=r"AskError|TryAgainError"):
            await bus.commit("project", cursors={})  # a key that is not there may be at the target already
        source.ask("CLUSTER SETSLOT", slot, "STABLE")
        target.ask("CLUSTER SETSLOT", slot, "STABLE")
        await bus.commit("project", cursors={})


async def test_a_slot_that_was_moved_is_found_at_its_new_master(cluster: Servers) -> None:
    async with opened(cluster.url) as bus:
        before = bus.epoch
        source = cluster.master(SITE)
        target = next(node for node in cluster.nodes if node.role() == "master" and node is not source)
        slot = source.ask("CLUSTER KEYSLOT", SITE)
        for node in (target, source):
            node.ask("CLUSTER SETSLOT", slot, "NODE", target.ask("CLUSTER MYID"))
        with pytest.raises(BusLost):
            await publish(bus, 1)
        await again(lambda: publish(bus, 1))
        assert bus.epoch != before
        assert cluster.master(SITE) is target


async def test_a_server_that_is_master_again_is_not_the_one_it_was(cluster: Servers) -> None:
    first, epochs = cluster.master(SITE), []
    for _ in range(3):
        async with opened(cluster.url) as bus:
            epochs.append(bus.epoch)
        present = cluster.whole(SITE, 1)
        cluster.replicas(SITE)[0].ask("CLUSTER FAILOVER")
        await asyncio.to_thread(cluster.master, SITE, [present])
    assert len(set(epochs)) == 3
    assert present is first
