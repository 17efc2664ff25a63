"""Bodies of HTTP responses, limited in size. Some servers compress them although the request asks for `identity`."""

from __future__ import annotations

import zlib

import aiohttp

from collectors.errors import NotReady, Reason

BODY_LIMIT = 1 << 20
"""Bytes of a body that are read, after decompression."""
_MEMBER = b"\x1f\x8b"
"""The beginning of a further gzip member (RFC 1952, 2.2). Other octets behind the end are ignored, as by browsers."""
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


async def read(answer: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """The first BODY_LIMIT bytes, and whether the body ends there.

    Raises NotReady for a Content-Encoding that is not supported, or a body that does not have it.
    """
    codings = [coding.strip().lower() for coding in answer.headers.get("Content-Encoding", "").split(",")]
    unpackers = [_unpacker(coding) for coding in reversed(codings) if coding not in ("", "identity")]
    body = bytearray()
    async for chunk in answer.content.iter_chunked(65536):
        whole, room = True, BODY_LIMIT - len(body)
        data: bytes = chunk
        for unpacker in unpackers:
            data, cut = _unpacked(unpacker, data, room + 1)
            whole = whole and not cut
        if len(data) > room or not whole:
            return bytes(body + data[:room]), False
        body += data
    return bytes(body), True


class _Unpacker:
    """Decompresses one coding of a body. `deflate` has a zlib header (RFC 9110), which some servers leave out."""

    def __init__(self, coding: str) -> None:
        self.coding = coding
        self._inner = zlib.decompressobj(_GZIP_OR_ZLIB)
        self._begun = False

    def unpack(self, data: bytes, most: int) -> tuple[bytes, bool]:
        """At most `most` bytes, and whether more would come. Raises zlib.error."""
        try:
            out = self._inner.decompress(data, most)
        except zlib.error:
            if self._begun or self.coding != "deflate":
                raise
            self._inner = zlib.decompressobj(-zlib.MAX_WBITS)
            out = self._inner.decompress(data, most)
        self._begun = True
        while self._inner.eof and len(out) < most and self._inner.unused_data.startswith(_MEMBER):
            rest, self._inner = self._inner.unused_data, zlib.decompressobj(_GZIP_OR_ZLIB)
            out += self._inner.decompress(rest, most - len(out))
        return out, bool(self._inner.unconsumed_tail)


def _unpacker(coding: str) -> _Unpacker:
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise NotReady(Reason.WRONG_ANSWER, f"Content-Encoding: {coding[:40]} was not asked for and is not understood")
    return _Unpacker(coding)


def _unpacked(unpacker: _Unpacker, data: bytes, most: int) -> tuple[bytes, bool]:
    try:
        return unpacker.unpack(data, most)
    except zlib.error as error:
        raise NotReady(
            Reason.WRONG_ANSWER, f"Content-Encoding: {unpacker.coding}, but the body cannot be unpacked ({error})"
        ) from error
