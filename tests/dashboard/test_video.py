"""The page of cameras in a real Chromium, opened by itself: nothing else on it asks for whole records."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def test_the_failing_camera_is_first_with_the_rung_that_failed(site: Site) -> None:
    node = site.script.state["asset"]["X532301"]
    reading = node["readings"]["tcp.up"]
    rungs = {"camera.rung[path]": "ok", "camera.rung[frames]": "failed", "camera.fails": "frames"}
    black = {metric: reading | {"value": value, "text": ""} for metric, value in rungs.items()}
    for key, health, readings in (("cam-ok", "ok", {}), ("cam-dead", "down", black)):
        camera = node | {"id": key, "name": key, "kind": "camera", "health": health, "readings": readings}
        site.script.state["asset"][key] = camera
    page = await site.open("/video")
    await expect(page.locator(".video-row .video-name")).to_have_text(["cam-dead", "cam-ok"])
    await expect(page.locator("[data-id=cam-dead] .rung.is-failed")).to_have_count(1)
    await expect(page.locator("[data-group=frames] b")).to_have_text("1")
    assert site.faults == []
