"""The page of cameras in a real Chromium, opened by itself: it asks for the face of cameras, not for whole assets."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Route, expect

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


async def test_what_a_catalog_proposes_is_chosen_and_accepted_on_the_recorder_s_page(site: Site) -> None:
    node = site.script.state["asset"]["X532301"]
    site.script.state["asset"]["nvr1"] = node | {"id": "nvr1", "name": "录像机", "kind": "nvr"}
    changes = [
        {"kind": "new", "id": "53230100001320000009", "asset": "", "name": "走廊", "before": "", "after": "走廊"},
        {"kind": "gone", "id": "53230100001320000002", "asset": "c2", "name": "东门", "before": "东门", "after": ""},
    ]
    device = {
        "device": "53230100001180000001",
        "registration": None,
        "catalog": {
            "state": "asking",
            "received": 20,
            "total": 32,
            "listed": 31,
            "complete_at": None,
            "unanswered": False,
        },
        "subscriptions": [{"topic": "catalog", "state": "unsupported", "expires_at": None}],
        "deviations": {},
        "refused": {},
        "changes": changes,
        "changes_total": 2,
        "may_accept": True,
    }
    sent: list[Any] = []

    async def answer(route: Route) -> None:
        if route.request.method == "POST":
            sent.append(route.request.post_data_json)
            device["changes"] = changes[1:]
            accepted = {"accepted": sent[-1]["changes"], "left": [], "applied": True, "held": None}
            await route.fulfill(json=accepted)
        else:
            await route.fulfill(json=device)

    await site.context.route("**/api/v1/video/devices/nvr1**", answer)
    page = await site.open("/assets/nvr1")
    await expect(page.locator(".recorder-device")).to_contain_text("20 / 32")
    await expect(page.locator(".recorder-changes tbody tr")).to_have_count(2)
    await expect(page.locator("[data-accept]")).to_be_disabled()
    await page.locator(".change-new input").check()
    await page.locator("[data-accept]").click()
    await expect(page.locator(".recorder-changes tbody tr")).to_have_count(1)
    assert sent == [{"changes": [{"kind": "new", "id": "53230100001320000009"}], "accept": ""}]
    assert site.faults == []
