"""(f) Memory of every process of a site at 100, 1,000 and 10,000 assets, one live socket open.

The roles are forked from one process and share its pages: RSS counts them in each role again, PSS divides them, so
the sum of PSS is what the machine really gives. Both are reported.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from bench import processes
from bench.figures import Figure
from bench.site import Plan, members, rows, running
from tests.e2e.site import Live, Service

AIM = "< 600 MB at 10,000"
SETTLE = 3.0


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """All processes together (PSS), and each of them (RSS and PSS)."""
    sizes: tuple[tuple[int, float], ...] = ((1000, 5.0),) if quick else ((100, 5.0), (1000, 5.0), (10_000, 20.0))
    service = Service()
    await service.start()
    try:
        for assets, interval in sizes:
            yield await _figure(assets, interval, service.port)
    finally:
        await service.stop()


async def _figure(assets: int, interval: float, port: int) -> Figure:
    plan = Plan(rows(assets, f"tcp://127.0.0.1:{port}"), interval=interval)
    async with running(plan) as site:
        person = await site.person("内存", "duty")
        # A snapshot of 10,000 assets is larger than what this client takes by itself.
        path, origin = "/api/v1/live", {"Origin": site.url}
        async with person.http.ws_connect(path, headers=origin, max_msg_size=0) as socket:
            live = Live(socket)
            await live.until(lambda view: _all_known(view, assets), 120)
            await _watch(live, interval + SETTLE)
            use = {name: processes.memory(pid) for name, pid in members(site).items()}
    return Figure(
        name=f"memory.{assets}",
        value=sum(process["pss_mb"] for process in use.values()),
        unit="MB PSS, all processes",
        aim=AIM,
        conditions={
            "assets": assets,
            "probes": f"tcp, every {interval:g} s",
            "live_sockets": 1,
            "rss_sum_mb": round(sum(process["rss_mb"] for process in use.values())),
            "by_process": use,
        },
    )


def _all_known(view: dict[str, dict[str, Any]], assets: int) -> bool:
    assets_shown = view["asset"]
    return len(assets_shown) == assets and all(asset["health"] == "ok" for asset in assets_shown.values())


async def _watch(live: Live, seconds: float) -> None:
    """Go on reading for a while: every asset is polled once more."""
    try:
        async with asyncio.timeout(seconds):
            while True:
                await live.next()
    except TimeoutError:
        return
