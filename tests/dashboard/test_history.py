"""The charts of an asset's page in a real Chromium, under the policy that forbids eval."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
PLOT = "document.querySelector('.report-embedded .js-plotly-plot')"
TRACE = f"{PLOT}.data"


async def chart(page: Page, name: str = "TCP 建连时延") -> None:
    """Waits until the metric with this name is drawn."""
    await expect(page.locator("[data-chart=asset] h2")).to_have_text(name)
    await expect(page.locator("[data-chart=asset] .main-svg").first).to_be_visible()


async def test_chart_breaks_at_gaps_and_shades_alerts_and_draws_the_rules_limit(site: Site) -> None:
    page = await site.open("/assets/X532329")
    await chart(page)
    names = await page.evaluate(f"{PLOT}.layout.shapes.map((shape) => shape.name ?? 'gap')")
    assert [names.count(name) for name in ("gap", "alert", "limit", "health")] == [1, 2, 2, 4]
    assert await page.evaluate(f"{TRACE}.at(-1).connectgaps") is False
    note = page.locator("[data-chart=asset] p")
    await expect(note).to_contain_text("空白 1 段无数据")
    await expect(note).to_contain_text("可用 89.7% · 有数据 91.7%")
    await expect(page.locator("[data-chart=asset]")).to_contain_text("阈值 > 2.5")
    await expect(page.locator(".asset-side .raw")).to_contain_text("连接超时 3 秒")
    assert site.faults == []


async def test_range_and_metric_stay_in_the_address(site: Site) -> None:
    page = await site.open("/assets/X532329")
    await chart(page)
    await page.locator(".control-range label", has_text="90 天").click()
    await expect(page.locator("[data-chart=asset] p")).to_contain_text("1h 均值")
    assert await page.evaluate(f"{TRACE}.length") == 2
    await page.goto(f"{site.url}/assets/X532329?metric=tcp.up&range=90d")
    await chart(page, "TCP 可达")
    assert await page.evaluate(f"{TRACE}.at(-1).line.shape") == "hv"
    await expect(page.locator(".control-range input[value='90d']")).to_be_checked()
    assert site.faults == []


async def test_without_any_history_the_page_says_so_and_loads_no_chart_library(site: Site) -> None:
    site.script.metrics = []
    page = await site.open("/assets/X532329")
    await expect(page.locator(".report-embedded")).to_contain_text("还没有历史")
    assert await page.evaluate("typeof window.Plotly") == "undefined"


async def test_a_page_reached_by_a_link_has_its_chart_and_cameras_have_none(site: Site) -> None:
    page = await site.open("/network?asset=X532329")
    assert await page.evaluate("typeof window.Plotly") == "undefined"
    await page.get_by_text("资产页与历史曲线").click()
    await chart(page)
    await page.locator('#nav a[href="/network"]').click()
    await expect(page.locator(".node-row").first).to_be_visible()
    assert site.faults == []


async def test_what_stands_below_a_cause_names_it(site: Site) -> None:
    page = await site.open("/assets/532329-0")
    await expect(page.locator(".cause-note")).to_contain_text("武定县汇聚节点 连接超时 3 秒")
    await expect(page.locator(".way-step.is-under")).to_contain_text("武定甲镇接入")


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
