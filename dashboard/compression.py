"""Compression of the browser's files: each content is packed once, for all; an answer that never changes is kept."""

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
"""Packed contents that are finished: more than there are files."""
_LEVEL = 9
_TEXTS = ("text/", "application/javascript", "application/json", "application/manifest+json", "image/svg+xml")


class CompressedFiles:
    """ASGI middleware: answers to GET below `prefixes` are sent as gzip to who takes it."""

    def __init__(self, app: ASGIApp, prefixes: tuple[str, ...]) -> None:
        self._app = app
        self._prefixes = prefixes
        self._packed: OrderedDict[bytes, bytes] = OrderedDict()
        self._immutable: OrderedDict[str, tuple[Message, bytes]] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        compressible = scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(self._prefixes)
        request_headers = Headers(scope=scope) if compressible else {}
        if "gzip" not in request_headers.get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        plain = not scope["query_string"] and not {"range", "if-none-match", "if-modified-since"} & set(request_headers)
        finished = self._immutable.get(scope["path"]) if plain else None
        if finished is None:
            answer = _Answer()
            await self._app(scope, receive, answer.take)
            finished = await self._finished(answer)
            if plain and answer.is_immutable():
                self._immutable[scope["path"]] = finished
                while len(self._immutable) > MOST:
                    self._immutable.popitem(last=False)
        start, body = finished
        # What stands around this one may add to the headers.
        await send({**start, "headers": list(start["headers"])})
        await send({"type": "http.response.body", "body": body})

    async def _finished(self, answer: _Answer) -> tuple[Message, bytes]:
        headers = MutableHeaders(raw=answer.start["headers"])
        body = b"".join(answer.parts)
        kind = headers.get("content-type", "")
        headers.add_vary_header("Accept-Encoding")
        if answer.start["status"] == 200 and len(body) >= SMALL and kind.startswith(_TEXTS) and not _is_packed(headers):
            body = await self._pack(body)
            headers["Content-Encoding"] = "gzip"
            headers["Content-Length"] = str(len(body))
        return answer.start, body

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

    def is_immutable(self) -> bool:
        """True for a file that never changes under its address."""
        return self.start["status"] == 200 and "immutable" in Headers(raw=self.start["headers"]).get(
            "cache-control", ""
        )


def _is_packed(headers: MutableHeaders) -> bool:
    return "content-encoding" in headers
