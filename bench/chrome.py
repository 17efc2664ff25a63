"""A real Chromium before a site: pages that time themselves, and a proxy that counts bytes and breaks connections."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page, async_playwright

from bench.figures import Skipped
from tests.dashboard.conftest import FLAGS, chromium
from tests.e2e.site import PASSWORD, Site
from tests.ports import free_port

WITHIN = 60.0
PROBE = """(() => {
  const probe = (window.probe = { tasks: [], applied: [], banners: [], data: 0, shown: 0, mapped: 0, rows: 0 });
  const note = (list) => list.getEntries().forEach((task) => probe.tasks.push([task.startTime, task.duration]));
  new PerformanceObserver(note).observe({ type: "longtask", buffered: true });
  const taken = (text) => {
    const frame = JSON.parse(text);
    if (frame.type === "snapshot") probe.data = performance.now();
    if (frame.type !== "changes") return;
    const changed = frame.items.filter((item) => typeof item.set?.health === "string");
    const items = changed.map((item) => [item.id, item.set.health]);
    // The page's own callback of the frame was asked for before this one, so it has run by then.
    if (items.length) requestAnimationFrame(() => probe.applied.push(...items.map((item) => [...item, Date.now()])));
  };
  window.Worker = class extends window.Worker {
    set onmessage(handler) {
      super.onmessage = (event) => {
        handler.call(this, event);
        if (event.data.kind === "frame") taken(event.data.text);
      };
    }
  };
  // There is no document yet when this runs.
  const isMounted = ({ onpage, mounting }) => onpage && mounting === undefined;
  const isShown = () => isMounted(document.documentElement?.dataset ?? {}) && document.querySelector("[data-page]")
    && document.getElementById("stale-banner")?.hidden && !document.querySelector("#report-body > .rows-empty");
  const isMapped = () => {
    const maps = [...document.querySelectorAll("[data-panel=map]")];
    return maps.every((map) => map.querySelector("[data-ready=true], .map-message"));
  };
  const hasRows = () => document.querySelector(".row, .board-row[data-id], .board-row[data-group], .group-row");
  const look = () => {
    if (!probe.rows && hasRows()) probe.rows = performance.now();
    if (!probe.shown && isShown()) probe.shown = performance.now();
    if (probe.shown && !probe.mapped && isMapped()) probe.mapped = performance.now();
    if (!probe.mapped || !probe.rows) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  addEventListener("DOMContentLoaded", () => {
    let why = null;
    const banner = () => {
      const node = document.getElementById("stale-banner");
      const now = node && !node.hidden ? node.dataset.why || "said" : "";
      if (now !== why) probe.banners.push([(why = now), Date.now()]);
    };
    new MutationObserver(banner).observe(document.body, { childList: true, subtree: true, attributes: true });
    banner();
  });
})();"""


@dataclass(slots=True)
class Proxy:
    """A TCP proxy on loopback before the site. `received` counts the bytes that went to the browser."""

    target: int
    port: int = field(default_factory=free_port)
    received: int = 0
    refusing: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _flows: asyncio.Event = field(default_factory=asyncio.Event)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        self._flows.set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)

    async def stop(self) -> None:
        self.freeze(False)
        self.cut()
        if self._server is not None:
            self._server.close()

    def freeze(self, frozen: bool) -> None:
        """Let no byte through, and close nothing, as a network does that drops all packets."""
        if frozen:
            self._flows.clear()
        else:
            self._flows.set()

    def cut(self) -> None:
        """Close every connection."""
        for writer in list(self._open):
            writer.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.close()
            return
        with contextlib.suppress(ConnectionError):
            theirs, ours = await asyncio.open_connection("127.0.0.1", self.target)
            self._open |= {writer, ours}
            await asyncio.gather(self._pump(reader, ours, False), self._pump(theirs, writer, True))
            self._open -= {writer, ours}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, counted: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while block := await reader.read(65536):
                await self._flows.wait()
                self.received += len(block) if counted else 0
                writer.write(block)
                await writer.drain()
        writer.close()


@dataclass(slots=True)
class TimedPage:
    """An open page that notes its own times, and the bytes that its first picture took."""

    page: Page
    cdp: CDPSession
    proxy: Proxy
    before: int

    async def probe(self) -> dict[str, Any]:
        answer: dict[str, Any] = await self.page.evaluate("probe")
        return answer

    async def drawn(self) -> dict[str, Any]:
        """The notes of the page once its panels and its map are drawn. `kb` are the bytes on the wire until then."""
        notes = await self.noted("mapped")
        return notes | {"kb": (self.proxy.received - self.before) / 1000}

    async def noted(self, name: str) -> dict[str, Any]:
        """Wait until the page has noted a moment. Playwright's own waiting needs eval, which the pages forbid."""
        deadline = time.monotonic() + WITHIN
        while not (notes := await self.probe())[name]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.page.url}: never {name}: {notes}")
            await asyncio.sleep(0.1)
        return notes

    async def forget(self) -> None:
        """Begin new lists of tasks, changes and banners."""
        await self.page.evaluate("Object.assign(probe, { tasks: [], applied: [], banners: [] })")

    async def heap(self) -> float:
        """MB that are in use on the page's heap after a collection."""
        await self.cdp.send("HeapProfiler.collectGarbage")
        return float((await self.cdp.send("Runtime.getHeapUsage"))["usedSize"]) / 1e6


def longest(notes: dict[str, Any], since: float = 0.0) -> int:
    """The longest task in ms of those that began after `since`, 0 when none took 50 ms."""
    return round(max((length for begun, length in notes["tasks"] if begun >= since), default=0.0))


@dataclass(slots=True)
class Chrome:
    """A browser before one site. Each page has a context of its own, so that nothing comes from a cache."""

    browser: Browser
    site: Site
    proxy: Proxy

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.proxy.port}"

    async def context(self, name: str) -> BrowserContext:
        """A browser of a person who has signed in."""
        context = await self.browser.new_context(viewport={"width": 1920, "height": 1080}, locale="zh-CN")
        await context.add_init_script(PROBE)
        answer = await context.request.post(
            f"{self.url}/api/v1/session", data={"name": name, "password": PASSWORD}, headers={"Origin": self.url}
        )
        if not answer.ok:
            raise AssertionError(await answer.text())
        return context

    @contextlib.asynccontextmanager
    async def open(self, name: str, path: str) -> AsyncIterator[TimedPage]:
        """A page in a fresh browser, from the moment at which its address is opened."""
        context = await self.context(name)
        page = await context.new_page()
        timed = TimedPage(page, await context.new_cdp_session(page), self.proxy, self.proxy.received)
        try:
            await page.goto(self.url + path, wait_until="commit")
            yield timed
        finally:
            await context.close()


@contextlib.asynccontextmanager
async def before(site: Site) -> AsyncIterator[Chrome]:
    """A headless Chromium with software rendering before a site. Raises Skipped where there is none."""
    path = chromium()
    if not path:
        raise Skipped("needs Chromium on PATH, or WATCHFLOOR_CHROMIUM")
    proxy = Proxy(site.port)
    await proxy.start()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield Chrome(browser, site, proxy)
        finally:
            await browser.close()
            await proxy.stop()


async def banner_times(page: TimedPage, began: float, within: float = 20.0) -> tuple[str, float]:
    """Wait for the banner: (why, seconds from `began` until it was shown). `began` is a time since 1970."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        for why, at in (await page.probe())["banners"]:
            if why and at / 1000 >= began:
                return str(why), at / 1000 - began
        await asyncio.sleep(0.1)
    raise AssertionError("no banner was shown")
