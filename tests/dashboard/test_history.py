"""The charts of an asset's page in a real Chromium, under the policy that forbids eval."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
TRACE = "document.querySelector('.chart-plot').data"


async def chart(page: Page, metric: str = "tcp.connect_ms") -> dict[str, Any]:
    """Waits until the metric is drawn; what stands on the plot's data-*."""
    plot = page.locator(f'.chart-plot[data-drawn="{metric}"]')
    await expect(plot).to_be_visible()
    await expect(page.locator(".chart-plot .main-svg").first).to_be_visible()
    return dict(await plot.evaluate("node => ({...node.dataset})"))


async def test_chart_breaks_at_gaps_and_shades_alerts_and_draws_the_rules_limit(site: Site) -> None:
    page = await site.open("/assets/X532329")
    shown = await chart(page)
    assert (shown["gaps"], shown["spans"], shown["limits"]) == ("1", "2", "2")
    assert await page.evaluate(f"{TRACE}.at(-1).connectgaps") is False
    assert await page.evaluate(f"Array.from({TRACE}.at(-1).y).filter(one => one === null).length") == 1
    await expect(page.locator(".chart-foot")).to_contain_text("空白 1 段无数据")
    await expect(page.locator(".chart-foot")).to_contain_text("可用 89.7% · 有数据 91.7%")
    await expect(page.locator(".chart-plot")).to_contain_text("阈值 > 2.5")
    assert site.faults == []


async def test_range_and_metric_are_one_press_away_and_stay_in_the_address(site: Site) -> None:
    page = await site.open("/assets/X532329")
    await chart(page)
    await page.locator("[data-range='90d']").click()
    await expect(page.locator(".chart-foot")).to_contain_text("1h 均值")
    assert await page.evaluate(f"{TRACE}.length") == 2
    await page.locator("[data-metric='tcp.up']").click()
    await chart(page, "tcp.up")
    assert await page.evaluate(f"{TRACE}.at(-1).line.shape") == "hv"
    await page.reload()
    await chart(page, "tcp.up")
    await expect(page.locator("[data-range='90d']")).to_have_attribute("aria-pressed", "true")
    assert site.faults == []


async def test_without_any_history_the_page_says_so_and_loads_no_chart_library(site: Site) -> None:
    site.script.metrics = []
    page = await site.open("/assets/X532329")
    await expect(page.locator(".chart-message")).to_contain_text("还没有历史")
    assert await page.evaluate("typeof window.Plotly") == "undefined"
    await expect(page.locator(".raw")).to_contain_text("连接超时 3 秒")


async def test_a_history_that_has_just_begun_is_shown_by_the_hour_and_says_since_when(site: Site) -> None:
    site.script.recorded_since = time.time() - 1200
    page = await site.open("/assets/X532329")
    await chart(page)
    await expect(page.locator("[data-range='1h']")).to_have_attribute("aria-pressed", "true")
    await expect(page.locator(".chart-foot")).to_contain_text("记录始于")
    await page.locator("[data-range='24h']").click()
    await expect(page.locator("[data-range='24h']")).to_have_attribute("aria-pressed", "true")
    assert site.faults == []


async def test_other_pages_load_no_chart_library(site: Site) -> None:
    page = await site.open("/network")
    assert await page.evaluate("typeof window.Plotly") == "undefined"


async def test_axis_shows_the_sites_own_hours(site: Site) -> None:
    page = await site.open("/assets/X532329")
    await chart(page)
    shift = await page.evaluate(
        "document.querySelector('.chart-plot').data.at(-1).x.at(-1) - Math.floor(Date.now() / 60000) * 60000"
    )
    assert 7.9 * 3_600_000 < shift < 8.1 * 3_600_000


async def test_hostile_names_of_metrics_and_rules_stay_text_in_the_chart(site: Site) -> None:
    hostile = 'x<img src=x onerror="window.pwned=1">'
    site.script.metrics = [hostile]
    page = await site.open("/assets/X532329")
    await page.locator(".chart-metrics .chip", has_text="<img").click()
    await expect(page.locator(".chart-plot[data-drawn]")).to_be_visible()
    assert await page.evaluate("window.pwned") is None
    assert await page.locator(".chart-plot img").count() == 0


async def test_what_stands_below_a_cause_names_it(site: Site) -> None:
    page = await site.open("/assets/532329-0")
    await expect(page.locator(".cause-note")).to_contain_text("武定县汇聚节点 连接超时 3 秒")
    await expect(page.locator(".way-step.is-under")).to_contain_text("武定甲镇接入")


async def test_a_rule_for_another_kind_draws_no_line_here(site: Site) -> None:
    page = await site.open("/assets/532328-0")
    assert (await chart(page))["limits"] == "0", "the rule demands routers, this is a switch"


async def test_each_probe_says_what_it_last_answered_and_neighbours_are_named(site: Site) -> None:
    page = await site.open("/assets/X532329")
    probe = site.script.state["asset"]["X532329"]["probes"][0]
    failed = site.script.state["asset"]["X532329"]["readings"]["tcp.up"] | {"probe": probe}
    await site.script.change("asset", "X532329", {"readings": {"tcp.up": failed}})
    row = page.locator(".probe-list li")
    await expect(row).to_have_class("is-down")
    await expect(row).to_contain_text("连接超时 3 秒")
    await expect(page.locator(".asset-side")).to_contain_text("同级 16，异常 2")
    assert site.faults == []
