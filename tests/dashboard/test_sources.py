"""The page of sources against a scripted server: what is silent or fails, with its filters in the address."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_silent_sources_stand_first_with_the_time_since_when_and_the_alert_about_them(site: Site) -> None:
    page = await site.open("/sources")
    await expect(page.locator("h1")).to_have_text("数据来源 3 / 4 正常")
    first = page.locator(".source-row").first
    await expect(first.locator(".source-name")).to_contain_text("永仁 119")
    await expect(first.locator(".source-state")).to_contain_text("无数据 12 分")
    probes = page.locator('[data-id="network.tcp"]')
    await expect(probes.locator(".source-name")).to_have_text("端口探测（TCP）network.tcp")
    await expect(probes).to_contain_text("4 / 92 不可达")
    await expect(page.locator('[data-id="cma"] .source-name')).to_have_text("cma预警发布接口（CAP）")
    await expect(page.locator('[data-id="network.http"]')).to_contain_text("6 个目标都可达")
    await expect(page.locator('.source-row [data-id="role.collect"]')).to_have_count(0)
    assert site.faults == []


async def test_the_filters_of_sources_stand_in_the_address(site: Site) -> None:
    page = await site.open("/sources?state=silent")
    await expect(page.locator(".source-row")).to_have_count(1)
    await page.locator("[data-state=silent]").click()
    await expect(page.locator(".source-row")).to_have_count(4)
    await page.locator("[data-source-search]").fill("CMA")
    await expect(page.locator(".source-row")).to_have_count(1)
    assert page.url.endswith("/sources?q=CMA")
    await page.locator("[data-source-search]").fill("no such")
    await expect(page.locator(".rows-empty")).to_have_text("没有符合条件的来源")


async def test_the_processes_of_the_system_are_a_view_of_their_own(site: Site) -> None:
    page = await site.open("/sources")
    await page.locator("[data-view=roles]").click()
    await expect(page.locator("[data-roles] tbody tr")).to_have_count(2)
    await expect(page.locator('[data-roles] tr[data-id="role.collect"]')).to_contain_text("采集")
    assert page.url.endswith("?view=roles")
    await page.go_back()
    await expect(page.locator(".source-row")).to_have_count(4)
