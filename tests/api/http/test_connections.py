"""Limits of HTTP connections, on a real server over real sockets: slow, endless and too many ones are closed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn

from api.connections import ConnectionLimits
from api.server import configure
from api.settings import WebSettings

SHORT = 0.2
"""Seconds of a limit that a test exceeds."""
REQUEST = b"GET / HTTP/1.1\r\nHost: site\r\n\r\n"
LAST_REQUEST = b"GET / HTTP/1.1\r\nHost: site\r\nConnection: close\r\n\r\n"


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the number of bytes of the request's body."""
    if scope["type"] != "http":
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    text = str(size).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(text))]})
    await send({"type": "http.response.body", "body": text})


@asynccontextmanager
async def served(limits: ConnectionLimits) -> AsyncIterator[int]:
    """The port of a server with these limits."""
    config = configure(echo, WebSettings(port=0), limits)
    config.lifespan, config.loop = "off", "none"
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


async def answer_of(port: int, *parts: bytes) -> bytes:
    """Everything that the server says until it closes, to a client that sends these parts and then nothing more."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


LIMITS = ConnectionLimits(head_seconds=SHORT, body_seconds=SHORT, exempt=lambda address: True)


@pytest.mark.parametrize(
    "sent", [b"", b"G", REQUEST[:-2], b"\r\n\r\n"], ids=["nothing", "a letter", "a head without its end", "empty lines"]
)
async def test_a_head_that_does_not_end_is_closed(sent: bytes) -> None:
    async with served(LIMITS) as port:
        assert (await answer_of(port, sent)).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_stops_is_closed() -> None:
    async with served(LIMITS) as port:
        head = b"POST / HTTP/1.1\r\nHost: site\r\nContent-Length: 10\r\n\r\n"
        assert (await answer_of(port, head, b"12345")).startswith(b"HTTP/1.1 408 ")


async def test_a_body_that_goes_on_may_take_longer_than_the_limit_of_a_pause() -> None:
    async with served(replace(LIMITS, body_seconds=1.0)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST / HTTP/1.1\r\nHost: site\r\nConnection: close\r\nContent-Length: 6\r\n\r\n")
        for _ in range(6):
            await asyncio.sleep(0.25)
            writer.write(b"x")
            await writer.drain()
        assert (await reader.read()).endswith(b"\r\n\r\n6")
        writer.close()


async def test_a_second_request_that_does_not_end_is_closed_too() -> None:
    async with served(LIMITS) as port:
        answer = await answer_of(port, REQUEST, b"GET / HT")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in answer


async def test_a_head_without_an_end_is_refused_at_its_limit() -> None:
    async with served(replace(LIMITS, head_seconds=10.0)) as port:
        fields = b"".join(b"X-%d: %s\r\n" % (n, b"a" * 1000) for n in range(80))
        assert (await answer_of(port, b"GET / HTTP/1.1\r\n", fields)).startswith(b"HTTP/1.1 431 ")


async def test_an_address_has_so_many_connections_and_gets_others_when_it_has_closed_some() -> None:
    limits = ConnectionLimits(per_address=3, exempt=lambda address: False)
    async with served(limits) as port, AsyncExitStack() as stack:
        writers = []
        for _ in range(3):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writers.append(writer)
        assert (await answer_of(port)).startswith(b"HTTP/1.1 503 ")
        writers[0].close()
        async with asyncio.timeout(10):
            while not (await answer_of(port, LAST_REQUEST)).startswith(b"HTTP/1.1 200 "):
                await asyncio.sleep(0.02)
    assert not limits.open, "closed connections are not counted"


async def test_a_socket_of_the_live_feed_is_not_counted_among_requests() -> None:
    limits = ConnectionLimits(per_address=1, exempt=lambda address: False)
    async with served(limits) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            b"GET / HTTP/1.1\r\nHost: site\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        await reader.readline()
        assert not limits.open
        writer.close()
