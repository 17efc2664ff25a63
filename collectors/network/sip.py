"""`sip://host:5060?transport=udp`: does a SIP server (phones, conferences) answer OPTIONS (RFC 3261 clause 11)?

Any final response to our own request says that the SIP stack works, also 401, 404 or 486: a server need not know us.
Of 5xx and 6xx only 500 and 503 count as failed, because they speak of the server itself. Over UDP the request is sent
again after 0.5 s, 1 s, 2 s (Timer A of clause 17.1.1.2). No call is made and nobody registers.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import ClassVar

from collectors import charset, uri
from collectors.contract import Measurement, Poller, Target
from collectors.errors import NotReady, Reason, not_ready
from collectors.network.addresses import choice, need_host, resolve

TRANSPORTS = ("udp", "tcp")
FAILED = (500, 503)
T1 = 0.5
"""Seconds until the first repetition (RFC 3261, Timer T1); doubled each time."""
LONGEST = 65_535
_SHOWN = 160


class SipPoller(Poller):
    """Gives `sip.ms` (to the final response), `sip.status`, `sip.server` (its own words, "" without)."""

    schemes: ClassVar[tuple[str, ...]] = ("sip",)
    family: ClassVar[str] = "sip"

    @classmethod
    def validate(cls, target: Target) -> None:
        """Raises Misconfigured without a host, or for a transport other than udp and tcp."""
        need_host(target, "sip://10.0.0.1:5060")
        uri.only(target, ("transport", "user"))
        choice(target, "transport", TRANSPORTS)

    async def poll(self, target: Target) -> list[Measurement]:
        """Raises NotReady."""
        host, port = await resolve(target.host), target.port or 5060
        branch = f"z9hG4bK{secrets.token_hex(8)}"
        began = time.perf_counter()
        try:
            if target.params.get("transport") == "tcp":
                response = await _over_tcp(host, port, target, branch)
            else:
                response = await _over_udp(host, port, target, branch)
        except OSError as error:
            raise not_ready(error) from error
        except asyncio.IncompleteReadError as error:
            raise NotReady(Reason.CLOSED, "within the response") from error
        except asyncio.LimitOverrunError as error:
            raise NotReady(Reason.WRONG_ANSWER, "the response is too long") from error
        took = time.perf_counter() - began
        status, reason, headers = response
        measurements = [
            Measurement(metric="sip.ms", value=round(took * 1000, 3), unit="ms"),
            Measurement(metric="sip.status", value=status),
            Measurement(metric="sip.server", value=headers.get("server") or headers.get("user-agent", "")),
        ]
        if status in FAILED:
            raise NotReady(Reason.WRONG_ANSWER, f"{status} {reason}", measurements)
        return measurements

    async def close(self) -> None:
        """Holds no connection between polls."""


Response = tuple[int, str, dict[str, str]]
"""Status, reason phrase, and headers by lower-case name (the first of each)."""


def request(target: Target, local: tuple[str, int], transport: str, branch: str) -> bytes:
    """An OPTIONS request with what RFC 3261 clause 8.1.1 demands."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    here = f"[{local[0]}]" if ":" in local[0] else local[0]
    user = target.params.get("user", "")
    to = f"sip:{user}@{host}" if user else f"sip:{host}"
    lines = (
        f"OPTIONS {to} SIP/2.0",
        f"Via: SIP/2.0/{transport.upper()} {here}:{local[1]};branch={branch};rport",
        "Max-Forwards: 70",
        f"From: <sip:watchfloor@{here}>;tag={branch[-8:]}",
        f"To: <{to}>",
        f"Call-ID: {branch[7:]}@{here}",
        "CSeq: 1 OPTIONS",
        f"Contact: <sip:watchfloor@{here}:{local[1]}>",
        "Accept: application/sdp",
        "Content-Length: 0",
    )
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def read_response(raw: bytes, branch: str) -> Response | None:
    """The response in `raw`, None for a provisional one (1xx) and for one to another request.

    Raises NotReady (wrong answer) for what is no SIP response.
    """
    head = raw.partition(b"\r\n\r\n")[0].decode("utf-8", "replace")
    first, *lines = (charset.printable(line) for line in head.split("\r\n"))
    version, _, rest = first.partition(" ")
    code, _, reason = rest.partition(" ")
    if not version.upper().startswith("SIP/2.") or not (code.isascii() and code.isdigit() and len(code) == 3):
        raise NotReady(Reason.WRONG_ANSWER, "what answers does not speak SIP")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault({"v": "via"}.get(name.strip().lower(), name.strip().lower()), value.strip()[:_SHOWN])
    if branch not in headers.get("via", "") or int(code) < 200:
        return None
    return int(code), reason.strip()[:_SHOWN], headers


class _Replies(asyncio.DatagramProtocol):
    """Datagrams of one exchange. An ICMP error ends it."""

    def __init__(self) -> None:
        self.received: asyncio.Queue[bytes | OSError] = asyncio.Queue(maxsize=32)

    def datagram_received(self, data: bytes, addr: object) -> None:
        if not self.received.full():
            self.received.put_nowait(data)

    def error_received(self, exc: Exception) -> None:
        if isinstance(exc, OSError) and not self.received.full():
            self.received.put_nowait(exc)


async def _over_udp(host: str, port: int, target: Target, branch: str) -> Response:
    loop = asyncio.get_running_loop()
    transport, replies = await loop.create_datagram_endpoint(_Replies, remote_addr=(host, port))
    try:
        message = request(target, transport.get_extra_info("sockname")[:2], "udp", branch)
        wait = T1
        while True:
            transport.sendto(message)
            try:
                async with asyncio.timeout(wait):
                    return await _final(replies, branch)
            except TimeoutError:
                wait *= 2
    finally:
        transport.close()


async def _final(replies: _Replies, branch: str) -> Response:
    while True:
        reply = await replies.received.get()
        if isinstance(reply, OSError):
            raise reply
        if (response := read_response(reply, branch)) is not None:
            return response


async def _over_tcp(host: str, port: int, target: Target, branch: str) -> Response:
    reader, writer = await asyncio.open_connection(host, port, limit=LONGEST)
    try:
        writer.write(request(target, writer.get_extra_info("sockname")[:2], "tcp", branch))
        await writer.drain()
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            if (response := read_response(head, branch)) is not None:
                return response
    finally:
        writer.close()
