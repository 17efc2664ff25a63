"""A server on a real loopback socket that keeps every request and answers as it is told: an SMS gateway, a robot."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass
class Gateway:
    """`requests` holds (method, path, query, fields, headers); `answer` and `status` are what comes back."""

    status: int = 200
    answer: str = '{"code": 0, "msg": "ok"}'
    requests: list[tuple[str, str, dict[str, str], dict[str, Any], dict[str, str]]] = field(default_factory=list)
    port: int = 0

    async def handle(self, request: web.Request) -> web.Response:
        if request.content_type == "application/json":
            fields = await request.json()
        else:
            fields = dict(await request.post())
        self.requests.append((request.method, request.path, dict(request.query), fields, dict(request.headers)))
        return web.Response(status=self.status, text=self.answer)


@asynccontextmanager
async def gateway() -> AsyncIterator[Gateway]:
    """One that listens while the block runs."""
    gateway = Gateway()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", gateway.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    gateway.port = runner.addresses[0][1]
    try:
        yield gateway
    finally:
        await runner.cleanup()


@asynccontextmanager
async def silence() -> AsyncIterator[int]:
    """The port of a server that takes a connection and never answers."""
    held: list[asyncio.StreamWriter] = []

    async def hold(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    listener = await asyncio.start_server(hold, "127.0.0.1", 0)
    try:
        yield listener.sockets[0].getsockname()[1]
    finally:
        listener.close()
        for writer in held:
            writer.close()
            await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])
