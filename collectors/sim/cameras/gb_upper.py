"""An upper platform of GB/T 28181 over UDP: it lets a lower platform register, asks for its catalog and subscribes."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from collections import Counter
from typing import cast

from collectors.sim.values import V3_KEYS

EXPIRES = 3600
_ITEM = re.compile(r"<Item>(.*?)</Item>", re.S)


class GbUpperPlatform(asyncio.DatagramProtocol):
    """Listens at (`host`, `port`) as the platform `id`. `lower` may register with the password.

    `statuses` has what the lower platform last said of each of its channels, ON or OFF. `received` counts requests by
    their method, and messages by their command.
    """

    def __init__(self, host: str, port: int, id: str, lower: str, password: str = V3_KEYS[0]) -> None:
        self.address = f"{host}:{port}"
        self.statuses: dict[str, str] = {}
        self.received: Counter[str] = Counter()
        self.registered = False
        self._host, self._port, self._id, self._lower, self._password = host, port, id, lower, password
        self._nonce = secrets.token_hex(8)
        self._transport: asyncio.DatagramTransport | None = None
        self._number = 0

    async def start(self) -> None:
        """Listen. Raises OSError when the address is taken."""
        if self._transport is None:
            loop = asyncio.get_running_loop()
            await loop.create_datagram_endpoint(lambda: self, (self._host, self._port))

    async def stop(self) -> None:
        """Fall silent at once, and forget the registration, as after a restart."""
        if self._transport is not None:
            self._transport.close()
        self._transport, self.registered = None, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer a request; answers to our own are not looked at."""
        if data.startswith(b"SIP/2.0 "):
            return
        head, _, body = data.partition(b"\r\n\r\n")
        text = head.decode("gb18030")
        method = text.partition(" ")[0]
        self.received[method] += 1
        if method == "REGISTER":
            self._take_registration(text, addr)
        elif not self.registered:
            self._reply(text, addr, "403 Forbidden")
        else:
            self._reply(text, addr, "200 OK")
            self._take_body(body.decode("gb18030"))

    def _take_registration(self, text: str, addr: tuple[str, int]) -> None:
        if not self._is_signed(text):
            challenge = f'WWW-Authenticate: Digest realm="{self._id[:10]}",nonce="{self._nonce}",algorithm=MD5\r\n'
            self._reply(text, addr, "401 Unauthorized", challenge)
            return
        is_new, self.registered = not self.registered, True
        self._reply(text, addr, "200 OK", f"Expires: {EXPIRES}\r\n")
        if is_new:
            self._ask("MESSAGE", addr)
            self._ask("SUBSCRIBE", addr, f"Event: Catalog\r\nExpires: {EXPIRES}\r\n")

    def _is_signed(self, text: str) -> bool:
        fields = dict(re.findall(r'(\w+)="([^"]*)"', text.partition("Authorization:")[2]))
        secret = _md5(f"{self._lower}:{self._id[:10]}:{self._password}")
        request = _md5(f"REGISTER:{fields.get('uri')}")
        expected = _md5(f"{secret}:{self._nonce}:{request}")
        return fields.get("username") == self._lower and fields.get("response") == expected

    def _take_body(self, body: str) -> None:
        command = re.search(r"<CmdType>(\w+)</CmdType>", body)
        self.received[command[1] if command else ""] += 1
        for item in _ITEM.findall(body):
            id, status = (re.search(rf"<{name}>([^<]*)</", item) for name in ("DeviceID", "(?:Status|Event)"))
            if id and status:
                self.statuses[id[1]] = status[1]

    def _ask(self, method: str, addr: tuple[str, int], more: str = "") -> None:
        """Ask for the catalog, or subscribe to it."""
        self._number += 1
        body = (
            '<?xml version="1.0" encoding="GB2312"?>\r\n<Query>\r\n<CmdType>Catalog</CmdType>\r\n'
            f"<SN>{self._number}</SN>\r\n<DeviceID>{self._lower}</DeviceID>\r\n</Query>\r\n"
        )
        head = (
            f"{method} sip:{self._lower}@{addr[0]}:{addr[1]} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self.address};rport;branch=z9hG4bK{secrets.token_hex(8)}\r\n"
            f"From: <sip:{self._id}@{self._id[:10]}>;tag={secrets.token_hex(4)}\r\n"
            f"To: <sip:{self._lower}@{self._lower[:10]}>\r\nCall-ID: {secrets.token_hex(8)}\r\n"
            f"CSeq: {self._number} {method}\r\nMax-Forwards: 70\r\n{more}"
            f"Content-Type: Application/MANSCDP+xml\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._send((head + body).encode(), addr)

    def _reply(self, text: str, addr: tuple[str, int], status: str, more: str = "") -> None:
        copied = "\r\n".join(
            line for line in text.split("\r\n")[1:] if line.startswith(("Via", "From", "To", "Call-ID", "CSeq"))
        )
        self._send(f"SIP/2.0 {status}\r\n{copied}\r\n{more}Content-Length: 0\r\n\r\n".encode(), addr)

    def _send(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._transport is not None:
            self._transport.sendto(data, addr)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
