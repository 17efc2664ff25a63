"""`rediss://`: a real Valkey behind TLS, whose certificate must be the right one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme

from feeds.bus import Bus, BusLost
from watchfloor.runtime import valkey


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
async def url(authority: trustme.CA, tmp_path: Path) -> AsyncIterator[Callable[[str, str], str]]:
    """Makes the address for a host and a query. The embedded Valkey has no TLS of its own: a proxy has."""
    process = await valkey.start(tmp_path)
    behind = urlsplit(valkey.address(tmp_path).url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner, outer = await asyncio.open_unix_connection(behind.path)
        await asyncio.gather(pump(reader, outer), pump(inner, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", ssl=context)
    port, password = server.sockets[0].getsockname()[1], parse_qs(behind.query)["password"][0]
    yield lambda host, query: f"rediss://:{password}@{host}:{port}/0{query}"
    server.close()
    await server.wait_closed()
    process.terminate()
    await process.wait()


async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while block := await source.read(65536):
            sink.write(block)
            await sink.drain()
    sink.close()
    with suppress(ConnectionError, ssl.SSLError):
        await sink.wait_closed()


async def test_the_certificate_authority_is_the_one_in_the_url(
    url: Callable[[str, str], str], authority: trustme.CA, tmp_path: Path
) -> None:
    right, wrong = tmp_path / "right.crt", tmp_path / "wrong.crt"
    authority.cert_pem.write_to_path(str(right))
    trustme.CA().cert_pem.write_to_path(str(wrong))
    bus = Bus(url("localhost", f"?ssl_ca_certs={right}"), "532300")
    try:
        assert await bus.open()
        await bus.beat("collect", 1.0)
        assert (await bus.beats())["collect"].at == 1.0
    finally:
        await bus.close()
    named = f"?ssl_ca_certs={right}"
    for host, query in (("localhost", f"?ssl_ca_certs={wrong}"), ("localhost", ""), ("127.0.0.1", named)):
        refused = Bus(url(host, query), "532300")
        with pytest.raises(BusLost):
            await refused.open()
        await refused.close()
