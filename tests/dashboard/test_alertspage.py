"""The alerts page: filters, what hides what, one-hand acknowledgement, history, handing over."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import pytest
from playwright.async_api import Page, ViewportSize, expect

from feeds.wire import iso
from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
PHONE: ViewportSize = {"width": 390, "height": 844}


async def phone(site: Site) -> None:
    await site.context.close()
    site.context = await site.browser.new_context(viewport=PHONE, has_touch=True)


async def rows(page: Page) -> list[str]:
    elements = await page.locator(".row[data-id]").all()
    return [await element.get_attribute("data-id") or "" for element in elements]


async def test_filters_by_severity_feed_and_state_and_says_what_it_leaves_out(site: Site) -> None:
    page = await site.open("/alerts")
    await page.locator("[data-filter=severity]").select_option("major")
    assert await rows(page) == ["a4", "a2", "a3", "a6"]
    await page.locator("[data-filter=what]").select_option("feed=emergency")
    assert await rows(page) == ["a3"]
    await page.locator("[data-filter=state]").select_option("UNACK")
    await expect(page.locator(".rows-empty")).to_have_text("没有匹配的告警")
    await page.locator("[data-filter-clear]").click()
    await expect(page.locator("[data-tab=open]")).to_have_text("待处置 6")
    await page.locator("[data-scope=region]").click()
    assert await rows(page) == ["a5", "a6"]
    assert site.faults == []


async def test_a_countys_account_sees_its_own_region_and_how_much_is_hidden(site: Site) -> None:
    site.script.me |= {"region": "532329"}
    site.script.hidden = {"alert": 4, "asset": 80}
    page = await site.open("/alerts")
    await expect(page.locator("[data-scope=region]")).to_have_text("武定县 3")
    await expect(page.locator(".filter-hidden")).to_have_text("另有 4 条不在您的辖区，未列出")


async def test_every_reason_stands_under_its_own_word(site: Site) -> None:
    page = await site.open("/alerts")
    hold = {"since": iso(time.time()), "until": iso(time.time() + 60)}
    for key, fields in (
        ("a5", {"suppressed_by": ["flapping"]}),
        ("a4", {"suppressed_by": ["held"], "hold": hold}),
        ("a6", {"suppressed_by": ["flapping", "maintenance:m1"]}),
        ("a2", {"suppressed_by": ["inhibited:elsewhere"], "cut_by": "elsewhere"}),
    ):
        await site.script.change("alert", key, fields)
    await page.locator("[data-tab=shelved]").click()
    sections = page.locator(".row.is-section")
    await expect(sections.locator("h3 > span")).to_have_text(["维护", "抖动", "等待上级结果", "根因之下"])
    await expect(sections.locator("b")).to_have_text(["1", "1", "1", "1"])
    await page.locator('[data-group="maintenance:m1"] .fold').click()
    await expect(page.locator('.row[data-id="a6"] .row-note')).to_have_text("抖动，维护")
    await expect(page.locator('.row[data-id="a4"] .row-holder')).to_contain_text("至")
    wall = await site.open("/wall?scene=all")
    counts = "维护 1，抖动 1，等待上级结果 1，根因之下 1"
    await expect(wall.locator(".w-alert-board footer")).to_contain_text(counts)
    assert site.faults == []


async def test_one_hand_takes_an_alert_with_a_promise_and_takes_it_back(site: Site) -> None:
    await phone(site)
    page = await site.open("/alerts")
    await page.locator('.row[data-id="a1"] .row-title').tap()
    box = await page.locator("[data-ack]").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    assert box["y"] > PHONE["height"] * 0.4, "within the thumb's reach"
    await page.locator("[data-ack-comment]").fill("已联系电信")
    start = float(await page.evaluate("Date.now() / 1000"))
    await page.locator('.quick [data-minutes="60"]').first.tap()
    await page.locator("[data-ack]").tap()
    await expect(page.locator(".ack-message")).to_have_text("已记录")
    [ack] = site.script.acks
    assert ack["comment"] == "已联系电信"
    promised = ack["estimated_restoration"]
    end = float(await page.evaluate("Date.now() / 1000"))
    assert start - 1 < datetime.fromisoformat(promised).timestamp() - 3600 < end + 1
    await page.locator("[data-unack]").tap()
    await expect(page.locator(".ack-message")).to_contain_text("已撤销")
    await expect(page.locator(".holder")).to_have_text("还没有人处置")
    await page.locator("[data-detail-close]").tap()
    await expect(page.locator(".w-detail")).to_be_hidden()
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]
    assert site.faults == []


TRANSITIONS = (
    "raise",
    "hold",
    "release",
    "inhibit",
    "uninhibit",
    "await_result",
    "flapping_start",
    "flapping_end",
    "silence",
    "unsilence",
    "maintenance_begin",
    "maintenance_end",
    "shelve",
    "shelf_ended",
    "affected",
    "severity_up",
    "clear",
)


def life(at: float) -> dict[str, Any]:
    """An alert's record after all TRANSITIONS, with one notification sent and the second escalation step reached."""
    common = {"actor": "", "comment": "", "text": "", "after": {}}
    steps: list[dict[str, Any]] = [
        common | {"seq": n, "name": name, "at": iso(at - 100 + n)} for n, name in enumerate(TRANSITIONS, 1)
    ]
    steps[-1]["text"] = "recovered"
    notice: dict[str, Any] = {
        "key": "k",
        "reason": "first",
        "receiver": "sms",
        "person": "zhang",
        "name": "张三",
        "address": "138••••0001",
        "created": iso(at),
        "sent_at": iso(at),
        "due": None,
        "attempts": 2,
        "outcome": "sent",
        "error": "",
        "digest": "",
    }
    escalation = {"policy": "critical", "step": 2, "next_at": iso(at + 600), "steps": []}
    return {"transitions": steps, "notices": [notice], "escalation": escalation}


async def test_the_history_names_every_transition_and_each_notification_with_its_recipient(site: Site) -> None:
    site.script.life["a1"] = life(time.time())
    page = await site.open("/alerts?alert=a1")
    history = page.locator(".history li")
    await expect(history).to_have_count(len(TRANSITIONS) + 1)
    labels = await page.locator(".history strong").all_text_contents()
    assert not [label for label in labels if label.isascii()], "transitions without a Chinese label"
    await expect(history.first).to_contain_text("通知已发")
    await expect(history.first).to_contain_text("张三 138••••0001，sms，首次，第 2 次尝试")
    await expect(page.locator(".life-next")).to_contain_text("第 2 步（critical）")
    assert site.faults == []


async def test_what_is_over_is_listed_and_can_be_linked_to(site: Site) -> None:
    page = await site.open("/alerts")
    await page.locator("[data-tab=closed]").click()
    await page.locator('.row[data-id="old"]').click()
    await expect(page.locator(".detail-action")).to_contain_text("这条告警已结束")
    linked = await site.open("/alerts?alert=old")
    await expect(linked.locator(".detail-head")).to_contain_text("武定县汇聚节点")
    assert site.faults == []


async def test_a_maintenance_window_that_comes_again_is_made_with_what_it_covers(site: Site) -> None:
    page = await site.open("/alerts?view=hidden")
    await page.locator("[data-new=maintenance]").click()
    await page.locator("[data-picker]").fill("进驻单位07")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-covered]")).to_have_text("覆盖 1 个资产，现在会隐藏 1 条告警")
    await page.locator("[name=comment]").fill("每周割接")
    await page.locator("[name=until]").fill("2099-12-31 08:00")
    await page.locator("[name=again]").check()
    await page.locator('[data-choice="5"]').click()
    await page.locator("[name=from]").fill("22:00")
    await page.locator("dialog [data-send]").click()
    part = page.locator("[data-part=maintenance]")
    await expect(part).to_contain_text("每周五 22:00 起 2 时")
    await expect(part).to_contain_text("值班员")
    [act] = site.script.acts
    assert act["match"] == {"assets": ["G07"], "region": "", "kinds": []}
    assert act["recurrence"] == {"start": "22:00", "minutes": 120, "days": [5]}
    assert act["until"] == "2099-12-31T00:00:00.000Z"
    await part.locator("[data-undo=unmaintain]").click()
    await expect(part).to_contain_text("没有维护窗口")
    assert site.faults == []


async def test_a_shift_is_handed_over_with_two_signatures(site: Site) -> None:
    page = await site.open("/alerts?view=handover")
    await expect(page.locator('[data-handover-part="open"] h2')).to_have_text("待处置 5")
    await expect(page.locator('[data-handover-part="broken"]')).to_contain_text("逾期 网管乙")
    await page.locator("[name=to]").fill("zhao")
    await page.locator("[name=remarks]").fill("<b>元谋</b>上联抢修中")
    await page.locator(".handover-form [data-send]").click()
    await expect(page.locator(".handover-wait")).to_contain_text("值班员")
    await expect(page.locator(".handover-wait")).to_contain_text("<b>元谋</b>上联抢修中")
    await expect(page.locator("[data-accept]")).to_have_count(0)
    site.script.me |= {"name": "赵六"}
    other_page = await site.open("/alerts?view=handover")
    await other_page.locator("[data-accept]").click()
    await other_page.locator("dialog [name=remarks]").fill("已知悉")
    await other_page.locator("dialog [data-send]").click()
    await expect(other_page.locator(".handover-wait")).to_have_count(0)
    await expect(other_page.locator(".handover-past")).to_contain_text("赵六 于")
    assert [act["act"] for act in site.script.acts] == ["handover", "accept"]
    assert site.faults == []


async def test_who_is_on_duty_stands_above_every_page_but_not_by_name_where_everybody_looks(site: Site) -> None:
    page = await site.open("/")
    await expect(page.locator("[data-top=duty]")).to_contain_text("白班 张三、李四 · 带班 王五")
    site.script.me |= {"personal": False, "role": "viewer", "rights": ["see"]}
    wall = await site.open("/wall?scene=all")
    await expect(wall.locator("[data-top=duty]")).to_contain_text("白班")
    await expect(wall.locator("[data-top=duty]")).not_to_contain_text("张三")
    site.script.roster = {"now": None}
    gap = await site.open("/")
    await expect(gap.locator("[data-top=duty]")).to_have_text("无人值班")


async def test_a_storm_of_ten_thousand_is_counted_folded_and_never_floods_the_page(site: Site) -> None:
    alerts = site.script.state["alert"]
    pattern = alerts["a1"]
    for n in range(10_000):
        key = f"s{n}"
        hidden = {"asset": f"532329-{n % 2}", "suppressed_by": ["inhibited:a1"], "cut_by": "a1", "state": "DSUPR"}
        alerts[key] = pattern | {"id": key, "fingerprint": key} | hidden
    page = await site.open("/alerts")
    await expect(page.locator("[data-tab=folded]")).to_have_text("根因之下 10002")
    await expect(page.locator("[data-tab=open]")).to_have_text("待处置 6")
    await expect(page.locator('.row[data-id="a1"] .fold')).to_have_text("根因 +10002")
    await page.locator("[data-tab=folded]").click()
    await expect(page.locator('.row[data-id^="b"], .row[data-id^="s"]').first).to_be_visible()
    assert await page.locator(".row[data-id]").count() < 60
    await site.script.change("alert", "new", pattern | {"id": "new", "asset": "G08", "severity": "critical"})
    await page.locator("[data-tab=open]").click()
    await expect(page.locator('.row[data-id="new"]')).to_be_visible()
    assert await page.locator(".row[data-id]").count() < 60
    assert site.faults == []


async def test_two_alerts_of_one_rule_are_told_apart_by_their_part(site: Site) -> None:
    pattern = site.script.state["alert"]["a5"] | {"title": {"zh-CN": "接口断开", "en": "Interface down"}}
    for key, part in (("i1", "GE0/0/1"), ("i2", "GE0/0/2<b>")):
        site.script.state["alert"][key] = pattern | {"id": key, "labels": {"part": part}}
    page = await site.open("/alerts")
    for key, part in (("i1", "GE0/0/1"), ("i2", "GE0/0/2<b>")):
        row = page.locator(f'.row[data-id="{key}"]')
        await expect(row.locator(".row-title")).to_have_text(f"进驻单位07 {part}")
        await expect(row.locator(".row-note")).to_contain_text("接口断开")


async def test_the_load_stands_in_the_top_line_and_leads_to_its_evidence(site: Site) -> None:
    page = await site.open("/")
    await expect(page.locator("[data-top=load]")).to_have_text("告警负荷 3 / 10 分")
    await expect(page.locator("[data-top=load]")).to_have_class("is-off")
    await page.locator("[data-top=load]").click()
    await expect(page.locator("[data-kpi=rate]")).to_be_visible()
    assert site.faults == []


async def test_links_within_the_page_switch_the_view_and_open_the_alert(site: Site) -> None:
    page = await site.open("/alerts?view=handover")
    await page.locator('[data-handover-part="open"] a', has_text="武定县汇聚节点").click()
    await expect(page.locator('.row.is-selected[data-id="a1"]')).to_be_visible()
    await page.locator("[data-top=load]").click()
    await expect(page.locator("[data-kpi=rate]")).to_be_visible()
    await page.go_back()
    await expect(page.locator('.row.is-selected[data-id="a1"]')).to_be_visible()
    assert site.faults == []
