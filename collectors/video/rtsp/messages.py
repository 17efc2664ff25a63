"""RTSP 1.0 messages on a connection (RFC 2326): responses, requests of the server, and interleaved packets."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

HEAD_LIMIT, BODY_LIMIT = 16_384, 65_536
"""Bytes of a message's head and of its body."""
_STATUS = re.compile(r"RTSP/1\.\d (\d{3})(?: (.*))?$")
_REQUEST = re.compile(r"([A-Z_]{1,32}) \S{1,4096} RTSP/1\.\d$")


class RtspFormatError(ValueError):
    """The peer sent something that is no RTSP, or more than is read."""


@dataclass(frozen=True, slots=True)
class RtspResponse:
    """An answer. Header names are in lower case; `challenges` holds every WWW-Authenticate header."""

    status: int
    reason: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    challenges: tuple[str, ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class RtspServerRequest:
    """A request that the server sends, such as OPTIONS or SET_PARAMETER."""

    method: str
    sequence: str


@dataclass(frozen=True, slots=True)
class InterleavedPacket:
    """A binary packet of a channel (RFC 2326, 10.12)."""

    channel: int
    payload: bytes


async def read(reader: asyncio.StreamReader) -> RtspResponse | RtspServerRequest | InterleavedPacket:
    """The next message. Raises RtspFormatError, OSError, EOFError (asyncio.IncompleteReadError)."""
    first = await reader.readexactly(1)
    while first in b"\r\n":  # blank lines between messages
        first = await reader.readexactly(1)
    if first == b"$":
        head = await reader.readexactly(3)
        return InterleavedPacket(head[0], await reader.readexactly(int.from_bytes(head[1:], "big")))
    try:
        line = await reader.readuntil(b"\n")
        lines, size = [first + line], len(line)
        start = lines[0].decode("utf-8", "replace").strip()
        if not (_STATUS.match(start) or _REQUEST.match(start)):  # at once: who speaks otherwise may never end its head
            raise RtspFormatError(f"not RTSP: {start[:60]!r}")
        while lines[-1].strip():
            lines.append(await reader.readuntil(b"\n"))
            size += len(lines[-1])
            if size > HEAD_LIMIT:
                raise RtspFormatError("the head of a message is too long")
    except asyncio.LimitOverrunError as error:
        raise RtspFormatError("a line is too long") from error
    return await _message([line.decode("utf-8", "replace").strip() for line in lines], reader)


async def _message(lines: list[str], reader: asyncio.StreamReader) -> RtspResponse | RtspServerRequest:
    headers: dict[str, str] = {}
    challenges = []
    for line in lines[1:-1]:
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() == "www-authenticate":
            challenges.append(value.strip())
        elif colon:
            headers.setdefault(name.strip().lower(), value.strip())
    body = await reader.readexactly(_length(headers))
    if status := _STATUS.match(lines[0]):
        return RtspResponse(int(status[1]), (status[2] or "")[:200], headers, tuple(challenges), body)
    request = _REQUEST.match(lines[0])
    assert request is not None, "read() lets no other first line pass"
    return RtspServerRequest(request[1], headers.get("cseq", "")[:32])


def _length(headers: dict[str, str]) -> int:
    text = headers.get("content-length", "0")
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise RtspFormatError(f"Content-Length {text[:20]!r}")
    if int(text) > BODY_LIMIT:
        raise RtspFormatError(f"a body of {text} bytes is too long")
    return int(text)
