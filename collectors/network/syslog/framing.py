"""Framing of syslog over TCP (RFC 6587): octet counting and terminators, told apart message by message. Pure.

A counted message begins with a number, a blank and `<`. Any other ends with LF, CRLF or NUL (RFC 6587, 3.4.2). One
stream may mix them.
"""

from __future__ import annotations

import re

from collectors.network.syslog.parser import LARGEST

_TERMINATORS = b"\r\n\x00"
_COUNT_DIGITS = 7
_COUNT = re.compile(rb"([1-9]\d{0,6}) <")
_UNFINISHED_COUNT = re.compile(rb"[1-9]\d{0,6} ?\Z")
_NO_COUNT = re.compile(rb"\d{%d,32} " % (_COUNT_DIGITS + 1))
_END = re.compile(rb"[\n\x00]")


class Framing:
    """Splits one stream. It holds at most one unfinished message of LARGEST octets; a longer one is cut."""

    def __init__(self) -> None:
        self._held = b""
        self._skip = 0
        self._lost = False

    def feed(self, data: bytes) -> list[bytes]:
        """The messages that `data` finishes. Raises ValueError when the stream cannot be followed any more."""
        buffer = self._held + data
        frames: list[bytes] = []
        while buffer:
            if self._skip:
                gone = min(self._skip, len(buffer))
                self._skip -= gone
                buffer = buffer[gone:]
                continue
            taken, message = self._next(buffer)
            if not taken:
                break
            buffer = buffer[taken:]
            if message:
                frames.append(message)
        self._held = buffer
        return frames

    def rest(self) -> bytes:
        """The last message of a closed connection, which has no terminator."""
        held, self._held = self._held, b""
        unfinished = _COUNT.match(held) or _UNFINISHED_COUNT.match(held)
        return b"" if unfinished or self._lost else held.strip(_TERMINATORS)

    def _next(self, buffer: bytes) -> tuple[int, bytes]:
        """The number of octets that are used up and the message in them. (0, b"") when more octets are needed."""
        if self._lost:
            return self._line(buffer)
        between = len(buffer) - len(buffer.lstrip(_TERMINATORS))
        if between:
            return between, b""
        if (count := _COUNT.match(buffer)) is not None:
            return self._counted(buffer, int(count[1]), count.end() - 1)
        if _UNFINISHED_COUNT.match(buffer):
            return 0, b""
        if _NO_COUNT.match(buffer):
            raise ValueError("no octet count where one belongs")
        return self._line(buffer)

    def _counted(self, buffer: bytes, length: int, begin: int) -> tuple[int, bytes]:
        """MSG-LEN SP SYSLOG-MSG."""
        frame_length = min(length, LARGEST + 1)  # one more, so that the parser sees that it was cut
        if len(buffer) < begin + frame_length:
            return 0, b""
        self._skip = length - frame_length
        return begin + frame_length, buffer[begin : begin + frame_length]

    def _line(self, buffer: bytes) -> tuple[int, bytes]:
        end = _END.search(buffer)
        if end is None:
            if len(buffer) <= LARGEST:
                return 0, b""
            # Longer than any message: keep its beginning once, then wait for its end.
            message = b"" if self._lost else buffer[: LARGEST + 1]
            self._lost = True
            return len(buffer), message
        message = b"" if self._lost else buffer[: end.start()].rstrip(b"\r")[: LARGEST + 1]
        self._lost = False
        return end.end(), message
