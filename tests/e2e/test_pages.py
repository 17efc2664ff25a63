"""Pages of a complete site in Chromium while services fail and roles are killed."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, Request, expect

from tests.dashboard.conftest import running_chromium
from tests.e2e.site import PASSWORD, Service, Site, running
from tests.patience import PATIENCE

pytestmark = pytest.mark.browser
RED = ".w-feed-network .figure strong"


@dataclass
class Desk:
    """A browser in which somebody has signed in, and what went wrong in its pages.

    `roles_die`: then a page may ask for something at a moment when the server can only say that a role is away.
    """

    site: Site
    context: BrowserContext
    roles_die: bool = False
    faults: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Page:
        page = await self.context.new_page()
        page.on("console", lambda m: self._note(m.type, m.text))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self._request)
        await page.goto(self.site.url + path)
        return page

    def _note(self, kind: str, text: str) -> None:
        # The browser logs failed connections while the server is down. They are not faults of the page.
        expected = ("ERR_CONNECTION", "WebSocket connection", *(["status of 503"] if self.roles_die else []))
        if kind == "error" and not any(pattern in text for pattern in expected):
            self.faults.append(text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.site.url, "data:", f"blob:{self.site.url}")):
            self.faults.append(f"request off the site: {request.url}")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with running_chromium() as started:
        yield started


@asynccontextmanager
async def signed_in(browser: Browser, site: Site, name: str) -> AsyncIterator[Desk]:
    """A browser context signed in through the sign-in page."""
    context = await browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
    context.set_default_timeout(PATIENCE * 1000)
    desk = Desk(site, context)
    page = await desk.open("/")
    await page.locator("input[name=name]").fill(name)
    await page.locator("input[name=password]").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{site.url}/")
    await page.close()
    yield desk
    await context.close()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    device = Service()
    await device.start()
    yield device
    await device.stop()


@pytest.fixture
async def site(tmp_path: Path, service: Service) -> AsyncIterator[Site]:
    rows = f"x1,武定县网管中心,router,532329,25.53,102.40,,,,,,tcp://127.0.0.1:{service.port}\n"
    async with running(tmp_path, rows) as started:
        await started.person("网管乙", "operator")
        yield started


async def test_an_open_wall_turns_red_a_desk_acknowledges_and_all_is_calm_again(
    site: Site, service: Service, browser: Browser
) -> None:
    async with signed_in(browser, site, "网管乙") as desk:
        wall, list_page = await desk.open("/wall?scene=all"), await desk.open("/")
        await wall.evaluate("window.neverReloaded = true")
        await expect(wall.locator("#stale-banner")).to_be_hidden()
        await expect(wall.locator(RED)).to_have_text("0")
        await service.stop()
        await expect(wall.locator(RED)).to_have_text("1")
        await expect(wall.locator(".board-row[data-id]")).to_contain_text("武定县网管中心")
        await expect(list_page.locator(".row")).to_contain_text("武定县网管中心")
        await list_page.keyboard.press("j")
        await list_page.keyboard.press("a")
        await list_page.keyboard.type("已联系电信抢修")
        await list_page.locator("[data-ack]").click()
        await expect(wall.locator(".board-holder")).to_contain_text("网管乙")
        await service.start()
        await expect(wall.locator(RED)).to_have_text("0")
        await expect(wall.locator(".board-row[data-id]")).to_have_count(0)
        assert await wall.evaluate("window.neverReloaded")
        assert desk.faults == []


async def test_a_page_reports_stale_data_while_a_role_is_down_and_recovers(
    site: Site, service: Service, browser: Browser
) -> None:
    async with signed_in(browser, site, "网管乙") as desk:
        desk.roles_die = True
        wall = await desk.open("/wall?scene=all")
        banner = wall.locator("#stale-banner")
        await expect(banner).to_be_hidden()
        await wall.evaluate("window.neverReloaded = true")

        projector = site.members()["project"]["pid"]
        os.kill(projector, signal.SIGSTOP)  # it lives, and does nothing
        await expect(banner).to_contain_text("投影")
        await service.stop()
        with contextlib.suppress(ProcessLookupError):  # the supervisor may have ended it first
            os.kill(projector, signal.SIGKILL)
        await expect(banner).to_be_hidden()
        await expect(wall.locator(RED)).to_have_text("1")

        os.kill(site.members()["valkey"]["pid"], signal.SIGSTOP)
        await expect(banner).to_be_visible()
        os.kill(site.members()["valkey"]["pid"], signal.SIGKILL)
        await service.start()
        await expect(banner).to_be_hidden()
        await expect(wall.locator(RED)).to_have_text("0")

        os.kill(site.members()["web"]["pid"], signal.SIGSTOP)
        await expect(banner).to_be_visible()
        os.kill(site.members()["web"]["pid"], signal.SIGKILL)
        await expect(banner).to_be_hidden()
        assert await wall.evaluate("window.neverReloaded")
        assert desk.faults == []
