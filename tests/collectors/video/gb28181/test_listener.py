"""The platform on real sockets with simulated devices, over UDP and TCP, and its place in the collect role's runner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from collectors import registry
from collectors.errors import Misconfigured
from collectors.listener import ListenerContext, ListenerMessage
from collectors.settings import Credential, SourceSettings
from collectors.sim.cameras.gb_device import GbDevice
from collectors.sim.cameras.gb_items import SimulatedChannel
from collectors.video.gb28181.listener import GbListener
from feeds.model import Value
from tests.collectors.video.gb28181.scene import DEVICE, PLATFORM, A, B, inventory
from tests.ports import free_port

CRED = {"gb": Credential(name="gb", kind="password", values={"user": "*", "password": "open sesame"})}


class Heard:
    """The newest value of each asset and metric that a listener has told."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], Value] = {}
        self.rules: list[str] = []
        self._news = asyncio.Event()

    def take(self, message: ListenerMessage) -> None:
        assert message.probe == f"gb28181://{message.asset}"
        self.values |= {(message.asset, each.metric): each.value for each in message.measurements}
        self.rules += [signal.rule for signal in message.signals]
        self._news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                self._news.clear()
                await self._news.wait()


def settings(port: int, query: str = "", **more: str) -> SourceSettings:
    url = f"sip://{PLATFORM}@127.0.0.1:{port}{query}"
    return SourceSettings(id="gb", kind="video.gb28181", url=url, cred="gb", **more)  # type: ignore[arg-type]


@asynccontextmanager
async def platform(folder: Path | None = None, query: str = "") -> AsyncIterator[tuple[GbListener, Heard]]:
    context = ListenerContext(inventory=inventory(A, B), credentials=CRED, data=folder)
    listener, heard = GbListener(settings(free_port(), query), context), Heard()
    await listener.open()

    async def hear() -> None:
        async for message in listener.listen():
            heard.take(message)

    hearing = asyncio.create_task(hear())
    try:
        yield listener, heard
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await listener.close()


@asynccontextmanager
async def device(listener: GbListener, *, tcp: bool = False, password: str = "open sesame") -> AsyncIterator[GbDevice]:
    channels = (SimulatedChannel(id=A, name="大厅"), SimulatedChannel(id=B, name="走廊", status="OFF"))
    simulated = GbDevice(
        DEVICE, ("127.0.0.1", listener.port), PLATFORM, channels=channels, password=password, interval=0.2, tcp=tcp
    )
    await simulated.start()
    try:
        yield simulated
    finally:
        await simulated.stop()


@pytest.mark.parametrize("tcp", [False, True], ids=["udp", "tcp"])
async def test_a_device_registers_lists_its_channels_and_reports_changes(tcp: bool) -> None:
    async with platform() as (listener, heard), device(listener, tcp=tcp) as simulated:
        await heard.until(lambda: heard.values.get((B, "gb28181.described")) is False)
        assert (heard.values[DEVICE, "gb28181.up"], heard.values[A, "gb28181.described"]) == (True, True)
        await heard.until(lambda: (DEVICE, "gb28181.maker") in heard.values)
        simulated.set_status(A, "VLOST")
        await heard.until(lambda: heard.values.get((A, "gb28181.frames")) is False)
        simulated.alarm(B, 2, 2)
        await heard.until(lambda: heard.rules == ["gb28181:tamper"])
        assert (listener.counts()["devices"], listener.counts()["online"]) == (1.0, 1.0)


async def test_a_recorder_is_described_with_what_its_catalog_proposes_and_asked_again_at_once() -> None:
    async with platform() as (listener, heard), device(listener) as simulated:
        await heard.until(lambda: heard.values.get((DEVICE, "gb28181.catalog_changes")) == 2)
        description = listener.describe(DEVICE)
        assert description is not None
        assert description["registration"]["online"] is True
        assert description["catalog"] | {"complete_at": None} == {
            "state": "complete",
            "received": None,
            "total": None,
            "listed": 2,
            "complete_at": None,
            "unanswered": False,
        }
        assert [(each["kind"], each["after"]) for each in description["changes"]] == [
            ("renamed", "大厅"),
            ("renamed", "走廊"),
        ]
        await heard.until(lambda: listener.counts()["subscriptions"] == 1)
        simulated.channels = simulated.channels[:1]
        assert listener.refresh(DEVICE)
        await heard.until(lambda: [each["kind"] for each in listener.describe(DEVICE)["changes"]][:1] == ["gone"])  # type: ignore[index]
        assert (listener.describe("nobody"), listener.refresh(A)) == (None, False)


async def test_a_wrong_password_is_an_alert_and_no_registration() -> None:
    async with platform() as (listener, heard), device(listener, password="wrong"):
        await heard.until(lambda: "gb28181:auth" in heard.rules)
        assert (DEVICE, "gb28181.up") not in heard.values
        assert listener.counts()["refused"] >= 1
        assert not any("wrong" in reason for reason in listener.take_refusals())


async def test_rubbish_on_the_port_is_refused_and_the_listener_goes_on() -> None:
    async with platform() as (listener, heard):
        loop = asyncio.get_running_loop()
        sender, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=("127.0.0.1", listener.port)
        )
        for rubbish in (b"", b"\x00" * 60_000, b"A" * 60_000, b"\r\n\r\n"):
            sender.sendto(rubbish)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await reader.read() == b"", "the connection is closed without an answer"
        writer.close()
        pinging_reader, pinging = await asyncio.open_connection("127.0.0.1", listener.port)
        pinging.write(b"\r\n\r\n")
        assert await pinging_reader.readexactly(2) == b"\r\n"
        pinging.close()
        sender.close()
        async with device(listener):
            await heard.until(lambda: heard.values.get((DEVICE, "gb28181.up")) is True)
        assert listener.counts()["refused"] >= 2


async def test_bindings_are_stored_and_read_again(tmp_path: Path) -> None:
    async with platform(tmp_path) as (listener, heard), device(listener):
        await heard.until(lambda: heard.values.get((A, "gb28181.described")) is True)
    async with platform(tmp_path) as (listener, _):
        assert listener.platform.bindings.get(DEVICE) is not None
    assert "sesame" not in "".join(path.read_text() for path in tmp_path.rglob("*.json"))


async def test_an_asset_added_to_the_inventory_gets_the_current_states_of_its_channel() -> None:
    async with platform() as (listener, heard), device(listener):
        await heard.until(lambda: heard.values.get((A, "gb28181.described")) is True)
        heard.values.clear()
        listener.update(
            settings(listener._platform_settings.port), ListenerContext(inventory=inventory(A), credentials=CRED)
        )
        await heard.until(lambda: heard.values.get((A, "gb28181.described")) is True)


@pytest.mark.parametrize(
    ("url", "cred"),
    [
        ("sip://5323@0.0.0.0:5060", "gb"),
        ("udp://0.0.0.0:5060", "gb"),
        (f"sip://{PLATFORM}@0.0.0.0:5060?colour=blue", "gb"),
        (f"sip://{PLATFORM}@0.0.0.0:5060?roaming=perhaps", "gb"),
        (f"sip://{PLATFORM}@0.0.0.0:5060?allow=10.0.0.0/99", "gb"),
        (f"sip://{PLATFORM}@0.0.0.0:5060", ""),
    ],
)
def test_settings_that_cannot_work_are_refused(url: str, cred: str) -> None:
    with pytest.raises(Misconfigured):
        registry.check_source(SourceSettings(id="gb", kind="video.gb28181", url=url, cred=cred))


@pytest.mark.parametrize(
    "uri", ["gb28181://", "gb28181://5323 01", "gb28181://x:5060", f"gb28181://{A}/1", f"gb28181://{A}?a=b"]
)
def test_probes_that_name_no_device_are_refused(uri: str) -> None:
    with pytest.raises(Misconfigured):
        registry.target_of(uri)
