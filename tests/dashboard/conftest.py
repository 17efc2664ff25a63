"""A scripted server and a real headless Chromium for the pages' tests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, Request, async_playwright, expect

from tests.dashboard.devserver import Script, create
from tests.patience import PATIENCE

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
]
BUILT = Path(__file__).parents[2] / "dashboard/assets/built/main.js"
# Lists do not need the map: without WebGL a page costs a tenth of the time.
NO_WEBGL = """{ const real = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...more) {
  return kind.startsWith("webgl") ? null : real.call(this, kind, ...more); }; }"""


def chromium() -> str:
    """Return the path of a Chromium on this machine, or ""."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return os.environ.get("WATCHFLOOR_CHROMIUM", "") or next(
        (path for name in names if (path := shutil.which(name))), ""
    )


def need_browser() -> str:
    """The browser's path; skips with the reason, but never in CI."""
    path = chromium()
    missing = "no Chromium on PATH" if not path else "" if BUILT.exists() else "run scripts/build_assets.py first"
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"browser tests are required here: {missing}")
    if missing:
        pytest.skip(f"browser tests: {missing}")
    return path


@contextlib.asynccontextmanager
async def running_chromium() -> AsyncIterator[Browser]:
    """A running Chromium whose expectations wait as long as a busy machine needs. Skips the test without one."""
    path = need_browser()
    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with running_chromium() as started:
        yield started


@dataclass
class Site:
    """A running scripted server, and the faults of its pages."""

    script: Script
    url: str
    context: BrowserContext
    browser: Browser
    faults: list[str] = field(default_factory=list)

    async def open(self, path: str, *, webgl: bool = False) -> Page:
        """Open a signed-in page, and wait for its first snapshot."""
        page = await self.context.new_page()
        if not webgl:
            await page.add_init_script(NO_WEBGL)
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.faults.append(f"error: {error}"))
        page.on("request", self._request)
        await page.goto(self.url + path)
        await expect(page.locator("#stale-banner")).to_be_hidden()
        await expect(page.locator("html[data-onpage]:not([data-onpage='']):not([data-mounting])")).to_have_count(1)
        await expect(page.locator("[data-page]")).to_have_count(1)
        await expect(page.locator("html:not([data-mounting])")).to_have_count(1)
        return page

    def _console(self, kind: str, text: str) -> None:
        # The software renderer's warning about reading pixels is not a fault of the page.
        if kind in ("error", "warning") and "GPU stall" not in text:
            self.faults.append(f"{kind}: {text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", f"blob:{self.url}")):
            self.faults.append(f"request off the site: {request.url}")


class _Server(uvicorn.Server):
    def install_signal_handlers(self) -> None:
        """Signals are pytest's."""


@pytest_asyncio.fixture(loop_scope="module")
async def site(browser: Browser) -> AsyncIterator[Site]:
    script = Script()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(create(script), ws="websockets-sansio", log_config=None, timeout_graceful_shutdown=1)
        server = _Server(config)
        running = asyncio.create_task(server.serve([listener]))
        context = await browser.new_context(viewport={"width": 1920, "height": 1080})
        context.set_default_timeout(PATIENCE * 1000)
        opened = Site(script, f"http://127.0.0.1:{port}", context, browser)
        yield opened
        await opened.context.close()
        server.should_exit = True
        await running
