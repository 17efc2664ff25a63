"""The pages of approvals in a real Chromium, each opened by itself, over the product's own routes and store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.dashboard.conftest import Site
from tests.dashboard.devapprovals import PERSON, ScriptedApprovals

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module")
async def cases(site: Site, tmp_path: Path) -> AsyncIterator[ScriptedApprovals]:
    scripted = ScriptedApprovals(tmp_path)
    await scripted.fill(site.script.state)
    site.script.approvals = scripted
    yield scripted
    await scripted.store.close()


async def _numbers(page: Page) -> list[str]:
    return [text.strip() for text in await page.locator(".case-rows .case-row > :nth-child(2)").all_inner_texts()]


async def test_the_backlog_has_the_worst_department_first_and_a_bar_shows_its_cases(
    site: Site, cases: ScriptedApprovals
) -> None:
    page = await site.open("/approvals")
    await expect(page.locator("a.department-row")).to_have_count(3)
    first = page.locator("a.department-row").first
    await expect(first).to_contain_text("州住建局")
    await expect(first.locator("b")).to_have_text(["1", "1", "1", "-", "1"])
    await expect(page.locator("[data-id=tax] .as-of")).to_contain_text("截至 05-20 09:20")
    await expect(page.locator("[data-figure=open] strong")).to_have_text("5")
    await expect(page.locator(".case-rows li")).to_have_count(5)
    await page.click("[data-bucket=overdue_1_2]")
    await expect(page.locator(".case-rows li")).to_have_count(1)
    assert await _numbers(page) == ["plan-0409"]
    await expect(page.locator(".case-rows .card-yellow")).to_have_text("黄牌 已发")
    await page.click("[data-light=paused]")
    await expect(page.locator(".case-rows .case-row > :nth-child(2)")).to_have_text(["plan-0015"])
    await page.locator(".case-rows a.case-row").click()
    await expect(page.locator(".case-title h1")).to_have_text("建设用地规划许可")
    assert site.faults == []


async def test_a_department_has_its_own_figures_and_items(site: Site, cases: ScriptedApprovals) -> None:
    page = await site.open("/approvals/departments/market")
    await expect(page.locator(".list-top h1")).to_have_text("州市场监管局")
    await expect(page.locator("[data-figure=open] strong")).to_have_text("1")
    await expect(page.locator(".case-rows .case-row > :nth-child(2)")).to_have_text(["shop-1184"])
    await page.click("[data-item=shop]")
    await expect(page.locator(".is-strong [data-item=shop]")).to_have_count(1)
    assert site.faults == []


async def test_a_case_shows_its_limit_day_by_day_and_no_personal_value(site: Site, cases: ScriptedApprovals) -> None:
    page = await site.open(f"/approvals/cases/{cases.keys['plan-0409']}")
    calendar = page.locator("[data-part=calendar]")
    await expect(calendar.locator("[data-day='2026-04-16'] b")).to_have_text("0")
    await expect(calendar.locator(".mark-due")).to_have_attribute("data-day", "2026-05-18")
    await expect(calendar.locator("[data-day='2026-05-18'] b")).to_have_text("20")
    await expect(calendar.locator("[data-day='2026-05-01']")).to_contain_text("劳动节")
    await expect(calendar.locator(".clock-day.mark-over")).to_have_count(2)
    await expect(page.locator("[data-sum=counted] b")).to_have_text("20")
    lines = await page.locator(".sum-lines b").all_inner_texts()
    *parts, total = [int(line.replace("− ", "-")) for line in lines]
    assert sum(parts) == total
    await expect(page.locator(".case-fact").last).to_contain_text("王※")
    await expect(page.locator("[aria-current=step]")).to_contain_text("周科长")
    await expect(page.locator("[data-card]")).to_contain_text("超承诺时限")
    await expect(page.locator(".case-fact .chip")).to_have_count(0)
    for value in PERSON.values():
        assert value not in await page.content()
    assert site.faults == []


async def test_a_suspended_case_says_what_its_limit_were_if_it_went_on_today(
    site: Site, cases: ScriptedApprovals
) -> None:
    page = await site.open(f"/approvals/cases/{cases.keys['plan-0015']}")
    await expect(page.locator("[data-part=account]")).to_contain_text("若今日恢复，限期 2026-06-12")
    await expect(page.locator(".case-side")).to_contain_text("听〔2026〕1号")
    assert site.faults == []


async def test_a_card_is_appealed_with_a_reason_and_only_supervisors_may_withdraw_it(
    site: Site, cases: ScriptedApprovals
) -> None:
    page = await site.open("/approvals/orders")
    card = page.locator("[data-id='over_promise/hall:plan-0409']")
    await expect(card.locator("[data-action=appeal]")).to_have_count(1)
    await expect(card.locator("[data-action=withdraw]")).to_have_count(0)
    await card.locator("[data-action=appeal]").click()
    await card.locator("textarea").fill("检测时间未计入")
    await card.locator("button.primary").click()
    await expect(card.locator("form")).to_have_count(0)
    [act] = cases.acts
    assert (act["action"], act["id"], act["reason"]) == ("appeal", "over_promise/hall:plan-0409", "检测时间未计入")
    site.script.me = site.script.me | {"rights": ["see", "act", "supervise"]}
    page = await site.open("/approvals/orders")
    await expect(page.locator("[data-action=withdraw]")).to_have_count(1)
    assert site.faults == []


async def test_an_order_is_a_sheet_of_paper_when_printed(site: Site, cases: ScriptedApprovals) -> None:
    page = await site.open("/approvals/orders/2026-0001")
    sheet = page.locator(".order-sheet")
    await expect(sheet.locator(".order-number")).to_contain_text("督办〔2026〕0001号")
    await expect(sheet.locator(".order-links .path-done")).to_have_count(2)
    await expect(sheet.locator(".order-signs")).to_be_hidden()
    await page.emulate_media(media="print")
    await expect(sheet.locator(".order-signs")).to_be_visible()
    await expect(page.locator("#top")).to_be_hidden()
    await expect(sheet.locator(".order-text").first).to_have_text("请于五个工作日内说明原因并办结。")
    assert site.faults == []


@pytest.mark.parametrize("path", ["/approvals", "/approvals/cases/1", "/approvals/orders/2026-0001"])
async def test_a_phone_has_no_page_wider_than_itself(site: Site, cases: ScriptedApprovals, path: str) -> None:
    page = await site.open(path)
    await page.set_viewport_size({"width": 390, "height": 844})
    await expect(page.locator(".case-strip, .case-title, .order-sheet")).to_have_count(1)
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert site.faults == []
