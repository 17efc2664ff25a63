"""The pages of mass messages and of exercises in a real Chromium."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.dashboard.conftest import Site
from tests.dashboard.devmessages import MESSAGE, PLAYED

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


async def opened(site: Site, address: str) -> Page:
    site.script.me["rights"] = ["see", "act", "command"]
    return await site.open(address)


async def test_a_message_that_waits_for_a_second_person_is_approved_on_its_page(site: Site) -> None:
    page = await opened(site, "/messages")
    await expect(page.locator(".message-rows > li")).to_have_count(1)
    await expect(page.locator(".message-rows")).to_contain_text("须另一人批准")
    await page.locator("[data-approve]").click()
    await expect(page.locator("[data-approve]")).to_be_enabled()
    (act,) = [act for act in site.script.acts if act["act"] == "approve"]
    assert (act["of"], act["id"], act["rev"]) == ("campaign", MESSAGE, 1)
    await page.locator("[data-tab=ended]").click()
    await expect(page.locator(".message-rows")).to_contain_text("会议改期")
    assert site.faults == []


async def test_a_draft_is_edited_and_its_recipients_stay_as_they_were_resolved(site: Site) -> None:
    page = await opened(site, "/messages")
    await page.locator("[data-edit-message]").click()
    form = page.locator("dialog.sheet")
    await expect(form.locator("[name=text]")).to_have_value("请立即到岗")
    await expect(form.locator("[name=need]")).to_have_value("3")
    await form.locator("[name=text]").fill("请立即到岗，携带防护装备")
    await form.locator("[data-send]").click()
    await expect(form).to_have_count(0)
    (act,) = [act for act in site.script.acts if act["act"] == "edit"]
    assert (act["id"], act["text"], act["need"], act["rev"]) == (MESSAGE, "请立即到岗，携带防护装备", 3, 1)
    assert "groups" not in act
    assert site.faults == []


async def test_what_else_is_practised_stands_below_the_exercises(site: Site) -> None:
    page = await opened(site, "/exercises")
    await expect(page.locator(".exercise")).to_contain_text("州公安局")
    drills = page.locator("[data-part=drills]")
    await expect(drills.locator("li")).to_have_count(1)
    await expect(drills).to_contain_text("演练：泄漏")
    await expect(page.locator("[data-part=warnings] li")).not_to_have_count(0)
    assert site.faults == []


async def test_an_exercise_runs_by_its_own_clock_and_is_stopped_by_one_button(site: Site) -> None:
    page = await opened(site, "/exercises")
    exercise = page.locator(".exercise")
    # Six seconds after its start at ten times the speed, and some more until the page is there.
    shown = await exercise.locator("header [role=timer]").text_content()
    minutes, seconds = (int(part) for part in (shown or "").split(":"))
    assert minutes * 60 + seconds >= 60
    await expect(exercise.locator("li").nth(1)).to_contain_text("重伤 2 120未到")
    assert await exercise.locator("[data-order]").evaluate_all("all => all.map(one => one.dataset.order)") == [
        "pause",
        "inject",
        "stop",
    ]
    await exercise.locator("[data-order=stop]").click()
    await expect(exercise.locator("[data-order=stop]")).to_be_enabled()
    (act,) = [act for act in site.script.acts if act["act"] == "stop"]
    assert (act["of"], act["id"], act["rev"]) == ("exercise", PLAYED, 1)
    assert site.faults == []


async def test_what_is_injected_by_hand_goes_into_the_exercise_only(site: Site) -> None:
    page = await opened(site, "/exercises")
    await page.locator("[data-order=inject]").click()
    form = page.locator("dialog.sheet")
    await form.locator("[name=text]").fill("又有两人晕倒")
    await form.locator("[data-send]").click()
    await expect(form).to_have_count(0)
    (act,) = [act for act in site.script.acts if act["act"] == "inject"]
    assert (act["id"], act["kind"], act["body"]["text"]) == (PLAYED, "receipt", "又有两人晕倒")
