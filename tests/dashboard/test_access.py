"""Every page of the product for everybody: at every size, in both languages, in calm and in a flood.

Nothing is cut or off the screen, what is pressed on a touch screen has 44 px, axe-core finds nothing serious, no page
logs an error or asks another host. A picture of each page at each size stays in `build/pictures/`.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Request, expect

from dashboard.pages import PAGES, asset_page, report_pages
from dashboard.shell import Site as SiteNames
from tests import ports
from tests.dashboard.conftest import NO_WEBGL
from tests.dashboard.demo_site import Demo, running_demo
from tests.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
CHECKS = (Path(__file__).parent / "layout_checks.js").read_text(encoding="utf-8")
PICTURES = ROOT / "build/pictures"
SIZES = ((3840, 2160), (1920, 1080), (1366, 768), (1180, 820), (820, 1180), (390, 844))
TOUCH = 1180
"""Screens up to this width in CSS px are touched. A wall never is."""
WALL_TYPE = 32.0
"""The smallest type on a wall of 2160 lines, in px: it is read from 5 m."""
PLAIN = ("/signin", "/account", "/m")
"""Pages that are no Dash pages, and are ready in their own way."""
# Dash's own dropdown, radio buttons and table: their focus target, roles and colours are not ours to change.
FOREIGN = [".dash-dropdown-focus-target", ".dash-options-list-option", ".ag-root-wrapper"]
AXE_FINDINGS = """async (foreign) => {
  const options = { resultTypes: ["violations"], iframes: false };
  const { violations } = await axe.run({ exclude: foreign.map((name) => [name]) }, options);
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact)).flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map((node) => `${id}: ${node.html.slice(0, 110)} ${node.any[0]?.message ?? ""}`)); }"""
SETTLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 60))))"
MOUNTED = "html[data-onpage]:not([data-onpage='']):not([data-mounting])"
ALERTING = ("/", "/?alert={alert}", "/wall?scene=all", "/leader", "/alerts", "/network")
"""The pages that look different in a flood."""

PATHS = {
    "duty": (
        "/",
        "/?alert={alert}",
        "/wall?scene=all",
        "/wall?scene=network",
        "/wall?scene=video",
        "/wall?scene=approvals",
        "/wall?scene=emergency",
        "/leader",
        "/alerts",
        "/alerts?alert={alert}",
        "/alerts?view=hidden",
        "/alerts?view=handover",
        "/network",
        "/network?asset={asset}",
        "/assets/{asset}",
        "/video",
        "/approvals",
        "/approvals/departments/{department}",
        "/approvals/cases/{case}",
        "/approvals/orders",
        "/warnings",
        "/warnings?warning={warning}",
        "/receipts",
        "/receipts?receipt={receipt}",
        "/incidents",
        "/incidents?incident={incident}",
        "/resources",
        "/tasks",
        "/tasks?task={task}",
        "/log",
        "/plans",
        "/briefs",
        "/briefs?brief={brief}",
        "/sources",
        "/reports",
        "/reports/load",
        "/reports/availability",
        "/reports/history?assets={asset}",
        "/reports/approvals",
        "/design",
        "/not-found",
        "/signin",
    ),
    "admin": ("/admin", "/admin?view=rules", "/admin?view=roster", "/account"),
    "unit": ("/m", "/m?task={task}"),
}


@dataclass(slots=True)
class Visit:
    """What was found on the pages, and by whom and in which language they are opened."""

    demo: Demo
    browser: Browser
    language: str
    state: str = "calm"
    found: dict[str, list[str]] = field(default_factory=dict)

    def note(self, what: str, where: str) -> None:
        self.found.setdefault(what, []).append(where)

    def report(self) -> str:
        """Each finding once, with the places where it was made."""
        return "\n".join(f"{what}\n      {', '.join(where[:6])}" for what, where in sorted(self.found.items()))

    async def context(self, role: str) -> BrowserContext:
        """A browser that has taken a role of the demo and is set to the language."""
        context = await self.browser.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE * 1000)
        await context.add_init_script(NO_WEBGL)
        await context.add_init_script(f"localStorage.setItem('watchfloor.language', '{self.language}')")
        answer = await context.request.post(f"{self.demo.site.url}/api/v1/demo/role", data={"role": role, "region": ""})
        assert answer.ok
        return context

    async def look(self, context: BrowserContext, path: str) -> None:
        """Open a page once, then look at it at every size."""
        page = await context.new_page()
        page.on("console", lambda message: self._console(path, message.type, message.text))
        page.on("pageerror", lambda error: self.note(f"error: {error}", path))
        page.on("request", lambda request: self._request(path, request))
        await page.goto(self.demo.site.url + path.format_map(self.demo.ids))
        await ready(page, path)
        if self.state == "calm":
            await page.evaluate(AXE.read_text(encoding="utf-8"))
            for finding in await page.evaluate(AXE_FINDINGS, FOREIGN):
                self.note(finding, path)
        for width, height in SIZES:
            await self._look_at_size(page, path, width, height)
        await page.close()

    async def _look_at_size(self, page: Page, path: str, width: int, height: int) -> None:
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate(SETTLED)
        wall = path.startswith("/wall")
        least = WALL_TYPE if wall and height == 2160 else 0
        for finding in await page.evaluate(f"{CHECKS}({{touch: {int(width <= TOUCH and not wall)}, least: {least}}})"):
            self.note(finding, f"{path} {width}")
        name = path.strip("/").translate(str.maketrans("/?={}", "-----")) or "desk"
        folder = PICTURES / self.state / self.language / f"{width}x{height}"
        folder.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=70, animations="disabled")

    def _console(self, path: str, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.note(f"console {kind}: {text[:200]}", path)

    def _request(self, path: str, request: Request) -> None:
        if not request.url.startswith((self.demo.site.url, "data:", f"blob:{self.demo.site.url}")):
            self.note(f"request off the site: {request.url}", path)


async def ready(page: Page, path: str) -> None:
    """Wait until the page has drawn its panels, and no report is being computed."""
    if path.startswith(PLAIN):
        await expect(page.locator("[data-ready]").first).to_be_attached()
        return
    await expect(page.locator("#stale-banner")).to_be_hidden()
    await expect(page.locator(MOUNTED)).to_have_count(1)
    await expect(page.locator("#report-body > .rows-empty")).to_have_count(0)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def demo() -> AsyncIterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="watchfloor-access-") as folder, ports.demo_networks():
        async with running_demo(Path(folder)) as started:
            yield started


@pytest.fixture
def axe() -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make ui` installs the tools of the checks")


def test_every_page_of_the_product_is_looked_at() -> None:
    site = SiteNames(name="楚雄州")
    pages = (*PAGES, asset_page(site), *report_pages(site))
    looked_at = {path.partition("?")[0] for paths in PATHS.values() for path in paths}
    patterns = {path if "{" not in path else path[: path.index("{")] for path in looked_at}
    for page in pages:
        address = page.path or (page.template or "").partition("<")[0]
        assert any(address == path or (page.template and path.startswith(address)) for path in patterns | looked_at), (
            f"{address} is missing in PATHS"
        )


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_every_page_is_whole_reachable_and_readable_at_every_size(
    demo: Demo, browser: Browser, language: str
) -> None:
    visit = Visit(demo, browser, language)
    for role, paths in PATHS.items():
        context = await visit.context(role)
        for path in paths:
            await visit.look(context, path)
        await context.close()
    assert not visit.found, visit.report()


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_in_a_flood_the_pages_of_alerts_are_whole_at_every_size(
    demo: Demo, browser: Browser, language: str
) -> None:
    if language == "zh-CN":
        await demo.flood()
    visit = Visit(demo, browser, language, state="flood")
    context = await visit.context("duty")
    for path in ALERTING:
        await visit.look(context, path)
    await context.close()
    assert not visit.found, visit.report()
