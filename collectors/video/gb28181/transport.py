"""Transport of SIP: datagrams, and connections that are bounded in number, message size and idle time."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from collectors.video.gb28181.bindings import Address, Way
from collectors.video.gb28181.sip_message import SipFormatError, SipFraming

IDLE = 600.0
"""Seconds without data after which a connection is closed."""
MAX_CONNECTIONS, MAX_PER_ADDRESS = 20_000, 20
"""Connections at once, and of one address that are not loopback (many devices may stand behind one there)."""


class SipReceiver(Protocol):
    """The receiver of messages (GbListener)."""

    def take(self, data: bytes, way: Way, *, stream: bool) -> None: ...
    def refuse(self, reason: str) -> None: ...
    def enter(self, stream: asyncio.Transport, address: str) -> bool: ...
    def leave(self, stream: asyncio.Transport, address: str) -> None: ...


class SipDatagrams(asyncio.DatagramProtocol):
    """One message in each datagram."""

    def __init__(self, receiver: SipReceiver) -> None:
        self._receiver = receiver
        self._transport: asyncio.DatagramTransport | None = None
        self._local: Address = ("", 0)
        self._ways: dict[Address, Way] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._local = transport.get_extra_info("sockname")[:2]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._receiver.take(data, self.way_to(addr[:2]), stream=False)

    def way_to(self, address: Address) -> Way:
        """The way to a peer over this socket."""

        def send(answer: bytes) -> None:
            if self._transport is not None:
                self._transport.sendto(answer, address)

        return Way("UDP", address, self._local, send)

    def error_received(self, exc: Exception) -> None:
        """A port that is unreachable: the timers decide what that means."""


class SipConnection(asyncio.Protocol):
    """One connection. It is closed when its framing is invalid or no data comes for IDLE seconds."""

    def __init__(self, receiver: SipReceiver) -> None:
        self._receiver = receiver
        self._framing = SipFraming()
        self._transport: asyncio.Transport | None = None
        self._way: Way | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)
        peer = stream.get_extra_info("peername")[:2]
        if not self._receiver.enter(stream, peer[0]):
            stream.abort()
            return
        self._transport = stream
        self._way = Way("TCP", peer, stream.get_extra_info("sockname")[:2], self._send)
        self._restart_idle_timer()

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        if self._way is None or self._transport is None:
            return
        self._restart_idle_timer()
        try:
            for message in self._framing.feed(data):
                self._receiver.take(message, self._way, stream=True)
        except SipFormatError as error:
            self._receiver.refuse(f"{self._way.peer[0]}: {error}")
            self._transport.abort()
            return
        for _ in range(min(self._framing.pings, 4)):
            self._send(b"\r\n")
        self._framing.pings = 0

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None and self._way is not None:
            self._receiver.leave(self._transport, self._way.peer[0])
        self._transport = None

    def _restart_idle_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._timer = asyncio.get_running_loop().call_later(IDLE, self._transport.abort)
