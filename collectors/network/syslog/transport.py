"""Transport of syslog: datagrams, and connections that are bounded in number, message size, rate and idle time."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from collectors.network.listening.queue import ListenerQueue
from collectors.network.syslog.framing import Framing

IDLE = 3600.0
"""Seconds without data after which a connection is closed."""
READ_PAUSE = 0.25
"""Seconds for which a connection beyond its rate is not read. TCP makes its sender wait."""


class SyslogReceiver(Protocol):
    """The receiver of messages (SyslogListener)."""

    messages: ListenerQueue

    def take(self, raw: bytes, address: str, *, waits: bool = False) -> None: ...
    def enter(self, stream: asyncio.BaseTransport, address: str) -> bool: ...
    def leave(self, stream: asyncio.BaseTransport) -> None: ...


class SyslogDatagrams(asyncio.DatagramProtocol):
    """One message in each datagram (RFC 5426, 3.1)."""

    def __init__(self, listener: SyslogReceiver) -> None:
        self._listener = listener

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._listener.take(data, addr[0])


class SyslogConnection(asyncio.Protocol):
    """One connection. It is closed when its framing is invalid or no data comes for IDLE seconds."""

    def __init__(self, listener: SyslogReceiver) -> None:
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
        self._restart_idle_timer()

    def data_received(self, data: bytes) -> None:
        self._restart_idle_timer()
        try:
            for message in self._framing.feed(data):
                self._listener.take(message, self._address, waits=True)
        except ValueError as error:
            self._listener.messages.refuse(f"{self._address}: {error}")
            if self._transport is not None:
                self._transport.abort()
        if self._listener.messages.allowance(self._address) < 1:
            self._pause_reading()

    def _pause_reading(self) -> None:
        """Stop reading for READ_PAUSE seconds."""
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(READ_PAUSE, self._resume_reading)

    def _resume_reading(self) -> None:
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

    def _restart_idle_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._timer = asyncio.get_running_loop().call_later(IDLE, self._transport.abort)
