"""Load over a master that is killed with -9: no accepted entry is lost, and work resumes by itself."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from feeds.bus import Bus, BusLost
from feeds.journal import Journal
from feeds.model import Asset, AssetState, Health, Kind
from feeds.projection.projector import Projecting
from tests.feeds import redis_servers
from tests.feeds.bus.failover_rig import BACK_WITHIN, PROBE, SITE, again, opened, seen, thorough
from tests.feeds.redis_servers import Servers

ENTRIES, KILL_AT, PUBLISHERS, EACH = 1500, 500, 3, 4


@pytest.fixture(params=["sentinel", pytest.param("cluster", marks=thorough)])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with redis_servers.running(request.param, tmp_path_factory.mktemp(request.param)) as servers:
        yield servers


class Load:
    """Publishers like collectors: entries that were not accepted are published again. `tries` counts by entry."""

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
    """A minimal engine: counts how often each entry was folded, in one commit with the cursor."""
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
    """kill -9 in the middle of the load; a supervisor restarts it later than a failover takes."""
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
        try:
            async with asyncio.timeout(3 * BACK_WITHIN):
                await load.run()
                counts, killed = await counting, await killing
                await again(lambda: shown(servers.url, load.last))
        finally:
            for task in (projecting, counting, killing):
                task.cancel()
            await asyncio.wait([projecting, counting, killing])

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
    projected = {
        asset: (state.health, state.readings["tcp.n"].value) for asset, state in states.items() if state.readings
    }
    if projected != {asset: (health(number), number) for asset, number in last.items()}:
        raise BusLost("not yet")
