"""Paths that drop everything without closing anything, and come back: a relay of bytes and one of datagrams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

Address = tuple[str, int]


class Path:
    """A relay that passes bytes on, or drops them all without a word while it is `broken`."""

    def __init__(self, port: int) -> None:
        self.broken = False
        self._port = port

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
        broken_once = False

        async def pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            nonlocal broken_once
            while data := await source.read(65536):
                broken_once = broken_once or self.broken  # what was lost is not sent again: the connection is dead
                if not broken_once:
                    sink.write(data)
            if not (broken_once or self.broken) and not sink.is_closing():
                sink.write_eof()

        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(pass_on(reader, far_writer))
                tasks.create_task(pass_on(far_reader, writer))
        finally:
            far_writer.transport.abort()


class DatagramPath(asyncio.DatagramProtocol):
    """A relay of datagrams to a port of loopback. While it is `broken` it drops them in both directions."""

    def __init__(self, port: int) -> None:
        self.broken = False
        self.port = 0
        self._far = ("127.0.0.1", port)
        self._near: asyncio.DatagramTransport | None = None
        self._ways: dict[Address, asyncio.Future[asyncio.DatagramTransport]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._near = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if not self.broken:
            task = asyncio.get_running_loop().create_task(self._send(data, addr))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _send(self, data: bytes, near: Address) -> None:
        if near not in self._ways:
            self._ways[near] = asyncio.get_running_loop().create_future()
            way, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Back(self, near), remote_addr=self._far
            )
            self._ways[near].set_result(way)
        (await self._ways[near]).sendto(data)

    def back(self, data: bytes, near: Address) -> None:
        """Pass an answer on."""
        if not self.broken and self._near is not None:
            self._near.sendto(data, near)

    async def close(self) -> None:
        """Close every socket."""
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for way in self._ways.values():
            way.result().close()
        if self._near is not None:
            self._near.close()


class _Back(asyncio.DatagramProtocol):
    """The far side of one sender."""

    def __init__(self, path: DatagramPath, near: Address) -> None:
        self._path, self._near = path, near

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._path.back(data, self._near)


@asynccontextmanager
async def datagram_path(port: int) -> AsyncIterator[DatagramPath]:
    """A relay to a port, on a free port of its own."""
    _, path = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: DatagramPath(port), local_addr=("127.0.0.1", 0)
    )
    try:
        yield path
    finally:
        await path.close()
