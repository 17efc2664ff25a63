"""Masters that die, step down or stand alone, on a Sentinel set and on a cluster of real processes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from feeds.bus import Bus, BusError, BusLost
from feeds.clock import now
from feeds.journal import Journal
from feeds.model import Asset, AssetState, Change, Health, Kind, Observation
from feeds.projector import Projecting
from tests.feeds import redis_servers
from tests.feeds.redis_servers import Servers

SITE = "532300"
PROBE = "tcp://127.0.0.1:1"
ENTRIES, KILL_AT, PUBLISHERS, EACH = 1500, 500, 3, 4
BACK_WITHIN = 10.0


thorough = pytest.mark.skipif(not redis_servers.EVERYTHING, reason="make test-redis")


@pytest.fixture(params=["sentinel", pytest.param("cluster", marks=thorough)])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """A set of its own for each test, because it is broken there."""
    with redis_servers.running(request.param, tmp_path_factory.mktemp(request.param)) as one:
        yield one


@contextlib.asynccontextmanager
async def opened(url: str, name: str = "test") -> AsyncIterator[Bus]:
    bus = Bus(url, SITE, name=name)
    try:
        await bus.open()
        yield bus
    finally:
        await bus.close()


def seen(asset: str, metric: str, value: Any) -> Observation:
    return Observation(
        asset=asset, metric=metric, value=value, observed_at=now(), received_at=now(), source="network.tcp",
        probe=PROBE, fresh_for=1e6,
    )  # fmt: skip


async def publish(bus: Bus, value: int) -> None:
    await bus.publish("network", "observation", [seen("x1", "tcp.n", value)], source="network.tcp")


async def again(attempt: Callable[[], Any], within: float = BACK_WITHIN) -> Any:
    """What an attempt gives once the bus is back."""
    async with asyncio.timeout(within):
        while True:
            try:
                return await attempt()
            except BusError:
                await asyncio.sleep(0.02)


async def values(bus: Bus) -> list[Any]:
    entries = await bus.read({bus.keys.feed("network"): "0"}, block=0.001, count=100_000)
    return [item.value for entry in entries for item in entry.items]


# -- a load over a kill ------------------------------------------------------------


class Load:
    """Publishers as collectors are: what was not taken is published again. `tries` counts by entry."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.numbers = itertools.count()
        self.tries: Counter[int] = Counter()
        self.taken: dict[int, float] = {}
        self.last: dict[str, int] = {}
        self.at_kill = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for publisher in range(PUBLISHERS):
                tasks.create_task(self._publisher(publisher))

    async def _publisher(self, publisher: int) -> None:
        async with opened(self.url) as bus:
            while (number := next(self.numbers)) < ENTRIES:
                await again(lambda number=number: self._publish(bus, publisher, number))  # type: ignore[misc]

    async def _publish(self, bus: Bus, publisher: int, number: int) -> None:
        if number >= KILL_AT:
            self.at_kill.set()
        self.tries[number] += 1
        asset = f"a{publisher}-{number % EACH}"
        items = [seen(asset, "tcp.up", number % 3 > 0), seen(asset, "tcp.n", number)]
        await bus.publish("network", "observation", items, source="network.tcp")
        self.taken[number] = time.monotonic()
        self.last[asset] = number


async def count_folds(url: str, enough: Callable[[dict[int, int]], bool]) -> dict[int, int]:
    """An engine at its simplest: how often each entry was folded, in one commit with the cursor."""
    async with opened(url) as bus:
        stream = bus.keys.feed("network")
        while True:
            with contextlib.suppress(BusLost):
                await bus.open()
                saved = await bus.saved("history")
                cursor = saved.cursors.get(stream, "0-0")
                counts = {int(name): int(count) for name, count in saved.private.items()}
                await _fold_on(bus, stream, cursor, counts, enough)
                return counts
            await asyncio.sleep(0.02)


async def _fold_on(
    bus: Bus, stream: str, cursor: str, counts: dict[int, int], enough: Callable[[dict[int, int]], bool]
) -> None:
    while not enough(counts):
        entries = await bus.read({stream: cursor}, block=0.1)
        if not entries:
            continue
        cursor = entries[-1].id
        folded = [item.value for entry in entries for item in entry.items if item.metric == "tcp.n"]
        for number in folded:
            counts[number] = counts.get(number, 0) + 1
        private = {str(number): str(counts[number]).encode() for number in folded}
        await bus.commit("history", cursors={stream: cursor}, private=private)


async def kill_master(servers: Servers, load: Load) -> float:
    """kill -9 in the middle of the load; its init system starts it again, later than a failover takes."""
    await load.at_kill.wait()
    victim = await asyncio.to_thread(servers.master, SITE)
    victim.kill()
    killed = time.monotonic()
    await asyncio.to_thread(servers.settled, SITE, [victim])
    victim.start()
    return killed


async def test_a_master_killed_under_load_loses_nothing_that_was_accepted(servers: Servers, journal: Journal) -> None:
    load = Load(servers.url)
    assets = {
        key: Asset(id=key, name=key, kind="router", region="532301", probes=(PROBE,))
        for key in (f"a{publisher}-{n}" for publisher in range(PUBLISHERS) for n in range(EACH))
    }
    async with opened(servers.url, "project") as bus:
        projecting = asyncio.create_task(Projecting(bus, journal, SITE, assets).run())
        counting = asyncio.create_task(count_folds(servers.url, lambda counts: len(counts) >= ENTRIES))
        killing = asyncio.create_task(kill_master(servers, load))
        async with asyncio.timeout(4 * BACK_WITHIN):
            await load.run()
            counts, killed = await counting, await killing
            await again(lambda: shown(servers.url, load.last))
        projecting.cancel()
        await asyncio.wait([projecting])

    assert set(counts) == set(load.taken) == set(range(ENTRIES))
    assert not {number: count for number, count in counts.items() if count > load.tries[number]}
    once = {number for number, tries in load.tries.items() if tries == 1}
    assert {counts[number] for number in once} == {1}
    assert len(once) > ENTRIES / 2
    back = min(at for number, at in load.taken.items() if load.tries[number] > 1)
    assert back - killed < BACK_WITHIN
    recorded = {doc.id: doc.body["health"] for doc in await journal.docs("health")}
    assert recorded == {asset: health(number) for asset, number in load.last.items()}


def health(number: int) -> Health:
    return Health.OK if number % 3 > 0 else Health.DOWN


async def shown(url: str, last: dict[str, int]) -> None:
    """The projected state is that of the last entry of each asset; BusLost until it is."""
    async with opened(url, "reader") as bus:
        states: dict[str, AssetState] = (await bus.state((Kind.STATE,))).records[Kind.STATE]
    found = {asset: {key: one.value for key, one in state.readings.items()} for asset, state in states.items()}
    right = {asset: (health(number), number) for asset, number in last.items()}
    if {asset: (states[asset].health, max(v for v in found[asset].values() if v is not True and v is not False))
            for asset in right if found.get(asset)} != right:
        raise BusLost("not yet")


# -- one thing at a time -------------------------------------------------------------


@thorough
async def test_a_failover_is_another_epoch_with_everything_that_was_accepted(servers: Servers) -> None:
    async with opened(servers.url) as bus:
        before = bus.epoch
        for value in range(5):
            await publish(bus, value)
        await bus.commit("project", cursors={"s": "1-0"}, changes=[Change(
            kind=Kind.STATE, id="x1", after=AssetState(id="x1", region="532301", health=Health.DOWN), at=1.0
        )])  # fmt: skip
        await publish(bus, 5)  # its replica has what came before, too
        victim = servers.master(SITE)
        victim.kill()
        with pytest.raises(BusLost):
            await publish(bus, 99)
        assert await again(lambda: values(bus)) == list(range(6))
        assert bus.epoch != before
        assert (await bus.saved("project")).cursors == {"s": "1-0"}
        assert (await bus.state()).records[Kind.STATE]["x1"].health is Health.DOWN


@thorough
async def test_an_entry_that_no_replica_confirms_is_not_accepted(servers: Servers) -> None:
    async with opened(servers.url) as bus, opened(_with(servers.url, "wait=0")) as careless:
        await publish(bus, 0)
        replicas = servers.replicas(SITE)
        for replica in replicas:
            replica.kill()
        with pytest.raises(BusLost, match="0 of 1 replicas"):
            await publish(bus, 1)
        await publish(careless, 2)
        assert await values(bus) == [0, 1, 2]  # to be seen, but not promised
        replicas[0].start()
        await again(lambda: publish(bus, 3))


@thorough
async def test_a_master_that_steps_down_is_left_at_once(servers: Servers) -> None:
    async with opened(servers.url) as bus:
        before = bus.epoch
        await publish(bus, 1)
        old = servers.master(SITE)
        reading = asyncio.create_task(_read_until_lost(bus))
        await asyncio.to_thread(_step_down, servers)
        await asyncio.to_thread(servers.master, SITE, [old])
        await asyncio.wait_for(reading, BACK_WITHIN / 2)  # Sentinel tells the old master itself ten seconds later
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


@thorough
async def test_nobody_there_is_a_loss_that_tells_no_secret(servers: Servers) -> None:
    async with opened(servers.url) as bus:
        for node in servers.nodes:
            node.kill()
        for attempt in (bus.open, bus.state, lambda: publish(bus, 1), lambda: bus.commit("project", cursors={})):
            with pytest.raises(BusLost) as loss:
                await attempt()  # type: ignore[operator]
            assert redis_servers.PASSWORD not in str(loss.value)
            assert redis_servers.SENTINEL_PASSWORD not in str(loss.value)


def _with(url: str, option: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{option}"


# -- a cluster alone ---------------------------------------------------------------


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with redis_servers.running("cluster", tmp_path_factory.mktemp("cluster")) as one:
        yield one


@thorough
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


@thorough
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


@thorough
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
