"""The demo's platform above the site, and the faults of its recorders: what the real listeners make of them."""

from __future__ import annotations

import asyncio

from collectors.listener import ListenerContext
from collectors.settings import Credential, SourceSettings
from collectors.sim.cameras.gb_items import recordings
from collectors.sim.cameras.gb_upper import GbUpperPlatform
from collectors.sim.cameras.recorder_faults import RecorderFault
from collectors.video.gb28181.cascade.listener import UpperListener
from tests.collectors.video.gb28181.scene import DEVICE, A, B
from tests.collectors.video.gb28181.test_cascade import CAMERAS, OWN, UPPER, inventory
from tests.collectors.video.gb28181.test_listener import device, platform
from tests.patience import until
from tests.ports import free_port

CRED = {"gb": Credential(name="gb", kind="password", values={"user": "*", "password": "open sesame"})}


async def _read(listener: UpperListener) -> None:
    async for _ in listener.listen():
        pass


async def test_the_upper_platform_is_told_of_every_camera_and_of_its_changes() -> None:
    online: dict[str, bool] = {}
    upper = GbUpperPlatform("127.0.0.1", free_port(), UPPER, OWN, "open sesame")
    url = f"sip://{UPPER}@{upper.address}?as={OWN}&grant=532301&listen=127.0.0.1:0&keepalive=5s"
    context = ListenerContext(
        inventory=inventory(*CAMERAS), credentials=CRED, signalling=lambda asset: online.get(asset, True)
    )
    listener = UpperListener(SourceSettings(id="up", kind="video.gb28181-upper", url=url, cred="gb"), context)
    await upper.start()
    await listener.open()
    reading = asyncio.create_task(_read(listener))
    try:
        await until(lambda: set(upper.statuses) >= {"532301", *CAMERAS})
        assert set(upper.statuses.values()) == {"ON"}
        assert upper.registered
        description = listener.describe("upper")
        assert description is not None
        cascade = description["cascade"]
        assert [cascade[name] for name in ("registered", "cameras", "online", "nameless")] == [True, 7, 7, 1]
        assert listener.describe("cam-1") is None
        online["cam-1"] = False
        await until(lambda: upper.statuses[CAMERAS[0]] == "OFF")
        await until(lambda: upper.received["Keepalive"] >= 1)
        await upper.stop()
        assert not upper.registered
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await listener.close()
        await upper.stop()


async def test_a_wrong_password_is_not_registered() -> None:
    upper = GbUpperPlatform("127.0.0.1", free_port(), UPPER, OWN, "another one")
    url = f"sip://{UPPER}@{upper.address}?as={OWN}&grant=all&listen=127.0.0.1:0"
    context = ListenerContext(inventory=inventory(*CAMERAS), credentials=CRED, signalling=lambda asset: True)
    listener = UpperListener(SourceSettings(id="up", kind="video.gb28181-upper", url=url, cred="gb"), context)
    await upper.start()
    await listener.open()
    assert listener.platform is not None
    listener.platform.tick()
    await until(lambda: listener.platform is not None and listener.platform.registration.registered is False)
    assert (upper.registered, upper.received["REGISTER"]) == (False, 2)
    await listener.close()
    await upper.stop()


async def test_each_fault_of_a_recorder_shows_and_ends() -> None:
    async with (
        platform(query="?recordings=yes&recordings_every=60s") as (listener, heard),
        device(listener) as recorder,
    ):
        await heard.until(lambda: heard.values.get((A, "gb28181.recorded")) == 100.0)
        await heard.until(lambda: heard.values.get((DEVICE, "gb28181.catalog_changes")) == 2)
        disk, opened = RecorderFault(recorder, "disk"), RecorderFault(recorder, "opened", A)
        await disk.stop()
        await opened.stop()
        await heard.until(lambda: set(heard.rules) == {"gb28181:disk-full", "gb28181:tamper"})
        await disk.start()
        await opened.start()
        added = RecorderFault(recorder, "channel")
        await added.stop()
        await heard.until(lambda: heard.values.get((DEVICE, "gb28181.catalog_changes")) == 3)
        await added.start()
        await heard.until(lambda: heard.values.get((DEVICE, "gb28181.catalog_changes")) == 2)


def test_half_of_what_is_not_recorded_is_missing() -> None:
    query = (
        f"<Query><CmdType>RecordInfo</CmdType><SN>1</SN><DeviceID>{B}</DeviceID>"
        "<StartTime>2026-11-28T09:00:00</StartTime><EndTime>2026-11-28T10:00:00</EndTime></Query>"
    ).encode()
    channel, whole = recordings(query, ())
    assert channel == B
    assert (whole.count("<Item>"), whole.count("T09:30:00"), whole.count("T10:00:00")) == (2, 2, 1)
    _, half = recordings(query, {B})
    assert (half.count("<Item>"), half.count("T09:30:00"), half.count("T10:00:00")) == (1, 1, 0)
