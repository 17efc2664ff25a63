"""The leader's page and the phone open without the server: with the last answer, under its age, and never as new."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.dashboard.conftest import running_chromium
from tests.e2e.site import PASSWORD, Site, running
from tests.patience import PATIENCE, until

pytestmark = pytest.mark.browser
UNIT = """
[[unit]]
id = "gaj"
name = { zh-CN = "州公安局", en = "Police" }
region = "532300"
people = ["民警"]
"""
IS_STORED = """async () => {
  const caching = (await caches.keys()).some((name) => name.startsWith("code-"));
  const person = await caches.match("/api/v1/me");
  return Boolean(navigator.serviceWorker.controller && caching && person);
}"""


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with running_chromium() as started:
        yield started


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with running(tmp_path, "x1,武定县网管中心,router,532329,25.53,102.40,,,,,,\n", more=UNIT) as started:
        yield started


async def opened(browser: Browser, site: Site, name: str, path: str) -> Page:
    """A signed-in page on a device that keeps it for later."""
    context = await browser.new_context(viewport={"width": 1180, "height": 820}, locale="zh-CN")
    context.set_default_timeout(PATIENCE * 1000)
    answer = await context.request.post(
        f"{site.url}/api/v1/session", data={"name": name, "password": PASSWORD}, headers={"Origin": site.url}
    )
    assert answer.ok
    page = await context.new_page()
    await page.goto(site.url + path)
    await until(lambda: page.evaluate(IS_STORED), every=0.2)
    return page


async def ended(site: Site) -> None:
    """End the processes of the site, and keep its people."""
    people, site.people = site.people, []
    await site.stop()
    site.people = people


async def test_the_leaders_page_opens_without_the_server_under_the_age_of_its_last_answer(
    site: Site, browser: Browser
) -> None:
    await site.person("州领导", "leader")
    page = await opened(browser, site, "州领导", "/leader")
    await expect(page.locator(".leader")).to_be_visible()
    await expect(page.locator(".leader-old")).to_have_count(0)
    await ended(site)
    await page.reload()
    await expect(page.locator(".leader-old")).to_contain_text("20")
    await expect(page.locator("#stale-banner")).to_contain_text("本机上次保存")
    await expect(page.locator("html")).to_have_class("is-stale")
    await expect(page.locator(".leader-none")).not_to_contain_text("没有大事")
    site.start()
    await expect(page.locator("#stale-banner")).to_be_hidden()
    await expect(page.locator(".leader-old")).to_have_count(0)
    await expect(page.locator("#react-entry-point")).to_have_count(1)


async def test_the_phone_opens_without_the_server_with_its_tasks_of_then(site: Site, browser: Browser) -> None:
    duty = await site.person("值班员", "duty")
    await site.person("民警", "unit")
    task = {"title": "设置警戒区", "unit": "gaj", "due_within": 3600, "issue": False}
    drafted = await duty.post("tasks", task, expect=201)
    leader = await site.person("州领导", "leader")
    issued = await leader.post(f"tasks/{drafted['id'].replace('/', '%2F')}/issue", {"rev": drafted["rev"]})
    page = await opened(browser, site, "民警", "/m")
    await expect(page.locator(".phone-task")).to_contain_text("设置警戒区")
    await expect(page.locator(".phone-old")).to_have_count(0)
    await ended(site)
    await page.reload()
    await expect(page.locator(".phone-task")).to_contain_text("设置警戒区")
    await expect(page.locator(".phone-old")).to_contain_text("连接不到服务器，所示为 20")
    site.start()
    await expect(page.locator(".phone-old")).to_have_count(0)
    await page.locator(f'[data-id="{issued["id"]}"] .phone-sign').click()
    await expect(page.locator(".phone-task .phone-sign")).to_have_count(0)


async def test_whoever_signs_out_leaves_nothing_on_the_device(site: Site, browser: Browser) -> None:
    await site.person("州领导", "leader")
    page = await opened(browser, site, "州领导", "/leader")
    await page.wait_for_function("Object.keys(localStorage).some((key) => key.startsWith('leader.'))")
    await page.locator("[data-top=demo] button").click()
    await page.wait_for_url("**/signin*")
    assert await page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('leader.'))") == []
    assert await page.evaluate("caches.has('person')") is False
