"""The network page in a real Chromium: health by group, the tree of uplinks, and the way down to the raw answer."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.dashboard import picture
from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def many(at: float, towns: int) -> dict[str, Any]:
    """The usual picture with `towns` more nodes below the ten counties."""
    records = picture.assets(at)
    codes = list(picture.COUNTIES)
    for number in range(towns):
        code = codes[number % len(codes)]
        town = picture.asset(f"T{number}", f"村级接入 {number}", "switch", code + "200", at)
        records[town["id"]] = town | {"parents": [f"X{code}"], "labels": {"layer": "town"}}
    return records


async def names(page: Page, part: str) -> list[str]:
    rows = page.locator(f".scope-part[data-part={part}] .health-row .health-name")
    return await rows.all_text_contents()


async def test_navigation_counts_what_is_abnormal(site: Site) -> None:
    page = await site.open("/network")
    await expect(page.locator("[data-badge=network]")).to_have_text("5")
    await expect(page.locator(".w-net-scope .figure strong")).to_have_text("5")
    await site.script.change("asset", "G07", {"health": "ok"})
    await expect(page.locator("[data-badge=network]")).to_have_text("4")
    assert site.faults == []


async def test_counties_and_layers_stand_worst_first(site: Site) -> None:
    page = await site.open("/network")
    assert (await names(page, "county"))[:4] == ["武定县", "州本级", "元谋县", "永仁县"]
    await expect(page.locator('.health-row[data-key="532329"] .health-count')).to_have_text("3 / 3")
    await expect(page.locator(".scope-part[data-part=layer] .health-row")).to_have_count(4)
    assert await names(page, "layer") == ["第 3 级", "县级骨干", "州核心", "第 2 级"]


async def test_three_presses_lead_from_the_region_to_the_raw_answer(site: Site) -> None:
    page = await site.open("/network")
    await page.locator('.health-row[data-key="532329"]').click()
    unit = page.locator(".scope-part[data-part=unit] .health-row")
    await expect(unit).to_have_count(1)
    await unit.click()
    await page.locator('.node-row[data-id="532329-0"]').click()
    await expect(page.locator(".w-net-evidence h1")).to_contain_text("武定甲镇接入")
    await expect(page.locator(".w-net-evidence .raw")).to_contain_text("连接超时 3 秒")
    await expect(page.locator(".w-net-evidence .way-step.is-down")).to_contain_text("武定县汇聚节点")
    await expect(page.locator(".crumbs")).to_contain_text("武定县")
    assert "county=532329" in page.url
    assert site.faults == []


async def test_tree_is_open_down_to_every_cause_and_healthy_neighbours_stand_behind_one_line(site: Site) -> None:
    page = await site.open("/network")
    await expect(page.locator('.node-row[data-id="G07"].is-down')).to_be_visible()
    await expect(page.locator('.node-row[data-id="G"].on-path')).to_be_visible()
    await expect(page.locator('.node-row[data-id="G08"]')).to_have_count(0)
    await page.locator(".node-row.is-rest button", has_text="39").click()
    await expect(page.locator('.node-row[data-id="G08"]')).to_have_count(1)


async def test_a_failure_is_seen_in_the_tree_without_reload_and_nothing_moves_under_the_cursor(site: Site) -> None:
    page = await site.open("/network")
    await expect(page.locator('.node-row[data-id="X532301"]')).to_have_count(0)
    await page.locator('.node-row[data-id="X532328"]').hover()
    before = await page.locator(".node-row:not(.is-rest)").evaluate_all("rows => rows.map(row => row.style.transform)")
    failed = picture.fail(site.script.state["asset"]["X532329"], time.time(), "degraded")
    await site.script.change("asset", "X532329", failed)
    await expect(page.locator('.node-row[data-id="X532329"]')).to_have_class(re.compile("is-degraded"))
    assert (await page.locator(".node-row:not(.is-rest)").evaluate_all("rows => rows.map(row => row.style.transform)"))[
        :3
    ] == before[:3]
    await page.mouse.move(5, 5)
    await site.script.change("asset", "X532301", picture.fail(site.script.state["asset"]["X532301"], time.time()))
    await expect(page.locator('.node-row[data-id="X532301"].is-down')).to_be_visible()


async def test_keys_move_in_the_tree_and_fold_it(site: Site) -> None:
    page = await site.open("/network")
    await page.locator('.node-row[data-id="C"]').click()
    await page.locator("[role=tree]").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator('.node-row[data-id="X532329"]')).to_have_attribute("aria-selected", "true")
    await page.keyboard.press("ArrowRight")
    await expect(page.locator('.node-row[data-id="532329-0"]')).to_be_visible()
    await page.keyboard.press("ArrowLeft")
    await expect(page.locator('.node-row[data-id="532329-0"]')).to_have_count(0)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{site.url}/assets/X532329")


async def test_search_and_only_abnormal_keep_the_way_up(site: Site) -> None:
    page = await site.open("/network")
    await page.locator(".w-net-tree .search").fill("双柏甲")
    await expect(page.locator('.node-row[data-id="532322-0"]')).to_be_visible()
    await expect(page.locator('.node-row[data-id="X532322"].is-context')).to_be_visible()
    await page.locator(".w-net-tree .search").fill("")
    await page.locator("[data-only-bad]").click()
    await expect(page.locator(".node-tree")).to_have_attribute("data-rows", "11")


async def test_a_second_uplink_is_named_because_a_tree_can_draw_one_only(site: Site) -> None:
    site.script.state["asset"]["G01"]["parents"] = ["G", "X532329"]
    page = await site.open("/network")
    await page.locator(".w-net-tree .search").fill("进驻单位01")
    await expect(page.locator('.node-row[data-id="G01"]')).to_contain_text("另上联 武定县汇聚节点 中断")


async def test_parents_in_a_ring_are_shown_and_stop_nothing(site: Site) -> None:
    site.script.state["asset"]["S1"]["parents"] = ["S2"]
    site.script.state["asset"]["S2"]["parents"] = ["S1"]
    page = await site.open("/network")
    await page.locator(".w-net-tree .search").fill("办公自动化")
    await expect(page.locator('.node-row[data-id="S1"]')).to_be_visible()
    assert site.faults == []


async def test_two_thousand_nodes_are_fifty_rows_and_a_reading_lays_nothing_out_again(site: Site) -> None:
    site.script.state["asset"] = many(time.time(), 2000)
    page = await site.open("/network")
    await page.locator('.health-row[data-key="town"]').click()
    await expect(page.locator(".node-tree")).to_have_attribute("data-rows", "2011")
    assert await page.locator(".node-row").count() < 60
    await page.evaluate(
        """() => { window.moved = 0; new MutationObserver((all) => { window.moved += all.length; })
        .observe(document.querySelector(".node-rows"), { childList: true, subtree: true }); }"""  # not the text of ages
    )
    reading = {"tcp.connect_ms": picture.reading(9.5, time.time(), unit="ms")}
    await site.script.change("asset", "T1999", {"readings": reading})
    await site.script.change("asset", "X532301", {"readings": reading})
    await expect(page.locator('.node-row[data-id="X532301"] .node-answer')).to_have_text("9.5 ms")
    assert await page.evaluate("window.moved") < 8
    rows = await page.evaluate(
        """() => { const scroller = document.querySelector(".node-rows"); const rows = [];
        for (let n = 0; n < 20; n += 1) { scroller.scrollTop = n * 900; scroller.dispatchEvent(new Event("scroll"));
          rows.push(document.querySelectorAll(".node-row").length); }
        return rows; }"""
    )
    assert max(rows) < 60
    assert site.faults == []


async def test_hostile_names_stay_text_in_the_tree(site: Site) -> None:
    hostile = '<img src=x onerror="window.pwned=1">'
    site.script.state["asset"]["G07"]["name"] = hostile
    page = await site.open("/network?unit=" + "%3Cb%3E")
    await page.locator(".crumbs button").first.click()
    await expect(page.locator('.node-row[data-id="G07"] .node-name > span')).to_have_text(hostile)
    await expect(page.locator('.cause[data-id="G07"] .cause-name')).to_have_text(hostile)
    assert await page.evaluate("window.pwned") is None
    assert site.faults == []


async def test_english_page_has_no_chinese_word_of_ours(site: Site) -> None:
    page = await site.open("/network")
    await page.locator("[data-top=language]").click()
    await expect(page.locator(".scope-part[data-part=layer] h2")).to_have_text("By layer")
    await expect(page.locator('.health-row[data-key="532329"] .health-name')).to_have_text("Wuding")
    await expect(page.locator(".node-heads")).to_contain_text("Uplinks")
    assert site.faults == []
