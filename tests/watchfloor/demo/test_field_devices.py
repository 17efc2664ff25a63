"""The demo's devices of every protocol: each answers its own collector, breaks and is mended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from collectors import once
from collectors.sim.world import World, read
from feeds.model import Asset
from tests.collectors.network.loopback import ANSWERED
from tests.patience import until
from tests.ports import demo_networks
from watchfloor.demo.demo import prepare
from watchfloor.settings.inventory import load_inventory
from watchfloor.settings.site_settings import Settings, load


@dataclass(frozen=True)
class Demo:
    """A prepared demo and its running devices."""

    world: World
    settings: Settings
    assets: dict[str, Asset]

    async def see(self, asset: str, timeout: float = ANSWERED) -> list[once.Attempt]:
        """What each probe of the asset says now."""
        credentials = self.settings.credentials
        uris = self.assets[asset].probes
        return list(await asyncio.gather(*(once.collect_once(uri, timeout, credentials) for uri in uris)))

    async def up(self, asset: str, timeout: float = ANSWERED) -> bool:
        return all(once.fine(attempt) for attempt in await self.see(asset, timeout))


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[Demo]:
    with demo_networks():
        settings = load(prepare(folder))
        world = read(folder, speed=1.0, start=time.time())
        await world.start()
    try:
        yield Demo(world, settings, dict(load_inventory(settings).assets))
    finally:
        await world.stop()


async def test_every_device_answers_breaks_and_is_mended(tmp_path: Path) -> None:
    async with demo(tmp_path) as demo_:
        for asset in ("UPS2", "SWC1", "HYD1"):
            await demo_.world.mend(asset)  # waits for the process of the heavy devices
        names = ("HYD1", "PWR1", "PWR2", "UPS2", "SWC1", "ENV1", "ENV2", "TLS1", "DNS1", "MTA1", "SQL1", "SQL2")
        for asset in names:
            assert await demo_.up(asset), asset
            await demo_.world.break_(asset)
            assert not any(once.fine(attempt) for attempt in await demo_.see(asset, 0.5)), asset
            await demo_.world.mend(asset)
            assert await demo_.up(asset), asset


async def test_one_unit_and_one_sensor_break_alone(tmp_path: Path) -> None:
    async with demo(tmp_path) as demo_:
        await demo_.world.break_("PWR1")
        await demo_.world.break_("ENV1")
        assert await demo_.up("PWR2")
        assert await demo_.up("ENV2")
        texts = [attempt.observations[0].text for attempt in await demo_.see("ENV1")]
        assert all(text.startswith("offline") for text in texts)


async def test_the_flood_raises_the_stations_own_alarm(tmp_path: Path) -> None:
    async with demo(tmp_path) as demo_:
        await demo_.world.mend("HYD1")
        await demo_.world.break_("HYD1-flood")

        async def level() -> object:
            attempts = await demo_.see("HYD1")
            readings = {reading.key: reading for attempt in attempts for reading in attempt.observations}
            return readings["river.level"].value

        async def flooded() -> bool:
            return await level() == 4.2

        await until(flooded)


async def test_what_the_system_answers_cannot_be_broken(tmp_path: Path) -> None:
    async with demo(tmp_path) as demo_:
        if demo_.assets["LNK1"].probes[0].startswith("icmp:"):
            with pytest.raises(OSError, match="cannot be broken"):
                await demo_.world.break_("LNK1")
