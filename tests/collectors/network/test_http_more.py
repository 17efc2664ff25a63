"""http(s) beyond the status, against servers and a proxy on loopback: JSON, certificates, redirects, bounds."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from aiohttp import web

from collectors import registry
from collectors.contract import Measurement
from collectors.errors import AuthFailed, NotReady, Reason
from collectors.network.http.bodies import BODY_LIMIT
from collectors.probing import retries
from collectors.settings import Credential
from tests.collectors.network.loopback import ANSWERED

SECRET = {"api": Credential(name="api", kind="token", values={"token": "hunter2"})}


async def poll(uri: str, timeout: float = ANSWERED) -> dict[str, Measurement]:
    target = registry.target_of(uri, timeout=timeout, credentials=SECRET)
    poller = registry.poller_class(target.scheme)()
    try:
        return {measurement.metric: measurement for measurement in await retries.probe(poller, target, 1)}
    finally:
        await poller.close()


@asynccontextmanager
async def site(answer: object, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
        yield f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def server_side(tmp_path: Path, ends: datetime) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1", not_after=ends, not_before=ends - timedelta(days=90)).configure_cert(context)
    return context


async def test_a_value_of_a_json_answer_is_a_reading_with_its_own_name() -> None:
    async def answer(request: web.Request) -> web.Response:
        assert request.raw_path == "/?deep=1"
        return web.json_response({"queue": [{"length": 17}]})

    async with site(answer) as base:
        measurements = await poll(f"{base}/?json=$.queue[0].length&metric=queue.length&unit=1&deep=1&json_expect=17")
        assert (measurements["queue.length"].value, measurements["queue.length"].unit) == (17, "1")
        with pytest.raises(NotReady, match="is 17, not 0") as caught:
            await poll(f"{base}/?json=$.queue[0].length&json_expect=0&deep=1")
    assert caught.value.reason is Reason.WRONG_ANSWER
    assert {measurement.metric for measurement in caught.value.measurements} >= {"http.ms", "http.status", "http.value"}


async def test_a_json_answer_beyond_the_bound_is_refused_and_not_read() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text=json.dumps({"a": 1, "pad": "x" * (BODY_LIMIT + 10)}))

    async with site(answer) as base:
        with pytest.raises(NotReady, match="too long"):
            await poll(f"{base}/?json=$.a")


@pytest.mark.parametrize("status", [200, 204])
async def test_the_certificate_is_looked_at_also_when_the_answer_has_no_body(tmp_path: Path, status: int) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with site(answer, server_side(tmp_path, datetime.now(UTC) + timedelta(days=20))) as base:
        measurements = await poll(f"{base}/?verify=no&warn=10d")
        assert measurements["http.days_left"].value == pytest.approx(20, abs=0.1)
        assert measurements["http.expiring"].value is False
        assert (await poll(f"{base}/?verify=no"))["http.expiring"].value is True
        with pytest.raises(NotReady) as caught:
            await poll(f"{base}/")
    assert caught.value.reason is Reason.TLS


async def test_over_plain_http_there_is_no_certificate() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response()

    async with site(answer) as base:
        assert not [name for name in await poll(f"{base}/?warn=10d") if "expir" in name]


async def test_redirects_are_followed_as_many_as_allowed_and_counted() -> None:
    async def answer(request: web.Request) -> web.Response:
        steps = int(request.path.strip("/") or 0)
        if steps:
            return web.Response(status=302, headers={"Location": f"/{steps - 1}"})
        return web.Response(text="here")

    async with site(answer) as base:
        assert (await poll(f"{base}/3"))["http.status"].value == 302  # not followed unless it is asked for
        measurements = await poll(f"{base}/3?redirects=3&contains=here")
        assert (measurements["http.status"].value, measurements["http.redirects"].value) == (200, 3)
        with pytest.raises(NotReady, match="more than 2 redirects"):
            await poll(f"{base}/3?redirects=2")


async def test_a_redirect_in_circles_ends() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=301, headers={"Location": "/"})

    async with site(answer) as base:
        with pytest.raises(NotReady, match="more than 10 redirects"):
            await poll(f"{base}/?redirects=10")


async def test_the_credential_goes_to_nobody_but_the_named_server() -> None:
    heard: list[str] = []

    async def other(request: web.Request) -> web.Response:
        heard.append(request.headers.get("Authorization", ""))
        return web.Response()

    async with site(other) as elsewhere:

        async def answer(request: web.Request) -> web.Response:
            heard.append(request.headers.get("Authorization", ""))
            return web.Response(status=307, headers={"Location": f"{elsewhere}/"})

        async with site(answer) as base:
            await poll(f"{base}/?redirects=1&cred=api")
    assert heard == ["Bearer hunter2", ""]


@pytest.mark.parametrize("leads", ["file:///etc/passwd", "http://u:p@h/", "gopher://h/"])
async def test_a_redirect_that_leads_out_of_http_is_a_wrong_answer(leads: str) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": leads})

    async with site(answer) as base:
        with pytest.raises(NotReady) as caught:
            await poll(f"{base}/?redirects=5")
    assert caught.value.reason is Reason.WRONG_ANSWER


@asynccontextmanager
async def forward_proxy(status: int = 0) -> AsyncIterator[tuple[str, list[str]]]:
    """A proxy that carries one connection each (CONNECT and absolute GET), or answers all with `status`."""
    requests: list[str] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        requests.append(head.split(b"\r\n")[0].decode())
        verb, where, _ = head.split(b"\r\n")[0].split(b" ")
        if status:
            writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)
            writer.close()
            return
        host = where if verb == b"CONNECT" else where.split(b"/")[2]
        name, _, port = host.decode().partition(":")
        inner, outer = await asyncio.open_connection(name, int(port))
        if verb == b"CONNECT":
            writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            outer.write(head)
        await asyncio.gather(_pump(reader, outer), _pump(inner, writer))

    server = await asyncio.start_server(carry, "127.0.0.1", 0)
    async with server:
        yield f"http%3A%2F%2F127.0.0.1%3A{server.sockets[0].getsockname()[1]}", requests


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass  # one side has hung up
    writer.close()


async def test_a_proxy_carries_http_and_https(tmp_path: Path) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="here")

    async with forward_proxy() as (proxy, requests):
        async with site(answer) as base:
            await poll(f"{base}/x?proxy={proxy}&contains=here")
        async with site(answer, server_side(tmp_path, datetime.now(UTC) + timedelta(days=5))) as base:
            assert (await poll(f"{base}/?proxy={proxy}&verify=no"))["http.days_left"].value == pytest.approx(5, abs=0.1)
    assert requests[0].startswith("GET http://127.0.0.1:")
    assert requests[1].startswith("CONNECT 127.0.0.1:")


async def test_a_proxy_that_is_not_there_is_named() -> None:
    with pytest.raises(NotReady, match=r"refused: the proxy 127\.0\.0\.1:1$"):
        await poll("http://127.0.0.1:2/?proxy=http%3A%2F%2F127.0.0.1%3A1")


async def test_a_proxy_that_wants_a_password_needs_a_person_and_one_that_fails_is_named() -> None:
    async with forward_proxy(407) as (proxy, _):
        with pytest.raises(AuthFailed, match=r"the proxy .* wants a password"):
            await poll(f"https://127.0.0.1:2/?proxy={proxy}")
    async with forward_proxy(502) as (proxy, _):
        with pytest.raises(NotReady, match=r"the proxy .* answers 502"):
            await poll(f"https://127.0.0.1:2/?proxy={proxy}")
