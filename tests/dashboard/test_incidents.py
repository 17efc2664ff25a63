"""The page of incidents in a real Chromium."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect

from tests.dashboard.conftest import Site
from tests.dashboard.devincidents import LEAK, SLIDE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def opened(site: Site, address: str = "/incidents") -> Page:
    site.script.me["rights"] = ["see", "act", "command"]
    return await site.open(address)


async def test_what_has_to_be_reported_next_comes_first_with_its_countdown(site: Site) -> None:
    page = await opened(site)
    rows = page.locator(".incident-row")
    await expect(rows).to_have_count(2)
    await expect(rows.first).to_contain_text("开发区液氨泄漏")
    await expect(rows.first.locator(".countdown")).to_contain_text("剩")
    await expect(rows.first).to_contain_text("初报 · 电话 → 省")
    assert site.faults == []


async def test_a_grade_that_only_the_figures_give_is_dashed_and_said(site: Site) -> None:
    page = await opened(site, f"/incidents/{SLIDE}")
    await expect(page.locator(".incident-grade .grade-ring")).to_have_class("grade-ring ring-IV is-proposed")
    await expect(page.locator(".incident-grade")).to_contain_text("失踪者若死亡：较大")
    assert site.faults == []


async def test_exercises_stand_in_a_tab_of_their_own(site: Site) -> None:
    page = await opened(site)
    await page.locator("[data-tab=exercise]").click()
    await expect(page.locator(".incident-row")).to_have_count(1)
    await expect(page.locator(".incident-row")).to_contain_text("演练")


async def test_an_order_is_given_from_the_revision_that_was_seen(site: Site) -> None:
    page = await opened(site, f"/incidents/{SLIDE}")
    await page.locator("[data-order=grade]").click()
    form = page.locator("dialog.sheet")
    await expect(form.locator("[name=grade]")).to_have_value("IV")
    await form.locator("[name=basis]").fill("现场核实")
    await form.locator("[data-send]").click()
    await expect(form).to_have_count(0)
    (act,) = [act for act in site.script.acts if act["act"] == "grade"]
    assert (act["id"], act["grade"], act["basis"], act["rev"]) == (SLIDE, "IV", "现场核实", 1)
    assert site.faults == []


async def test_only_what_the_role_may_order_is_offered(site: Site) -> None:
    page = await opened(site, f"/incidents/{LEAK}")
    await expect(page.locator("[data-order=casualties]")).to_be_visible()
    await expect(page.locator("[data-order=respond]")).to_have_count(0)
    await expect(page.locator("[data-order=end]")).to_have_count(0)


async def test_a_report_is_met_by_a_proof_that_names_who_received_it(site: Site) -> None:
    page = await opened(site, f"/incidents/{LEAK}")
    await expect(page.locator(".incident-due")).to_contain_text("初报 · 电话 → 省")
    await page.locator(".incident-due [data-proof]").click()
    form = page.locator("dialog.sheet")
    await form.locator("[name=recipient]").fill("省值班室 陈")
    await form.locator("[name=number]").fill("0871-1")
    await form.locator("[data-send]").click()
    await expect(page.locator(".incident-reports li.is-met")).to_have_count(1)
    (act,) = [act for act in site.script.acts if act["act"] == "proof"]
    assert (act["channel"], act["recipient"], act["at"]) == ("phone", "省值班室 陈", None)
    assert site.faults == []


async def test_f2_opens_the_form_of_a_new_incident(site: Site) -> None:
    page = await opened(site)
    await expect(page.locator(".incident-row")).to_have_count(2)
    await page.keyboard.press("F2")
    form = page.locator("dialog.sheet")
    await form.locator("[name=text]").fill("路面塌陷")
    await form.locator("[data-send]").click()
    await expect(page.locator(".incident-identity h1")).to_have_text("新事件")
    (act,) = [act for act in site.script.acts if act["act"] == "create"]
    assert (act["text"], act["mode"]) == ("路面塌陷", "real")
    assert site.faults == []


async def test_a_row_opens_the_page_of_its_incident_and_back_returns_to_the_list(site: Site) -> None:
    page = await opened(site)
    await page.locator(".incident-row").filter(has_text="开发区液氨泄漏").click()
    await page.wait_for_url(f"**/incidents/{quote(LEAK, safe='')}")
    await expect(page.locator(".incident-identity h1")).to_have_text("开发区液氨泄漏")
    await page.go_back()
    await expect(page.locator(".incident-row")).to_have_count(2)
    await page.goto(f"{site.url}/incidents?incident={quote(LEAK)}")
    await page.wait_for_url(f"**/incidents/{quote(LEAK, safe='')}")
    assert site.faults == []


async def test_phase_grade_response_and_figures_stand_apart_in_the_head(site: Site) -> None:
    page = await opened(site, f"/incidents/{LEAK}")
    await expect(page.locator(".incident-course li.is-present")).to_contain_text("处置中")
    await expect(page.locator(".incident-course li.is-ahead")).to_have_count(3)
    await expect(page.locator(".incident-grade .grade-ring")).to_have_text("III")
    await expect(page.locator(".incident-response .response-flag")).to_have_class("response-flag is-none")
    await expect(page.locator("[data-figure=dead] b")).to_have_text("—")


async def test_decisions_are_marked_in_what_happened(site: Site) -> None:
    page = await opened(site, f"/incidents/{LEAK}")
    await expect(page.locator(".incident-timeline li")).to_have_count(2)
    await expect(page.locator(".incident-timeline .is-decision")).to_have_text("定级")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768), (1180, 820), (820, 1180), (390, 844)])
async def test_the_state_of_an_incident_is_seen_without_scrolling(site: Site, width: int, height: int) -> None:
    page = await opened(site, f"/incidents/{LEAK}")
    await page.set_viewport_size({"width": width, "height": height})
    for part in (
        ".incident-identity h1",
        ".incident-course .is-present",
        ".incident-grade .grade-ring",
        ".response-flag",
        "[data-figure=dead] b",
        ".incident-due strong",
        ".incident-next-steps .is-next button",
    ):
        await expect(page.locator(part)).to_be_in_viewport(ratio=1)
