"""(a) Observations a second from publication to the change feed, beside the same server's raw XADD.

The projector is the real role in a process of its own. A run begins with the first XADD and ends when the
projector's commit has covered the last one; then the state is compared with what was published.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import redis.asyncio as aredis

from bench import processes, raw_redis
from bench.figures import Figure, median, spread, until
from bench.site import Plan, rows, with_roles
from feeds import wire
from feeds.bus import Bus
from feeds.model import Kind, Observation

ASSETS = 1000
PROBE = "tcp://127.0.0.1:1"
ENVELOPE = 50
PER_POLL = 2
"""Observations that one poll of one asset gives (tcp: `up` and `connect_ms`)."""

TURNS, ENOUGH = 3, 8.0
"""Runs of each way, and seconds after which no further one begins."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way of bringing observations to the bus."""

    name: str
    envelope: int
    pipelined: bool
    observations: int
    aim: str = ""


def ways(quick: bool) -> Iterator[Way]:
    divisor = 2 if quick else 1
    yield Way("bus.enveloped", ENVELOPE, True, 100_000 // divisor, ">= 1.0 of raw XADD")
    yield Way("bus.single", 1, True, 20_000 // divisor, ">= 0.5 of raw XADD")
    if not quick:
        yield Way("bus.enveloped.awaited", ENVELOPE, False, 50_000)
        yield Way("bus.single.awaited", 1, False, 5_000)


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Rates by way, each beside raw XADDs taken just before."""
    async with with_roles(Plan(rows(ASSETS, PROBE)), "project") as (_, url, pids):
        bus = Bus(url, "532300", name="bench")
        await _inventory_known(bus)
        # Every asset's first verdict is journaled; what follows measures the steady state.
        await _run(bus, url, Way("first verdicts", ENVELOPE, True, ASSETS * PER_POLL), pids)
        for way in ways(quick):
            yield await _figure(bus, url, way, pids, quick)
        await bus.close()


async def _figure(bus: Bus, url: str, way: Way, pids: dict[str, int], quick: bool) -> Figure:
    """The middle of several runs, each beside raw XADDs taken just before it."""
    rates: list[float] = []
    limits: list[dict[str, float]] = []
    shares: list[dict[str, float]] = []
    began = time.perf_counter()
    while not rates or (len(rates) < TURNS and not quick and time.perf_counter() - began < ENOUGH):
        limits.append(await raw_redis.measured(url, 50_000 if quick else 200_000))
        rate, share = await _run(bus, url, way, pids)
        rates.append(rate)
        shares.append(share)
    raw = {name: median([limit[name] for limit in limits]) for name in limits[0]}
    cost = _middle(shares)
    conditions = {
        "observations": way.observations,
        "in_an_envelope": way.envelope,
        "assets": ASSETS,
        "observations_a_poll": PER_POLL,
        "connections": 1,
        "way_in": f"{raw_redis.PIPELINE} XADDs in a pipeline" if way.pipelined else "Bus.publish, each awaited",
        "raw": f"XADD of {raw_redis.BYTES} bytes, {raw_redis.PIPELINE} in a pipeline, "
        f"{raw_redis.CONNECTIONS} connections",
        "runs": spread(rates),
        "cpu_us_an_observation": cost,
        "projector_core_s": round(1e6 / cost["project"]),
        "redis": "embedded, AOF everysec",
    }
    return Figure(
        name=way.name, value=median(rates), unit="observations/s", raw=raw, aim=way.aim, conditions=conditions
    )


def _middle(shares: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(median([share[name] for share in shares]), 1) for name in shares[0]}


async def _inventory_known(bus: Bus) -> None:
    async def all_there() -> bool:
        return len((await bus.state((Kind.STATE,))).records[Kind.STATE]) == ASSETS

    await bus.open()
    await until(all_there, every=0.1)


_times = itertools.count(int((time.time() - 3600) * 1000))


def observations(count: int) -> Iterator[Observation]:
    """Polls of all assets in turn; each poll a millisecond after the one before, so that none is late."""
    for n, ms in zip(range(count // PER_POLL), _times, strict=False):
        at, asset = ms / 1000, f"b{n % ASSETS}"
        shared = {"observed_at": at, "received_at": at, "source": "network.tcp", "probe": PROBE, "fresh_for": 7200.0}
        yield Observation(asset=asset, metric="tcp.up", value=True, **shared)  # type: ignore[arg-type]
        yield Observation(asset=asset, metric="tcp.connect_ms", value=at % 50, unit="ms", **shared)  # type: ignore[arg-type]


async def _run(bus: Bus, url: str, way: Way, pids: dict[str, int]) -> tuple[float, dict[str, float]]:
    """(observations a second, microseconds of processor time for each by process)."""
    published = list(observations(way.observations))
    groups = [published[n : n + way.envelope] for n in range(0, len(published), way.envelope)]
    before = {name: processes.cpu(pid) for name, pid in pids.items()} | {"publisher": time.process_time()}
    began = time.perf_counter()
    await (_pipelined if way.pipelined else _awaited)(url, bus, groups)
    publisher = time.process_time()
    await _committed(bus)
    took = time.perf_counter() - began
    after = {name: processes.cpu(pid) for name, pid in pids.items()} | {"publisher": publisher}
    await _right(bus, published)
    return len(published) / took, {name: (after[name] - before[name]) / len(published) * 1e6 for name in before}


async def _pipelined(url: str, bus: Bus, groups: Sequence[list[Observation]]) -> None:
    """Publish as `Bus.publish` does: 64 at a time on one connection, so that observations keep their order."""
    client = aredis.Redis.from_url(url, protocol=2)
    stream = bus.keys.feed("network")
    for first in range(0, len(groups), raw_redis.PIPELINE):
        async with client.pipeline(transaction=False) as pipe:
            for group in groups[first : first + raw_redis.PIPELINE]:
                body = wire.encode_envelope("observation", group, source="network.tcp", sent_at=time.time())
                pipe.xadd(stream, {"s": "network.tcp", "e": body})
            await pipe.execute()
    await client.aclose()


async def _awaited(_url: str, bus: Bus, groups: Sequence[list[Observation]]) -> None:
    """Publish as a collector's outbox does: each envelope is on the server before the next one leaves."""
    for group in groups:
        await bus.publish("network", "observation", group, source="network.tcp")


async def _committed(bus: Bus) -> None:
    """Wait until the projector has committed the feed's last entry together with its changes."""
    stream = bus.keys.feed("network")
    last = await bus.tail(stream)

    async def covered() -> bool:
        return (await bus.saved("project")).cursors.get(stream) == last

    await until(covered, every=0.005, within=120)


async def _right(bus: Bus, published: Sequence[Observation]) -> None:
    """Every asset shows the last of what was published, and nothing was set aside."""
    expected = {
        (observation.asset, observation.key): (observation.value, observation.observed_at) for observation in published
    }
    states = (await bus.state((Kind.STATE,))).records[Kind.STATE]
    shown = {
        (asset, key): (states[asset].readings[key].value, states[asset].readings[key].observed_at)
        for asset, key in expected
    }
    if shown != expected or await bus.dead_counts():
        raise AssertionError("the change feed does not show what was published")
