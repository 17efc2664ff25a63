"""ICMP echo (RFC 792, RFC 4443) over one raw socket an IP version, shared by all targets.

The packets are gufo-ping's (Rust). Its `SocketWrapper` is used directly, not its class `Ping`:
in 0.7.0 that one raises inside the reader, and so loses the answers of others, as soon as a
waiting task was cancelled; never takes its reader off the loop; and calls a missing route a loss.

The kernel drops echo replies that come faster than they are read (of 500 sent at once, half were
lost): at most BURST wait together. One that is silent for BURST_WAIT no longer counts, so that
dead targets hold nobody up.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import cast

from gufo.ping._fast import PS_IPV4, PS_IPV6, PS_RAW_DGRAM, SocketWrapper
from gufo.ping.proto import SocketProto

BURST = 100
"""Echo requests that may wait for their answer at a time."""
BURST_WAIT = 0.05
"""Seconds after which an unanswered request no longer takes a place in the burst."""
SIZE = 64
"""Octets of a request, IP header included."""
_KEEP = 60_000_000_000
"""Nanoseconds for which the packet layer knows a request; the poller's own deadline is what counts."""
_BUFFER = 1 << 22
_OS_ERROR = re.compile(r"\(os error (\d+)\)")

Opener = Callable[[int], SocketProto]
"""Opens the packet layer for IP version 4 or 6. Raises OSError."""


def open_raw(version: int) -> SocketProto:
    """A raw socket, else an ICMP datagram socket (net.ipv4.ping_group_range). Raises PermissionError without either."""
    wrapper = SocketWrapper((PS_IPV6 if version == 6 else PS_IPV4) + PS_RAW_DGRAM, _KEEP, False)
    raw = cast(SocketProto, wrapper)  # the stub gives `send` no result
    raw.set_recv_buffer_size(_BUFFER)
    return raw


class EchoSocket:
    """Sends echo requests and hands each answer to whom it belongs. Raises OSError when it cannot open."""

    def __init__(self, version: int, opener: Opener = open_raw) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket = opener(version)
        self._waiting: dict[int, asyncio.Future[float | None]] = {}
        self._burst = asyncio.Semaphore(BURST)
        self._fd = self._socket.get_fd()
        self._loop.add_reader(self._fd, self._read)

    async def echo(self, address: str, deadline: float) -> float | None:
        """The round trip in seconds, None without answer by `deadline` (the loop's time). Raises OSError: no route."""
        await self._burst.acquire()
        slot = _Place(self._burst)
        try:
            number = self._send(address)
        except BaseException:
            slot.free()
            raise
        answer: asyncio.Future[float | None] = self._loop.create_future()
        self._waiting[number] = answer
        over = self._loop.call_later(BURST_WAIT, slot.free)
        late = self._loop.call_at(deadline, self._expire, answer)
        try:
            return await answer
        finally:
            self._waiting.pop(number, None)
            over.cancel()
            late.cancel()
            slot.free()

    def _send(self, address: str) -> int:
        try:
            return self._socket.send(address, SIZE)
        except OSError as error:
            # The errno comes only as a word in the message.
            os_error = _OS_ERROR.search(str(error))
            raise OSError(int(os_error[1]) if os_error else 0, str(error)) from error

    def _read(self) -> None:
        for number, nanoseconds in (self._socket.recv() or {}).items():
            answer = self._waiting.get(number)
            if answer is not None and not answer.done() and nanoseconds:
                answer.set_result(nanoseconds / 1e9)

    def _expire(self, answer: asyncio.Future[float | None]) -> None:
        # Reading also makes the packet layer forget what is long over, when nothing else comes in.
        self._read()
        if not answer.done():
            answer.set_result(None)

    def close(self) -> None:
        """Takes the reader off the loop; the socket closes with its last reference. Who still waits hears None."""
        self._loop.remove_reader(self._fd)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result(None)
        del self._socket


class _Place:
    """One place in the burst, given back once however often it is freed."""

    __slots__ = ("_burst",)

    def __init__(self, burst: asyncio.Semaphore) -> None:
        self._burst: asyncio.Semaphore | None = burst

    def free(self) -> None:
        if self._burst is not None:
            self._burst.release()
            self._burst = None
