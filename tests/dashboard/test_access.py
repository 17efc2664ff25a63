"""Every page of the product for everybody: at every size, in both languages.

Nothing is cut or off the screen, what is pressed on a touch screen has 44 px, axe-core finds nothing serious, no page
logs an error or asks another host. `make pictures` also keeps a picture of each page at each size in `build/pictures/`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, Request, Response, expect

from dashboard.pages import PAGES, asset_page, report_pages
from dashboard.shell import Site as SiteNames
from tests.dashboard.conftest import NO_WEBGL
from tests.dashboard.demo_site import Demo, running_demo
from tests.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
CHECKS = (Path(__file__).parent / "layout_checks.js").read_text(encoding="utf-8")
PICTURES = Path(os.environ["WATCHFLOOR_PICTURES"]) if os.environ.get("WATCHFLOOR_PICTURES") else None
"""The folder that keeps the pictures. They take most of the time, so there are none unless it is named."""
LANGUAGES = ("zh-CN", "en")
SIZES = ((3840, 2160), (1920, 1080), (1366, 768), (1180, 820), (820, 1180), (390, 844))
TOUCH = 1180
"""Screens up to this width in CSS px are touched. A wall never is."""
ENGLISH_PICTURES = (1920, 390)
"""Widths at which the second language is pictured."""
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
WITHOUT_RECORD = ("approval_order",)
"""Pages of a record that the demo does not have: a supervision order."""
COMPUTED = ("/reports", "/leader/trends", "/assets", "/m")

PATHS = {
    "duty": (
        "/",
        "/?alert={alert}",
        "/wall?scene=all",
        "/wall?scene=network",
        "/wall?scene=video",
        "/wall?scene=approvals",
        "/wall?scene=emergency",
        "/wall?scene=command",
        "/leader",
        "/leader/trends",
        "/alerts",
        "/alerts?alert={alert}",
        "/alerts?view=hidden",
        "/alerts?view=handover",
        "/handover",
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
        "/incidents/{incident}",
        "/resources",
        "/tasks",
        "/tasks?task={task}",
        "/log",
        "/plans",
        "/messages",
        "/exercises",
        "/report-policies",
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
    """What was found on the pages."""

    demo: Demo
    browser: Browser
    findings: dict[str, list[str]] = field(default_factory=dict)

    def note(self, finding: str, place: str) -> None:
        self.findings.setdefault(finding, []).append(place)

    def report(self) -> str:
        """Each finding once, with the places where it was made."""
        return "\n".join(
            f"{finding}\n      {', '.join(places[:6])}" for finding, places in sorted(self.findings.items())
        )

    async def context(self, role: str) -> BrowserContext:
        """A browser that has taken a role of the demo."""
        context = await self.browser.new_context(viewport={"width": 1920, "height": 1080}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE * 1000)
        await context.add_init_script(NO_WEBGL)
        answer = await context.request.post(f"{self.demo.site.url}/api/v1/demo/role", data={"role": role, "region": ""})
        assert answer.ok
        return context

    async def look(self, context: BrowserContext, path: str) -> None:
        """Open a page once, then look at it in both languages at every size."""
        page = await context.new_page()
        page.on("console", lambda message: self._console(path, message.type, message.text))
        page.on("pageerror", lambda error: self.note(f"error: {error}", path))
        page.on("request", lambda request: self._request(path, request))
        page.on("response", lambda response: self._response(path, response))
        await page.goto(self.demo.site.url + addressed(path, self.demo))
        await ready(page, path)
        await page.evaluate(AXE.read_text(encoding="utf-8"))
        for language in LANGUAGES:
            if await page.evaluate("document.documentElement.lang") != language:
                await speak(page, path, language)
            await self._look_in_language(page, path, language)
        await page.close()

    async def _look_in_language(self, page: Page, path: str, language: str) -> None:
        for finding in await page.evaluate(AXE_FINDINGS, FOREIGN):
            self.note(finding, f"{path} {language}")
        for width, height in SIZES:
            await self._look_at_size(page, path, language, (width, height))

    async def _look_at_size(self, page: Page, path: str, language: str, size: tuple[int, int]) -> None:
        width, height = size
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate(SETTLED)
        wall = path.startswith("/wall")
        least = WALL_TYPE if wall and height == 2160 else 0
        for finding in await page.evaluate(f"{CHECKS}({{touch: {int(width <= TOUCH and not wall)}, least: {least}}})"):
            self.note(finding, f"{path} {language} {width}")
        if PICTURES is None or (language != LANGUAGES[0] and width not in ENGLISH_PICTURES):
            return
        name = path.strip("/").translate(str.maketrans("/?={}", "-----")) or "desk"
        folder = PICTURES / language / f"{width}x{height}"
        folder.mkdir(parents=True, exist_ok=True)
        await page.screenshot(path=folder / f"{name}.jpg", type="jpeg", quality=70, animations="disabled")

    def _console(self, path: str, kind: str, text: str) -> None:
        # The browser logs refused requests by itself; they are noted with their address.
        if kind in ("error", "warning") and "Failed to load resource" not in text:
            self.note(f"console {kind}: {text[:200]}", path)

    def _response(self, path: str, response: Response) -> None:
        # The demo has no accounts; the picture of a camera goes when the next one comes.
        expected = path == "/account" or (response.status == 410 and "/video/pictures/" in response.url)
        if response.status >= 400 and not expected:
            self.note(f"{response.status} for {response.url.removeprefix(self.demo.site.url)}", path)

    def _request(self, path: str, request: Request) -> None:
        if not request.url.startswith((self.demo.site.url, "data:", f"blob:{self.demo.site.url}")):
            self.note(f"request off the site: {request.url}", path)


def below(path: str, pages: tuple[str, ...]) -> bool:
    """True for the address of one of these pages, or of a page below one."""
    page = path.partition("?")[0]
    return any(page == each or page.startswith(f"{each}/") for each in pages)


def addressed(path: str, demo: Demo) -> str:
    """A path of PATHS with the ids of the demo in it."""
    return path.format_map({kind: quote(id, safe="") for kind, id in demo.ids.items()})


async def speak(page: Page, path: str, language: str) -> None:
    """Change the language of the page, as its button does. Reports are computed anew, and the phone has no button."""
    if below(path, COMPUTED):
        await page.evaluate("(name) => localStorage.setItem('watchfloor.language', name)", language)
        await page.reload()
        await ready(page, path)
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    else:
        await page.evaluate("document.querySelector('[data-top=language], [data-switch=language]').click()")
    await expect(page.locator(f"html[lang='{language}']")).to_have_count(1)


async def ready(page: Page, path: str) -> None:
    """Wait until the page has drawn its panels, and no report is being computed."""
    if below(path, PLAIN):
        await expect(page.locator("[data-ready]").first).to_be_attached()
        return
    await expect(page.locator("#stale-banner")).to_be_hidden()
    await expect(page.locator(MOUNTED)).to_have_count(1)
    await expect(page.locator("#report-body > .rows-empty")).to_have_count(0)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def demo() -> AsyncIterator[Demo]:
    with tempfile.TemporaryDirectory(prefix="watchfloor-access-") as folder:
        async with running_demo(Path(folder)) as started:
            yield started


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def contexts(demo: Demo, browser: Browser) -> dict[str, BrowserContext]:
    """One browser for each role: it loads the scripts once for all pages."""
    return {role: await Visit(demo, browser).context(role) for role in PATHS}


@pytest.fixture
def axe() -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: `make ui` installs the tools of the checks")


async def test_every_page_of_the_product_is_looked_at() -> None:
    site = SiteNames(name="楚雄州")
    pages = (*PAGES, asset_page(site), *report_pages(site))
    looked_at = {path.partition("?")[0] for paths in PATHS.values() for path in paths}
    patterns = {path if "{" not in path else path[: path.index("{")] for path in looked_at}
    for page in (page for page in pages if page.name not in WITHOUT_RECORD):
        address = page.path or (page.template or "").partition("<")[0]
        assert any(address == path or (page.template and path.startswith(address)) for path in patterns | looked_at), (
            f"{address} is missing in PATHS"
        )


@pytest.mark.usefixtures("axe")
@pytest.mark.parametrize(("role", "path"), [(role, path) for role, paths in PATHS.items() for path in paths])
async def test_a_page_is_whole_reachable_and_readable_in_both_languages_at_every_size(
    demo: Demo, browser: Browser, contexts: dict[str, BrowserContext], role: str, path: str
) -> None:
    visit = Visit(demo, browser)
    await visit.look(contexts[role], path)
    assert not visit.findings, visit.report()


CHOICES = (
    ("/", '.row[data-id="{alert}"]', "alert"),
    ("/alerts", '.row[data-id="{alert}"]', "alert"),
    ("/warnings", "button.warning-row", "warning"),
    ("/receipts", ".receipt-row", "receipt"),
    ("/tasks", ".task-row", "task"),
    ("/briefs", "button.brief-row", "brief"),
    ("/plans", "button.chip[data-id]", "plan"),
    ("/video", ".video-tile button", "camera"),
)
"""Each page of a list: its address, what is pressed there, and the value of the address that holds the choice."""


async def test_what_is_chosen_stands_in_the_address_survives_a_reload_and_is_closed_by_back(
    demo: Demo, browser: Browser
) -> None:
    context = await Visit(demo, browser).context("duty")
    for path, selector, name in CHOICES:
        page = await context.new_page()
        await page.goto(demo.site.url + path)
        row = page.locator(selector.format_map(demo.ids)).first
        await row.click()
        await page.wait_for_url(f"**{path}?*{name}=*")
        chosen = page.url
        await page.reload()
        await ready(page, path)
        assert page.url == chosen, path
        await page.go_back()
        await page.wait_for_url(f"**{path}")
        await expect(page.locator(MOUNTED)).to_have_count(1)
        await page.close()
    await context.close()
