"""ICMP echo (RFC 792, RFC 4443) over one raw socket an IP version, shared by all targets.

The kernel drops echo replies that come faster than they are read (of 500 sent at once, half were
lost): at most BURST wait together. One that is silent for BURST_WAIT no longer counts, so that
dead targets hold nobody up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from collectors.network.icmp.echo_packets import EchoPackets

BURST = 100
"""Echo requests that may wait for their answer at a time."""
BURST_WAIT = 0.05
"""Seconds after which an unanswered request no longer takes a place in the burst."""
SIZE = 64
"""Octets of a request, IP header included."""
_BUFFER = 1 << 22


class PacketLayer(Protocol):
    """A socket that builds echo requests and checks echo replies, as EchoPackets does."""

    def get_fd(self) -> int: ...

    def set_recv_buffer_size(self, size: int) -> None: ...

    def send(self, address: str, size: int) -> int: ...

    def recv(self) -> Mapping[int, float] | None: ...

    def close(self) -> None: ...


Opener = Callable[[int], PacketLayer]
"""Opens the packet layer for IP version 4 or 6. Raises OSError."""


def open_raw(version: int) -> PacketLayer:
    """A raw socket, else an ICMP datagram socket (net.ipv4.ping_group_range). Raises PermissionError without either."""
    packets = EchoPackets(version)
    packets.set_recv_buffer_size(_BUFFER)
    return packets


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
            number = self._socket.send(address, SIZE)
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

    def _read(self) -> None:
        for number, nanoseconds in (self._socket.recv() or {}).items():
            answer = self._waiting.get(number)
            if answer is not None and not answer.done() and nanoseconds:
                answer.set_result(nanoseconds / 1e9)

    def _expire(self, answer: asyncio.Future[float | None]) -> None:
        self._read()  # perhaps the answer waits in the socket, behind a busy loop
        if not answer.done():
            answer.set_result(None)

    def close(self) -> None:
        """Takes the reader off the loop and closes the socket. Who still waits hears None."""
        self._loop.remove_reader(self._fd)
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_result(None)
        self._socket.close()


class _Place:
    """One place in the burst, given back once however often it is freed."""

    __slots__ = ("_burst",)

    def __init__(self, burst: asyncio.Semaphore) -> None:
        self._burst: asyncio.Semaphore | None = burst

    def free(self) -> None:
        if self._burst is not None:
            self._burst.release()
            self._burst = None
