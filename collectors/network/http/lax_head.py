"""Repair of HTTP response heads before aiohttp parses them, as browsers and curl do it.

Devices send odd blanks in the status line, blanks before a colon, bare CR, lines without a colon, names that are no
token, and a Content-Length that is repeated or stands beside Transfer-Encoding. RFC 9112 calls these errors. A head
that cannot be repaired is refused, and the error names the header.
"""

from __future__ import annotations

import re

import aiohttp
from aiohttp.client_proto import ResponseHandler

HEAD_LIMIT = 64 * 1024
"""Octets of an answer's head that are read."""
FIELD_LIMIT = 65_000
"""Octets of one header field that aiohttp accepts."""
_LINES = re.compile(rb"\r?\n")
_END = re.compile(rb"\r?\n\r?\n")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_START = b"HTTP/"
_STATUS = re.compile(rb"HTTP/1(?:\.(\d))?[ \t]+(\d{3})(?:[ \t]+(.*))?", re.IGNORECASE | re.DOTALL)


class HeadError(aiohttp.ClientError):
    """A head that cannot be repaired. The message names the header."""


class LaxResponseHandler(ResponseHandler):
    """Buffers a response head until it is complete, and passes it to aiohttp repaired. So too for 1xx responses."""

    _head: bytes = b""
    _in_head: bool = True

    def data_received(self, data: bytes) -> None:
        """Called by the transport."""
        if not self._in_head:
            super().data_received(data)
            return
        self._head += data
        while self._in_head and self._head:
            if not _START.startswith(self._head[: len(_START)].upper()):
                self._hand_on(self._head)  # not HTTP: the parser says so
                return
            end = _END.search(self._head)
            if (len(self._head) if end is None else end.start()) > HEAD_LIMIT:
                self._refuse(f"the headers are larger than {HEAD_LIMIT // 1024} kB ({longest(self._head)})")
                return
            if end is None:
                return
            head, self._head = self._head[: end.start()], self._head[end.end() :]
            try:
                head = regular(head)
            except ValueError as error:
                self._refuse(str(error))
                return
            if is_interim(head):
                super().data_received(head)
            else:
                self._hand_on(head + self._head)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Called by the transport."""
        if self._in_head and self._head:
            self._hand_on(self._head)
        super().connection_lost(exc)

    def _hand_on(self, data: bytes) -> None:
        self._in_head, self._head = False, b""
        super().data_received(data)

    def _refuse(self, words: str) -> None:
        self._in_head, self._head = False, b""
        self.set_exception(HeadError(words))
        self.close()


def regular(head: bytes) -> bytes:
    """Repair a head. `head` lacks its empty line; the result has it. Raises ValueError, which names the header."""
    first, *lines = _LINES.split(head)
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and fields:  # obs-fold
            fields[-1] = (fields[-1][0], fields[-1][1] + b" " + line.strip())
            continue
        name, colon, value = line.partition(b":")
        if colon and _TOKEN.fullmatch(name.rstrip()):
            fields.append((name.rstrip(), _CONTROLS.sub(b" ", value).strip()))
    fields = _framing(fields)
    status_line = _CONTROLS.sub(b" ", first)
    if match := _STATUS.fullmatch(status_line):
        status_line = b"HTTP/1.%d %b %b" % (match[1] != b"0", match[2], match[3] or b"")
    return b"\r\n".join([status_line, *(name + b": " + value for name, value in fields)]) + b"\r\n\r\n"


def _framing(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Keep at most one Content-Length, and none beside Transfer-Encoding (RFC 9112, 6.3). Raises ValueError."""
    lengths = {
        part.strip() for name, value in fields if name.lower() == b"content-length" for part in value.split(b",")
    }
    codings = [value for name, value in fields if name.lower() == b"transfer-encoding"]
    if len(lengths) > 1 and not codings:
        raise ValueError("the header Content-Length comes with different values")
    if any(not length.isdigit() for length in lengths) and not codings:
        raise ValueError("the header Content-Length is no number")
    others = [pair for pair in fields if pair[0].lower() not in (b"content-length", b"transfer-encoding")]
    if codings:
        coding = codings[0] if len(set(codings)) == 1 else b", ".join(codings)
        return [*others, (b"Transfer-Encoding", coding)]
    return [*others, *((b"Content-Length", length) for length in lengths)]


def is_interim(head: bytes) -> bool:
    """True for a 1xx answer other than 101, after which the answer itself comes (RFC 9110, 15.2)."""
    status = head.split(b" ", 2)[1:2]
    return bool(status) and status[0][:1] == b"1" and status[0][:3] != b"101"


def longest(head: bytes) -> str:
    """The name of the longest header of a head."""
    line = max(_LINES.split(head)[1:], key=len, default=b"")
    name = line.partition(b":")[0].strip().decode("ascii", "replace")
    return name[:60] or "-"
