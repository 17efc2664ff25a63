"""The page of cameras in a real Chromium, opened by itself: it asks for the face of cameras, not for whole assets."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from feeds.cameras.status import camera_status
from tests.dashboard.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


def film(site: Site, key: str, health: str, **values: Any) -> None:
    """Add a camera to the scripted state; `values` are readings, with "__" for a dot."""
    node = site.script.state["asset"]["X532301"]
    template = node["readings"]["tcp.up"] | {"text": ""}
    readings = {name.replace("__", "."): template | {"value": value} for name, value in values.items()}
    camera = node | {"id": key, "name": key, "kind": "camera", "health": health, "readings": readings}
    site.script.state["asset"][key] = camera | {"camera": camera_status(health, {}, readings)}


async def test_the_failing_camera_is_first_with_the_rung_that_failed_and_whole_assets_are_not_asked_for(
    site: Site,
) -> None:
    film(site, "cam-ok", "ok")
    film(
        site, "cam-dead", "down", **{"camera.rung[path]": "ok", "camera.rung[frames]": "failed"}, camera__fails="frames"
    )
    page = await site.open("/video?view=list")
    await expect(page.locator(".video-row .video-name")).to_have_text(["cam-dead", "cam-ok"])
    await expect(page.locator("[data-id=cam-dead] .rung.is-failed")).to_have_count(1)
    await expect(page.locator("[data-group=frames] b")).to_have_text("1")
    views = [view for views in site.script.sockets.values() for view in views.values()]
    assert any(view.startswith("asset/camera") for view in views)
    assert "asset/full" not in views
    await page.locator("[data-group=frames]").click()
    await expect(page.locator(".video-row")).to_have_count(1)
    assert "group=frames" in page.url
    await page.locator("[data-id=cam-dead] button").click()
    await expect(page.locator(".video-detail [data-rung=frames].is-failed")).to_be_visible()
    await page.go_back()
    await expect(page.locator(".video-detail")).to_have_count(0)
    assert site.faults == []
