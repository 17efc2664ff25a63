"""Tones of the desk in a real browser: which pulses leave the page, and what stands there while none may."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.dashboard import picture
from tests.dashboard.conftest import Site
from tests.patience import until

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

COUNTING = """
  window.pulses = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...at) {
    pulses.push(this.frequency.value);
    return start.apply(this, at);
  };
"""
CRITICAL, MAJOR = [660, 880] * 3, [660] * 3


async def pulses(page: Page) -> list[float]:
    """The pitches that were played since the last call, Hz."""
    heard: list[float] = await page.evaluate("pulses.splice(0)")
    return heard


async def listening(site: Site, path: str = "/alerts") -> tuple[Page, Any]:
    """A page that counts its pulses, and its button."""
    await site.context.add_init_script(COUNTING)
    page = await site.open(path)
    return page, page.locator("[data-top=mute]")


async def test_new_alerts_sound_by_severity_from_the_chosen_one_on(site: Site) -> None:
    page, button = await listening(site)
    await expect(button).to_have_text("声音 关")
    await site.script.change("alert", "y", picture.alert("y", "C", time.time()))
    await expect(page.locator('.row[data-id="y"]')).to_be_visible()
    assert await pulses(page) == []

    await button.click()
    await expect(button).to_have_text("声音 严重")
    await until(lambda: page.evaluate("pulses.length"))
    assert await pulses(page) == CRITICAL  # the sample
    await button.click()
    await expect(button).to_have_text("声音 重要")
    await until(lambda: page.evaluate("pulses.length"))
    assert await pulses(page) == MAJOR
    await site.script.change("alert", "x", picture.alert("x", "C", time.time(), severity="minor"))
    await expect(page.locator('.row[data-id="x"]')).to_be_visible()
    await site.script.change("alert", "z", picture.alert("z", "C", time.time(), severity="critical"))
    await until(lambda: page.evaluate("pulses.length"))
    assert await pulses(page) == CRITICAL


async def test_a_page_that_may_not_sound_yet_says_so_until_somebody_touches_it(site: Site) -> None:
    page, button = await listening(site)
    await button.click()
    await expect(button).to_have_text("声音 严重")
    await page.reload()
    button = page.locator("[data-top=mute]")
    await expect(button).to_have_text("声音未启用")
    await page.locator("#main").click(position={"x": 5, "y": 5})
    await expect(button).to_have_text("声音 严重")
