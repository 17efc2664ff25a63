"""The pages in a real Chromium against a scripted server: what is live, what is stale, what people do."""

from __future__ import annotations

import re
import time

import pytest
from playwright.async_api import Page, expect

from feeds.wire import iso
from tests.dashboard import picture
from tests.dashboard.conftest import Site
from tests.dashboard.devincidents import LEAK, SLIDE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def select(page: Page, key: str) -> None:
    await page.locator(f'.row[data-id="{key}"]').click()
    await expect(page.locator(".detail-head h1")).to_be_visible()


async def test_desk_with_its_map_makes_no_error_and_leaves_the_site_for_nothing(site: Site) -> None:
    page = await site.open("/", webgl=True)
    await page.set_viewport_size({"width": 1024, "height": 640})
    await expect(page.locator("[data-panel=map] [data-ready=true]")).to_be_visible()
    await expect(page.locator(".pulse")).to_have_count(1)
    await expect(page.locator(".map-credits")).to_contain_text("天地图")
    await page.locator("#nav a[href='/sources']").click()
    await expect(page.locator("[data-page=sources] .source-row")).to_have_count(4)
    await page.locator("#nav a[href='/warnings']").click()
    await expect(page.locator("[data-page=warnings] .warning-row")).to_have_count(2)
    await page.locator("#nav a[href='/alerts']").click()
    await expect(page.locator("[data-page=alerts] .row")).to_have_count(6)
    assert site.faults == []


async def test_wall_shows_feeds_alerts_and_stage(site: Site) -> None:
    page = await site.open("/wall?scene=all")
    await expect(page.locator(".w-feed-network .figure strong")).to_have_text("5")
    await expect(page.locator(".w-alert-board h2 b")).to_have_text(["4", "2"])
    await expect(page.locator(".board-row").first).to_contain_text("武定县汇聚节点")
    await expect(page.locator(".w-stage")).to_contain_text("武定县汇聚节点")
    await expect(page.locator("[data-top=exercise]")).to_contain_text("演练")
    await expect(page.locator(".w-warning-chips")).to_contain_text("另有 1 条未列出，测试 1 条")
    await expect(page.locator(".w-source-summary")).to_contain_text("3 / 4")
    assert site.faults == []


async def test_wall_shows_the_incident_with_its_three_fields_and_the_next_report(site: Site) -> None:
    page = await site.open("/wall?scene=all")
    leak = page.locator(f'.wall-incident[data-id="{LEAK}"]')
    await expect(leak).to_contain_text("0001 号")
    await expect(leak.locator("dd")).to_have_text(["处置中", "III较大", "未启动"])
    await expect(leak.locator("[role=timer]")).to_have_text(re.compile(r"^4:\d\d$"))
    await expect(page.locator(f'.incident-line[data-id="{SLIDE}"]')).to_contain_text("双柏县滑坡")
    await site.script.change("incident", LEAK, {"response": "III", "response_since": iso(time.time())})
    await expect(leak.locator(".response-flag")).to_have_text("III 级响应")
    await expect(page.locator(".w-stage")).to_contain_text("III 级响应运行中")


async def test_wall_counts_the_feeds_by_county_and_says_where_there_is_no_data(site: Site) -> None:
    page = await site.open("/wall?scene=all")
    await expect(page.locator(".w-feed-emergency .cell.ring-III")).to_contain_text("III")
    await expect(page.locator(".w-feed-approvals .figure")).to_contain_text("尚无数据")
    await expect(page.locator(".w-approval-lights")).to_contain_text("尚无数据")


@pytest.mark.parametrize(
    ("scene", "words"),
    [("network", "按类型"), ("video", "异常摄像机"), ("approvals", "审批单位"), ("emergency", "应急信息")],
)
async def test_every_scene_of_the_wall_can_be_pinned(site: Site, scene: str, words: str) -> None:
    page = await site.open(f"/wall?scene={scene}")
    await expect(page.locator("[data-page=wall]")).to_contain_text(words)
    await expect(page.locator(".turns")).to_contain_text("（固定）")


async def test_without_webgl_the_map_says_so_and_the_list_works(site: Site) -> None:
    page = await site.open("/")
    await expect(page.locator(".map-message")).to_contain_text("WebGL")
    await page.keyboard.press("j")
    await expect(page.locator(".row.is-selected")).to_have_attribute("data-id", "a1")
    assert site.faults == []


async def test_a_failure_and_its_recovery_are_seen_without_reload(site: Site) -> None:
    page = await site.open("/wall?scene=all")
    await site.script.change("asset", "X532301", picture.fail(site.script.state["asset"]["X532301"], time.time()))
    await expect(page.locator(".w-feed-network .figure strong")).not_to_have_text("5")
    record = picture.alert("new", "X532301", time.time(), region="532301", title={"zh-CN": "楚雄市汇聚节点 中断"})
    await site.script.change("alert", "new", record)
    await expect(page.locator(".w-stage")).to_contain_text("楚雄市汇聚节点")
    await site.script.change("asset", "X532301", {"health": "ok"})
    await site.script.change("alert", "new", None)
    await expect(page.locator(".w-feed-network .figure strong")).to_have_text("5")
    await expect(page.locator(".w-stage")).to_contain_text("武定县汇聚节点")


async def test_what_hangs_below_a_failed_node_is_folded_under_its_alert_and_counted(site: Site) -> None:
    page = await site.open("/alerts")
    await expect(page.locator('.row[data-id="b0"]')).to_have_count(0)
    await expect(page.locator('.row[data-id="a1"] .fold')).to_have_text("根因 +2")
    await page.locator('.row[data-id="a1"] .fold').click()
    await expect(page.locator('.row[data-id="b0"]')).to_have_class(re.compile("is-child"))


async def test_an_alert_that_the_server_shows_stands_for_itself_even_below_a_failed_node(site: Site) -> None:
    page = await site.open("/alerts")
    external = picture.alert("told", "532329-0", time.time(), region="532329100", rule="alertmanager:Fire")
    await site.script.change("alert", "told", external)
    await expect(page.locator('.row[data-id="told"]')).to_have_class(re.compile("sev-critical(?!.*is-child)"))
    await expect(page.locator('[data-tab="open"]')).to_have_text("待处置 7")
    await site.script.change("alert", "told", {"suppressed_by": ["inhibited:a1"], "cut_by": "a1"})
    await expect(page.locator('.row[data-id="told"]')).to_have_count(0)
    await expect(page.locator('.row[data-id="a1"] .fold')).to_have_text("根因 +3")
    await site.script.change("alert", "a1", {"suppressed_by": ["silenced:s"]})
    await expect(page.locator('[data-tab="shelved"]')).to_have_text("隐藏 4")
    await expect(page.locator('[data-tab="open"]')).to_have_text("待处置 5")


async def test_silence_of_the_server_covers_the_page_within_its_time_and_goes_with_the_next_frame(site: Site) -> None:
    page = await site.open("/alerts")
    site.script.beating = False
    await expect(page.locator("#stale-banner")).to_contain_text("服务器无响应")
    await expect(page.locator("html")).to_have_class("is-stale")
    before = await page.locator(".stale-clock").text_content()
    await expect(page.locator(".stale-clock")).not_to_have_text(before or "")
    site.script.beating = True
    await expect(page.locator("#stale-banner")).to_be_hidden()


async def test_a_role_that_stands_still_is_named(site: Site) -> None:
    page = await site.open("/alerts")
    site.script.ages["project"] = 4.2
    await expect(page.locator("#stale-banner")).to_contain_text("投影停滞")
    site.script.ages["project"] = 0.2
    await expect(page.locator("#stale-banner")).to_be_hidden()


async def test_a_full_disk_is_said_over_a_picture_that_is_not_greyed(site: Site) -> None:
    page = await site.open("/alerts")
    site.script.conditions = ["disk-full"]
    await expect(page.locator("#stale-banner")).to_contain_text("服务器磁盘已满")
    await expect(page.locator("html")).not_to_have_class("is-stale")
    site.script.conditions = []
    await expect(page.locator("#stale-banner")).to_be_hidden()


async def test_a_lost_socket_comes_back_by_itself_from_the_last_rev(site: Site) -> None:
    page = await site.open("/alerts")
    site.script.refuse_sockets = True
    await site.script.drop()
    await expect(page.locator("#stale-banner")).to_contain_text("连接中断")
    site.script.refuse_sockets = False
    await expect(page.locator("#stale-banner")).to_be_hidden()
    assert f"alert since={site.script.rev_text}" in site.script.requests


async def test_after_a_resync_the_page_shows_the_new_picture_only(site: Site) -> None:
    page = await site.open("/alerts")
    for key in ("a2", "a3"):
        del site.script.state["alert"][key]
    site.script.rev = 900
    await site.script.views.resync()
    await expect(page.locator('.row[data-id="a2"]')).to_have_count(0)
    await expect(page.locator(".row")).to_have_count(4)
    await expect(page.locator("#stale-banner")).to_be_hidden()


async def test_ack_waits_for_the_answer_and_is_seen_on_another_page(site: Site) -> None:
    page, wall = await site.open("/alerts"), await site.open("/wall?scene=all")
    await select(page, "a1")
    site.script.ack_gate.clear()
    await page.keyboard.press("a")
    await page.keyboard.type("已派人")
    await page.locator("[data-ack-restoration]").fill("+30")
    await page.keyboard.press("Tab")
    await page.locator("[data-ack]").click()
    await expect(page.locator("[data-ack]")).to_be_disabled()
    await expect(page.locator("[data-ack]")).to_have_text("等待服务器…")
    await expect(page.locator('.row[data-id="a1"] .row-holder')).to_have_text("未确认")
    site.script.ack_gate.set()
    await expect(page.locator(".ack-message")).to_have_text("已记录")
    await expect(page.locator('.row[data-id="a1"] .row-holder')).to_contain_text("值班员 预计")
    await expect(wall.locator('.board-row[data-id="a1"] .board-holder')).to_contain_text("值班员 预计")
    [sent] = site.script.acks
    assert (sent["comment"], sent["rev"], sent["csrf"]) == ("已派人", 1, "t")
    assert "until" not in sent


async def test_a_conflict_shows_who_was_quicker(site: Site) -> None:
    page = await site.open("/alerts")
    await select(page, "a1")
    await page.locator("[data-ack-comment]").fill("我来")
    ack = {"by": "网管乙", "at": iso(time.time()), "comment": "已到现场", "until": None, "estimated_restoration": None}
    await site.script.change("alert", "a1", {"ack": ack, "acked": True, "rev": 2})
    await expect(page.locator(".holder")).to_contain_text("已到现场")
    site.script.refuse = (409, {"title": "conflict"})
    await page.locator("[data-ack]").click()
    await expect(page.locator(".ack-message.is-error")).to_contain_text("其间状态已变")
    await expect(page.locator(".ack-message.is-error")).to_contain_text("网管乙")
    assert site.script.acks[0]["rev"] == 1
    site.faults.clear()


@pytest.mark.parametrize(("status", "text"), [(403, "无权确认"), (503, "服务器繁忙")])
async def test_a_refusal_is_said_in_words(site: Site, status: int, text: str) -> None:
    page = await site.open("/alerts")
    await select(page, "a1")
    site.script.refuse = (status, {"title": "no"})
    await page.locator("[data-ack]").click()
    await expect(page.locator(".ack-message.is-error")).to_contain_text(text)
    await expect(page.locator("[data-ack]")).to_be_enabled()


async def test_a_time_that_cannot_be_read_is_not_sent(site: Site) -> None:
    page = await site.open("/alerts")
    await select(page, "a1")
    await page.locator("[data-ack-until]").fill("soon")
    await page.locator("[data-ack]").click()
    await expect(page.locator(".ack-message.is-error")).to_contain_text("soon")
    assert site.script.acks == []


async def test_who_may_not_act_is_told_so_and_has_no_button(site: Site) -> None:
    site.script.me |= {"role": "leader", "rights": ["see"]}
    page = await site.open("/alerts")
    await select(page, "a1")
    await expect(page.locator(".detail-action")).to_contain_text("只能查看")
    await expect(page.locator("[data-ack]")).to_have_count(0)


async def test_language_is_one_press_away_and_remembered(site: Site) -> None:
    page = await site.open("/alerts")
    await page.locator("[data-top=language]").click()
    await expect(page.locator('.row[data-id="a1"] .row-note')).to_contain_text("Wuding hub down")
    await expect(page.locator("#nav")).to_contain_text("Sources")
    await page.reload()
    await expect(page.locator('.row[data-id="a1"] .row-holder')).to_have_text("Unacked")


async def test_nothing_moves_under_the_cursor(site: Site) -> None:
    page = await site.open("/alerts")
    await page.locator('.row[data-id="a4"]').hover()
    order = await page.locator(".row").evaluate_all("rows => rows.map(row => row.dataset.id)")
    await site.script.change("alert", "z", picture.alert("z", "C", time.time()))
    await expect(page.locator(".fresh")).to_contain_text("1 条新告警")
    assert await page.locator(".row").evaluate_all("rows => rows.map(row => row.dataset.id)") == order
    await page.mouse.move(0, 0)
    await expect(page.locator('.row[data-id="z"]')).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/alerts"])
async def test_a_press_acts_on_the_row_that_stood_there_while_alerts_stream_in(site: Site, path: str) -> None:
    page = await site.open(path)
    row = page.locator('.row[data-id="a4"]')
    await row.hover()
    stood = await row.bounding_box()
    assert stood is not None
    x, y = stood["x"] + stood["width"] / 3, stood["y"] + stood["height"] / 2
    for number in range(300):
        key = f"z{number}"
        await site.script.change("alert", key, picture.alert(key, "C", time.time(), region="532301"))
    await expect(page.locator(".fresh")).to_contain_text("300 条新告警")
    await page.mouse.click(x, y)
    await expect(page.locator(".row.is-selected")).to_have_attribute("data-id", "a4")
    assert await row.bounding_box() == stood
    await page.locator("[data-ack-comment]").fill("已派人")
    await page.locator("[data-ack]").click()
    await expect(page.locator(".w-detail")).to_contain_text("已记录")
    assert [ack["id"] for ack in site.script.acks] == ["a4"]
    await page.mouse.move(0, 0)
    await expect(page.locator('.row[data-id="z299"]')).to_be_visible()


async def test_the_order_of_the_list_stands_while_a_row_has_the_focus(site: Site) -> None:
    page = await site.open("/alerts")
    await page.locator('.row[data-id="a1"] .fold').focus()
    await site.script.change("alert", "z", picture.alert("z", "C", time.time()))
    await expect(page.locator(".fresh")).to_contain_text("1 条新告警")
    await expect(page.locator('.row[data-id="z"]')).to_have_count(0)
    await page.locator('.row[data-id="a1"] .fold').blur()
    await expect(page.locator('.row[data-id="z"]')).to_be_visible()


RECORD_TIMERS = """window.timers = [];
const every = window.setInterval;
window.setInterval = (fn, ...more) => (window.timers.push(fn), every(fn, ...more));"""
BUSY = """() => {
  window.said = [];
  const banner = document.getElementById("stale-banner");
  const say = () => banner.hidden || window.said.push(banner.dataset.why);
  new MutationObserver(say).observe(banner, { attributes: true });
  const end = Date.now() + 7000;
  while (Date.now() < end);
  for (const timer of window.timers) timer();
}"""


async def test_a_busy_page_never_says_that_the_server_is_silent(site: Site) -> None:
    """The page's timers run before the frames that have waited, as a browser may order them."""
    await site.context.add_init_script(RECORD_TIMERS)
    page = await site.open("/alerts")
    await page.evaluate(BUSY)
    await page.evaluate("() => new Promise((done) => setTimeout(done, 1200))")
    assert await page.evaluate("window.said") == []
    assert site.script.requests.count("live") == 1
    site.script.beating = False
    await expect(page.locator("#stale-banner")).to_contain_text("服务器无响应")


async def all_known(site: Site) -> None:
    """Every asset answers and no alert is open."""
    for key, record in site.script.state["asset"].items():
        if record["health"] != "ok":
            await site.script.change("asset", key, {"health": "ok", "stale_since": None})
    for key in list(site.script.state["alert"]):
        await site.script.change("alert", key, None)


@pytest.mark.parametrize(("path", "calm"), [("/wall?scene=all", ".board-calm"), ("/", ".rows-empty")])
async def test_all_clear_is_said_only_where_everything_is_known(site: Site, path: str, calm: str) -> None:
    page = await site.open(path)
    await all_known(site)
    word = page.locator(".w-feed-network .figure-word")
    await expect(word).to_have_text("无异常")
    await expect(page.locator(calm)).to_have_text("无待处置告警")
    await site.script.change("asset", "532301-0", {"health": "unknown", "stale_since": iso(time.time())})
    for unseen in (word, page.locator(f"{calm} span")):
        await expect(unseen).to_have_text("未见异常，1 未知")
        await expect(unseen).to_have_class(re.compile("is-hatched"))
    await page.locator("[data-top=language]").click()
    await expect(word).to_have_text("nothing abnormal seen, 1 unknown")


async def test_hostile_text_stays_text(site: Site) -> None:
    hostile = '<img src=x onerror="window.pwned=1"><b>x</b>'
    page = await site.open("/alerts")
    await site.script.change("alert", "h", picture.alert("h", "C", time.time(), title={"zh-CN": hostile}))
    await expect(page.locator('.row[data-id="h"] .row-note')).to_contain_text(hostile)
    assert await page.evaluate("window.pwned") is None
    assert site.faults == []


async def test_a_page_of_another_build_loads_itself_again(site: Site) -> None:
    page = await site.open("/alerts")
    await page.evaluate("document.documentElement.dataset.build = 'old'")
    await site.script.drop()
    await expect(page.locator("html")).not_to_have_attribute("data-build", "old")


async def test_assets_page_shows_answers_neighbours_and_alerts(site: Site) -> None:
    page = await site.open("/assets/X532329")
    await expect(page.locator(".asset-head h1")).to_contain_text("武定县汇聚节点")
    await expect(page.locator(".raw")).to_contain_text("连接超时 3 秒")
    await expect(page.locator(".way")).to_contain_text("州网管中心核心")
    await expect(page.locator(".tree").first).to_contain_text("武定甲镇接入")
    await expect(page.locator(".asset-alerts li")).to_have_count(1)


async def test_signing_in_says_what_is_wrong_and_goes_on_within_the_site(site: Site) -> None:
    page = await site.context.new_page()
    await page.goto(site.url + "/signin?next=//evil.example/x")
    await expect(page.locator("#signin[data-ready]")).to_be_visible()
    await page.locator("[name=name]").fill("officer")
    await page.locator("[name=password]").fill("wrong")
    await page.keyboard.press("Enter")
    await expect(page.locator("#signin-message")).to_have_text("用户名或口令不对")
    await page.locator("[name=password]").fill("right")
    await page.keyboard.press("Enter")
    await page.wait_for_url(site.url + "/")


async def test_without_any_source_of_warnings_none_is_not_shown_as_calm(site: Site) -> None:
    page = await site.open("/wall?scene=all")
    for key in ("cma", "永仁 119"):
        await site.script.change("source", key, None)
    for key in ("w1", "w2"):
        await site.script.change("warning", key, None)
    for key in (LEAK, SLIDE):
        await site.script.change("incident", key, None)
    await expect(page.locator(".w-feed-emergency .figure strong")).to_have_text("—")
    await expect(page.locator(".w-feed-emergency .cell.is-unknown")).to_have_count(10)
