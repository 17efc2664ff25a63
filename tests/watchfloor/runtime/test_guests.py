"""Roles that a site has no use for run as guests in the process of another role, in full."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from feeds import wire
from feeds.bus import Bus
from feeds.clock import now
from feeds.journal import Intake, Parcel, intake_url, sqlite_url
from feeds.model import Kind
from feeds.roles import NAMES
from tests.feeds.cases.rig import case_fact
from tests.patience import until
from watchfloor.runtime.role_process import run_roles
from watchfloor.runtime.site import guests_of, supervisor
from watchfloor.settings.applied import StartSettings
from watchfloor.settings.site_settings import Settings, load

SITE = """[site]
name = "楚雄州"
region = "533424"
data = "data"
"""


def written(folder: Path, more: str = "") -> Path:
    file = folder / "watchfloor.toml"
    file.write_text(SITE + more, encoding="utf-8")
    return file


def test_approvals_are_a_guest_of_command_until_the_settings_use_them(tmp_path: Path) -> None:
    plain = load(written(tmp_path))
    assert guests_of(plain) == {"command": ("approvals",)}
    assert set(supervisor(plain).roles) == set(NAMES) - {"approvals"}
    using = load(written(tmp_path, more='[approvals]\nsupervise = ["li"]\n'))
    assert guests_of(using) == {}
    assert supervisor(using).roles == NAMES


@pytest.fixture
async def bus(valkey_url: str) -> AsyncIterator[Bus]:
    """On a region that settings may name and no other test uses."""
    bus = Bus(valkey_url, "533424")
    await bus.open()
    yield bus
    await bus.close()


@asynccontextmanager
async def running(settings: Settings, *names: str) -> AsyncIterator[None]:
    """The process of these roles, in this one."""
    task = asyncio.create_task(run_roles(names, StartSettings(settings, {})))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_a_case_pushed_to_a_guest_is_shown(tmp_path: Path, valkey_url: str, bus: Bus) -> None:
    site = replace(load(written(tmp_path)), redis_url=valkey_url)
    async with running(site, "command", "approvals"):
        beats: set[str] = set()

        async def both_beat() -> bool:
            beats.update(await bus.beats())
            return beats >= {"command", "approvals"}

        await until(both_beat)
        intake = Intake(intake_url(sqlite_url(tmp_path / "data")), "web")
        await intake.open()
        await intake.put(Parcel(target="approvals", kind="cases", at=now(), body=wire.encode([case_fact("1")])))
        await intake.close()

        async def shown() -> bool:
            return bool((await bus.state((Kind.CASE,))).records[Kind.CASE])

        await until(shown)
