"""After a power cut: many devices of GB/T 28181 register with digest at once over real UDP on loopback.

    python -m bench.video_registrations [--devices 10000] [--within 30] [--settle 60]

Every device sends from one of 250 addresses, asks without credentials, signs with the nonce of the 401, and counts when
its 200 comes; a request that stays unanswered for a second is sent again. The share of a core is that of the
platform's process alone. `queries` is the most catalog queries that were under way at once.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import re
import selectors
import socket
import sys
import time
from collections import deque
from multiprocessing import Process, SimpleQueue

from bench.video import DOMAIN, PLATFORM, device_id, recorders
from collectors.listener import ListenerContext
from collectors.settings import Credential, SourceSettings
from collectors.video.gb28181.listener import GbListener

ADDRESSES = 250
AGAIN = 1.0
"""Seconds after which a device sends an unanswered request again."""
_CHALLENGE = re.compile(rb'realm="([^"]*)",\s*nonce="([^"]*)"')
_FROM = re.compile(rb"From: <sip:(\d+)@")
Result = tuple[int, float, int]
"""Devices that are registered, seconds until the last of them, requests that were sent."""


def register(number: int, sequence: int, host: str, challenge: tuple[str, str] | None) -> bytes:
    """The request of a device; signed where it has a realm and a nonce."""
    device, uri, signed = device_id(number), f"sip:{PLATFORM}@{DOMAIN}", ""
    if challenge is not None:
        realm, nonce = challenge
        secret, about = _md5(f"{device}:{realm}:x"), _md5(f"REGISTER:{uri}")
        signed = (
            f'Authorization: Digest username="{device}",realm="{realm}",nonce="{nonce}",uri="{uri}",'
            f'response="{_md5(f"{secret}:{nonce}:{about}")}",algorithm=MD5\r\n'
        )
    return (
        f"REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:5060;rport;branch=z9hG4bK{number}-{sequence}\r\n"
        f"From: <sip:{device}@{DOMAIN}>;tag=1\r\nTo: <sip:{device}@{DOMAIN}>\r\nCall-ID: r{number}\r\n"
        f"CSeq: {sequence} REGISTER\r\nContact: <sip:{device}@{host}:5060>\r\nMax-Forwards: 70\r\nExpires: 86400\r\n"
        f"{signed}Content-Length: 0\r\n\r\n"
    ).encode()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


class Devices:
    """All devices in one process: what each has sent, and when."""

    def __init__(self, port: int, count: int) -> None:
        self.server, self.count, self.sent = ("127.0.0.1", port), count, 0
        self.done: set[int] = set()
        self.challenges: dict[int, tuple[str, str]] = {}
        self.waiting: deque[tuple[float, int]] = deque()
        self.sequence: dict[int, int] = {}
        self.hosts = [f"127.28.{number // 200}.{number % 200 + 1}" for number in range(ADDRESSES)]
        self.sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in self.hosts]
        self.selector = selectors.DefaultSelector()
        for each, host in zip(self.sockets, self.hosts, strict=True):
            each.bind((host, 0))
            each.setblocking(False)
            self.selector.register(each, selectors.EVENT_READ)

    def send(self, number: int) -> None:
        at = number % ADDRESSES
        self.sequence[number] = self.sequence.get(number, 0) + 1
        request = register(number, self.sequence[number], self.hosts[at], self.challenges.get(number))
        self.sockets[at].sendto(request, self.server)
        self.sent += 1
        self.waiting.append((time.monotonic() + AGAIN, number))

    def take(self, data: bytes) -> None:
        sender, challenge = _FROM.search(data), _CHALLENGE.search(data)
        if sender is None:
            return
        number = int(sender[1][-6:])
        if data.startswith(b"SIP/2.0 200"):
            self.done.add(number)
        elif challenge is not None:
            self.challenges[number] = challenge[1].decode(), challenge[2].decode()
            self.send(number)

    def run(self, within: float, settle: float) -> Result:
        """Begin with all devices within so many seconds; end when all are registered, or after `settle`."""
        began, begun, last = time.monotonic(), 0, 0.0
        while (passed := time.monotonic() - began) < settle and len(self.done) < self.count:
            while begun < min(self.count, passed / within * self.count):
                self.send(begun)
                begun += 1
            for key, _ in self.selector.select(0.002):
                before = len(self.done)
                self.take(self.sockets[self.sockets.index(key.fileobj)].recv(65535))  # type: ignore[arg-type]
                last = time.monotonic() - began if len(self.done) > before else last
            while self.waiting and self.waiting[0][0] < time.monotonic():
                _, number = self.waiting.popleft()
                if number not in self.done:
                    self.send(number)
        return len(self.done), last, self.sent


def storm(port: int, count: int, within: float, settle: float, results: SimpleQueue[Result]) -> None:
    results.put(Devices(port, count).run(within, settle))


async def registrations(devices: int, within: float, settle: float) -> None:
    """Measure and print."""
    credentials = {"gb": Credential(name="gb", kind="password", values={"user": "*", "password": "x"})}
    settings = SourceSettings(id="gb", kind="video.gb28181", url=f"sip://{PLATFORM}@127.0.0.1:0", cred="gb")
    listener = GbListener(settings, ListenerContext(inventory=recorders(devices), credentials=credentials))
    await listener.open()
    results: SimpleQueue[Result] = SimpleQueue()
    most = 0

    async def listen() -> None:
        async for _ in listener.listen():
            pass

    listening = asyncio.create_task(listen())
    sender = Process(target=storm, args=(listener.port, devices, within, settle, results))
    before, began = time.process_time(), time.monotonic()
    sender.start()
    while sender.is_alive():
        pending = listener.platform.queries._pending.values()
        most = max(most, sum(query.command == "Catalog" for query in pending))
        await asyncio.sleep(0.25)
    used, wall = time.process_time() - before, time.monotonic() - began
    registered, last, sent = results.get()
    counts = listener.counts()
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)
    await listener.close()
    print(
        f"registrations: {registered} of {devices} devices by {last:.1f} s (begun within {within:.0f} s), "
        f"{sent} requests, {100 * used / wall:.0f} % of a core over {wall:.0f} s, {counts['dropped']:.0f} dropped, "
        f"{most} catalog queries at once"
    )


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--within", type=float, default=30.0)
    parser.add_argument("--settle", type=float, default=60.0)
    args = parser.parse_args()
    asyncio.run(registrations(args.devices, args.within, args.settle))
    return 0


if __name__ == "__main__":
    sys.exit(main())
