"""A person acknowledges alerts in the list of a complete site while a hundred new ones come in every second."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bench.storm_alerts import PostedAlert, posted_alert
from tests.dashboard.conftest import FLAGS, NO_WEBGL, need_browser
from tests.e2e.site import PASSWORD, Person, Site, running
from tests.patience import PATIENCE, until

pytestmark = pytest.mark.browser
ASSETS, FIRST, A_SECOND, PRESSED = 40, 12, 100, 3
STANDS_AT = """([x, y]) => document.elementFromPoint(x, y)?.closest(".row[data-id]")?.dataset.id ?? "" """


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = need_browser()
    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    rows = "".join(f"b{n},节点 {n},router,532329,25.5,102.4,,,,,,\n" for n in range(ASSETS))
    async with running(tmp_path, rows) as started:
        yield started


class Poster:
    """Posts alerts as Prometheus does."""

    def __init__(self, site: Site, http: aiohttp.ClientSession) -> None:
        self._http, self._url, self._site, self._token = http, f"{site.url}/api/v2/alerts", site, ""
        self.posted = 0

    async def post(self, count: int, severity: str) -> None:
        if not self._token:
            added = await asyncio.to_thread(self._site.cli, "token", "add", "prometheus", "--scope", "ingest")
            self._token = added.stdout.split()[-1]
        body: list[PostedAlert] = [
            posted_alert(f"b{n % ASSETS}", f"Alert{n}", severity) for n in range(self.posted, self.posted + count)
        ]
        self.posted += count
        headers = {"Authorization": f"Bearer {self._token}"}
        async with self._http.post(self._url, json=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    def has_posted(self, count: int) -> bool:
        return self.posted >= count

    async def stream(self) -> None:
        """A_SECOND critical alerts every second, ten times a second, until it is cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await self.post(A_SECOND // 10, "critical")
            due += 0.1
            await asyncio.sleep(max(0.0, due - loop.time()))


async def signed_in(browser: Browser, site: Site, name: str) -> Page:
    context = await browser.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    context.set_default_timeout(PATIENCE * 1000)
    await context.add_init_script(NO_WEBGL)
    answer = await context.request.post(
        f"{site.url}/api/v1/session", data={"name": name, "password": PASSWORD}, headers={"Origin": site.url}
    )
    assert answer.ok
    page = await context.new_page()
    await page.goto(f"{site.url}/alerts?tab=open")
    return page


async def acknowledged(person: Person) -> set[str]:
    alerts = (await person.get("alerts?acked=true&limit=200"))["items"]
    return {alert["id"] for alert in alerts}


async def test_a_press_acknowledges_the_row_that_stood_there_while_a_hundred_alerts_a_second_come_in(
    site: Site, browser: Browser
) -> None:
    person = await site.person("值班员", "duty")
    async with aiohttp.ClientSession() as http:
        poster = Poster(site, http)
        await poster.post(FIRST, "major")
        page = await signed_in(browser, site, "值班员")
        await expect(page.locator(".row[data-id]").nth(PRESSED + 1)).to_be_visible()
        box = await page.locator(".row[data-id]").nth(PRESSED).bounding_box()
        assert box is not None
        point = (box["x"] + box["width"] / 3, box["y"] + box["height"] / 2)
        await page.mouse.move(*point)
        meant: list[str] = []
        stream = asyncio.create_task(poster.stream())
        try:
            for _ in range(PRESSED):
                stood = await page.evaluate(STANDS_AT, point)
                before = poster.posted
                await until(functools.partial(poster.has_posted, before + A_SECOND))
                await page.mouse.click(*point)
                meant.append(stood)
                await page.keyboard.press("a")
                await page.keyboard.type("已派人")
                await page.keyboard.press("Control+Enter")
                await until(functools.partial(_has, person, stood))
                await page.mouse.move(0, 0)
                await page.mouse.move(*point)
        finally:
            stream.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await stream
    assert len(set(meant)) == PRESSED
    assert await acknowledged(person) == set(meant)


async def _has(person: Person, alert: str) -> bool:
    return alert in await acknowledged(person)
