"""A device of GB/T 28181 over UDP or TCP: it registers with digest, keeps alive, and answers queries."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from collectors.sim.cameras import gb_items
from collectors.sim.cameras.gb_items import SimulatedChannel, catalog_item
from collectors.sim.values import V3_KEYS

ITEMS_A_MESSAGE = 2
GIVE_UP, RETRY = 3.0, 2.0
_CHINA = timezone(timedelta(hours=8))


class GbDevice(asyncio.DatagramProtocol):
    """Registers `device` with the platform at `server` and keeps alive every `interval` seconds, until it is stopped.

    `channels` are listed in the catalog; `faulty` are named in keepalives. Of `unrecorded` channels half of every span
    is missing. `received` counts commands of the platform.
    """

    def __init__(
        self,
        device: str,
        server: tuple[str, int],
        platform: str,
        *,
        channels: Sequence[SimulatedChannel] = (),
        password: str = V3_KEYS[0],
        interval: float = 60.0,
        host: str = "127.0.0.1",
        tcp: bool = False,
    ) -> None:
        self.address = f"gb28181://{device}"
        self.device, self.platform = device, platform
        self.channels = list(channels)
        self.faulty: tuple[str, ...] = ()
        self.unrecorded: set[str] = set()
        self.received: Counter[str] = Counter()
        self.registered = asyncio.Event()
        self._server, self._host, self._tcp = server, host, tcp
        self._password, self._interval = password, interval
        self._transport: asyncio.DatagramTransport | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._responses: dict[str, asyncio.Future[str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._number = 0
        self._dialog: tuple[str, str] | None = None

    async def start(self) -> None:
        """Register and keep alive (again)."""
        if self._tasks:
            return
        self.registered.clear()
        self._spawn(self._live())

    async def stop(self) -> None:
        """Fall silent at once, as a device whose power fails."""
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._transport is not None:
            self._transport.close()
        if self._writer is not None:
            self._writer.transport.abort()
        self._transport = self._writer = self._dialog = None

    def set_status(self, channel: str, status: str) -> None:
        """Change a channel's status and tell a platform that has subscribed to the catalog."""
        self.channels = [replace(each, status=status) if each.id == channel else each for each in self.channels]
        self.notify(channel, status)

    def add_channel(self, channel: SimulatedChannel) -> None:
        """A camera is connected: list it, and tell a platform that has subscribed to the catalog."""
        self.channels.append(channel)
        self.notify(channel.id, "ADD")

    def remove_channel(self, channel: str) -> None:
        """A camera is taken away."""
        self.channels = [each for each in self.channels if each.id != channel]
        self.notify(channel, "DEL")

    def notify(self, channel: str, event: str) -> None:
        """Tell a platform that has subscribed to the catalog of an event: ON, OFF, VLOST, DEFECT, ADD, DEL, UPDATE."""
        if self._dialog is None:
            return
        item = f"<Item><DeviceID>{channel}</DeviceID><Event>{event}</Event></Item>"
        for each in self.channels:
            if each.id == channel and event in ("ADD", "UPDATE"):
                item = catalog_item(each, self.device, event)
        body = f"<SumNum>1</SumNum><DeviceList Num='1'>{item}</DeviceList>"
        more = "Event: Catalog\r\nSubscription-State: active\r\n"
        self._send("NOTIFY", self._body("Notify", "Catalog", body), more, self._dialog)

    def alarm(self, channel: str, method: int, kind: int) -> None:
        """Send an alarm."""
        at = _local_time()
        body = f"<AlarmPriority>1</AlarmPriority><AlarmMethod>{method}</AlarmMethod><AlarmTime>{at}</AlarmTime>"
        body += f"<AlarmDescription>报警</AlarmDescription><Info><AlarmType>{kind}</AlarmType></Info>"
        self._send("MESSAGE", self._body("Notify", "Alarm", body, device=channel))

    # -- the device's life -----------------------------------------------------------

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _live(self) -> None:
        while True:
            with suppress(OSError, TimeoutError):
                await self._connect()
                if await self._register():
                    self.registered.set()
                    while True:
                        self._keepalive()
                        await asyncio.sleep(self._interval)
            await asyncio.sleep(RETRY)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        if self._tcp and self._writer is None:
            reader, self._writer = await asyncio.open_connection(*self._server, local_addr=(self._host, 0))
            self._spawn(self._read(reader))
        elif not self._tcp and self._transport is None:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: self, (self._host, 0), self._server)

    async def _register(self) -> bool:
        answer = await self._ask_to_register("")
        challenge = re.search(r'realm="([^"]*)",nonce="([^"]*)"', answer)
        if challenge is None:
            return answer.startswith("SIP/2.0 200")
        realm, nonce = challenge.groups()
        uri = f"sip:{self.platform}@{realm}"
        secret = _md5(f"{self.device}:{realm}:{self._password}")
        response = _md5(f"{secret}:{nonce}:{_md5(f'REGISTER:{uri}')}")
        fields = f'username="{self.device}",realm="{realm}",nonce="{nonce}",uri="{uri}",response="{response}"'
        return (await self._ask_to_register(f"Authorization: Digest {fields},algorithm=MD5\r\n")).startswith(
            "SIP/2.0 200"
        )

    async def _ask_to_register(self, more: str) -> str:
        contact = f"Contact: <sip:{self.device}@{self._host}:5060>\r\nExpires: 3600\r\n"
        call_id = self._send("REGISTER", b"", contact + more)
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._responses[call_id] = future
        try:
            async with asyncio.timeout(GIVE_UP):
                return await future
        finally:
            self._responses.pop(call_id, None)

    def _keepalive(self) -> None:
        faulty = "".join(f"<DeviceID>{id}</DeviceID>" for id in self.faulty)
        info = f"<Info>{faulty}</Info>" if faulty else ""
        self._send("MESSAGE", self._body("Notify", "Keepalive", f"<Status>OK</Status>{info}"))

    # -- messages ----------------------------------------------------------------------

    def _body(self, root: str, command: str, more: str, *, sn: int = 0, device: str = "") -> bytes:
        self._number += 1
        return (
            f'<?xml version="1.0" encoding="GB2312"?>\r\n<{root}>\r\n<CmdType>{command}</CmdType>\r\n'
            f"<SN>{sn or self._number}</SN>\r\n<DeviceID>{device or self.device}</DeviceID>\r\n{more}\r\n</{root}>\r\n"
        ).encode("gb18030")

    def _send(self, method: str, body: bytes, more: str = "", dialog: tuple[str, str] | None = None) -> str:
        """Send a request; `dialog` is the Call-ID and the platform's From header of its subscription."""
        call_id, peer = dialog or (secrets.token_hex(8), f"<sip:{self.platform}@{self.platform[:10]}>")
        transport = "TCP" if self._tcp else "UDP"
        realm = self.platform[:10]
        head = (
            f"{method} sip:{self.platform}@{realm} SIP/2.0\r\n"
            f"Via: SIP/2.0/{transport} {self._host}:5060;rport;branch=z9hG4bK{secrets.token_hex(8)}\r\n"
            f"From: <sip:{self.device}@{realm}>;tag={secrets.token_hex(4)}\r\nTo: {peer}\r\n"
            f"Call-ID: {call_id}\r\nCSeq: 1 {method}\r\nMax-Forwards: 70\r\n{more}"
        )
        if body:
            head += "Content-Type: Application/MANSCDP+xml\r\n"
        self._write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        return call_id

    def _write(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(data)
        elif self._transport is not None:
            self._transport.sendto(data)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = re.search(rb"Content-Length: (\d+)", head)
                self._take(head + await reader.readexactly(int(length[1]) if length else 0))

    def _take(self, data: bytes) -> None:
        head, _, body = data.partition(b"\r\n\r\n")
        text = head.decode()
        call_id = re.search(r"Call-ID: (\S+)", text)
        if text.startswith("SIP/2.0 "):
            future = self._responses.get(call_id[1] if call_id else "")
            if future is not None and not future.done():
                future.set_result(text)
            return
        copied = "\r\n".join(
            line for line in text.split("\r\n")[1:] if line.startswith(("Via", "From", "To", "Call-ID", "CSeq"))
        )
        if text.startswith("SUBSCRIBE"):
            self._subscribed(text, copied, call_id[1] if call_id else "")
            return
        self._write(f"SIP/2.0 200 OK\r\n{copied}\r\nContent-Length: 0\r\n\r\n".encode())
        command = re.search(rb"<CmdType>(\w+)</CmdType>", body)
        number = re.search(rb"<SN>(\d+)</SN>", body)
        if command and number and b"<Query>" in body:
            self.received[command[1].decode()] += 1
            self._answer(command[1].decode(), int(number[1]), body)

    def _subscribed(self, text: str, copied: str, call_id: str) -> None:
        """Accept a subscription to the catalog, and refuse any other."""
        self.received["subscribe"] += 1
        if "Event: Catalog" not in text:
            self._write(f"SIP/2.0 489 Bad Event\r\n{copied}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        peer = re.search(r"From: (.*)", text)
        self._dialog = call_id, peer[1].strip() if peer else ""
        tagged = re.sub(r"(To: <[^>]*>)$", r"\1;tag=device", copied, flags=re.M)
        self._write(f"SIP/2.0 200 OK\r\n{tagged}\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n".encode())

    def _answer(self, command: str, sn: int, query: bytes) -> None:
        if command == "Catalog":
            for at in range(0, max(1, len(self.channels)), ITEMS_A_MESSAGE):
                part = self.channels[at : at + ITEMS_A_MESSAGE]
                items = "".join(catalog_item(channel, self.device) for channel in part)
                more = f'<SumNum>{len(self.channels)}</SumNum><DeviceList Num="{len(part)}">{items}</DeviceList>'
                self._send("MESSAGE", self._body("Response", "Catalog", more, sn=sn))
        elif command == "DeviceStatus":
            at_now = _local_time()
            more = f"<Result>OK</Result><Online>ONLINE</Online><Status>OK</Status><DeviceTime>{at_now}</DeviceTime>"
            self._send("MESSAGE", self._body("Response", "DeviceStatus", more, sn=sn))
        elif command == "DeviceInfo":
            more = "<Result>OK</Result><Manufacturer>模拟</Manufacturer><Model>SIM-1</Model><Firmware>V1.0</Firmware>"
            self._send("MESSAGE", self._body("Response", "DeviceInfo", more, sn=sn))
        elif command == "RecordInfo":
            channel, more = gb_items.recordings(query, self.unrecorded)
            self._send("MESSAGE", self._body("Response", "RecordInfo", more, sn=sn, device=channel))


def _local_time() -> str:
    """The time in China, without a zone, as devices write it."""
    return datetime.now(_CHINA).replace(tzinfo=None).isoformat(timespec="seconds")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
