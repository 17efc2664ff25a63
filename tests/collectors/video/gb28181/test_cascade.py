"""The cascade upward: worked example 18, with an upper platform that speaks SIP on a loopback socket."""

from __future__ import annotations

import asyncio
import hashlib
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest

from collectors import registry
from collectors.errors import Misconfigured
from collectors.listener import ListenerContext, ListenerMessage
from collectors.settings import Credential, SourceSettings
from collectors.video.gb28181.cascade.listener import UpperListener
from collectors.video.gb28181.cascade.registration import BACKOFF_FIRST, BACKOFF_LAST
from collectors.video.gb28181.listener import GbListener
from feeds.model import Asset, Value
from tests.ports import free_port

UPPER, OWN = "53000000002000000001", "53230000002000000001"
CAMERAS = tuple(f"5323010000132000{number:04}" for number in range(1, 8))
CRED = {"up": Credential(name="up", kind="password", values={"user": OWN, "password": "open sesame"})}


def inventory(*ids: str) -> dict[str, Asset]:
    assets = [
        Asset(
            id=f"cam-{id[-1]}",
            name="政务服务大厅正门口东侧全景高点监控摄像机" * 2,
            kind="camera",
            region="532301",
            lat=25.04,
            lon=101.54,
            labels={"address": "云南省楚雄彝族自治州楚雄市鹿城镇" * 4},
            probes=(f"gb28181://{id}",),
        )
        for id in ids
    ]
    assets.append(Asset(id="far", name="元谋", kind="camera", region="532328", probes=("gb28181://" + "9" * 20,)))
    assets.append(Asset(id="bare", name="无编码", kind="camera", region="532301", probes=("rtsp://10.0.0.1/1",)))
    assets.append(Asset(id="upper", name="省平台", kind="platform", region="532300", probes=(f"gb28181://{UPPER}",)))
    return {asset.id: asset for asset in assets}


class SimulatedUpper(asyncio.DatagramProtocol):
    """An upper platform. `silent` answers nothing; `requests` holds all requests that came, whole."""

    def __init__(self) -> None:
        self.silent = False
        self.requests: list[bytes] = []
        self.statuses: list[str] = []
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: tuple[str, int] = ("", 0)
        self._number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    @property
    def port(self) -> int:
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        self._peer = addr
        if data.startswith(b"SIP/2.0"):
            self.statuses.append(data.split(b"\r\n", 1)[0].decode())
            return
        self.requests.append(data)
        if self.silent:
            return
        head = data.partition(b"\r\n\r\n")[0].decode()
        copied = "\r\n".join(
            line for line in head.split("\r\n") if line.startswith(("Via", "From", "To", "Call-ID", "CSeq"))
        )
        status, more = "200 OK", "Expires: 3600\r\n"
        if head.startswith("REGISTER") and not self._signed(head):
            status, more = (
                "401 Unauthorized",
                'WWW-Authenticate: Digest realm="5300000000",nonce="n0",algorithm=MD5\r\n',
            )
        self._transport.sendto(f"SIP/2.0 {status}\r\n{copied}\r\n{more}Content-Length: 0\r\n\r\n".encode(), addr)

    def _signed(self, head: str) -> bool:
        fields = dict(re.findall(r'(\w+)="([^"]*)"', head.partition("Authorization:")[2]))
        secret, digested = md5(f"{OWN}:5300000000:open sesame"), md5(f"REGISTER:{fields.get('uri')}")
        return fields.get("response") == md5(f"{secret}:n0:{digested}") and fields["username"] == OWN

    def ask(self, method: str, body: str, more: str = "", *, sender: str = UPPER, call_id: str = "") -> None:
        self._number += 1
        raw = body.encode("gb18030")
        head = (
            f"{method} sip:{OWN}@{self._peer[0]}:{self._peer[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};rport;branch=z9hG4bK{self._number}\r\n"
            f"From: <sip:{sender}@5300000000>;tag=up{self._number}\r\nTo: <sip:{OWN}@5323000000>\r\n"
            f"Call-ID: {call_id or f'upper-{self._number}'}\r\nCSeq: {self._number} {method}\r\n{more}"
        )
        assert self._transport is not None
        self._transport.sendto(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw, self._peer)

    def query(self, command: str, sn: int, device: str = OWN) -> None:
        self.ask("MESSAGE", f"<Query><CmdType>{command}</CmdType><SN>{sn}</SN><DeviceID>{device}</DeviceID></Query>")

    def bodies(self, mark: str) -> list[str]:
        """The different bodies that hold a mark; a repeat is one."""
        texts = (data.partition(b"\r\n\r\n")[2].decode("gb18030") for data in self.requests)
        return list(dict.fromkeys(text for text in texts if mark in text))

    def count(self, method: str) -> int:
        return sum(data.startswith(method.encode()) for data in self.requests)


class Cascade:
    """The lower platform on its socket, its upper one, the states of its cameras, and a clock that is moved."""

    def __init__(self, upper: SimulatedUpper, listener: UpperListener) -> None:
        self.upper, self.listener = upper, listener
        self.moved = 0.0
        self.online: dict[str, bool | None] = {}
        self.values: list[Value] = []

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)

    async def pass_until(self, condition: Callable[[], bool]) -> None:
        """Move the clock a second at a time."""
        for _ in range(3000):
            if condition():
                return
            self.moved += 1.0
            self.platform.tick()
            await asyncio.sleep(0.001)
        raise TimeoutError

    @property
    def platform(self):  # type: ignore[no-untyped-def]
        assert self.listener.platform is not None
        return self.listener.platform


@asynccontextmanager
async def cascade(
    *ids: str, query: str = "&grant=532301&keepalive=60s", port: int | None = None
) -> AsyncIterator[Cascade]:
    """`port` is that of another upper platform than the simulated one."""
    loop = asyncio.get_running_loop()
    transport, upper = await loop.create_datagram_endpoint(SimulatedUpper, ("127.0.0.1", 0))
    scene: Cascade
    url = f"sip://{UPPER}@127.0.0.1:{port or upper.port}?as={OWN}&listen=127.0.0.1:0{query}"
    context = ListenerContext(
        inventory=inventory(*ids), credentials=CRED, signalling=lambda asset: scene.online.get(asset, True)
    )
    settings = SourceSettings(id="up", kind="video.gb28181-upper", url=url, cred="up")
    listener = UpperListener(settings, context, monotonic=lambda: time.monotonic() + scene.moved)
    scene = Cascade(upper, listener)
    await listener.open()

    async def hear() -> None:
        async for message in listener.listen():
            assert isinstance(message, ListenerMessage)
            scene.values += [each.value for each in message.measurements if message.asset == "upper"]

    hearing = asyncio.create_task(hear())
    try:
        yield scene
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await listener.close()
        transport.close()


async def test_a_catalog_is_answered_in_messages_that_fit_a_datagram() -> None:
    """Worked example 18, first part."""
    async with cascade(*CAMERAS) as scene:
        scene.online["cam-2"] = False
        await scene.until(lambda: scene.platform.registration.registered is True)
        await scene.until(lambda: scene.values[-1:] == [True])
        scene.upper.query("Catalog", 4711)

        def items() -> list[str]:
            return re.findall(r"<Item>.*?</Item>", "".join(scene.upper.bodies("<SN>4711</SN>")), re.S)

        await scene.until(lambda: len(items()) == len(CAMERAS) + 1)
        bodies = scene.upper.bodies("<SN>4711</SN>")
        assert all(f"<SumNum>{len(CAMERAS) + 1}</SumNum>" in body for body in bodies)
        assert len(bodies) > 1
        assert max(len(data) for data in scene.upper.requests) <= 1200
        statuses = {re.search(r"ID>(\d+)<", item)[1]: "<Status>ON<" in item for item in items()}  # type: ignore[index]
        assert statuses == {"532301": True} | {id: id != CAMERAS[1] for id in CAMERAS}, "nothing that was not granted"
        assert all("<ParentID>532301</ParentID>" in item for item in items()[1:])


async def test_a_channel_that_goes_down_is_told_to_subscribers_within_two_seconds() -> None:
    """Worked example 18, second part."""
    async with cascade(*CAMERAS) as scene:
        await scene.until(lambda: scene.platform.registration.registered is True)
        body = f"<Query><CmdType>Catalog</CmdType><SN>8</SN><DeviceID>{OWN}</DeviceID></Query>"
        scene.upper.ask("SUBSCRIBE", body, "Event: Catalog;id=9\r\nExpires: 600\r\n", call_id="dialog")
        await scene.until(lambda: "SIP/2.0 200 OK" in scene.upper.statuses)
        began = time.monotonic()
        scene.online["cam-1"] = False
        await scene.until(lambda: scene.upper.count("NOTIFY") == 1)
        assert time.monotonic() - began < 2.0
        notify = next(data for data in scene.upper.requests if data.startswith(b"NOTIFY")).decode("gb18030")
        assert f"<DeviceID>{CAMERAS[0]}</DeviceID>\r\n<Event>OFF</Event>" in notify
        assert "Event: Catalog;id=9\r\n" in notify
        assert "Call-ID: dialog\r\n" in notify
        scene.online["cam-1"] = True
        await scene.until(lambda: bool(scene.upper.bodies("<Event>ON</Event>")))
        scene.listener.update(
            scene.listener._settings,
            ListenerContext(inventory=inventory(*CAMERAS[1:]), credentials=CRED, signalling=lambda asset: True),
        )
        await scene.until(lambda: bool(scene.upper.bodies("<Event>DEL</Event>")))
        scene.moved += 601.0
        requests = scene.upper.count("NOTIFY")
        scene.online["cam-3"] = False
        scene.upper.query("DeviceInfo", 77)
        await scene.until(lambda: bool(scene.upper.bodies("<SN>77</SN>")))
        assert scene.upper.count("NOTIFY") == requests, "the subscription has expired"


async def test_an_upper_platform_that_is_silent_is_registered_with_anew_and_less_and_less_often() -> None:
    """Worked example 18, third part."""
    async with cascade(*CAMERAS[:1]) as scene:
        await scene.until(lambda: scene.platform.registration.registered is True)
        await scene.until(lambda: len(scene.upper.bodies("Keepalive")) == 1)
        scene.upper.silent = True
        await scene.pass_until(lambda: not scene.platform.registration.registered)
        assert len(scene.upper.bodies("Keepalive")) == 4, "one that was answered, and three that were not"
        assert scene.platform.registration.registered is False
        await scene.until(lambda: scene.values[-1] is False)
        pauses = []
        for _ in range(6):
            attempts, began = scene.platform.registration.attempts, scene.moved
            await scene.pass_until(lambda n=attempts: scene.platform.registration.attempts > n)  # type: ignore[misc]
            pauses.append(scene.moved - began)
        assert pauses[1] >= BACKOFF_FIRST * 0.8
        assert pauses[-1] >= BACKOFF_LAST * 0.8
        assert max(pauses) <= BACKOFF_LAST * 1.2 + 10
        scene.upper.silent = False
        await scene.pass_until(lambda: scene.platform.registration.registered)
        assert (scene.platform.registration.misses, scene.platform.registration.why) == (0, "")
        await scene.until(lambda: scene.values[-1] is True)


async def test_what_a_status_platform_cannot_do_is_said_and_not_left_unanswered() -> None:
    async with cascade(*CAMERAS[:2]) as scene:
        await scene.until(lambda: scene.platform.registration.registered is True)
        scene.upper.ask("INVITE", "v=0")
        await scene.until(lambda: "SIP/2.0 488 Not Acceptable Here" in scene.upper.statuses)
        scene.upper.ask(
            "MESSAGE", f"<Control><CmdType>DeviceControl</CmdType><SN>5</SN><DeviceID>{CAMERAS[0]}</DeviceID></Control>"
        )
        await scene.until(lambda: "<Result>ERROR</Result>" in "".join(scene.upper.bodies("<SN>5</SN>")))
        scene.upper.query("RecordInfo", 6, CAMERAS[0])
        await scene.until(lambda: "<SumNum>0</SumNum>" in "".join(scene.upper.bodies("<SN>6</SN>")))
        scene.upper.query("DeviceStatus", 7, CAMERAS[1])
        await scene.until(lambda: "<Online>ONLINE</Online>" in "".join(scene.upper.bodies("<SN>7</SN>")))
        scene.upper.ask("SUBSCRIBE", "", "Event: presence\r\nExpires: 60\r\n")
        await scene.until(lambda: "SIP/2.0 489 Bad Event" in scene.upper.statuses)
        scene.upper.ask("MESSAGE", "<Query>", sender="34020000002000000001")
        await scene.until(lambda: "SIP/2.0 403 Forbidden" in scene.upper.statuses)
        scene.upper.ask("MESSAGE", "<!DOCTYPE a [<!ENTITY b 'c'>]><Query>&b;</Query>")
        scene.upper.query("DeviceInfo", 9)
        await scene.until(lambda: "<Channel>2</Channel>" in "".join(scene.upper.bodies("<SN>9</SN>")))
        counts = scene.listener.counts()
        assert (counts["refused"], counts["nameless"], counts["cameras"]) == (2.0, 1.0, 2.0)


async def test_nothing_is_said_before_the_states_of_the_cameras_are_known() -> None:
    async with cascade(*CAMERAS[:1]) as scene:
        scene.online["cam-1"] = None
        await asyncio.sleep(0.6)
        assert scene.upper.requests == []
        scene.online["cam-1"] = True
        await scene.until(lambda: scene.platform.registration.registered is True)


@pytest.mark.parametrize(
    "query",
    ["", f"?as={OWN}", f"?as={OWN}&grant=5", "?as=1&grant=all", f"?as={OWN}&grant=all&coords=bd09", f"?as={OWN}&x=1"],
)
def test_a_cascade_that_cannot_work_or_grants_nothing_is_refused_at_load(query: str) -> None:
    settings = SourceSettings(id="up", kind="video.gb28181-upper", url=f"sip://{UPPER}@10.0.0.1{query}", cred="up")
    with pytest.raises(Misconfigured):
        registry.check_source(settings)


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


async def test_two_sites_of_ours_one_above_the_other() -> None:
    """The upper one registers, lists and subscribes; a camera that fails below is known above within two seconds."""
    channels = [
        Asset(id=id, name=id, kind="camera", region="532301", parents=("low",), probes=(f"gb28181://{id}",))
        for id in CAMERAS[:3]
    ]
    low = Asset(id="low", name="州平台", kind="platform", region="532300", probes=(f"gb28181://{OWN}",))
    password = {"all": Credential(name="all", kind="password", values={"user": "*", "password": "open sesame"})}
    port, values = free_port(), dict[tuple[str, str], Value]()
    source = SourceSettings(id="gb", kind="video.gb28181", url=f"sip://{UPPER}@127.0.0.1:{port}", cred="all")
    above = GbListener(
        source, ListenerContext(inventory={each.id: each for each in (low, *channels)}, credentials=password)
    )
    await above.open()

    async def hear() -> None:
        async for message in above.listen():
            values.update({(message.asset, each.metric): each.value for each in message.measurements})

    hearing = asyncio.create_task(hear())
    try:
        async with cascade(*CAMERAS[:3], port=port) as scene:
            await scene.until(lambda: values.get((CAMERAS[2], "gb28181.described")) is True)
            await scene.until(lambda: above.counts()["subscriptions"] == 1)
            began = time.monotonic()
            scene.online["cam-3"] = False
            await scene.until(lambda: values.get((CAMERAS[2], "gb28181.described")) is False)
            assert time.monotonic() - began < 2.0
            assert values["low", "gb28181.up"] is True
            assert values[CAMERAS[0], "gb28181.described"] is True
    finally:
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        await above.close()


async def test_rubbish_from_the_upper_platform_or_a_stranger_is_counted_and_the_next_query_is_answered() -> None:
    async with cascade(*CAMERAS[:1]) as scene:
        await scene.until(lambda: scene.platform.registration.registered is True)
        loop = asyncio.get_running_loop()
        here = scene.platform.way.local
        stranger, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.9", 0), remote_addr=here
        )
        stranger.sendto(b"REGISTER sip:x SIP/2.0\r\n\r\n")
        assert scene.upper._transport is not None
        for data in (b"", b"\x00" * 60_000, b"A" * 60_000, b"SIP/2.0 200 OK\r\nCSeq: 1 MESSAGE\r\n\r\n", b"\r\n\r\n"):
            scene.upper._transport.sendto(data, here)
        for body in ("", "<Query>", "<Query><CmdType>Catalog</CmdType><SN>text</SN></Query>", "<a>" * 5000):
            scene.upper.ask("MESSAGE", body)
        scene.upper.ask("SUBSCRIBE", "", "Event: Catalog\r\nExpires: -5\r\n")
        scene.upper.query("DeviceInfo", 31, "<&evil>")
        scene.upper.query("DeviceInfo", 32)
        await scene.until(lambda: "<Channel>1</Channel>" in "".join(scene.upper.bodies("<SN>32</SN>")))
        stranger.close()
        counts = scene.listener.counts()
        assert counts["refused"] >= 4
        assert counts["strangers"] == 1
        assert counts["subscriptions"] == 0
