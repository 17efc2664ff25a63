"""Answers echo requests of a network namespace in one manner after the other, and polls through each.

Run by test_icmp_replies.py in a namespace whose kernel does not answer. Prints a JSON object: per manner the readings,
{} for a target that is down.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import sys
from collections.abc import Iterator

from collectors.errors import NotReady
from collectors.network.icmp.probe import IcmpPoller
from feeds.model import Value
from tests.collectors.network.loopback import ask, target_of

MANNERS = ("right", "twice", "id", "sequence", "checksum", "source", "data", "short", "type", "code", "late")
OTHER = "127.0.0.51"
PATIENT, SILENT = 20.0, 1.5
"""Seconds for a peer that answers; for one whose silence is the point."""
ECHO, REPLY, TIMESTAMP_REPLY = 8, 0, 14


def checksum(octets: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Peer:
    """Answers from a raw socket that writes its own IP headers, at one address a manner."""

    def __init__(self) -> None:
        self.requests = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self.requests.setblocking(False)
        self._out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._before: dict[str, tuple[int, int, bytes]] = {}

    def read(self) -> None:
        packet, _ = self.requests.recvfrom(2048)
        message = packet[(packet[0] & 15) * 4 :]
        if message[0] != ECHO:
            return
        identifier, sequence = struct.unpack_from("!HH", message, 4)
        to, peer = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
        manner = next(manner for manner in MANNERS if address_of(manner) == peer)
        request = (identifier, sequence, message[8:])
        replies = replies_of(manner, *request) if manner != "late" else late(self._before.get(peer))
        source = OTHER if manner == "source" else peer
        for reply in replies:
            self._out.sendto(header(source, to, reply) + reply, (to, 0))
        self._before[peer] = request


def address_of(manner: str) -> str:
    return f"127.0.1.{MANNERS.index(manner) + 1}"


def replies_of(manner: str, identifier: int, sequence: int, data: bytes) -> Iterator[bytes]:
    kind = TIMESTAMP_REPLY if manner == "type" else REPLY
    code = 3 if manner == "code" else 0
    identifier ^= manner == "id"
    sequence ^= manner == "sequence"
    data = data[:4] if manner == "short" else data[:-2] + b"xy" if manner == "data" else data
    yield from [reply_of(kind, code, identifier, sequence, data, wrong=manner == "checksum")] * (
        2 if manner == "twice" else 1
    )


def late(request: tuple[int, int, bytes] | None) -> Iterator[bytes]:
    """The reply to the request before."""
    if request is not None:
        yield reply_of(REPLY, 0, *request)


def reply_of(kind: int, code: int, identifier: int, sequence: int, data: bytes, *, wrong: bool = False) -> bytes:
    head = struct.pack("!BBHHH", kind, code, 0, identifier, sequence)
    right = checksum(head + data)
    return head[:2] + struct.pack("!H", right ^ 0x55 if wrong else right) + head[4:] + data


def header(source: str, to: str, reply: bytes) -> bytes:
    """An IPv4 header; the kernel sets its checksum."""
    addresses = socket.inet_aton(source), socket.inet_aton(to)
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(reply), 1, 0, 64, 1, 0, *addresses)


async def polled(poller: IcmpPoller, manner: str) -> dict[str, Value]:
    answering = manner in ("right", "twice")
    target = target_of(f"icmp://{address_of(manner)}?count=3", timeout=PATIENT if answering else SILENT)
    try:
        return {metric: measurement.value for metric, measurement in (await ask(poller, target)).items()}
    except NotReady:
        return {}


async def main() -> None:
    peer, poller = Peer(), IcmpPoller()
    asyncio.get_running_loop().add_reader(peer.requests.fileno(), peer.read)
    readings = await asyncio.gather(*(polled(poller, manner) for manner in MANNERS))
    await poller.close()
    sys.stdout.write(json.dumps(dict(zip(MANNERS, readings, strict=True))))


if __name__ == "__main__":
    asyncio.run(main())
