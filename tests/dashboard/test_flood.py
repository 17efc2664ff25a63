"""A flood on the list: groups as the server makes them, what needs a person on top, one order for a group."""

from __future__ import annotations

import time

import pytest
from playwright.async_api import expect

from feeds.wire import iso
from tests.dashboard.boards import groups
from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
MEMBERS = 60


def flood(site: Site) -> None:
    """Add MEMBERS alerts of one rule, and the groups that the product makes of all."""
    alerts = site.script.state["alert"]
    pattern = alerts["a5"] | {"rule": "link-down", "title": {"zh-CN": "链路中断", "en": "Link down"}, "affected": {}}
    now = time.time()
    for n in range(MEMBERS):
        key = f"f{n}"
        alerts[key] = pattern | {"id": key, "fingerprint": key, "severity": "major", "raised_at": iso(now - n * 10)}
    site.script.state["group"] = groups(site.script.state)


async def test_a_flood_is_groups_with_what_needs_a_person_on_top(site: Site) -> None:
    flood(site)
    page = await site.open("/alerts")
    await expect(page.locator("[data-tab=groups]")).to_have_attribute("aria-selected", "true")
    group = page.locator('.row[data-group="rule:link-down"]')
    await expect(group).to_contain_text("链路中断")
    await expect(group.locator(".fold")).to_have_text(f"+{MEMBERS}")
    first = page.locator(".row").first
    needed = site.script.state["group"]["all:"]["alerts"][0]
    await expect(first).to_have_attribute("data-id", needed)
    await group.locator(".fold").click()
    await expect(page.locator(".row.is-child").first).to_contain_text("链路中断")
    await page.locator("[data-by=region]").click()
    await expect(page.locator('.row[data-group^="region:"]').first).to_be_visible()
    assert "by=region" in page.url
    assert site.faults == []


async def test_a_group_is_acknowledged_by_one_order_that_says_first_what_it_does_and_can_be_undone(site: Site) -> None:
    flood(site)
    page = await site.open("/alerts")
    await page.locator('[data-order="rule:link-down"]').click()
    await expect(page.locator("[data-foreseen]")).to_contain_text(f"共 {MEMBERS} 条")
    await page.locator("dialog [name=comment]").fill("光缆中断")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("[data-outcome]")).to_have_text(f"已处置 {MEMBERS} 条")
    await page.locator("dialog [data-undo]").click()
    await expect(page.locator("dialog .form-message")).to_have_text("已撤回 60 条")
    order, undo = site.script.acts
    assert (order["action"], order["group"], order["comment"]) == ("ack", "rule:link-down", "光缆中断")
    assert order["keep_needs"] is True
    assert order["before"]
    assert undo["order"] == "o1"
    assert site.faults == []


async def test_a_flood_that_begins_later_leaves_the_list_as_it_is_and_offers_its_groups(site: Site) -> None:
    page = await site.open("/alerts")
    await expect(page.locator("[data-tab=open]")).to_have_attribute("aria-selected", "true")
    flood(site)
    for key, record in site.script.state["group"].items():
        await site.script.change("group", key, record)
    await expect(page.locator(".flood-strip")).to_contain_text("条要人看")
    await expect(page.locator("[data-tab=open]")).to_have_attribute("aria-selected", "true")
    await page.locator("[data-flood]").click()
    await expect(page.locator('.row[data-group="rule:link-down"]')).to_be_visible()
    await page.go_back()
    await expect(page.locator("[data-tab=open]")).to_have_attribute("aria-selected", "true")
    assert site.faults == []
