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
PEER, OTHER = "127.0.0.50", "127.0.0.51"
ECHO, REPLY, TIMESTAMP_REPLY = 8, 0, 14


def checksum(octets: bytes) -> int:
    total: int = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


class Peer:
    """Answers from a raw socket that writes its own IP headers."""

    def __init__(self) -> None:
        self.manner = ""
        self._in = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._in.setblocking(False)
        self._out = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        self._before: tuple[int, int, bytes] | None = None

    def read(self) -> None:
        packet, _ = self._in.recvfrom(2048)
        message = packet[(packet[0] & 15) * 4 :]
        if message[0] != ECHO:
            return
        identifier, sequence = struct.unpack_from("!HH", message, 4)
        to = socket.inet_ntoa(packet[12:16])
        for source, reply in self._replies(identifier, sequence, message[8:]):
            self._out.sendto(header(source, to, reply) + reply, (to, 0))
        self._before = (identifier, sequence, message[8:])

    def _replies(self, identifier: int, sequence: int, data: bytes) -> Iterator[tuple[str, bytes]]:
        source = OTHER if self.manner == "source" else PEER
        kind = TIMESTAMP_REPLY if self.manner == "type" else REPLY
        code = 3 if self.manner == "code" else 0
        if self.manner == "late":
            if self._before is not None:
                yield source, reply_of(kind, code, *self._before)
            return
        identifier ^= self.manner == "id"
        sequence ^= self.manner == "sequence"
        data = data[:4] if self.manner == "short" else data[:-2] + b"xy" if self.manner == "data" else data
        reply = reply_of(kind, code, identifier, sequence, data, wrong=self.manner == "checksum")
        yield from [(source, reply)] * (2 if self.manner == "twice" else 1)


def reply_of(kind: int, code: int, identifier: int, sequence: int, data: bytes, *, wrong: bool = False) -> bytes:
    head = struct.pack("!BBHHH", kind, code, 0, identifier, sequence)
    right = checksum(head + data)
    return head[:2] + struct.pack("!H", right ^ 0x55 if wrong else right) + head[4:] + data


def header(source: str, to: str, reply: bytes) -> bytes:
    """An IPv4 header; the kernel sets its checksum."""
    addresses = socket.inet_aton(source), socket.inet_aton(to)
    return struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(reply), 1, 0, 64, 1, 0, *addresses)


async def main() -> None:
    peer, readings = Peer(), dict[str, dict[str, Value]]()
    asyncio.get_running_loop().add_reader(peer._in.fileno(), peer.read)
    for manner in MANNERS:
        peer.manner = manner
        poller = IcmpPoller()
        try:
            target = target_of(f"icmp://{PEER}?count=3", timeout=2.0 if manner in ("right", "twice") else 0.4)
            readings[manner] = {metric: each.value for metric, each in (await ask(poller, target)).items()}
        except NotReady:
            readings[manner] = {}
        await poller.close()
    sys.stdout.write(json.dumps(readings))


if __name__ == "__main__":
    asyncio.run(main())
