"""Reports in a real browser: what they load, what they draw, both languages, the address, exports, small screens."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import Page, expect

from feeds.wire import iso
from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def loaded(page: Page, name: str) -> bool:
    """True when the browser has loaded a file with that name."""
    entries: list[str] = await page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    return any(name in entry for entry in entries)


async def test_load_is_bright_only_where_it_is_out_of_its_target(site: Site) -> None:
    page = await site.open("/reports/load")
    await expect(page.locator("[data-kpi=rate]")).to_have_class("kpi is-out is-degraded")
    for calm in ("flood", "stale", "chattering", "day"):
        await expect(page.locator(f"[data-kpi={calm}]")).to_have_class("kpi")
    await expect(page.locator("[data-table=shifts]")).to_contain_text("白班")
    await expect(page.locator("[data-kpi=mtta] strong")).to_have_text("1:48 分")
    await expect(page.locator("[data-chart=hours] .main-svg").first).to_be_visible()
    flood = {"on": True, "since": iso(time.time() - 60), "in_ten_minutes": 40, "starts_above": 10, "ends_below": 5}
    site.script.load = {"flood": flood | {"share_of_day": 0.2, "target": 0.01, "last": None}}
    await page.reload()
    await expect(page.locator("[data-kpi=flood]")).to_have_class("kpi is-out is-down")
    wall = await site.open("/wall?scene=all")
    await expect(wall.locator(".w-load-strip [data-kpi=flood]")).to_contain_text("洪水中")
    assert site.faults == []


async def test_a_report_has_charts_and_tables_and_a_live_page_loads_neither(site: Site) -> None:
    page = await site.open("/")
    assert not await loaded(page, "plotly")
    assert not await loaded(page, "dash_ag_grid")
    await page.locator('#nav a[href="/reports"]').click()
    await page.locator('.report-card[href="/reports/availability"]').click()
    await expect(page.locator("[data-chart=outages] .bars path").first).to_be_attached()
    await expect(page.locator("[data-table=availability] .ag-row").first).to_contain_text("92.829%")
    assert await loaded(page, "plotly-basic.min.js")
    assert not await loaded(page, "plotly.min.js"), "the whole library is five times as large"
    await page.locator('#nav a[href="/"]').click()
    await expect(page.locator("html[data-onpage=duty]")).to_have_count(1)
    assert not await loaded(page, "dash_ag_grid")
    assert site.faults == []


async def test_a_report_changes_its_language_and_keeps_its_controls_in_the_address(site: Site) -> None:
    page = await site.open("/reports/availability?month=2026-10&by=kind")
    await expect(page.locator("[data-table=availability]")).to_contain_text("类型")
    await expect(page).to_have_url(f"{site.url}/reports/availability?month=2026-10&by=kind")
    october = "from=2026-10-01T00%3A00%3A00%2B08%3A00&to=2026-11-01T00%3A00%3A00%2B08%3A00"
    assert any(f"by=kind&sort=worst&{october}" in request for request in site.script.requests)
    await page.locator("[data-top=language]").click()
    await expect(page.locator(".report-top h1")).to_have_text("Availability")
    await expect(page.locator("[data-table=availability]")).to_contain_text("Coverage")
    await expect(page.locator(".control-month")).to_contain_text("2026-10")
    assert site.faults == []


async def test_rows_are_sorted_filtered_and_exported_as_they_are_shown(site: Site) -> None:
    page = await site.open("/reports/availability")
    table = page.locator("[data-table=availability]")
    await expect(table.locator(".ag-row")).to_have_count(2)
    await table.locator(".ag-header-cell", has_text="可用率（%）").first.click()
    await table.locator(".ag-header-cell", has_text="可用率（%）").first.click()
    await expect(table.locator('.ag-row[row-index="0"]')).to_contain_text("州网管中心")
    async with page.expect_download() as begun:
        await table.locator("button", has_text="CSV").click()
    download = await begun.value
    path = await download.path()
    names = [line.partition(",")[0] for line in path.read_text(encoding="utf-8-sig").splitlines()]
    assert names == ["资产", "州网管中心", "州水务局"]
    assert site.faults == []


async def test_a_history_is_compared_with_the_period_before(site: Site) -> None:
    page = await site.open("/reports/history?assets=X532329&compare=before")
    await expect(page.locator("[data-chart=history] .scatterlayer .trace")).to_have_count(2)
    await expect(page.locator("[data-table=history] .ag-row")).to_contain_text("武定县汇聚节点")
    await expect(page.locator("[data-table=history]")).to_contain_text("可比性不足")
    assert site.faults == []


@pytest.mark.parametrize("width", [390, 820])
async def test_nothing_of_a_report_is_off_a_small_screen(site: Site, width: int) -> None:
    site.context = await site.browser.new_context(viewport={"width": width, "height": 844})
    page = await site.open("/reports/availability")
    await expect(page.locator("[data-chart=outages] .bars path").first).to_be_attached()
    wide = await page.evaluate(
        "[...document.querySelectorAll('.report-part, .kpi, .report-control, .head-actions button')]"
        ".map((node) => node.getBoundingClientRect())"
        ".filter((box) => box.right > innerWidth + 1 || box.left < -1).length"
    )
    assert wide == 0
    small = await page.evaluate(
        "[...document.querySelectorAll('.head-actions button, .dash-dropdown')]"
        ".filter((node) => node.getBoundingClientRect().height < 44).length"
    )
    assert small == 0
    assert site.faults == []
