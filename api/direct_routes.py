"""A fast path to the endpoints that programs call thousands of times a second.

The endpoints are in the router too, for OpenAPI. The fast path skips what FastAPI does for each request (trying every
route, resolving dependencies in threads), which costs more than the endpoints do. The guard has checked the request
before; rights and errors are those of every route.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.dependencies import Dependencies, principal_of
from api.http.problems import Problem
from api.principal import Principal, Right

Endpoint = Callable[[Dependencies, Principal, Request], Awaitable[Response]]
Handler = Callable[[Request, Any], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Route:
    """The part of a route that the request counter reads."""

    path: str


class Direct:
    """`endpoints` by path, for POST, each for those with the right INGEST; everything else goes on to `app`."""

    def __init__(
        self,
        app: ASGIApp,
        deps: Dependencies,
        endpoints: Mapping[str, Endpoint],
        handlers: Mapping[type[Exception], Handler],
    ) -> None:
        self._app, self._deps, self._handlers = app, deps, dict(handlers)
        self._endpoints = {path: (_Route(path), endpoint) for path, endpoint in endpoints.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        direct = self._endpoints.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        if direct is None:
            await self._app(scope, receive, send)
            return
        scope["route"], endpoint = direct
        request = Request(scope, receive)
        try:
            principal = principal_of(request)
            if not principal.may(Right.INGEST):
                raise Problem("forbidden")
            answer = await endpoint(self._deps, principal, request)
        except tuple(self._handlers) as error:
            handler = next(candidate for kind, candidate in self._handlers.items() if isinstance(error, kind))
            answer = await handler(request, error)
        await answer(scope, receive, send)
