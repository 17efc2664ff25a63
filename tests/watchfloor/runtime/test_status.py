"""`watchfloor status` of roles that run by themselves: known by their beats, from any machine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feeds.bus import Bus
from feeds.bus.entries import Beat
from feeds.clock import now
from feeds.journal import Journal
from feeds.model import Heartbeat
from feeds.projection.projector import Projecting
from watchfloor.cli import main
from watchfloor.runtime.status import read, render
from watchfloor.runtime.status_spread import spread
from watchfloor.settings.site_settings import load

SITE = """[site]
name = "楚雄州"
region = "{region}"
data = "data"
[redis]
url = "{url}"
"""


def settings(tmp_path: Path, url: str, region: str) -> str:
    file = tmp_path / "watchfloor.toml"
    file.write_text(SITE.format(url=url, region=region), encoding="utf-8")
    return str(file)


@pytest.fixture
async def bus(valkey_url: str) -> AsyncIterator[Bus]:
    """On a region that settings may name and no other test uses."""
    bus = Bus(valkey_url, "533423")
    await bus.open()
    yield bus
    await bus.close()


@asynccontextmanager
async def running(bus: Bus, journal: Journal) -> AsyncIterator[None]:
    """A projector at work."""
    task = asyncio.create_task(Projecting(bus, journal, bus.site, {}).run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_roles_without_a_supervisor_are_known_by_their_beats(
    bus: Bus, journal: Journal, valkey_url: str, tmp_path: Path
) -> None:
    site = replace(load(Path(settings(tmp_path, "redis://127.0.0.1:1/0", bus.site))), redis_url=valkey_url)

    async def ask() -> dict[str, Any]:
        """The command makes an event loop of its own, as at a terminal."""
        return await asyncio.to_thread(read, site)

    status = await ask()
    assert (status["running"], {role["state"] for role in status["roles"]}) == (False, {"absent"})
    for role in ("project", "alert", "command", "approvals", "web"):
        await bus.beat(role, now() - (3600.0 if role == "alert" else 0.0))
    status = await ask()
    assert {role["name"] for role in status["roles"] if role["state"] == "absent"} == {"collect"}
    async with running(bus, journal):
        canary = Heartbeat(source="role.collect", kind="role", at=now() + 60.0, ok=True, every=3.0)
        await bus.publish("network", "heartbeat", [canary], source="role.collect")
        while any(role["state"] == "absent" for role in status["roles"]):
            status = await ask()
    assert not status["running"]
    assert {role["name"] for role in status["roles"] if role["state"] == "silent"} == {"alert"}
    assert "alert    silent   最近心跳 last sign 3600." in render(status)
    for role in ("project", "alert", "command", "approvals", "web"):
        await bus.beat(role, now() + 60.0)
    assert (await ask())["running"]


async def test_a_bus_that_does_not_answer_is_named_without_its_password(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    file = settings(tmp_path, f"redis://:hush-hush@127.0.0.1:{unused_tcp_port}/0", "532300")
    assert await asyncio.to_thread(main, ["status", "-c", file]) == 1
    printed = capsys.readouterr()
    assert "does not answer" in printed.out
    assert "hush-hush" not in printed.out + printed.err


def test_a_role_that_has_trouble_runs_and_says_what() -> None:
    at = 1000.0
    beats = {"project": Beat(at - 0.5, {}), "collect": Beat(at - 1, {}, "the settings files are broken")}
    roles = {role["name"]: role for role in spread(beats, at)}
    assert roles["project"] == {"name": "project", "state": "running", "age": 0.5, "error": ""}
    assert (roles["collect"]["state"], roles["collect"]["error"]) == ("failing", "the settings files are broken")
    assert roles["web"]["state"] == "absent"
    old = {role["name"]: role["state"] for role in spread(beats, at + 60)}
    assert (old["project"], old["collect"]) == ("silent", "unknown"), "what passes the collector's sign on is silent"
