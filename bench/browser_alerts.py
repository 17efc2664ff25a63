"""Pages before 5,000 open alerts, presses while a hundred come in a second, and 2,000 that one person handles.

The 5,000 stand in the journal of a stopped site, as the alert role leaves them, and the site starts with them. The
2,000 are posted as Prometheus posts. The person presses buttons in the page: each press is counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from playwright.async_api import Page

from bench import chrome
from bench.chrome import Chrome, TimedPage, longest
from bench.figures import Figure, until
from bench.many_alerts import fill
from bench.site import Plan, folder, rows, written
from bench.storm_alerts import posted_alert
from tests.e2e.site import Person, Site

ALERTS, ASSETS = 5_000, 50
FLOOD, FLOOD_SECONDS, QUICK_FLOOD_SECONDS = 2_000, 60.0, 10.0
CRITICAL = 3
"""Of the flood so many are critical: they need a person each, and no group order takes them."""
BATCH = 50
A_SECOND, PRESSED, QUICK_PRESSED = 100, 10, 3
"""New alerts a second while a person presses rows, and how many rows."""
STANDS_AT = """([x, y]) => document.elementFromPoint(x, y)?.closest(".row[data-id]")?.dataset.id ?? "" """
PATHS = ("/", "/wall?scene=all", "/alerts")
WATCHED = 8.0
GIVE_UP = 60_000


async def measure(quick: bool) -> AsyncIterator[Figure]:
    """Paint, longest task and banners of three pages; presses and seconds to clear 5,000 and to handle 2,000."""
    with folder() as at:
        site = written(at, Plan(rows(ASSETS, ""), interval=60))
        await fill(site, ALERTS)
        site.start()
        try:
            await site.ready(60)
            await site.person("值班员", "duty")
            # One of its own: each page signs in again, and the oldest sessions of an account end.
            person = await site.person("核对员", "duty")
            await until(lambda: _open(person, ALERTS), every=0.2)
            async with chrome.before(site) as browser:
                for path in PATHS:
                    yield await _page(browser, path)
                yield await _stream(browser, site, person, QUICK_PRESSED if quick else PRESSED)
                yield await _clear(browser, person)
                yield await _flood(browser, site, person, QUICK_FLOOD_SECONDS if quick else FLOOD_SECONDS)
        finally:
            await site.stop()


async def _open(person: Person, count: int) -> bool:
    return int((await person.get("kpi"))["alerts"]["open"]) >= count


async def _unacked(person: Person) -> int:
    """How many open alerts nobody has taken."""
    return int((await person.get("kpi"))["alerts"]["unacknowledged"])


async def _page(browser: Chrome, path: str) -> Figure:
    async with browser.open("值班员", path) as page:
        await page.drawn()
        first = await page.noted("rows")
        await asyncio.sleep(WATCHED)
        later = await page.probe()
    banners = [why for why, at in later["banners"] if why not in ("", "loading")]
    if banners:
        raise AssertionError(f"{path} banners {banners} while the server was well")
    name = "desk" if path == "/" else path.strip("/").partition("?")[0]
    return Figure(
        name=f"browser_alerts.{name}.paint",
        value=max(0.0, first["rows"] - first["data"]),
        unit="ms from the last record to the first row",
        aim="< 300 ms",
        conditions={
            "open_alerts": ALERTS,
            "rows_shown_after_ms": round(first["rows"]),
            "longest_task_ms": longest(later),
            "tasks_over_200_ms": len([length for _, length in later["tasks"] if length > 200]),
            "banners": banners,
            "elements": await _elements(browser, path),
        },
    )


async def _elements(browser: Chrome, path: str) -> int:
    """How many elements the page has."""
    async with browser.open("值班员", path) as page:
        await page.drawn()
        return int(await page.page.evaluate("document.querySelectorAll('*').length"))


async def _stream(browser: Chrome, site: Site, person: Person, presses: int) -> Figure:
    """Press where a row stands, while A_SECOND new critical alerts a second come in: is that one acknowledged?"""
    meant: list[str] = []
    async with browser.open("值班员", "/alerts?tab=open") as timed:
        page = timed.page
        await timed.noted("rows")
        box = await page.locator(".row[data-id]").nth(3).bounding_box()
        assert box is not None
        point = (box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
        await page.mouse.move(*point)
        before = await _acknowledged(person)
        posting = asyncio.create_task(_post_forever(site))
        try:
            for _ in range(presses):
                await asyncio.sleep(1.0)
                meant.append(str(await page.evaluate(STANDS_AT, point)))
                await asyncio.sleep(0.3)  # a hand takes this long from the eye to the press
                await page.mouse.click(*point)
                await page.keyboard.press("a")
                await page.keyboard.type("已派人")
                await page.keyboard.press("Control+Enter")
                expected = len(before | set(meant))  # a row that has not moved is pressed again
                await until(functools.partial(_acknowledges, person, expected), every=0.1)
                await page.mouse.move(0, 0)
                await page.mouse.move(*point)
        finally:
            posting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await posting
        notes = await timed.probe()
    wrong = (await _acknowledged(person)) - before ^ set(meant)
    return Figure(
        name="browser_alerts.stream.wrong",
        value=len(wrong),
        unit="presses that acknowledged another alert",
        aim="0",
        conditions={
            "presses": presses,
            "new_alerts_a_second": A_SECOND,
            "longest_task_ms": longest(notes),
            "banners": [why for why, _ in notes["banners"] if why not in ("", "loading")],
        },
    )


async def _acknowledged(person: Person) -> set[str]:
    alerts = (await person.get("alerts?acked=true&limit=200"))["items"]
    return {alert["id"] for alert in alerts}


async def _acknowledges(person: Person, count: int) -> bool:
    return len(await _acknowledged(person)) >= count


async def _post_forever(site: Site) -> None:
    """A_SECOND critical alerts every second, ten times a second."""
    added = await asyncio.to_thread(site.cli, "token", "add", "stream", "--scope", "ingest")
    headers = {"Authorization": f"Bearer {added.stdout.split()[-1]}"}
    begun, turn = time.monotonic(), 0
    async with aiohttp.ClientSession() as http:
        while True:
            numbers = range(turn * A_SECOND // 10, (turn + 1) * A_SECOND // 10)
            body = [posted_alert(f"b{number % ASSETS}", f"Stream{number}", "critical") for number in numbers]
            async with http.post(f"{site.url}/api/v2/alerts", json=body, headers=headers) as answer:
                if answer.status != 200:
                    raise AssertionError(await answer.text())
            turn += 1
            await asyncio.sleep(max(0.0, begun + turn / 10 - time.monotonic()))


class Presses:
    """Presses of one person in a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.count = 0

    async def press(self, selector: str) -> None:
        await self.page.locator(selector).first.click(timeout=GIVE_UP)
        self.count += 1

    async def order_all(self, comment: str, *, keep: bool) -> int:
        """Acknowledge everything by one order: what it says that it has done."""
        await self.press('[data-order="all:"]')
        await self.page.locator("[data-foreseen]").wait_for(timeout=GIVE_UP)
        await self.page.locator("dialog [name=comment]").fill(comment)
        if not keep:
            await self.press("dialog [name=keep]")
            await self.page.locator("[data-foreseen]").wait_for(timeout=GIVE_UP)
        await self.press("dialog [data-send]")
        outcome = await self.page.locator("[data-outcome]").text_content(timeout=GIVE_UP)
        await self.press("dialog[open] .primary")
        return int("".join(letter for letter in (outcome or "").split("，")[0] if letter.isdigit()))


async def _clear(browser: Chrome, person: Person) -> Figure:
    """Clear everything that stands, from the open page to the last alert."""
    async with browser.open("值班员", "/alerts") as page:
        await page.drawn()
        await page.noted("rows")
        began, presses = time.monotonic(), Presses(page.page)
        done = await presses.order_all("检修，统一确认", keep=False)
        await until(lambda: _taken(person, 0), every=0.1)
        took, notes = time.monotonic() - began, await page.probe()
    return Figure(
        name="browser_alerts.clear.presses",
        value=presses.count,
        unit="presses",
        aim="< 10",
        conditions={"alerts": done, "seconds": round(took, 1), "longest_task_ms": longest(notes)},
    )


async def _taken(person: Person, left: int) -> bool:
    """True when no more than so many open alerts are unacknowledged."""
    return await _unacked(person) <= left


async def _flood(browser: Chrome, site: Site, person: Person, seconds: float) -> Figure:
    """2,000 alerts come while the list is open; then one order, and each critical one by itself."""
    added = await asyncio.to_thread(site.cli, "token", "add", "flood", "--scope", "ingest")
    async with browser.open("值班员", "/alerts?tab=unacked") as page:
        await page.drawn()
        await _post(site, added.stdout.split()[-1], seconds)
        await until(lambda: _raised(person), every=0.2)
        notes = await page.probe()
        began, presses = time.monotonic(), Presses(page.page)
        await presses.press("[data-flood]")
        done = await presses.order_all("光缆中断，抢修中", keep=True)
        for _ in range(CRITICAL):
            await _acknowledge_next(page, presses, person)
        await until(lambda: _taken(person, 0), every=0.1)
        took, after = time.monotonic() - began, await page.probe()
    return Figure(
        name="browser_alerts.flood.presses",
        value=presses.count,
        unit="presses",
        aim="< 10",
        conditions={
            "alerts": FLOOD,
            "came_in_s": seconds,
            "by_one_order": done,
            "one_by_one": CRITICAL,
            "handled_in_s": round(took, 1),
            "longest_task_while_they_came_ms": longest(notes),
            "longest_task_ms": longest(after),
            "banners": [why for why, _ in after["banners"] if why not in ("", "loading")],
        },
    )


async def _acknowledge_next(page: TimedPage, presses: Presses, person: Person) -> None:
    """Acknowledge the first alert that needs a person: a press on its row, then the keys of the list."""
    left = await _unacked(person)
    await presses.press(".row.sev-critical[data-id]:not(.is-taken)")
    await page.page.keyboard.press("a")
    await page.page.keyboard.type("已派人")
    await page.page.keyboard.press("Control+Enter")
    await until(lambda: _taken(person, left - 1), every=0.05)


async def _raised(person: Person) -> bool:
    return not await _taken(person, FLOOD - 1)


async def _post(site: Site, token: str, seconds: float) -> None:
    """The flood at an even pace, in batches."""
    headers, began, batches = {"Authorization": f"Bearer {token}"}, time.monotonic(), FLOOD // BATCH
    async with aiohttp.ClientSession() as http:
        for batch in range(batches):
            body: list[dict[str, Any]] = [
                posted_alert(f"b{number % ASSETS}", f"Flood{number}", "critical" if number < CRITICAL else "major")
                for number in range(batch * BATCH, (batch + 1) * BATCH)
            ]
            async with http.post(f"{site.url}/api/v2/alerts", json=body, headers=headers) as answer:
                if answer.status != 200:
                    raise AssertionError(await answer.text())
            await asyncio.sleep(max(0.0, began + (batch + 1) * seconds / batches - time.monotonic()))
