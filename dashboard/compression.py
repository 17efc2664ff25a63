"""Compression of the browser's files: each content is packed once, for all who ask for it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections import OrderedDict

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALL = 1024
"""Bytes below which a file is sent as it is."""
MOST = 256
"""Packed contents that are kept: more than there are files."""
_LEVEL = 9
_TEXTS = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")


class CompressedFiles:
    """ASGI middleware: answers to GET below `prefixes` are sent as gzip to who takes it."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes
        self._packed: OrderedDict[bytes, bytes] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        compressible = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(self._prefixes)
        if not compressible or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        answer = _Answer()
        await self._app(scope, receive, answer.take)
        await self._send(answer, send)

    async def _send(self, answer: _Answer, send: Send) -> None:
        headers = MutableHeaders(raw=answer.start["headers"])
        body = b"".join(answer.parts)
        kind = headers.get("content-type", "")
        headers.add_vary_header("Accept-Encoding")
        if answer.start["status"] == 200 and len(body) >= SMALL and kind.startswith(_TEXTS) and not _is_packed(headers):
            body = await self._pack(body)
            headers["Content-Encoding"] = "gzip"
            headers["Content-Length"] = str(len(body))
        await send(answer.start)
        await send({"type": "http.response.body", "body": body})

    async def _pack(self, body: bytes) -> bytes:
        key = hashlib.sha256(body).digest()
        packed = self._packed.get(key)
        if packed is None:
            packed = await asyncio.to_thread(gzip.compress, body, _LEVEL, mtime=0)
            self._packed[key] = packed
            while len(self._packed) > MOST:
                self._packed.popitem(last=False)
        self._packed.move_to_end(key)
        return packed


class _Answer:
    """An answer of the inner application, held until it is whole."""

    def __init__(self) -> None:
        self.start: Message = {"type": "http.response.start", "status": 500, "headers": []}
        self.parts: list[bytes] = []

    async def take(self, message: Message) -> None:
        """Keep a message of the answer."""
        if message["type"] == "http.response.start":
            self.start = message
        elif message["type"] == "http.response.body":
            self.parts.append(message.get("body", b""))


def _is_packed(headers: MutableHeaders) -> bool:
    return "content-encoding" in headers
