"""A receiver of webhooks on a real loopback socket, which answers as it is told to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar, overload

from aiohttp import web


class Receiver:
    """`requests` holds every request's (Idempotency-Key, body); `status` is what the next ones are answered with;
    `came` is set by each."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.authorization = ""
        self.url = ""
        self.came = asyncio.Event()

    async def handle(self, request: web.Request) -> web.Response:
        self.requests.append((request.headers["Idempotency-Key"], await request.json()))
        self.came.set()
        self.authorization = request.headers.get("Authorization", "")
        return web.Response(status=self.status, headers=self.headers)

    @property
    def reasons(self) -> list[str]:
        return [body["reason"] for _, body in self.requests]

    @property
    def keys(self) -> list[str]:
        return [key for key, _ in self.requests]


R = TypeVar("R", bound=Receiver)


@overload
def listening() -> AbstractAsyncContextManager[Receiver]: ...
@overload
def listening(receiver: R) -> AbstractAsyncContextManager[R]: ...
def listening(receiver: Receiver | None = None) -> AbstractAsyncContextManager[Receiver]:
    """A receiver that listens while the block runs; `url` is its json:// address."""
    return _listening(receiver if receiver is not None else Receiver())


@asynccontextmanager
async def _listening(receiver: Receiver) -> AsyncIterator[Receiver]:
    app = web.Application()
    app.router.add_post("/{tail:.*}", receiver.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"json://127.0.0.1:{port}/hook"
    try:
        yield receiver
    finally:
        await runner.cleanup()
