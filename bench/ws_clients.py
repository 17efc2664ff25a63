"""Many live sockets in one process, as light as they can be: they note when each frame came, and no more.

A frame's `rev` holds the server's own time of the newest change in it, and `at` the time of its flush, so a client
needs no clock of its own: everything runs on one machine.
"""

from __future__ import annotations

import asyncio
import base64
import os
import time
from dataclasses import dataclass, field
from datetime import datetime
from multiprocessing.connection import Connection
from typing import cast

import uvloop

AT_ONCE = 25


@dataclass(slots=True)
class Report:
    """The delays of all clients of a process: seconds from change and from flush to arrival, by frame."""

    frames: int = 0
    lost: int = 0
    restarts: int = 0
    from_change: list[float] = field(default_factory=list)
    from_flush: list[float] = field(default_factory=list)
    bytes: int = 0


class Client(asyncio.Protocol):
    """One socket: handshake, then unmasked frames."""

    def __init__(self, report: Report, request: bytes) -> None:
        self._report, self._request = report, request
        self._rest = b""
        self._open = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are not asyncio's by inheritance.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        self._report.lost += 1
        if not self.ready.done():
            self.ready.set_exception(exc or ConnectionError("closed while opening"))

    def data_received(self, data: bytes) -> None:
        rest = self._rest + data if self._rest else data
        if not self._open:
            head, separator, rest = rest.partition(b"\r\n\r\n")
            if not separator:
                self._rest = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self.ready.set_exception(ConnectionError(head.decode(errors="replace")[:200]))
                return
            self._open = True
        while (taken := self._take(rest)) is not None:
            rest = taken
        self._rest = rest

    def _take(self, raw: bytes) -> bytes | None:
        """The bytes after the first whole frame; None when the frame is not complete."""
        if len(raw) < 2:
            return None
        size, start = raw[1] & 127, 2
        if size == 126:
            size, start = int.from_bytes(raw[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(raw[2:10], "big"), 10
        if len(raw) < start + size:
            return None
        self._frame(raw[0] & 15, raw[start : start + min(size, 160)], size)
        return raw[start + size :]

    def _frame(self, kind: int, head: bytes, size: int) -> None:
        if kind == 9:
            self._transport.write(bytes((0x8A, 0x80 | size, 0, 0, 0, 0)) + head)
        elif head.startswith(b'{"type":"changes"'):
            at = time.time()
            report = self._report
            report.frames += 1
            report.bytes += size
            report.from_change.append(at - _ms(head) / 1000)
            report.from_flush.append(at - _flushed(head))
        elif head.startswith(b'{"type":"resync"'):
            self._report.restarts += 1
        elif head.startswith(b'{"type":"snapshot"') and not self.ready.done():
            self.ready.set_result(None)


def _ms(head: bytes) -> int:
    """The change stream's id in `rev`: "epoch.milliseconds-number"."""
    return int(head.partition(b'"rev":"')[2].partition(b'"')[0].rpartition(b".")[2].partition(b"-")[0])


_at: dict[bytes, float] = {}


def _flushed(head: bytes) -> float:
    text = head.partition(b'"at":"')[2].partition(b'"')[0]
    if text not in _at:
        _at[text] = datetime.fromisoformat(text.decode().replace("Z", "+00:00")).timestamp()
    return _at[text]


async def _clients(pipe: Connection, port: int, path: str, count: int) -> None:
    loop, report = asyncio.get_running_loop(), Report()
    for first in range(0, count, AT_ONCE):
        opening = [
            loop.create_connection(lambda: Client(report, _request(port, path)), "127.0.0.1", port)
            for _ in range(first, min(first + AT_ONCE, count))
        ]
        for _, client in await asyncio.gather(*opening):
            await asyncio.wait_for(client.ready, 30)
    pipe.send("open")
    while await loop.run_in_executor(None, pipe.recv) == "begin":
        cpu, report.frames, report.bytes, report.restarts, report.lost = time.process_time(), 0, 0, 0, 0
        report.from_change, report.from_flush = [], []
        await loop.run_in_executor(None, pipe.recv)
        pipe.send((report, time.process_time() - cpu))


def _request(port: int, path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def clients(pipe: Connection, port: int, path: str, count: int) -> None:
    """The process: opens all sockets, says "open", then reports between "begin" and "end" until told otherwise."""
    uvloop.run(_clients(pipe, port, path, count))
