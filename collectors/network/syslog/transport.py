"""How syslog comes over the wire: datagrams, and streams that are bounded in number, size, speed and silence."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from collectors.network.listening.queue import Hearing
from collectors.network.syslog.parser import Framing

IDLE = 3600.0
"""Seconds of silence after which a connection is hung up on."""
BREATH = 0.25
"""Seconds that a stream rests which speaks faster than it may: what it says waits at its sender."""


class Taker(Protocol):
    """What takes the messages (syslog.SyslogListener)."""

    hearing: Hearing

    def take(self, raw: bytes, address: str, *, waits: bool = False) -> None: ...
    def enter(self, stream: asyncio.BaseTransport, address: str) -> bool: ...
    def leave(self, stream: asyncio.BaseTransport) -> None: ...


class Datagrams(asyncio.DatagramProtocol):
    """One message a datagram (RFC 5426, 3.1)."""

    def __init__(self, listener: Taker) -> None:
        self._listener = listener

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._listener.take(data, addr[0])


class Stream(asyncio.Protocol):
    """One connection; hung up on when it cannot be followed, or keeps silent for IDLE seconds."""

    def __init__(self, listener: Taker) -> None:
        self._listener = listener
        self._framing = Framing()
        self._address = ""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        stream = cast(asyncio.Transport, transport)
        self._address = str((stream.get_extra_info("peername") or ("",))[0])
        if not self._listener.enter(stream, self._address):
            stream.abort()
            return
        self._transport = stream
        self._wait()

    def data_received(self, data: bytes) -> None:
        self._wait()
        try:
            for message in self._framing.feed(data):
                self._listener.take(message, self._address, waits=True)
        except ValueError as error:
            self._listener.hearing.refuse(f"{self._address}: {error}")
            if self._transport is not None:
                self._transport.abort()
        if self._listener.hearing.left(self._address) < 1:
            self._rest()

    def _rest(self) -> None:
        """Faster than it may: nothing is read for a moment, and TCP makes the sender wait."""
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(BREATH, self._go_on)

    def _go_on(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._listener.leave(self._transport)
            if last := self._framing.rest():
                self._listener.take(last, self._address, waits=True)
        self._transport = None

    def _wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._timer = asyncio.get_running_loop().call_later(IDLE, self._transport.abort)
