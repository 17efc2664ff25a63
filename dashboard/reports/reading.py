"""Reads the site's API in this process, as the person who asked for the report.

A report has no other way to data. A read passes the same guard as a browser's own request, with the cookies of the
callback that wants it. Rights, regions, bounds and errors are therefore those of the route.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CALLBACKS = "/_dash-"
CONNECTION = ("type", "asgi", "http_version", "scheme", "client", "server")
IDENTITY = (b"host", b"cookie", b"authorization")
"""Headers of the callback's request that say who asks and by which name of this server."""
PAGE = 1000
MOST_ROWS = 20_000

Record = dict[str, Any]
Value = str | int | float | bool
_asking: ContextVar[Scope | None] = ContextVar("report_asking", default=None)


class ReadRefused(Exception):
    """The API answered with a problem. `sentence` is its text in the language of the page."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status, self.sentence = status, sentence


class CallbackScope:
    """ASGI middleware that remembers the request of a Dash callback while the callback runs."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(CALLBACKS):
            await self._app(scope, receive, send)
            return
        token = _asking.set(scope)
        try:
            await self._app(scope, receive, send)
        finally:
            _asking.reset(token)


class ApiReader:
    """GET requests to the app in this process; only within a Dash callback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def get(self, path: str, language: str, query: Mapping[str, Value | Sequence[Value]]) -> Record:
        """The JSON object of an answer. Raises ReadRefused for every status but 200."""
        status, body = await self._ask(path, language, urlencode(query, doseq=True))
        answer: Record = json.loads(body) if body else {}
        if status != 200:
            raise ReadRefused(status, str(answer.get("detail") or answer.get("title") or status))
        return answer

    async def pages(self, path: str, language: str, query: Mapping[str, Value | Sequence[Value]]) -> Record:
        """The first page of a list with the items of all pages, at most MOST_ROWS. Raises ReadRefused."""
        first = await self.get(path, language, {**query, "limit": PAGE})
        items, cursor = list(first["items"]), first["next"]
        while cursor and len(items) < MOST_ROWS:
            answer = await self.get(path, language, {**query, "limit": PAGE, "cursor": cursor})
            items += answer["items"]
            cursor = answer["next"]
        return first | {"items": items, "next": cursor}

    async def _ask(self, path: str, language: str, query: str) -> tuple[int, bytes]:
        asking = _asking.get()
        if asking is None:
            raise RuntimeError("a report reads within a Dash callback only")
        scope = {name: asking[name] for name in CONNECTION if name in asking} | {
            "method": "GET",
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": [
                *((name, value) for name, value in asking["headers"] if name in IDENTITY),
                (b"accept", b"application/json"),
                (b"accept-language", language.encode()),
            ],
            "state": {},
        }
        status, chunks = 500, []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        await self._app(scope, receive, send)
        return status, b"".join(chunks)
