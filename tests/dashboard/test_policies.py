"""The page of the reporting policies in a real Chromium: rows of the site's own, by two persons."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Page, expect

from api.routes.report_policies import PolicyRowBody
from feeds.model import Outcome
from tests.dashboard.conftest import Site
from tests.dashboard.devpolicies import order_policies

ROW: dict[str, Any] = {
    "grade": "<=III",
    "step": "first",
    "sender": "prefecture",
    "recipient": "province",
    "channel": "phone",
    "minutes": 20,
    "start": "received",
    "source": "楚应急〔2026〕1号",
}
pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def opened(site: Site, role: str) -> Page:
    site.script.me |= {"role": role, "rights": ["see", "act", "command"]}
    return await site.open("/report-policies")


async def test_a_leader_changes_a_row_and_proposes_all_with_a_reason(site: Site) -> None:
    page = await opened(site, "leader")
    rows = page.locator("[data-policies] tbody tr")
    await expect(rows.first).to_contain_text("II 级及以上")
    await expect(rows.first).to_contain_text("15 分钟内")
    await expect(rows.first).to_contain_text("多地通行做法")
    await page.locator("[data-new]").click()
    await page.locator("[data-draft] tbody tr").first.locator("[data-act=edit]").click()
    form = page.locator("dialog.sheet")
    await form.locator("[name=minutes]").fill("20")
    await form.locator("[data-send]").click()
    await page.locator("[data-draft] tbody tr").last.locator("[data-act=remove]").click()
    await page.locator("[data-propose]").click()
    await form.locator("[name=reason]").fill("省厅新规定")
    await form.locator("[data-send]").click()
    proposed = page.locator("[data-proposed]")
    await expect(proposed).to_contain_text("省厅新规定")
    await expect(proposed).to_contain_text("须另一位领导确认")
    await expect(proposed.locator("[data-order=confirm]")).to_have_count(0)
    (act,) = [act for act in site.script.acts if act["act"] == "policies"]
    assert (act["rows"][0]["minutes"], len(act["rows"]), act["rev"]) == (20, 6, 0)
    assert "profile" not in act["rows"][0]
    assert site.faults == []


async def test_another_leader_puts_in_force_what_was_proposed(site: Site) -> None:
    rows = [PolicyRowBody(**ROW).model_dump()]
    assert order_policies(site.script.policies, "propose", "gao", {"rows": rows, "reason": "新规定"}) is Outcome.DONE
    page = await opened(site, "leader")
    await page.locator("[data-order=confirm]").click()
    await expect(page.locator(".policies-state")).to_contain_text("本站规则")
    await expect(page.locator("[data-profile=site]")).to_have_attribute("aria-pressed", "true")


async def test_who_may_not_change_the_policies_reads_them(site: Site) -> None:
    page = await opened(site, "duty")
    await page.locator("[data-profile=order-493]").click()
    await expect(page.locator("[data-policies] tbody tr")).to_have_count(4)
    await expect(page.locator("[data-new]")).to_have_count(0)
