"""The pages of warnings and of receipts in a real Chromium, each opened by itself."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from feeds.model import Area
from tests.dashboard import picture
from tests.dashboard.conftest import Site
from tests.dashboard.devwarnings import CAP, receipt
from tests.patience import PATIENCE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def choose(page: Page, key: str) -> None:
    await page.locator(f'[role=listitem][data-id="{key}"] button').click()


async def test_warnings_are_counted_by_county_and_colour_and_exercises_stand_apart(site: Site) -> None:
    page = await site.open("/warnings")
    await expect(page.locator(".warning-row")).to_have_count(2)
    await expect(page.locator(".warning-row").first).to_contain_text("暴雨 双柏县")
    await expect(page.locator(".warning-matrix [data-county='532322']")).to_have_text("1")
    await expect(page.locator(".warning-matrix [data-county=''][data-colour=red]")).to_have_count(0)
    await expect(page.locator("[data-lane]")).to_have_count(2)
    await page.locator(".warning-matrix [data-county='532327']").click()
    await expect(page.locator(".warning-row")).to_have_count(1)
    await expect(page.locator(".warning-row")).to_contain_text("大风")
    await page.goto(f"{site.url}/warnings?show=exercise")
    await expect(page.locator(".warning-row")).to_contain_text("演练")
    assert site.faults == []


async def test_a_warning_in_full_has_what_lies_inside_its_chain_and_the_original(site: Site) -> None:
    site.script.state["warning"]["w0"] = picture.warning(
        "w0", "暴雨", "yellow", "532322", time.time() - 9000, state="superseded", ended_by="w1"
    )
    site.script.state["warning"]["w1"] |= {"msg_type": "Update", "references": ["w0"]}
    page = await site.open("/warnings")
    await choose(page, "w1")
    detail = page.locator(".warning-detail")
    await expect(detail.locator(".instruction")).to_have_text("注意防范。")
    await expect(detail.locator("[data-kind=camera]")).to_contain_text("1")
    await expect(detail.locator("[data-place=school]")).to_contain_text("双柏一中")
    await expect(detail.locator(".is-uncounted")).to_contain_text("2")
    await expect(detail.locator(".warning-chain > li")).to_have_count(2)
    await detail.locator(".warning-original summary").click()
    await expect(detail.locator(".warning-original pre")).to_have_text(CAP)
    assert {"act": "impact", "warning": "w1"} in site.script.acts
    await detail.locator(".warning-chain button").first.click()
    await expect(page.locator(".warning-detail[data-id=w0] .warning-state")).to_have_text("已更新")
    await page.go_back()
    await expect(page.locator(".warning-detail[data-id=w1]")).to_be_visible()
    assert site.faults == []


async def test_a_warning_that_expired_without_a_cancellation_says_so_at_once(site: Site) -> None:
    page = await site.open("/warnings?warning=w1")
    await expect(page.locator(".warning-detail .warning-state")).to_have_text("生效")
    await site.script.change("warning", "w1", {"state": "expired", "lapsed": True})
    await expect(page.locator(".warning-detail .warning-state")).to_have_text("已过期，未见解除")
    assert site.faults == []


async def test_a_new_warning_comes_onto_the_page_without_reload(site: Site) -> None:
    page = await site.open("/warnings")
    await expect(page.locator(".warning-row")).to_have_count(2)
    await site.script.change("warning", "w9", picture.warning("w9", "雷电", "red", "532301", time.time()))
    await expect(page.locator(".warning-row").first).to_contain_text("雷电 楚雄市")
    assert site.faults == []


RED_PIXELS = """async (png) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height), context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let red = 0;
  for (let at = 0; at < data.length; at += 4) {
    red += Math.abs(data[at] - 0xe5) + Math.abs(data[at + 1] - 0x48) + Math.abs(data[at + 2] - 0x4d) < 24;
  }
  return red;
}"""
"""Pixels of a picture in the colour of the edge of red warnings (dashboard/ui/map/ink.ts)."""
SQUARE = [[101.0, 24.6], [102.0, 24.6], [102.0, 25.6], [101.0, 25.6], [101.0, 24.6]]
AREA = Area(geometry={"type": "Polygon", "coordinates": [SQUARE]}, regions=("532301",))


EDGE = 200
"""Pixels that the edge of AREA has at least; the pulse of a fault has some tens that come and go."""


class MapPicture:
    """What the map of a page shows, read from its picture on a page of its own."""

    def __init__(self, page: Page, reader: Page) -> None:
        self._map, self._reader = page.locator("[data-panel=map]"), reader

    async def red(self) -> int:
        picture = await self._map.screenshot(animations="disabled")
        return int(await self._reader.evaluate(RED_PIXELS, base64.b64encode(picture).decode()))

    async def becomes(self, holds: Callable[[int], bool]) -> None:
        """Wait until the number of red pixels is so."""
        async with asyncio.timeout(PATIENCE):
            while not holds(await self.red()):
                await self._map.page.wait_for_timeout(50)


async def test_a_new_warning_changes_the_map_and_its_end_takes_it_away(site: Site) -> None:
    page = await site.open("/warnings", webgl=True)
    await page.set_viewport_size({"width": 1024, "height": 640})
    await expect(page.locator("[data-panel=map] [data-ready=true]")).to_be_visible()
    shown = MapPicture(page, await site.context.new_page())
    before = await shown.red()
    await site.script.change(
        "warning", "w9", picture.warning("w9", "雷电", "red", "532301", time.time(), areas=(AREA,))
    )
    await shown.becomes(lambda red: red > before + EDGE)
    box = await page.locator("[data-panel=map] canvas").last.bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + box["width"] * 0.47, box["y"] + box["height"] * 0.53)
    await expect(page.locator(".warning-detail[data-id=w9]")).to_be_visible()
    await page.go_back()
    await site.script.change("warning", "w9", {"state": "cancelled", "ended_by": "w10"})
    await shown.becomes(lambda red: red < before + EDGE)
    assert site.faults == []


async def test_an_exercise_is_drawn_without_the_ink_of_a_real_warning(site: Site) -> None:
    page = await site.open("/warnings?show=exercise", webgl=True)
    await page.set_viewport_size({"width": 1024, "height": 640})
    await expect(page.locator("[data-panel=map] [data-ready=true]")).to_be_visible()
    shown = MapPicture(page, await site.context.new_page())
    before = await shown.red()
    exercise = picture.warning("w9", "雷电", "red", "532301", time.time(), areas=(AREA,), status="Exercise")
    await site.script.change("warning", "w9", exercise)
    await expect(page.locator(".warning-row")).to_have_count(2)
    assert await shown.red() < before + EDGE
    assert site.faults == []


async def test_receipts_that_wait_too_long_come_first_and_exercises_stand_apart(site: Site) -> None:
    page = await site.open("/receipts")
    await expect(page.locator(".receipt-row")).to_have_count(2)
    await expect(page.locator(".receipt-row").first).to_contain_text("西山公园旁林地起火")
    await expect(page.locator(".receipt-row").nth(1)).to_contain_text("疑似重复")
    await page.locator("[data-tab=exercise]").click()
    await expect(page.locator(".receipt-row")).to_contain_text("演练")
    assert site.faults == []


async def test_a_receipt_is_dismissed_with_a_reason_and_leaves_the_list(site: Site) -> None:
    site.script.me["rights"] = ["see", "act", "command"]
    page = await site.open("/receipts")
    await choose(page, "119:1")
    await expect(page.locator(".receipt-detail [data-fact=point]")).to_be_visible()
    form = page.locator(".receipt-decision")
    await expect(form.locator("button")).to_be_disabled()
    await form.locator("[name=reason]").fill("误报")
    await form.locator("button").click()
    await expect(page.locator(".receipt-row")).to_have_count(1)
    assert {"act": "dismiss", "id": "119:1", "reason": "误报", "rev": 1} in site.script.acts
    await page.locator("[data-tab=done]").click()
    await expect(page.locator(".receipt-row.state-dismissed")).to_have_count(1)
    assert site.faults == []


async def test_a_refused_decision_says_why_and_changes_nothing(site: Site) -> None:
    site.script.me["rights"] = ["see", "act", "command"]
    site.script.refuse = (409, {"title": "版本已旧", "detail": "他人已处理"})
    page = await site.open("/receipts?receipt=119:1")
    await page.locator(".receipt-decision [name=reason]").fill("误报")
    await page.locator(".receipt-decision button").click()
    await expect(page.locator(".receipt-decision [role=alert]")).to_be_visible()
    await expect(page.locator(".receipt-row")).to_have_count(2)


async def test_a_new_receipt_comes_onto_the_page_without_reload(site: Site) -> None:
    page = await site.open("/receipts")
    await site.script.change("receipt", "120:5", receipt("120:5", time.time(), channel="120", text="老人摔倒"))
    await expect(page.locator(".receipt-row")).to_have_count(3)
    assert site.faults == []


async def test_an_alert_about_a_receipt_is_called_by_what_was_reported_and_where(site: Site) -> None:
    words = {"zh-CN": "震级 5.1", "en": "magnitude 5.1"}
    alert = picture.alert("late", "119:1", time.time(), subject_kind="receipt", region="532301", explanation=words)
    site.script.state["alert"]["late"] = alert | {"title": {"zh-CN": "接报 5 分钟未处理"}, "text": "magnitude=5.1"}
    page = await site.open("/alerts?alert=late")
    await expect(page.locator('.row[data-id="late"]')).to_contain_text("西山公园旁林地起火")
    await expect(page.locator(".detail-head")).to_contain_text("震级 5.1")
    await expect(page.locator(".detail-head")).not_to_contain_text("magnitude")
    assert site.faults == []
