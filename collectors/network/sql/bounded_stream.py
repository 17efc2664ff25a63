"""A bound on what a PostgreSQL server may send: asyncpg keeps whole messages, as long as the server says they are.

asyncpg takes the event loop that it is to use, and opens its connection by it. The one given here puts a count
between the connection and asyncpg, also where the connection turns to TLS.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

LONGEST = 4 << 20
"""Bytes that one check may receive; a sensible value takes some kilobytes, the catalogue's included."""


class Bounded:
    """An event loop whose connections end when they have brought more than `longest` bytes, and say so."""

    def __init__(self, loop: asyncio.AbstractEventLoop, longest: int = LONGEST) -> None:
        self._loop = loop
        self._left = longest

    @property
    def exceeded(self) -> bool:
        """True when a connection was closed for exceeding the limit."""
        return self._left < 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    async def create_connection(
        self, factory: Callable[[], asyncio.Protocol], *args: Any, **how: Any
    ) -> tuple[_Transport, asyncio.Protocol]:
        transport, count = await self._loop.create_connection(lambda: _ByteLimit(factory(), self), *args, **how)
        return _Transport(transport, self), count.inner

    async def start_tls(
        self, transport: _Transport, protocol: asyncio.Protocol, context: Any, **how: Any
    ) -> _Transport | None:
        turned = await self._loop.start_tls(transport.inner, protocol, context, **how)
        return None if turned is None else _Transport(turned, self)

    def take(self, size: int) -> bool:
        """Count more bytes. False when they exceed the limit."""
        self._left -= size
        return self._left >= 0


class _ByteLimit(asyncio.Protocol):
    """Passes data on to asyncpg's protocol, up to a limit."""

    def __init__(self, inner: asyncio.Protocol, bound: Bounded) -> None:
        self.inner = inner
        self._bound = bound
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self.inner.connection_made(transport)

    def use(self, transport: asyncio.Transport) -> None:
        """Of a connection that is made already."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        if self._bound.take(len(data)):
            self.inner.data_received(data)
        else:
            self._transport.abort()

    def eof_received(self) -> bool | None:
        return self.inner.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        self.inner.connection_lost(error)

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()


class _Transport:
    """A transport whose next protocol is counted as well."""

    def __init__(self, inner: asyncio.Transport, bound: Bounded) -> None:
        self.inner = inner
        self._bound = bound

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        count = _ByteLimit(protocol, self._bound)
        count.use(self.inner)
        self.inner.set_protocol(count)
