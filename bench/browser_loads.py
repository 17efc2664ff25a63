"""The cold first load of every page, and how soon a page says that its server is silent, and that it is back."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable

from bench import chrome
from bench.chrome import Chrome, TimedPage, banner_times, longest
from bench.figures import Figure, until
from bench.site import Plan, rows, running
from dashboard.pages import PAGES
from dashboard.reports.registry import REPORTS
from tests.e2e.site import Site

ASSETS = 200
MAPS = {"/", "/wall", "/network", "/warnings", "/incidents", "/resources"}
TURNS = 2
SILENT = 3500.0
FROZEN = 6.0
"""Seconds for which the server is frozen; the supervisor ends a role that stands still for longer than ten."""


def paths() -> list[str]:
    """Every page that needs no id."""
    return [page.path for page in PAGES if page.path] + [report.address for report in REPORTS]


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """kB and ms of the slowest pages; ms until the banner, and until the page is right again without a reload."""
    async with running(Plan(rows(ASSETS, ""), interval=60)) as site, chrome.before(site) as browser:
        await site.person("值班员", "admin")
        for figure in await _loads(browser, 1 if quick else TURNS):
            yield figure
        for figure in await _silences(browser, site):
            yield figure


async def _loads(browser: Chrome, turns: int) -> list[Figure]:
    """The heaviest and the slowest of the pages with and without a map; of several turns the best one counts."""
    times: dict[str, float] = {}
    sizes: dict[str, float] = {}
    for path in paths():
        for _ in range(turns):
            async with browser.open("值班员", path) as page:
                notes = await page.drawn()
            times[path] = min(times.get(path, 1e9), notes["mapped"])
            sizes[path] = notes["kb"]
    figures = []
    for kind, chosen, aim in (
        ("map", [path for path in times if path in MAPS], "1,200"),
        ("plain", [path for path in times if path not in MAPS], "600"),
    ):
        shown = {
            path: [round(sizes[path]), round(times[path])] for path in sorted(chosen, key=lambda path: -times[path])
        }
        figures += [
            Figure(
                name=f"browser_loads.{kind}.wire",
                value=max(sizes[path] for path in chosen),
                unit="kB, the heaviest",
                aim=f"< {aim} kB",
                conditions={"pages": len(chosen)},
            ),
            Figure(
                name=f"browser_loads.{kind}.first",
                value=max(times[path] for path in chosen),
                unit="ms, the slowest",
                aim="< 1,500 ms",
                conditions={"kb_and_ms_by_page": shown, "turns": turns},
            ),
        ]
    return figures


async def _silences(browser: Chrome, site: Site) -> list[Figure]:
    """Each way in which a server falls silent, on one page that is never loaded again."""
    web = site.members()["web"]["pid"]
    ways: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
        "network": (lambda: browser.proxy.freeze(True), lambda: browser.proxy.freeze(False)),
        "cut": (lambda: _refuse(browser, True), lambda: _refuse(browser, False)),
        "frozen": (lambda: os.kill(web, signal.SIGSTOP), lambda: os.kill(web, signal.SIGCONT)),
    }
    figures = []
    async with browser.open("值班员", "/wall?scene=all") as page:
        await page.drawn()
        await page.page.evaluate("window.neverReloaded = true")
        for name, (begin, end) in ways.items():
            figures.append(await _silence(page, name, begin, end))
        figures.append(await _stopped(page, site))
        if not await page.page.evaluate("window.neverReloaded"):
            raise AssertionError("the page was loaded again")
    return figures


def _refuse(browser: Chrome, refusing: bool) -> None:
    browser.proxy.refusing = refusing
    browser.proxy.cut()


async def _silence(page: TimedPage, name: str, begin: Callable[[], None], end: Callable[[], None]) -> Figure:
    await _well(page)
    began = time.time()
    begin()
    why, seconds = await banner_times(page, began)
    await asyncio.sleep(max(0.0, began + FROZEN - time.time()))
    ended = time.time()
    end()
    return await _figure(page, name, (why, seconds), ended)


async def _stopped(page: TimedPage, site: Site) -> Figure:
    """The whole site ends, and starts again."""
    await _well(page)
    assert site.process is not None
    began = time.time()
    site.process.terminate()
    banner = await banner_times(page, began)
    await asyncio.to_thread(site.process.wait, 30)
    ended = time.time()
    site.start()
    return await _figure(page, "stopped", banner, ended)


async def _figure(page: TimedPage, name: str, banner: tuple[str, float], ended: float) -> Figure:
    await _well(page)
    back = (await page.probe())["banners"][-1][1] / 1000 - ended
    return Figure(
        name=f"browser_loads.banner.{name}",
        value=banner[1] * 1000,
        unit="ms until the banner",
        aim=f"< {SILENT:,.0f} ms",
        conditions={
            "says": banner[0],
            "right_again_after_s": round(back, 1),
            "longest_task_ms": longest(await page.probe()),
        },
    )


async def _well(page: TimedPage) -> None:
    """Wait until the page has no banner and a moment has passed in which none came."""

    async def silent() -> bool:
        banners = (await page.probe())["banners"]
        return bool(banners) and banners[-1][0] == "" and time.time() - banners[-1][1] / 1000 > 0.7

    await until(silent, every=0.1)
