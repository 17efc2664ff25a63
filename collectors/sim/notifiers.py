"""Devices that speak by themselves: syslog lines and SNMP v2c notifications, each sent from its own address.

Now and then one of them says something of no weight; when a neighbour is lost or is back, the device above it says
which of its ports that was, as real ones do: routers by a trap, all others by a log line.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

SYSLOG, TRAPS = "network.syslog", "network.traps"
EVERY = {SYSLOG: 5.0, TRAPS: 20.0}
"""Seconds between two messages of no weight."""
COMMUNITY = "chuxiong"
LINK_DOWN, LINK_UP = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4"
NEIGHBOURS_CHANGED = "1.0.8802.1.1.2.0.0.1"
_UPTIME, _TRAP = "1.3.6.1.2.1.1.3.0", "1.3.6.1.6.3.1.1.4.1.0"
_INDEX, _NAME = "1.3.6.1.2.1.2.2.1.1", "1.3.6.1.2.1.31.1.1.1.1"
_LOCAL7 = 23 * 8
Clock = Callable[[], float]


class Talker:
    """All devices that send to one listener. `devices` are their own addresses by asset id."""

    def __init__(self, kind: str, url: str, devices: Mapping[str, str], clock: Clock = time.time) -> None:
        parts = urlsplit(url)
        self.address = f"{parts.hostname}:{parts.port}"
        self._where = (parts.hostname or "127.0.0.1", parts.port or 1514)
        self._kind = kind
        self._devices = dict(devices)
        self._clock = clock
        self._began = clock()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """The devices begin to talk; nobody needs to listen."""
        if self._task is None and self._devices:
            self._task = asyncio.create_task(self._talk(), name=f"talk to {self.address}")

    async def stop(self) -> None:
        """All of them fall silent."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _talk(self) -> None:
        for asset in itertools.cycle(self._devices):
            await asyncio.sleep(EVERY[self._kind])
            self._send(asset, self._chat(asset))

    def _chat(self, asset: str) -> bytes:
        if self._kind == TRAPS:
            return self._trap(NEIGHBOURS_CHANGED)
        return self._line(asset, 5, "SHELL/5/SHELL_LOGIN: watch logged in from 10.53.0.9.")

    def link(self, asset: str, port: int, *, up: bool) -> None:
        """The device says that one of its ports has gone down, or is up."""
        if self._task is None or asset not in self._devices:
            return
        name = f"GigabitEthernet1/0/{port}"
        if self._kind == TRAPS:
            pairs: dict[str, int | str] = {f"{_INDEX}.{port}": port, f"{_NAME}.{port}": name}
            self._send(asset, self._trap(LINK_UP if up else LINK_DOWN, pairs))
        else:
            state = "UP" if up else "DOWN"
            self._send(asset, self._line(asset, 3, f"IFNET/3/LINK_UPDOWN: {name} link status is {state}."))

    def _line(self, asset: str, severity: int, text: str) -> bytes:
        """As H3C Comware writes it (RFC 3164 with a year), in local time."""
        moment = time.strftime("%b %d %H:%M:%S %Y", time.gmtime(self._clock() + 8 * 3600))
        return f"<{_LOCAL7 + severity}>{moment} {asset} %%10{text}".encode()

    def _trap(self, oid: str, pairs: Mapping[str, int | str] | None = None) -> bytes:
        """SNMPv2-Trap-PDU (RFC 3416) of community COMMUNITY."""
        ticks = int((self._clock() - self._began) * 100)
        bound = [_pair(_UPTIME, _tlv(0x43, _number(ticks))), _pair(_TRAP, _oid(oid))]
        for name, value in (pairs or {}).items():
            encoded = _tlv(2, _number(value)) if isinstance(value, int) else _tlv(4, value.encode())
            bound.append(_pair(name, encoded))
        zero = _tlv(2, b"\0")
        pdu = _tlv(0xA7, _tlv(2, _number(ticks % 2**31)) + zero + zero + _tlv(0x30, b"".join(bound)))
        return _tlv(0x30, _tlv(2, b"\1") + _tlv(4, COMMUNITY.encode()) + pdu)

    def _send(self, asset: str, message: bytes) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((self._devices[asset], 0))
            sender.setblocking(False)
            try:
                sender.sendto(message, self._where)
            except OSError:
                return  # nobody listens, as after any reboot of a collector: UDP knows no better


def _tlv(tag: int, content: bytes) -> bytes:
    """BER (X.690) with a definite length."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8)
    return bytes((tag, 0x80 | len(octets))) + octets + content


def _number(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, signed=True)


def _oid(text: str) -> bytes:
    first, second, *others = (int(arc) for arc in text.split("."))
    out = bytearray()
    for arc in (first * 40 + second, *others):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(arc & 0x7F | 0x80)
        out += bytes(reversed(septets))
    return _tlv(6, bytes(out))


def _pair(name: str, value: bytes) -> bytes:
    return _tlv(0x30, _oid(name) + value)
