"""The page of plans in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_a_site_without_plans_says_where_they_go(site: Site) -> None:
    page = await site.open("/plans")
    await expect(page.locator(".rows-empty")).to_contain_text("plans 文件夹")
    await expect(page.locator("[data-tab=plans]")).to_have_attribute("aria-current", "page")
    assert site.faults == []
