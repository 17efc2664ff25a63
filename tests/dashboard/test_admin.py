"""The administration page against a scripted server: who may enter, accounts, tokens."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def enter(site: Site, view: str, role: str = "admin") -> Page:
    rights = ["see", "act", "administer", "audit"] if role == "admin" else ["see", "audit"]
    site.script.me |= {"name": "root", "role": role, "rights": rights}
    return await site.open(f"/admin?view={view}")


async def test_others_find_a_closed_door_and_no_way_to_it(site: Site) -> None:
    page = await site.open("/admin")
    await expect(page.locator(".forbidden")).to_contain_text("没有权限")
    await expect(page.locator('#nav a[href="/admin"]')).to_be_hidden()


async def test_an_account_is_added_changed_and_put_out_of_use_after_a_question(site: Site) -> None:
    page = await enter(site, "accounts")
    await expect(page.locator(".page-head")).to_contain_text("另有 2 条不在您的辖区")
    await page.locator("[data-add]").click()
    await page.locator("dialog [name=name]").fill("值班员")
    await page.locator("dialog [name=password]").fill("long enough")
    await page.locator("dialog [name=region]").select_option("532329")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("dialog .form-message.is-error")).to_have_text("这个用户名已有人用。")
    await page.locator("dialog [name=name]").fill("<i>li")
    await page.locator("dialog [data-send]").click()
    row = page.locator("tr", has_text="<i>li")
    await expect(row).to_contain_text("武定县")
    await row.locator("[data-act=disable]").click()
    await page.locator("[data-confirm]").click()
    await expect(row).to_contain_text("已停用")
    own = page.locator('tr[data-id="root"]')
    await expect(own.locator("[data-act]")).to_have_text(["重置口令"])
    await own.locator("[data-act=password]").click()
    await page.locator("dialog [name=password]").fill("first secret")
    await page.locator("dialog [name=again]").fill("second secret")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("dialog .form-message")).to_have_text("两次输入不一样")
    assert [act["act"] for act in site.script.acts] == ["account", "account", "change"]
    # The browser itself reports the refusal that was scripted.
    assert [fault for fault in site.faults if "409" not in fault] == []


async def test_a_token_is_shown_once_and_revoked(site: Site) -> None:
    page = await enter(site, "tokens")
    await page.locator("[data-add]").click()
    await page.locator("dialog [name=name]").fill("大屏一号")
    await page.locator("dialog [name=scope]").select_option("wall")
    await page.locator("dialog [data-send]").click()
    await expect(page.locator("[data-token]")).to_have_value("wf_shown-once")
    await page.locator("[data-done]").click()
    await expect(page.locator("[data-token]")).to_have_count(0)
    await expect(page.locator("[data-tokens]")).to_contain_text("大屏一号")
    await page.locator("[data-act=revoke]").click()
    await page.locator("[data-confirm]").click()
    await expect(page.locator(".rows-empty")).to_have_text("还没有令牌")
    assert site.faults == []


async def test_an_auditor_reads_and_has_no_buttons(site: Site) -> None:
    page = await enter(site, "accounts", "auditor")
    await expect(page.locator("[data-accounts]")).to_contain_text("root")
    await expect(page.locator(".page-head")).to_contain_text("您的角色只能查看")
    await expect(page.locator("[data-act], [data-add]")).to_have_count(0)
