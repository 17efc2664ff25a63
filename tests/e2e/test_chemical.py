"""The demo's incident: its whole course over the public interface, and a new duty officer's way through the pages."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests import ports
from tests.dashboard.conftest import running_chromium
from tests.patience import PATIENCE, until
from watchfloor.demo import chemical
from watchfloor.demo.control import control
from watchfloor.demo.demo import prepare
from watchfloor.demo.desk import desks

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]
STARTS_WITHIN = 90.0
PRESSES, PRESSES_ON_THE_PHONE = 25, 2
"""Presses from the call to the exported report; what is typed comes on top."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Path, str]]:
    """A running demo: its folder and its address."""
    path = tmp_path_factory.mktemp("demo")
    port = ports.free_port()
    base = f"http://127.0.0.1:{port}"
    with ports.demo_networks(), (path / "out.log").open("wb") as out:
        prepare(path, port)
        command = [sys.executable, "-m", "watchfloor", "demo", "--port", str(port)]
        process = subprocess.Popen(command, env=os.environ | {"WATCHFLOOR_DEMO": str(path)}, stdout=out, stderr=out)
        try:
            await has_started(base, lambda: process.poll() is None, path / "out.log")
        except BaseException:
            process.kill()
            raise
    try:
        yield path, base
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)


async def has_started(base: str, runs: Callable[[], bool], log: Path) -> None:
    """Wait until the demo is ready and its plan is published."""
    async with aiohttp.ClientSession(base) as session, desks(base) as demo:

        async def ready() -> bool:
            assert runs(), log.read_text()
            try:
                async with session.get("/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await until(ready, STARTS_WITHIN, 0.2)
        duty = await demo.take("duty")

        async def published() -> bool:
            return any(plan["state"] == "published" for plan in (await duty.get("/plans"))["items"])

        await until(published, STARTS_WITHIN, 0.2)


async def test_the_scenario_goes_from_the_first_call_to_the_signed_follow_up(folder: tuple[Path, str]) -> None:
    path, base = folder
    lines: list[str] = []
    await asyncio.to_thread(control, path, "scenario", "chemical")
    number = await chemical.play(base, lambda zh, en: lines.append(zh), 0.0)
    async with desks(base) as demo:
        leader = await demo.take("leader")
        incident = await leader.get(f"/incidents/{number}")
        assert (incident["phase"], incident["grade"], incident["response"]) == ("active", "III", "III")
        assert len(incident["receipts"]) >= 3
        assert len(incident["merged"]) == 1
        assert incident["figures"]["grave"]["value"] == 9
        tasks = (await leader.get(f"/tasks?incident={number}"))["items"]
        assert {task["state"] for task in tasks} >= {"done", "signed", "issued"}
        assert any(task["late"] for task in tasks)
        assert any(task["evidence"] for task in tasks)
        first = (await leader.get(f"/obligations?incident={number}&late=true"))["items"]
        assert [(due["channel"], due["state"]) for due in first] == [("phone", "met")]
        briefs = (await leader.get(f"/briefs?incident={number}"))["items"]
        assert {(brief["step"], brief["state"]) for brief in briefs} == {("first", "sent"), ("follow-up", "signed")}
        exercises = (await leader.get("/incidents?mode=exercise"))["items"]
        assert [exercise["id"].split(":")[1][0] for exercise in exercises] == ["X"]
        assert {task["mode"] for task in (await leader.get("/tasks?mode=exercise"))["items"]} == {"exercise"}
    assert len(lines) > 15


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with running_chromium() as started:
        yield started


class Walker:
    """A person who only presses what the page shows, and counts it."""

    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    async def press(self, selector: str, **options: Any) -> None:
        """Press what is visible."""
        await self.page.locator(selector).first.click(**options)
        self.clicks += 1

    async def next_step(self, name: str) -> None:
        """Press the main button, which must be this step."""
        await self.press(f".incident-next-steps li.is-next[data-step={name}] button")

    async def send(self) -> None:
        """Send the form that is open."""
        await self.press("dialog.sheet [data-send]")
        await expect(self.page.locator("dialog.sheet")).to_have_count(0)

    async def become(self, role: str) -> None:
        """Take another role as the demo offers it, at the top right."""
        async with self.page.expect_navigation():
            await self.page.locator("[data-top=demo] select").select_option(role)
        self.clicks += 2
        await expect(self.page.locator("[data-top=demo] select")).to_have_value(role)


@asynccontextmanager
async def opened(browser: Browser, base: str, path: str, width: int, height: int) -> AsyncIterator[Page]:
    context: BrowserContext = await browser.new_context(viewport={"width": width, "height": height}, locale="zh-CN")
    context.set_default_timeout(PATIENCE * 1000)
    page = await context.new_page()
    await page.goto(base + path)
    yield page
    await context.close()


async def test_a_new_duty_officer_finds_every_step_and_presses_two_dozen_times(
    folder: tuple[Path, str], browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    _, base = folder
    async with opened(browser, base, "/", 1920, 1080) as page:
        desk = Walker(page)
        await expect(page.locator("[data-top=demo] select")).to_be_visible()
        began = time.monotonic()
        await desk.press("[data-new-incident]")
        form = page.locator("dialog.sheet")
        await form.locator("[name=text]").fill("东瓜镇化工厂液氨泄漏，多人不适")
        await form.locator("[name=event_class]").select_option("hazchem")
        await form.locator("[name=place]").fill("东瓜镇化工厂")
        await desk.send()
        await expect(page.locator(".incident-identity h1")).to_contain_text("东瓜镇化工厂")
        await desk.next_step("open")
        await desk.send()
        await desk.next_step("post")
        await desk.send()
        await desk.next_step("grade")
        await form.locator("[name=grade]").select_option("III")
        await form.locator("[name=basis]").fill("重伤 10 人以上")
        await desk.send()
        await expect(page.locator(".incident-next-steps")).to_contain_text("角色换成领导")
        await desk.become("leader")
        await desk.next_step("plan")
        await desk.send()
        await expect(page.locator(".incident-tasks li")).to_have_count(5)
        await _sign_on_a_phone(browser, base)
        await desk.become("duty")
        await expect(page.locator("[data-step=sign]")).to_have_class("is-done")
        await _report(desk)
        record_property("presses", desk.clicks + PRESSES_ON_THE_PHONE)
        assert desk.clicks + PRESSES_ON_THE_PHONE <= PRESSES
        record_property("seconds_from_call_to_exported_report", round(time.monotonic() - began, 1))


async def _sign_on_a_phone(browser: Browser, base: str) -> None:
    async with opened(browser, base, "/m", 390, 844) as phone:
        await phone.locator("[data-become]").click()
        card = phone.locator(".phone-task").filter(has_text="环境监测").last
        await card.locator(".phone-sign").click()
        await expect(card.locator(".phone-sign")).to_have_count(0)


async def _report(desk: Walker) -> None:
    """The first report: by phone, then drafted, checked, signed by a leader, and exported."""
    page = desk.page
    form = page.locator("dialog.sheet")
    await desk.next_step("report")
    await form.locator("[name=recipient]").fill("省政府总值班室 吴")
    await form.locator("[name=number]").fill("0871-00000000")
    await desk.send()
    await expect(page.locator("[data-step=report] button")).to_contain_text("书面")
    await desk.next_step("report")
    await expect(page.locator(".brief-detail [data-order=check].primary")).to_be_visible()
    await desk.press(".brief-detail [data-order=check]")
    await expect(page.locator(".brief-detail")).to_contain_text("角色")
    await desk.become("leader")
    await desk.press(".brief-detail [data-order=sign].primary")
    await desk.send()
    await expect(page.locator(".brief-detail header")).to_contain_text("号")
    async with page.expect_download() as download:
        await desk.press(".brief-detail a[href$='.docx']")
    assert (await download.value).suggested_filename.endswith(".docx")
