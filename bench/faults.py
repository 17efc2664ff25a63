"""(h) From a fault to its message at a webhook: TCP services that close their port, ICMP addresses that fall silent.

Of each kind one fault at a time, each at a random moment of its polling interval; every asset fails once, so that
none flaps. A message that no fault explains is a false alert and fails the measurement.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bench import processes
from bench.figures import Figure, percentile, until
from bench.inside import Hosts, inside
from bench.site import REGIONS, Plan, members, running
from tests.e2e.site import HEAD, Service, Site

FAULTS, QUICK_FAULTS = 24, 6
INTERVAL = 1.0
TIMEOUTS = {"tcp": 1.0, "icmp": 0.3}
"""Seconds. Who asks every second, on a network that answers in milliseconds, does not wait one for each answer."""
AIMS = {"tcp": 1.5, "icmp": 1.7}
"""Seconds, p99. Icinga 2 at the same interval, measured on two cores: 2.0 and 3.2."""
CPU_AIM = "< 4 % of a core"
REST, QUICK_REST = 10.0, 5.0
MORE = """
[defaults."icmp"]
interval = "1s"
timeout = "300ms"
[[receiver]]
id = "desk"
url = "json://127.0.0.1:{port}/"
"""

Fail = Callable[[int], Awaitable[None]]


@dataclass(slots=True)
class Desk:
    """The webhook: when each asset's first message came, by the machine's clock."""

    first: dict[str, float] = field(default_factory=dict)

    async def take(self, request: web.Request) -> web.Response:
        at, body = time.time(), await request.json()
        if body["reason"] == "first":
            self.first.setdefault(body["alert"]["asset"], at)
        return web.Response()


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Seconds from the fault to the message, p99 by protocol; and what the site costs meanwhile."""
    async for figure in inside("bench.faults", quick):
        yield figure


async def measured(quick: bool, hosts: Hosts) -> AsyncIterator[Figure]:
    count = QUICK_FAULTS if quick else FAULTS
    services, desk = [Service() for _ in range(count)], Desk()
    for service in services:
        await service.start()
    app = web.Application()
    app.router.add_post("/", desk.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    more = MORE.format(port=runner.addresses[0][1])
    try:
        async with running(Plan(_rows(services), interval=INTERVAL, timeout=TIMEOUTS["tcp"], more=more)) as site:
            await _all_ok(site, 2 * count)
            yield await _cost(site, 2 * count, QUICK_REST if quick else REST)

            async def close(n: int) -> None:
                await services[n].stop()

            async def fall_silent(n: int) -> None:
                hosts.silent.add(Hosts.address(n))

            caused: set[str] = set()
            kinds = (("tcp", close), ("icmp", fall_silent))
            late = await asyncio.gather(*(_late(kind, count, fail, desk, caused) for kind, fail in kinds))
            if surplus := set(desk.first) - caused:
                raise AssertionError(f"false alerts: {surplus}")
            for (kind, _), seconds in zip(kinds, late, strict=True):
                yield _figure(kind, seconds)
    finally:
        await runner.cleanup()
        for service in services:
            await service.stop()


def _rows(services: list[Service]) -> str:
    row = "{kind}{n},故障节点 {kind}{n},router,{region},25.{n:02d},102.{n:02d},,,,,,{probe}\n".format
    rows = [HEAD]
    for n, service in enumerate(services):
        rows.append(row(kind="tcp", n=n, region=REGIONS[n % 10], probe=f"tcp://127.0.0.1:{service.port}"))
        rows.append(row(kind="icmp", n=n, region=REGIONS[n % 10], probe=f"icmp://{Hosts.address(n)}"))
    return "".join(rows)


async def _all_ok(site: Site, count: int) -> None:
    person = await site.person("故障", "duty")

    def all_ok(view: dict[str, dict[str, Any]]) -> bool:
        return len(view["asset"]) == count and all(asset["health"] == "ok" for asset in view["asset"].values())

    async with person.live() as live:
        await live.until(all_ok, 30)


async def _cost(site: Site, targets: int, seconds: float) -> Figure:
    """Of every process of the site, while nothing fails and no page is open."""
    pids = members(site)
    await asyncio.sleep(3.0)
    before, began = {name: processes.cpu(pid) for name, pid in pids.items()}, time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    used = {name: round((processes.cpu(pid) - before[name]) / took * 100, 2) for name, pid in pids.items()}
    return Figure(
        name="faults.cpu",
        value=sum(used.values()),
        unit="% of a core, all processes",
        aim=CPU_AIM,
        conditions={"targets": targets, "interval_s": INTERVAL, "seconds": seconds, "by_process": used},
    )


async def _late(kind: str, count: int, fail: Fail, desk: Desk, caused: set[str]) -> list[float]:
    """Seconds from each fault to its message; the next fault waits for it."""
    late = []
    for n in range(count):
        await asyncio.sleep(random.random() * INTERVAL)
        asset = f"{kind}{n}"
        caused.add(asset)
        failed = time.time()
        await fail(n)

        async def notified(asset: str = asset) -> bool:
            return asset in desk.first

        await until(notified, every=0.01, within=15)
        late.append(desk.first[asset] - failed)
    return late


def _figure(kind: str, late: list[float]) -> Figure:
    return Figure(
        name=f"faults.{kind}.p99",
        value=percentile(late, 0.99),
        unit="s",
        aim=f"< {AIMS[kind]} s",
        conditions={
            "faults": len(late),
            "p50_s": round(percentile(late, 0.5), 3),
            "worst_s": round(max(late), 3),
            "interval_s": INTERVAL,
            "timeout_s": TIMEOUTS[kind],
            "attempts": 3,
            "rule": "health == 'down', for 0 s",
            "to": "webhook",
            "fault": "a port is closed" if kind == "tcp" else "an address falls silent",
            "false_alerts": 0,
        },
    )
