"""Echo requests and their replies on one socket (RFC 792, RFC 4443), each reply compared with what it must be.

A reply counts when it comes from the address that was asked, and every octet of it is right: type, code, checksum,
identifier, sequence number and data. Of the data, a random token and a number of 64 bits tell requests apart.
"""

from __future__ import annotations

import ipaddress
import secrets
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass

REMEMBERED = 60_000_000_000
"""Nanoseconds after which a request is forgotten. The poller's own deadline is what counts."""
AT_ONCE = 1000
"""Packets that are read before other tasks run."""
_LONGEST = 2048
_HEADER = 20
"""Octets of an IPv4 header without options, and of SIZE in `send`."""
_BOTH_ZEROS = frozenset((b"\x00\x00", b"\xff\xff"))
"""A checksum of zero has two forms in one's complement."""
_RAW_ICMP, _FILTER, _BUFFER_FORCED = 255, 1, 33
"""SOL_RAW, ICMP_FILTER and ICMP6_FILTER, SO_RCVBUFFORCE (Linux)."""


@dataclass(frozen=True, slots=True)
class EchoRequest:
    """A request under way: who must answer with what, and when it was sent (monotonic nanoseconds)."""

    address: str
    reply: bytes
    sent_at: int


class EchoPackets:
    """A raw socket, else an ICMP datagram socket (net.ipv4.ping_group_range). Raises PermissionError without either."""

    def __init__(self, version: int) -> None:
        self._v6 = version == 6
        self._request, self._reply = (128, 129) if self._v6 else (8, 0)
        self._token = secrets.token_bytes(8)
        self._socket, self._id = _opened(self._v6)
        self._socket.setblocking(False)
        self._number = 0
        self._sent: dict[int, EchoRequest] = {}

    def get_fd(self) -> int:
        """The socket's file descriptor, for the event loop."""
        return self._socket.fileno()

    def set_recv_buffer_size(self, size: int) -> None:
        """Ask the kernel for a buffer of so many octets; without CAP_NET_ADMIN it may grant less."""
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, _BUFFER_FORCED, size)
        except OSError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)

    def send(self, address: str, size: int) -> int:
        """Send a request of `size` octets with its IP header. Returns its number. Raises OSError."""
        self._number += 1
        number, now = self._number, time.monotonic_ns()
        self._forget(now - REMEMBERED)
        message = self._message(self._request, number, size)
        self._sent[number] = EchoRequest(_plain(address), self._message(self._reply, number, size), now)
        with suppress(BlockingIOError):  # the interface's queue is full: this one is lost
            self._socket.sendto(message, (address, 0))
        return number

    def recv(self) -> dict[int, int]:
        """The round trips of the replies that have come, in nanoseconds by number."""
        came: dict[int, int] = {}
        for _ in range(AT_ONCE):
            try:
                packet, sender = self._socket.recvfrom(_LONGEST)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:  # an ICMP error for an earlier request
                continue
            number = self._answered(packet, sender[0])
            if number is not None:
                came[number] = max(1, time.monotonic_ns() - self._sent.pop(number).sent_at)
        return came

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def _answered(self, packet: bytes, sender: str) -> int | None:
        """The number of the request that a packet answers; None for one that is not exactly the reply."""
        message = packet
        if not self._v6 and packet[:1] >= b"\x40":  # a raw socket gives the IPv4 header too
            message = packet[(packet[0] & 0x0F) * 4 :]
        if len(message) < 24 or message[8:16] != self._token:
            return None
        (number,) = struct.unpack_from("!Q", message, 16)
        request = self._sent.get(number)
        if request is None or _plain(sender) != request.address or message[:2] != request.reply[:2]:
            return None
        if message[4:] != request.reply[4:] or not self._sums_up(message[2:4], request.reply[2:4]):
            return None
        return int(number)

    def _sums_up(self, checksum: bytes, expected: bytes) -> bool:
        """True for the right checksum. That of IPv6 covers addresses, and the kernel has checked it (RFC 3542, 3.1)."""
        return self._v6 or checksum == expected or {checksum, expected} == _BOTH_ZEROS

    def _message(self, kind: int, number: int, size: int) -> bytes:
        length = size - (2 * _HEADER if self._v6 else _HEADER)
        body = struct.pack("!HH8sQ", self._id, number & 0xFFFF, self._token, number).ljust(length - 4, b"\0")
        return struct.pack("!BBH", kind, 0, _checksum(kind << 8, body)) + body

    def _forget(self, before: int) -> None:
        """Forget the requests that were sent before a time. They stand in the order of sending."""
        while self._sent and (oldest := next(iter(self._sent.items())))[1].sent_at < before:
            del self._sent[oldest[0]]


def _opened(v6: bool) -> tuple[socket.socket, int]:
    """The socket, and the identifier of its requests: of a datagram socket the kernel's choice, else a random one."""
    family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if v6 else (socket.AF_INET, socket.IPPROTO_ICMP)
    try:
        opened = socket.socket(family, socket.SOCK_RAW, protocol)
    except PermissionError:
        opened = socket.socket(family, socket.SOCK_DGRAM, protocol)
        opened.bind(("", 0))
        identifier: int = opened.getsockname()[1]
        return opened, identifier
    with suppress(OSError):  # only replies: on loopback our own requests would wake us as well
        if v6:
            blocked = bytearray(b"\xff" * 32)
            struct.pack_into("=I", blocked, 4 * (129 >> 5), 0xFFFFFFFF & ~(1 << (129 & 31)))
            opened.setsockopt(socket.IPPROTO_ICMPV6, _FILTER, bytes(blocked))
        else:
            opened.setsockopt(_RAW_ICMP, _FILTER, struct.pack("=I", 0xFFFFFFFE))
    return opened, secrets.randbits(16)


def _checksum(first: int, body: bytes) -> int:
    """The internet checksum (RFC 1071) of a first word, an empty checksum, and a body of even length."""
    total: int = first + sum(struct.unpack(f"!{len(body) // 2}H", body))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def _plain(address: str) -> str:
    """An address in one form, without a zone."""
    bare = address.partition("%")[0]
    return str(ipaddress.ip_address(bare)) if ":" in bare else bare
