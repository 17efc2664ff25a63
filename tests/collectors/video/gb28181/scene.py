"""A platform without sockets and with a clock that is moved, and devices that speak to it in bytes."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from collectors.contract import Measurement
from collectors.listener import AlertSignal, ListenerMessage
from collectors.video.gb28181 import sip_message
from collectors.video.gb28181.bindings import Address, Way
from collectors.video.gb28181.platform import GbPlatform
from collectors.video.gb28181.platform_settings import PlatformSettings
from feeds.model import Asset, Value

PLATFORM, DOMAIN = "53230000002000000001", "5323000000"
DEVICE = "53230100001180000001"
A, B, C = (f"5323010000132000000{number}" for number in (1, 2, 3))
PASSWORD = "open sesame"
HOME: Address = ("192.0.2.10", 5060)
WALL = 1_795_000_000.0


def inventory(*ids: str) -> dict[str, Asset]:
    """Assets named after their ids: the device, and cameras below it."""
    return {
        id: Asset(
            id=id,
            name=id,
            kind="nvr" if id == DEVICE else "camera",
            region="532301",
            parents=() if id == DEVICE else (DEVICE,),
            probes=(f"gb28181://{id}",),
        )
        for id in (DEVICE, *ids)
    }


class Scene:
    """The platform, what it told, and what it sent. Times are seconds from the beginning."""

    def __init__(self, *ids: str, folder: Path | None = None, at: float = 0.0, **settings: object) -> None:
        self.time = at
        self.reported: list[ListenerMessage] = []
        self.sent: list[bytes] = []
        fields = {"id": PLATFORM, "domain": DOMAIN, "host": "0.0.0.0", "port": 5060} | settings
        self.platform = GbPlatform(
            PlatformSettings(**fields),  # type: ignore[arg-type]
            {"*": PASSWORD},
            inventory(*(ids or (A, B, C))),
            self.reported.append,
            now=lambda: self.time,
            wall=lambda: WALL + self.time,
            zone=ZoneInfo("Asia/Shanghai"),
            folder=folder,
        )
        self._number = 0

    def way(self, address: Address = HOME, transport: str = "UDP") -> Way:
        return Way(transport, address, ("192.0.2.1", 5060), self.sent.append)

    def pass_to(self, at: float) -> None:
        """Let time pass, a second at a time."""
        while self.time < at:
            self.time = min(at, self.time + 1.0)
            self.platform.tick()
            self.platform.sweep()

    def send(self, data: bytes, address: Address = HOME) -> str:
        """Give bytes to the platform. The answer's status line, "" without one."""
        count = len(self.sent)
        self.platform.receive(sip_message.parse(data), self.way(address))
        answers = [each for each in self.sent[count:] if each.startswith(b"SIP/2.0")]
        return answers[0].split(b"\r\n")[0].decode() if answers else ""

    def request(self, method: str, more: str = "", body: bytes = b"", sender: str = DEVICE) -> bytes:
        self._number += 1
        number = self._number
        head = (
            f"{method} sip:{PLATFORM}@{DOMAIN} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK{number}\r\n"
            f"From: <sip:{sender}@{DOMAIN}>;tag={number}\r\nTo: <sip:{PLATFORM}@{DOMAIN}>\r\n"
            f"Call-ID: call-{number}\r\nCSeq: {number} {method}\r\n{more}Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def register(
        self,
        password: str = PASSWORD,
        *,
        expires: int = 3600,
        sender: str = DEVICE,
        address: Address = HOME,
        qop: bool = False,
    ) -> str:
        """Register with digest. The final answer's status line."""
        contact = f"Contact: <sip:{sender}@{HOME[0]}:5060>\r\nExpires: {expires}\r\n"
        first = self.send(self.request("REGISTER", contact, sender=sender), address)
        if not first.startswith("SIP/2.0 401"):
            return first
        nonce = re.search(rb'nonce="([^"]+)"', self.sent[-1])
        assert nonce is not None
        fields = authorization(sender, password, nonce[1].decode(), qop=qop)
        return self.send(self.request("REGISTER", f"{contact}Authorization: {fields}\r\n", sender=sender), address)

    def message(self, body: str, *, method: str = "MESSAGE", address: Address = HOME, sender: str = DEVICE) -> str:
        return self.send(self.request(method, body=body.encode("gb18030"), sender=sender), address)

    def keepalive(self, *faulty: str, address: Address = HOME) -> str:
        listed = "".join(f"<DeviceID>{id}</DeviceID>" for id in faulty)
        info = f"<Info>{listed}</Info>" if faulty else ""
        body = f"<CmdType>Keepalive</CmdType><SN>1</SN><DeviceID>{DEVICE}</DeviceID><Status>OK</Status>{info}"
        return self.message(f"<Notify>{body}</Notify>", address=address)

    def catalog(self, sn: int, total: int, *items: str) -> str:
        listed = "".join(items)
        body = f"<CmdType>Catalog</CmdType><SN>{sn}</SN><DeviceID>{DEVICE}</DeviceID><SumNum>{total}</SumNum>"
        return self.message(f"<Response>{body}<DeviceList Num='{len(items)}'>{listed}</DeviceList></Response>")

    def query_numbers(self, command: str) -> list[int]:
        """The numbers of the queries of one kind that were sent, without repeats."""
        pattern = re.compile(rf"<CmdType>{command}</CmdType>\r\n<SN>(\d+)</SN>".encode())
        queries = (data for data in self.sent if data.startswith(b"MESSAGE"))
        return list(dict.fromkeys(int(match[1]) for data in queries if (match := pattern.search(data))))

    def subscribes(self) -> list[bytes]:
        """The requests to subscribe that were sent, without repeats."""
        return list(dict.fromkeys(data for data in self.sent if data.startswith(b"SUBSCRIBE")))

    def answer(self, request: bytes, status: str = "200 OK", more: str = "") -> str:
        """Answer a request of the platform as the device. Its Call-ID."""
        lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
        copied = "\r\n".join(
            line + ";tag=device" * (line.startswith("To:") and "tag=" not in line)
            for line in lines
            if line.startswith(("Via", "From", "To", "Call-ID", "CSeq"))
        )
        self.send(f"SIP/2.0 {status}\r\n{copied}\r\n{more}Content-Length: 0\r\n\r\n".encode())
        return next(line for line in lines if line.startswith("Call-ID: "))[len("Call-ID: ") :]

    def notify(self, call_id: str, id: str, event: str) -> str:
        """Send a NOTIFY of a catalog subscription with one item. The answer's status line."""
        body = (
            f"<Notify><CmdType>Catalog</CmdType><SN>9</SN><DeviceID>{DEVICE}</DeviceID><SumNum>1</SumNum>"
            f"<DeviceList Num='1'><Item><DeviceID>{id}</DeviceID><Event>{event}</Event></Item></DeviceList></Notify>"
        )
        data = self.request("NOTIFY", body=body.encode())
        return self.send(re.sub(rb"Call-ID: \S+", f"Call-ID: {call_id}".encode(), data))

    def reading(self, asset: str, metric: str) -> Measurement:
        """The newest measurement of an asset."""
        return next(
            measurement
            for message in reversed(self.reported)
            if message.asset == asset
            for measurement in message.measurements
            if measurement.metric == metric
        )

    def value(self, asset: str, metric: str) -> Value:
        return self.reading(asset, metric).value

    def up(self) -> Value:
        return self.value(DEVICE, "gb28181.up")

    def signals(self) -> list[AlertSignal]:
        return [signal for message in self.reported for signal in message.signals]


def authorization(user: str, password: str, nonce: str, *, qop: bool = False, realm: str = DOMAIN) -> str:
    uri = f"sip:{PLATFORM}@192.0.2.1:5060"
    secret, request = md5(f"{user}:{realm}:{password}"), md5(f"REGISTER:{uri}")
    middle = f"{nonce}:00000001:abcd:auth" if qop else nonce
    more = ',qop=auth,nc=00000001,cnonce="abcd"' if qop else ""
    response = md5(f"{secret}:{middle}:{request}")
    return f'Digest username="{user}",realm="{realm}",nonce="{nonce}",uri="{uri}",response="{response}"{more}'


def item(id: str, name: str = "camera", status: str = "ON", parent: str = DEVICE) -> str:
    return (
        f"<Item><DeviceID>{id}</DeviceID><Name>{name}</Name><Manufacturer>M</Manufacturer><ParentID>{parent}</ParentID>"
        f"<Password>secret</Password><Status>{status}</Status></Item>"
    )


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
