"""A site that watches nothing yet says what to do first, on the desk and on the wall, and never that all is well."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest.fixture
def empty(site: Site) -> Site:
    site.script.state |= {"asset": {}, "alert": {}}
    return site


async def test_the_desk_and_the_wall_of_an_empty_site_name_the_commands(empty: Site) -> None:
    desk = await empty.open("/")
    await expect(desk.locator(".w-alert-list .first-steps code")).to_have_count(4)
    await expect(desk.locator(".first-steps code").first).to_have_text(
        "watchfloor import devices LIST.xlsx -c watchfloor.toml "
    )
    await expect(desk.locator(".w-feed-network")).to_contain_text("还没有监测任何设备")
    wall = await empty.open("/wall")
    await expect(wall.locator(".w-wall-middle .first-steps h2")).to_have_text("还没有监测任何设备")
    await expect(wall.locator(".board-calm .is-hatched")).to_have_text("还没有监测任何设备")
    assert empty.faults == []


async def test_a_county_without_assets_is_no_empty_site(empty: Site) -> None:
    empty.script.me |= {"region": "532329"}
    page = await empty.open("/")
    await expect(page.locator(".rows-empty .is-hatched")).to_have_text("尚无数据")
    await expect(page.locator(".first-steps")).to_have_count(0)
