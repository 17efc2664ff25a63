"""SIP messages (RFC 3261) as surveillance devices send them: read tolerantly and within bounds, and our own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

HEAD_LIMIT, HEADERS_LIMIT = 8192, 64
"""Bytes and header fields of a message's head."""
DATAGRAM_BODY, STREAM_BODY = 65_536, 262_144
"""Bytes of a body over UDP and over TCP."""
AGENT = "Watchfloor"
_COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length"}
_COMPACT |= {"c": "content-type", "e": "content-encoding", "o": "event", "k": "supported", "s": "subject"}
_REQUEST = re.compile(r"([A-Z]{1,20}) (\S{1,512}) SIP/2\.0$")
_STATUS = re.compile(r"SIP/2\.0 (\d{3})(?: (.*))?$")
_USER = re.compile(r"sips?:([^@;>\s:]{1,64})(?::[^@;>\s]*)?@", re.IGNORECASE)
_TAG = re.compile(r";\s*tag=([^;>\s]{1,128})", re.IGNORECASE)
_CLOSING = re.compile(rb"</(?:Notify|Response|Query|Control)>\s*", re.IGNORECASE)


class SipFormatError(ValueError):
    """The bytes are no SIP message, or more than is read."""


@dataclass(frozen=True, slots=True)
class SipMessage:
    """A request (`method` and `target`) or a response (`status`). Header names are in lower case and unabridged."""

    method: str
    target: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """The first field of that name, "" without any."""
        return next((value for key, value in self.headers if key == name), "")

    def all(self, name: str) -> list[str]:
        """Every field of that name."""
        return [value for key, value in self.headers if key == name]

    @property
    def sender(self) -> str:
        """The user part of From: the device's id. "" without one."""
        return user_of(self.header("from"))

    @property
    def transaction(self) -> tuple[str, str, str]:
        """The identity of a request: Call-ID, CSeq and branch. A repeated request has the same one."""
        branch = re.search(r"branch=([^;,\s]{1,128})", self.header("via"))
        return self.header("call-id"), self.header("cseq"), branch[1] if branch else ""


def user_of(field: str) -> str:
    """The user part of the SIP URI in a header field."""
    match = _USER.search(field)
    return match[1] if match else ""


def tag_of(field: str) -> str:
    """The tag of a From or To header, "" without one."""
    match = _TAG.search(field)
    return match[1] if match else ""


def parse(data: bytes, *, stream: bool = False) -> SipMessage:
    """The message in a datagram, or in a framed part of a stream. Raises SipFormatError."""
    match = re.search(rb"\r?\n\r?\n", data[: HEAD_LIMIT + 4])
    if match is None:
        raise SipFormatError("no empty line after the head")
    lines = _unfolded(data[: match.start()].lstrip(b"\r\n").decode("utf-8", "replace"))
    headers = tuple(_fields(lines[1:]))
    body = data[match.end() :]
    length = content_length(headers)
    if length is not None and length < len(body):
        body = body[:length]
    elif length is not None and length > len(body) and not _CLOSING.search(body[-64:]):
        raise SipFormatError(f"Content-Length {length}, but {len(body)} bytes came")
    if len(body) > (STREAM_BODY if stream else DATAGRAM_BODY):
        raise SipFormatError(f"a body of {len(body)} bytes is too long")
    if request := _REQUEST.match(lines[0]):
        return SipMessage(request[1], request[2], 0, headers, body)
    if status := _STATUS.match(lines[0]):
        return SipMessage("", "", int(status[1]), headers, body)
    raise SipFormatError(f"not SIP: {lines[0][:60]!r}")


def _unfolded(head: str) -> list[str]:
    lines: list[str] = []
    for line in head.splitlines():
        if line[:1] in " \t" and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.rstrip())
    if not lines:
        raise SipFormatError("the head is empty")
    if len(lines) > HEADERS_LIMIT + 1:
        raise SipFormatError(f"more than {HEADERS_LIMIT} header fields")
    return lines


def _fields(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            name = name.strip().lower()
            yield _COMPACT.get(name, name), value.strip()


def content_length(headers: Iterable[tuple[str, str]]) -> int | None:
    """The Content-Length, None without one. Raises SipFormatError for a bad one or for two that differ."""
    lengths = {value.strip() for name, value in headers if name == "content-length"}
    if not lengths:
        return None
    text = lengths.pop()
    if lengths or not (text.isascii() and text.isdecimal()) or len(text) > 7:
        raise SipFormatError(f"Content-Length {text[:20]!r}")
    return int(text)


class SipFraming:
    """Divides a TCP stream into messages: by Content-Length, or up to the end of the XML without one."""

    def __init__(self) -> None:
        self._data = bytearray()
        self.pings = 0
        """Keepalives of the connection (RFC 5626: CRLFCRLF) since the last look."""

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that are complete. Raises SipFormatError: the stream cannot be followed any more."""
        self._data += data
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> bytes | None:
        while self._data.startswith(b"\r\n\r\n"):
            del self._data[:4]
            self.pings += 1
        blank = len(self._data) - len(self._data.lstrip(b"\r\n"))
        if blank and blank < len(self._data):
            del self._data[:blank]
        match = re.search(rb"\r?\n\r?\n", self._data)
        if match is None or match.end() > HEAD_LIMIT + 4:
            if match is not None or len(self._data) > HEAD_LIMIT:
                raise SipFormatError("the head is too long")
            return None
        lines = _unfolded(bytes(self._data[: match.start()]).decode("utf-8", "replace"))
        if not (_REQUEST.match(lines[0]) or _STATUS.match(lines[0])):
            raise SipFormatError(f"not SIP: {lines[0][:60]!r}")
        end = self._end(lines, match.end())
        if end is None:
            return None
        if end - match.end() > STREAM_BODY:
            raise SipFormatError("the body is too long")
        if len(self._data) < end:
            return None
        message = bytes(self._data[:end])
        del self._data[:end]
        return message

    def _end(self, lines: list[str], body: int) -> int | None:
        """The offset at which the message ends, None while it is unknown. `body` is the offset of its body."""
        length = content_length(_fields(lines[1:]))
        if length is not None:
            return body + length
        if not lines[0].startswith(("MESSAGE ", "NOTIFY ")):
            return body
        closing = _CLOSING.search(self._data, body)
        if closing is not None:
            return closing.end()
        if len(self._data) - body > STREAM_BODY:
            raise SipFormatError("the body is too long")
        return None


def response(
    request: SipMessage,
    status: int,
    reason: str,
    peer: tuple[str, int],
    more: Iterable[tuple[str, str]] = (),
    tag: str = "",
) -> bytes:
    """The response to a request that came from `peer` (RFC 3261, 8.2.6; RFC 3581). `tag` is ours in a dialog."""
    lines = [f"SIP/2.0 {status} {reason}"]
    for number, via in enumerate(request.all("via")):
        lines.append(f"Via: {_received(via, peer) if number == 0 else via}")
    to = request.header("to")
    if not _TAG.search(to):
        to = f"{to};tag={tag or secrets.token_hex(4)}"
    lines += [f"From: {request.header('from')}", f"To: {to}", f"Call-ID: {request.header('call-id')}"]
    lines += [f"CSeq: {request.header('cseq')}", f"User-Agent: {AGENT}"]
    lines += [f"{name}: {value}" for name, value in more]
    return ("\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode()


def _received(via: str, peer: tuple[str, int]) -> str:
    via = re.sub(r";\s*rport(?:=\d*)?(?=;|$)", f";rport={peer[1]}", via)
    return via if ";received=" in via else f"{via};received={peer[0]}"


def request(
    method: str,
    to: str,
    own: str,
    domain: str,
    way: tuple[str, tuple[str, int], tuple[str, int]],
    *,
    sequence: int,
    body: bytes = b"",
    more: Iterable[tuple[str, str]] = (),
    call_id: str = "",
    tags: tuple[str, str] = ("", ""),
    target: str = "",
    to_domain: str = "",
) -> tuple[str, bytes]:
    """A request to a device or platform: its Call-ID and its bytes. `way` is (transport, peer, local address).

    `own` is our id. `tags` are those of From and To in a dialog. `target` is the URI of the request line, "" for the
    peer's address. `to_domain` is that of To, "" for our own.
    """
    transport, peer, local = way
    call_id = call_id or secrets.token_hex(12)
    from_tag = tags[0] or secrets.token_hex(4)
    to_tag = f";tag={tags[1]}" if tags[1] else ""
    lines = [
        f"{method} {target or f'sip:{to}@{peer[0]}:{peer[1]}'} SIP/2.0",
        f"Via: SIP/2.0/{transport} {local[0]}:{local[1]};rport;branch=z9hG4bK{secrets.token_hex(8)}",
        f"From: <sip:{own}@{domain}>;tag={from_tag}",
        f"To: <sip:{to}@{to_domain or domain}>{to_tag}",
        f"Call-ID: {call_id}",
        f"CSeq: {sequence} {method}",
        "Max-Forwards: 70",
        f"User-Agent: {AGENT}",
        *(f"{name}: {value}" for name, value in more),
    ]
    if body:
        lines.append("Content-Type: Application/MANSCDP+xml")
    return call_id, ("\r\n".join(lines) + f"\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
