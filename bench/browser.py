"""Pages before 20,000 assets with twelve readings each, of which 300 change their health in a second.

    python -m bench.browser [--minutes 30] [--quick]

A whole site runs in its own processes. The observations are published as a collector publishes them; the page itself
notes when its first picture is drawn, and when a change is applied, in headless Chromium with software rendering.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench import chrome
from bench.chrome import Chrome, TimedPage, longest
from bench.figures import Figure, percentile, until
from bench.site import Plan, rows, running
from feeds.bus import Bus
from feeds.model import Observation
from tests.e2e.site import Site
from watchfloor.runtime import valkey

ASSETS, READINGS = 20_000, 12
CHANGES, EVERY = 300, 0.1
BAD_FOR = 2.0
"""Seconds for which an asset is degraded: too short for a rule, so that alerts are not part of this figure."""
SECONDS, QUICK_SECONDS = 15.0, 5.0
MINUTES, HEAP_EVERY = 3.0, 10.0
"""Minutes for which the heap of each page is watched, and seconds between two looks at it."""
PATHS = ("/", "/wall?scene=all", "/network")
ENVELOPE = 400


@dataclass(slots=True)
class Feed:
    """Publishes observations of the assets, and notes when each change of health was published."""

    bus: Bus
    published: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    bad: list[tuple[float, int]] = field(default_factory=list)
    turn: int = 0

    async def fill(self) -> None:
        """Twelve readings of every asset, two of which say that it can be reached."""
        waiting: list[Observation] = []
        for number in range(ASSETS):
            waiting += readings(number, True, time.time())
            if len(waiting) >= ENVELOPE:
                await self._publish(waiting)
                waiting = []
        await self._publish(waiting)

    async def run(self) -> None:
        """Change CHANGES assets a second: half of them fail in part, half are well again."""
        each, began = round(CHANGES * EVERY / 2), time.time()
        while True:
            now = time.time()
            due = [number for at, number in self.bad if at <= now - BAD_FOR]
            self.bad = [entry for entry in self.bad if entry[0] > now - BAD_FOR]
            fresh = [(self.turn * each + step) % ASSETS for step in range(each)]
            self.bad += [(now, number) for number in fresh]
            for numbers, health in ((due, "ok"), (fresh, "degraded")):
                for number in numbers:
                    self.published.setdefault((f"b{number}", health), []).append(now)
            await self._publish(
                [reading for number in due for reading in readings(number, True, now)[:1]]
                + [reading for number in fresh for reading in readings(number, False, now)[:1]]
            )
            self.turn += 1
            await asyncio.sleep(max(0.0, began + self.turn * EVERY - time.time()))

    async def _publish(self, observations: Sequence[Observation]) -> None:
        if observations:
            await self.bus.publish("network", "observation", observations, source="network.snmp")

    def lateness(self, applied: Sequence[tuple[str, str, float]]) -> list[float]:
        """Milliseconds from the publication of each change to the frame in which the page had applied it."""
        late = []
        for asset, health, at in applied:
            times = [moment for moment in self.published.get((asset, health), ()) if moment * 1000 <= at]
            if times:
                late.append(at - times[-1] * 1000)
        return late


def readings(number: int, well: bool, at: float) -> list[Observation]:
    """The readings of one poll. The first one says whether the second of two ways to the asset is open."""
    shared: dict[str, Any] = {"observed_at": at, "received_at": at, "source": "network.snmp", "fresh_for": 7200.0}
    asset = f"b{number}"
    states = [
        Observation(asset=asset, metric="snmp.up", instance="2", value=well, **shared),
        Observation(asset=asset, metric="snmp.up", instance="1", value=True, **shared),
    ]
    values = [
        Observation(asset=asset, metric=f"snmp.value_{n}", value=float(number % 97 + n), unit="ms", **shared)
        for n in range(READINGS - len(states))
    ]
    return states + values


async def measure(quick: bool, minutes: float = MINUTES) -> AsyncIterator[Figure]:
    """The first picture, its bytes, the lateness of changes, the longest task and the heap, page by page."""
    async with running(Plan(rows(ASSETS, ""), interval=60)) as site, chrome.before(site) as browser:
        await site.person("值班员", "duty")
        bus = Bus(valkey.address(site.folder / "data").url, "532300", name="bench")
        await bus.open()
        feed = Feed(bus)
        await feed.fill()
        await until(lambda: _all_well(site), every=0.5)
        running_feed = asyncio.create_task(feed.run())
        try:
            for path in PATHS:
                seconds = QUICK_SECONDS if quick else SECONDS
                for figure in await _page(browser, feed, path, seconds, 0.5 if quick else minutes):
                    yield figure
        finally:
            running_feed.cancel()
            await asyncio.gather(running_feed, return_exceptions=True)
            await bus.close()


async def _all_well(site: Site) -> bool:
    """True when the site knows the health of every asset."""
    answer = await site.people[0].get("assets?health=unknown&limit=1")
    return not answer["items"]


async def _page(browser: Chrome, feed: Feed, path: str, seconds: float, minutes: float) -> list[Figure]:
    name = "desk" if path == "/" else path.strip("/").partition("?")[0]
    async with browser.open("值班员", path) as page:
        first = await page.drawn()
        await asyncio.sleep(2.0)
        await page.forget()
        live = await _watched(page, seconds)
        heaps = await _heaps(page, minutes)
    late = feed.lateness(live["applied"])
    if not late:
        raise AssertionError(f"{path}: no change has reached the page")
    conditions = {
        "assets": ASSETS,
        "readings_each": READINGS,
        "changes_s": CHANGES,
        "first_text_ms": round(first["shown"]),
        "longest_task_at_start_ms": longest(first),
    }
    watched = {"seconds": seconds, "changes_applied": len(late), "p50_ms": round(percentile(late, 0.5))}
    banners = [why for why, _ in live["banners"] if why]
    return [
        Figure(name=f"browser.{name}.first", value=first["mapped"], unit="ms", aim="< 2,500 ms", conditions=conditions),
        Figure(name=f"browser.{name}.wire", value=first["kb"], unit="kB", aim="< 1,500 kB", conditions=conditions),
        Figure(
            name=f"browser.{name}.applied.p99",
            value=percentile(late, 0.99),
            unit="ms",
            aim="< 250 ms",
            conditions=watched | {"worst_ms": round(max(late)), "banners": banners},
        ),
        Figure(
            name=f"browser.{name}.task",
            value=longest(live),
            unit="ms, the longest",
            aim="< 200 ms",
            conditions=watched | {"over_100_ms": sum(length > 100 for _, length in live["tasks"])},
        ),
        Figure(
            name=f"browser.{name}.heap",
            value=_growth(heaps),
            unit="MB, the last third of the time over the first",
            aim="flat",
            conditions={"minutes": minutes, "heap_mb": [round(heap, 1) for heap in heaps]},
        ),
    ]


async def _watched(page: TimedPage, seconds: float) -> dict[str, Any]:
    await asyncio.sleep(seconds)
    return await page.probe()


async def _heaps(page: TimedPage, minutes: float) -> list[float]:
    """MB in use after a collection, every HEAP_EVERY seconds."""
    end = time.monotonic() + minutes * 60
    heaps = [await page.heap()]
    while time.monotonic() < end:
        await asyncio.sleep(HEAP_EVERY)
        heaps.append(await page.heap())
    return heaps


def _growth(heaps: Sequence[float]) -> float:
    third = max(1, len(heaps) // 3)
    return statistics.median(heaps[-third:]) - statistics.median(heaps[:third])


def main() -> None:
    parser = argparse.ArgumentParser(description="pages before 20,000 assets of which 300 change in a second")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="for which the heap of each page is watched")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()

    async def play() -> None:
        async for figure in measure(options.quick, options.minutes):
            print(figure.line(), flush=True)

    asyncio.run(play())


if __name__ == "__main__":
    main()
