"""A frame of the live feed for many clients. Its bytes and each compressed form of them are computed once."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Callable, Iterable, Mapping

SMALL = 1024
"""Frames of fewer bytes stay text: compressed they would hardly be smaller."""
LARGE = 16 * 1024
"""Frames of so many bytes are compressed in a thread."""
_GZIP_LEVEL = 6


def _gzip(raw: bytes) -> bytes:
    return gzip.compress(raw, _GZIP_LEVEL, mtime=0)


COMPRESSORS: Mapping[str, Callable[[bytes], bytes]] = {"gzip": _gzip}
"""The compressions of the server, best first."""


def best_encoding(accepted: Iterable[str]) -> str:
    """The best encoding among the accepted ones; "" when there is none."""
    encodings = set(accepted)
    return next((name for name in COMPRESSORS if name in encodings), "")


class Frame:
    """A frame. Clients with the same encoding share its bytes."""

    __slots__ = ("_forms", "_text", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._text: str | None = None
        self._forms: dict[str, asyncio.Future[bytes] | bytes] = {}

    @property
    def text(self) -> str:
        """The frame as text."""
        if self._text is None:
            self._text = self.raw.decode()
        return self._text

    async def encoded(self, encoding: str) -> str | bytes:
        """The message in this encoding ("": not compressed): text, or compressed bytes."""
        if not encoding or len(self.raw) < SMALL:
            return self.text
        form = self._forms.get(encoding)
        if isinstance(form, bytes):
            return form
        compress = COMPRESSORS[encoding]
        if form is None and len(self.raw) < LARGE:
            compressed = compress(self.raw)
        else:
            if form is None:
                form = self._forms[encoding] = asyncio.ensure_future(asyncio.to_thread(compress, self.raw))
            compressed = await asyncio.shield(form)
        self._forms[encoding] = compressed
        return compressed
