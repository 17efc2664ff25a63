"""Devices: a TCP service and an HTTP service that can be broken and mended while they run."""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import Any, Protocol

from aiohttp import web


class SimulatedDevice(Protocol):
    """A simulated device: it answers at one address until a scenario breaks it."""

    address: str

    async def start(self) -> None:
        """Answer (again). OSError when the address is taken."""

    async def stop(self) -> None:
        """Answer no more; who is connected is cut off."""


class Stream:
    """A TCP server whose connections each run `talk`; broken, its port is closed and who is connected is cut off."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.address = f"{host}:{port}"
        self._host, self._port, self._tls = host, port, tls
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._conversations: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, self._host, self._port, ssl=self._tls)
            self._host, self._port = self._server.sockets[0].getsockname()[:2]
            self.address = f"{self._host}:{self._port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One conversation; the connection is closed when it ends."""
        raise NotImplementedError

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.current_task()
        assert conversation is not None, "start_server runs each connection in a task"
        self._conversations.add(conversation)
        self._writers.add(writer)
        try:
            await self.talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # cut off by stop(), or by the other side
        finally:
            self._conversations.discard(conversation)
            self._writers.discard(writer)
            writer.close()

    async def stop(self) -> None:
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        conversations = list(self._conversations)
        for conversation in conversations:
            conversation.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        await server.wait_closed()


class TcpService(Stream):
    """Accepts connections and waits for the other side to close, like a device's management port."""

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1024):
            pass


class HttpService:
    """Answers every GET with the same body; broken, its port is closed."""

    def __init__(self, host: str, port: int, app: web.Application | None = None) -> None:
        self.address = f"{host}:{port}"
        self._host, self._port = host, port
        self._app = app or _healthy()
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None

    async def start(self) -> None:
        if self._runner is None:
            self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)
            await self._runner.setup()
        if self._site is None:
            site = web.TCPSite(self._runner, self._host, self._port, ssl_context=self.context())
            await site.start()
            self._site = site

    def context(self) -> ssl.SSLContext | None:
        """For TLS, None without."""
        return None

    async def stop(self) -> None:
        if self._runner is not None and self._site is not None:
            await self._site.stop()
            self._site = None
            for connection in list(self._runner.server.connections) if self._runner.server else ():
                if connection.transport is not None:
                    connection.transport.abort()

    async def close(self) -> None:
        """The end, not a fault."""
        if self._runner is not None:
            await self._runner.cleanup()


def _healthy() -> web.Application:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def freshness(_request: web.Request) -> web.Response:
        """Data that are loaded on every full hour."""
        age = time.time() % 3600
        return web.json_response({"status": "ok", "age_minutes": round(age / 60, 1)})

    app = web.Application()
    app.router.add_get("/freshness", freshness)
    app.router.add_get("/{path:.*}", answer)
    return app
