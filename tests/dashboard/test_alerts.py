"""Putting alerts aside and taking many at once, in a real Chromium against a scripted server."""

from __future__ import annotations

from datetime import datetime

import pytest
from playwright.async_api import Page, expect

from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def select(page: Page, key: str) -> None:
    await page.locator(f'.row[data-id="{key}"] .row-title').click()
    await expect(page.locator("[data-suppress=silence]")).to_be_visible()


async def put_aside(page: Page, verb: str, until: str, comment: str = "等备件") -> None:
    await page.locator(f"[data-suppress={verb}]").click()
    await page.locator("[data-suppress-comment]").fill(comment)
    await page.locator("[data-suppress-until]").fill(until)
    await page.locator("[data-suppress-send]").click()


def hours(text: str, start: float) -> float:
    return round((datetime.fromisoformat(text).timestamp() - start) / 3600, 1)


async def test_tabs_count_everything(site: Site) -> None:
    page = await site.open("/alerts")
    await expect(page.locator("[data-tab]")).to_have_text(["待处置 6", "未确认 4", "根因之下 2", "隐藏 0", "已结束"])
    await expect(page.locator("[data-scope]")).to_have_text(["我的 0", "州本级 2", "全部 8"])
    desk = await site.open("/")
    await expect(desk.locator("[data-tab]")).to_have_text(["待处置 6", "我的 0", "未确认 4", "根因之下 2", "隐藏 0"])


async def test_an_alert_about_a_region_is_called_by_the_regions_name(site: Site) -> None:
    page = await site.open("/alerts")
    many = {**site.script.state["alert"]["a5"], "id": "many", "subject_kind": "region", "asset": "532329"}
    title = {"zh-CN": "多台摄像机离线", "en": "many cameras are down"}
    await site.script.change("alert", "many", {**many, "region": "532329", "title": title, "rule": "many-down"})
    row = page.locator('.row[data-id="many"]')
    await expect(row.locator(".row-title")).to_contain_text("武定县")
    await row.locator(".row-title").click()
    await expect(page.locator(".detail-head")).to_contain_text("地区")
    assert site.faults == []


async def test_a_shelved_alert_leaves_the_list_and_stands_among_the_hidden_with_owner_and_end(site: Site) -> None:
    page = await site.open("/alerts")
    await select(page, "a5")
    start = float(await page.evaluate("Date.now() / 1000"))
    await put_aside(page, "shelve", "+60")
    await expect(page.locator('[data-tab="shelved"]')).to_have_text("隐藏 1")
    [act] = site.script.acts
    assert (act["act"], act["comment"], act["rev"]) == ("shelve", "等备件", 1)
    assert hours(act["until"], start) == 1.0
    await page.locator('[data-tab="shelved"]').click()
    await expect(page.locator('.row[data-id="a5"] .row-holder')).to_contain_text("值班员 至")
    await expect(page.locator(".hidden-line")).to_contain_text("搁置 · 值班员")
    await page.locator("[data-undo=shelved]").click()
    await expect(page.locator('[data-tab="shelved"]')).to_have_text("隐藏 0")
    await expect(page.locator('[data-tab="open"]')).to_have_text("待处置 6")
    assert site.faults == []


async def test_a_silence_hides_its_alerts_under_one_line_that_unfolds(site: Site) -> None:
    page = await site.open("/alerts")
    await select(page, "a5")
    await page.locator("[data-suppress=silence]").click()
    await page.locator("[data-suppress-scope]").select_option("subject")
    await page.locator("[data-suppress-comment]").fill("割接")
    await page.locator("[data-suppress-until]").fill("+240")
    await page.locator("[data-suppress-send]").click()
    await expect(page.locator(".suppress-message")).to_contain_text("已静默至")
    assert site.script.acts[0]["match"] == {"assets": ["G07"]}
    await page.locator('[data-tab="shelved"]').click()
    group = page.locator(".row.is-group")
    await expect(group).to_contain_text("静默 割接")
    await expect(group.locator(".row-holder")).to_contain_text("值班员 至")
    await expect(page.locator('.row[data-id="a5"]')).to_have_count(0)
    await group.locator(".fold").click()
    await expect(page.locator('.row[data-id="a5"]')).to_be_visible()
    await page.locator("[data-undo=silenced]").click()
    await expect(page.locator('[data-tab="shelved"]')).to_have_text("隐藏 0")
    assert site.faults == []


async def test_maintenance_takes_a_day_and_time_in_the_sites_zone(site: Site) -> None:
    page = await site.open("/alerts")
    await select(page, "a5")
    await put_aside(page, "maintain", "12-31 08:30", "更换电源")
    await expect(page.locator(".hidden-line")).to_contain_text("维护 · 值班员")
    assert site.script.acts[0]["until"].endswith("-12-31T00:30:00.000Z")


async def test_without_reason_or_end_nothing_is_sent(site: Site) -> None:
    page = await site.open("/alerts")
    await select(page, "a5")
    await put_aside(page, "shelve", "+60", "")
    await expect(page.locator(".suppress-message.is-error")).to_contain_text("原因和结束时间")
    await page.locator("[data-suppress-comment]").fill("x")
    await page.locator("[data-suppress-until]").fill("soon")
    await page.locator("[data-suppress-send]").click()
    await expect(page.locator(".suppress-message.is-error")).to_contain_text("soon")
    assert site.script.acts == []


async def test_a_refusal_is_said_and_the_form_keeps_its_words(site: Site) -> None:
    page = await site.open("/alerts")
    await select(page, "a5")
    site.script.refuse = (403, {"title": "no"})
    await put_aside(page, "shelve", "+60")
    await expect(page.locator(".suppress-message.is-error")).to_contain_text("无权这样做")
    await expect(page.locator("[data-suppress-comment]")).to_have_value("等备件")


async def test_an_alert_that_cannot_be_put_aside_has_no_button_for_it(site: Site) -> None:
    site.script.puts_aside = False
    page = await site.open("/alerts")
    await page.locator('.row[data-id="a5"] .row-title').click()
    await expect(page.locator("[data-ack]")).to_be_visible()
    await expect(page.locator(".detail-history li")).to_have_count(1)
    await expect(page.locator("[data-suppress]")).to_have_count(0)


async def test_many_alerts_are_taken_at_once_after_a_look_at_what_would_become_of_each(site: Site) -> None:
    site.script.foreign = "a4"
    page = await site.open("/alerts")
    await expect(page.locator(".row-box")).to_have_count(6)
    for key in ("j", "x", "j", "x", "j", "x"):
        await page.keyboard.press(key)
    await expect(page.locator(".bulk-bar")).to_contain_text("已选 3 条")
    await page.keyboard.press("Shift+A")
    await expect(page.locator(".bulk h2")).to_have_text("确认 2 条告警，1 条不能确认")
    await expect(page.locator('.bulk-rows [data-id="a4"]')).to_contain_text("不在您的辖区")
    await expect(page.locator('.bulk-rows [data-id="a2"]')).to_contain_text("将从 网管乙 接手")
    await page.locator("[data-bulk-comment]").fill("统一处理")
    await page.locator("[data-bulk-send]").click()
    await expect(page.locator(".bulk-message")).to_have_text("2 条已记录")
    dry, real = site.script.acts
    assert dry["dry_run"] is True
    assert (real["ids"], real["action"], real["comment"]) == (["a1", "a2"], "ack", "统一处理")
    await page.locator("[data-bulk-close]").click()
    await expect(page.locator('[data-scope="mine"]')).to_have_text("我的 2")
    assert site.faults == []


async def choose(page: Page, *ids: str) -> None:
    for key in ids:
        await page.locator(f'.row[data-id="{key}"]').hover()
        await page.locator(f'.row[data-id="{key}"] .row-box').check()


async def test_many_are_shelved_and_come_back_by_one_press(site: Site) -> None:
    page = await site.open("/alerts")
    await choose(page, "a1", "a5")
    await expect(page.locator("[data-bulk-do=unshelve]")).to_have_count(0)
    await page.locator("[data-bulk-do=shelve]").click()
    await expect(page.locator(".bulk h2")).to_have_text("搁置 2 条告警")
    await expect(page.locator('.bulk-rows [data-id="a5"]')).to_contain_text("将搁置")
    await page.locator("[data-bulk-send]").click()
    await expect(page.locator(".bulk-message.is-error")).to_contain_text("要写原因和结束时间")
    await page.locator("[data-bulk-comment]").fill("等备件")
    await page.locator('.bulk [data-minutes="240"]').click()
    await page.locator("[data-bulk-send]").click()
    await expect(page.locator(".bulk-message.is-done")).to_contain_text("2 条已搁置至")
    await page.locator("[data-bulk-close]").click()
    await expect(page.locator(".bulk-bar")).to_contain_text("2 条已搁置至")
    await expect(page.locator("[data-tab=shelved]")).to_have_text("隐藏 4")  # with the two below them
    await page.locator("[data-bulk-undo]").click()
    await expect(page.locator(".bulk-bar")).to_contain_text("已撤回 2 条")
    await expect(page.locator('.row[data-id="a5"]')).to_be_visible()
    undo = site.script.acts[-1]
    assert (undo["action"], undo["ids"], set(undo["revs"])) == ("unshelve", ["a1", "a5"], {"a1", "a5"})
    await page.locator("[data-bulk-none]").click()
    await expect(page.locator(".bulk-bar")).to_be_hidden()
    assert site.faults == []


async def test_an_undo_leaves_alone_what_somebody_has_touched_since(site: Site) -> None:
    page = await site.open("/alerts")
    await choose(page, "a1", "a5")
    await page.locator("[data-bulk-do=ack]").click()
    await page.locator("[data-bulk-send]").click()
    await page.locator("[data-bulk-close]").click()
    await site.script.change("alert", "a5", {"rev": site.script.state["alert"]["a5"]["rev"] + 1})
    await page.locator("[data-bulk-undo]").click()
    await expect(page.locator(".bulk-bar")).to_contain_text("已撤回 1 条，1 条其间有变，未撤回")
    assert site.script.state["alert"]["a1"]["ack"] is None
    assert site.script.state["alert"]["a5"]["ack"] is not None
    assert site.faults == []


async def test_what_was_done_of_many_is_taken_back_while_what_failed_stays_chosen(site: Site) -> None:
    page = await site.open("/alerts")
    await choose(page, "a1", "a5")
    await page.locator("[data-bulk-do=ack]").click()
    await expect(page.locator(".bulk h2")).to_have_text("确认 2 条告警")
    site.script.foreign = "a5"  # between the look and the deed
    await page.locator("[data-bulk-send]").click()
    await expect(page.locator(".bulk-message")).to_contain_text("1 条")
    await page.locator("[data-bulk-close]").click()
    await expect(page.locator('.row[data-id="a5"] .row-box')).to_be_checked()
    await page.locator("[data-bulk-undo]").click()
    await expect(page.locator(".bulk-bar")).to_contain_text("已撤回 1 条")
    assert site.script.acts[-1]["ids"] == ["a1"]
    assert site.script.state["alert"]["a1"]["ack"] is None
    assert site.faults == []


async def test_acknowledgements_are_given_back_and_remarks_made_with_what_is_left_out_and_why(site: Site) -> None:
    page = await site.open("/alerts")
    await choose(page, "a1", "a2")
    await page.locator("[data-bulk-do=unack]").click()
    await expect(page.locator(".bulk h2")).to_have_text("撤销确认 1 条告警，1 条不能撤销确认")
    await expect(page.locator('.bulk-rows [data-id="a1"]')).to_contain_text("没有人确认过")
    await expect(page.locator('.bulk-rows [data-id="a2"]')).to_contain_text("将撤销 网管乙 的确认")
    await page.locator("[data-bulk-send]").click()
    await expect(page.locator(".bulk-message.is-done")).to_have_text("1 条已记录")
    assert site.script.acts[-1]["ids"] == ["a2"]
    await page.locator("[data-bulk-close]").click()
    await expect(page.locator("[data-bulk-undo]")).to_have_count(0)
    await choose(page, "a1", "a2")
    await expect(page.locator("[data-bulk-do=unack]")).to_have_count(0)
    await page.locator("[data-bulk-do=comment]").click()
    await page.locator("[data-bulk-send]").click()
    await expect(page.locator(".bulk-message.is-error")).to_have_text("备注不能是空的")
    await page.locator("dialog [data-bulk-comment]").fill("<b>备件已到</b>")
    await page.locator("[data-bulk-send]").click()
    await expect(page.locator(".bulk-message.is-done")).to_have_text("2 条已记录")
    assert (site.script.acts[-1]["action"], site.script.acts[-1]["comment"]) == ("comment", "<b>备件已到</b>")
    assert site.faults == []


async def test_who_may_not_act_chooses_nothing(site: Site) -> None:
    site.script.me |= {"role": "leader", "rights": ["see"]}
    page = await site.open("/alerts")
    await expect(page.locator(".row[data-id]")).to_have_count(6)
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.locator(".row.is-selected")).to_have_count(1)
    await expect(page.locator(".bulk-bar")).to_be_hidden()
    await expect(page.locator(".row-box")).to_have_count(0)


async def test_an_alert_can_be_linked_to(site: Site) -> None:
    page = await site.open("/assets/X532329")
    await page.locator(".asset-alerts a").click()
    await expect(page.locator('.row.is-selected[data-id="a1"]')).to_be_visible()


async def test_on_a_phone_one_hand_chooses(site: Site) -> None:
    await site.context.close()
    site.context = await site.browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = await site.open("/alerts")
    await expect(page.locator('.row[data-id="a1"] .row-box')).to_be_hidden()
    await page.locator("[data-bulk-begin]").tap()
    await page.locator('.row[data-id="a1"] .row-box').tap()
    await expect(page.locator(".bulk-bar")).to_be_visible()
    await page.locator("[data-bulk-do=shelve]").tap()
    for name in ("send", "close"):
        box = await page.locator(f"[data-bulk-{name}]").bounding_box()
        assert box is not None
        assert box["height"] >= 44
        assert 844 * 0.6 < box["y"] < 844 - 44, "within the thumb's reach"
    await page.locator("dialog [data-bulk-comment]").fill("等备件")
    await page.locator('.bulk [data-minutes="60"]').tap()
    await page.locator("[data-bulk-send]").tap()
    await expect(page.locator(".bulk-message.is-done")).to_contain_text("1 条已搁置至")
    await page.locator("[data-bulk-close]").tap()
    undo = await page.locator("[data-bulk-undo]").bounding_box()
    assert undo is not None
    assert undo["height"] >= 44
    await page.locator("[data-bulk-undo]").tap()
    await expect(page.locator(".bulk-bar")).to_contain_text("已撤回 1 条")
    assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    assert site.faults == []
