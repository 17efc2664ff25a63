"""Is this an OPC UA server at all? Its first words over TCP (OPC 10000-6, 7.1.2), before a library is let at it."""

from __future__ import annotations

import asyncio
import struct

from collectors.errors import NotReady, Reason, Undetermined
from collectors.network.addresses import resolve

GREETING = 3.0
"""Seconds for the connection and its first answer."""
BUFFER = 65536
LONGEST = 4096
"""Bytes of a first answer at most; the standard's own limit for its text."""
# OPC 10000-6, 7.1.5 and OPC 10000-4, 7.39.2.
TOO_BUSY = 0x807D0000
_ERRORS = {0x80830000: "the server does not know this address", 0x80820000: "an internal error of the server"}


async def greet(host: str, port: int, url: str) -> None:
    """Check that a server speaks OPC UA. Raises NotReady, OSError, and TimeoutError after GREETING seconds.

    Without that limit, an attempt on a broken path would wait for TCP's retransmissions after the path is back.
    """
    async with asyncio.timeout(GREETING):
        await _greet(host, port, url)


async def _greet(host: str, port: int, url: str) -> None:
    reader, writer = await asyncio.open_connection(await resolve(host), port, limit=LONGEST)
    try:
        text = url.encode()
        body = struct.pack("<5Ii", 0, BUFFER, BUFFER, 0, 0, len(text)) + text
        writer.write(b"HELF" + struct.pack("<I", len(body) + 8) + body)
        head = await reader.readexactly(8)
        size = struct.unpack("<I", head[4:])[0]
        if head[:4] not in (b"ACKF", b"ERRF") or not 8 < size <= LONGEST:
            raise NotReady(Reason.WRONG_ANSWER, "this is not OPC UA")
        payload = await reader.readexactly(size - 8)
        if head[:3] == b"ERR":
            code = struct.unpack("<I", payload[:4])[0]
            if code == TOO_BUSY:
                raise Undetermined(Reason.REFUSED, "the server is too busy", "服务器过忙")
            raise NotReady(Reason.WRONG_ANSWER, _ERRORS.get(code, f"status {code:#010x}"))
    except asyncio.IncompleteReadError as error:
        raise NotReady(Reason.CLOSED) from error
    finally:
        writer.transport.abort()
