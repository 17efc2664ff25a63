"""(b) From a service that fails to an alert on the live socket and on a wall in a real browser.

Several services fail one at a time, each at a random moment of its polling interval; what a page shows is noted by
the page itself, after the frame in which it was painted. All clocks are this machine's.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from bench.figures import Figure, percentile, until
from bench.site import REGIONS, Plan, running
from tests.dashboard.conftest import FLAGS, NO_WEBGL, chromium
from tests.e2e.site import HEAD, Live, Service, Site

SERVICES = 25
"""So many that none fails more than twice within its last 21 results: what fails more often is flapping, and a
flapping alert is hidden from the wall until it has calmed down (`alerts/lifecycle/flapping.py`),
seconds after it was raised."""
INTERVAL = TIMEOUT = 1.0
ALLOWED = INTERVAL + TIMEOUT + 0.4
RECOVERED = 20.0
ENOUGH = 110.0
"""Seconds after which no further fault is made; the line says how many there were."""
WATCH = """() => {
  window.rows = {};
  const look = () => {
    for (const row of document.querySelectorAll(".board-row:not(.is-over)")) {
      const name = row.querySelector(".board-title").textContent;
      const id = row.dataset.id;
      if (id && !(id in window.rows)) {
        window.rows[id] = null;
        requestAnimationFrame(() => setTimeout(() => { window.rows[id] = [name, Date.now() / 1000]; }, 0));
      }
    }
  };
  new MutationObserver(look).observe(document.body, {childList: true, subtree: true, attributes: true});
}"""


@dataclass(slots=True)
class Times:
    """Seconds from the fault to each step, one entry a fault."""

    health: list[float] = field(default_factory=list)
    alert: list[float] = field(default_factory=list)
    pixel: list[float] = field(default_factory=list)


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Milliseconds to the live frame of the asset, of its alert, and to the pixel (where Chromium is)."""
    faults = 5 if quick else 50
    services = [Service() for _ in range(SERVICES)]
    for service in services:
        await service.start()
    inventory = HEAD + "".join(
        f"p{n},像素节点{n},router,{REGIONS[n % 10]},25.{n:02d},102.{n:02d},,,,,,tcp://127.0.0.1:{service.port}\n"
        for n, service in enumerate(services)
    )
    times = Times()
    try:
        async with running(Plan(inventory, interval=INTERVAL, timeout=TIMEOUT)) as site, _wall(site) as wall:
            person = await site.person("像素", "duty")
            async with person.live() as live:
                await live.until(lambda view: len(view["asset"]) == SERVICES and _all(view, "ok"), 30)
                began = time.monotonic()
                for turn in range(faults):
                    if time.monotonic() - began > ENOUGH:
                        break
                    await _fault(turn % SERVICES, services[turn % SERVICES], live, wall, times)
    finally:
        for service in services:
            await service.stop()
    for name, late in (("health", times.health), ("alert", times.alert), ("pixel", times.pixel)):
        if late:
            yield _figure(f"fault.{name}", late)


def _all(view: dict[str, dict[str, Any]], health: str) -> bool:
    return all(asset["health"] == health for asset in view["asset"].values())


def _figure(name: str, late: list[float]) -> Figure:
    return Figure(
        name=f"{name}.p99",
        value=percentile(late, 0.99) * 1000,
        unit="ms",
        aim=f"< {ALLOWED * 1000:.0f} ms",
        conditions={
            "faults": len(late),
            "p50_ms": round(percentile(late, 0.5) * 1000),
            "worst_ms": round(max(late) * 1000),
            "interval_s": INTERVAL,
            "timeout_s": TIMEOUT,
            "rule": "health == 'down', for 0 s",
            "attempts": 3,
            "fault": "a TCP service that closes its port at a random moment",
            "assets": SERVICES,
        },
    )


async def _fault(n: int, service: Service, live: Live, wall: Any, times: Times) -> None:
    """One failure; its end is waited for when this service's turn comes again."""
    asset = f"p{n}"
    async with asyncio.timeout(30):
        # It has recovered from its own last fault while the others had theirs.
        await live.until(lambda view: view["asset"][asset]["health"] == "ok" and not _active(view, asset), RECOVERED)
        reading = asyncio.create_task(_read_on(live))
        await asyncio.sleep(random.random() * INTERVAL)
        if wall is not None:
            await wall.evaluate("window.rows = {}")
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await service.stop()
        failed = time.time()
        await live.until(lambda view: view["asset"][asset]["health"] == "down")
        times.health.append(time.time() - failed)
        alert = await live.until(lambda view: _alert(view, asset))
        times.alert.append(time.time() - failed)
        if alert["suppressed_by"]:
            raise AssertionError(f"the alert is hidden by {alert['suppressed_by']}: its row says nothing of the way")
        if wall is not None:
            times.pixel.append(await _painted(wall, alert["id"]) - failed)
        await service.start()


def _alert(view: dict[str, dict[str, Any]], asset: str) -> Any:
    return next((alert for alert in view["alert"].values() if alert["asset"] == asset and alert["active"]), None)


def _active(view: dict[str, dict[str, Any]], asset: str) -> bool:
    return _alert(view, asset) is not None


async def _read_on(live: Live) -> None:
    while True:
        await live.next()


async def _painted(wall: Any, alert: str) -> float:
    """The time at which the page had painted this alert's row, by the page's own clock."""
    noted: list[float] = []

    async def painted() -> bool:
        shown_at = await wall.evaluate("id => window.rows[id] ?? null", alert)
        noted.extend([float(shown_at[1])] if shown_at else [])
        return bool(shown_at)

    await until(painted, every=0.02)
    return noted[0]


@contextlib.asynccontextmanager
async def _wall(site: Site) -> AsyncIterator[Any]:
    """An open wall in headless Chromium that notes every row; None where there is no browser."""
    path = chromium()
    if not path:
        yield None
        return
    from playwright.async_api import async_playwright

    command = await asyncio.to_thread(site.cli, "token", "add", "hall", "--scope", "wall")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = await browser.new_page(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        await page.add_init_script(NO_WEBGL)
        await page.goto(f"{site.url}/wall?token={command.stdout.strip()}")
        await page.locator("#stale-banner").wait_for(state="hidden", timeout=20_000)
        await page.evaluate(WATCH)
        yield page
        await browser.close()
