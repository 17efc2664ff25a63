"""tcp and http against real servers on loopback."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from aiohttp import web

from collectors import registry
from collectors.contract import Measurement
from collectors.errors import AuthFailed, Misconfigured, NotReady, Reason
from collectors.network.http.bodies import BODY_LIMIT
from collectors.network.http.probe import HttpPoller
from collectors.network.tcp import TcpPoller
from collectors.probing import retries
from collectors.settings import Credential
from tests.collectors.network.loopback import ANSWERED, SILENT, saying, serve, silence
from tests.collectors.virtual import moved

SECRETS = {
    "bearer": Credential(name="bearer", kind="token", values={"token": "t"}),
    "basic": Credential(name="basic", kind="password", values={"user": "u", "password": "p"}),
    "snmp": Credential(name="snmp", kind="snmpv2c", values={"community": "c"}),
}


async def poll(uri: str, timeout: float = ANSWERED) -> dict[str, Measurement]:
    """One attempt as the runner makes it, by metric."""
    target = registry.target_of(uri, timeout=timeout, credentials=SECRETS)
    poller = registry.poller_class(target.scheme)()
    try:
        return {measurement.metric: measurement for measurement in await retries.attempt(poller, target, timeout)}
    finally:
        await poller.close()


@contextmanager
def full_backlog() -> Iterator[int]:
    """A listener that accepts nobody and whose queue is full: the kernel drops what comes, as a black hole does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        try:
            yield port
        finally:
            for filler in fillers:
                filler.close()


@asynccontextmanager
async def site(handler: object) -> AsyncIterator[str]:
    """An aiohttp server whose every path is answered by `handler`; gives its address."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


# -- tcp ------------------------------------------------------------------------------


async def test_an_open_port_is_up_and_timed() -> None:
    async with serve(silence) as port:
        measurements = await poll(f"tcp://127.0.0.1:{port}")
    assert measurements["tcp.connect_ms"].unit == "ms"
    assert 0 < float(measurements["tcp.connect_ms"].value or 0) < 1000 * ANSWERED


async def test_a_closed_port_refuses() -> None:
    async with serve(silence) as port:
        pass
    with pytest.raises(NotReady) as caught:
        await poll(f"tcp://127.0.0.1:{port}")
    assert caught.value.reason is Reason.REFUSED


def seconds(story: Coroutine[Any, Any, object]) -> float:
    """How long a probe of nobody takes, in moved time."""

    async def timed() -> float:
        began = asyncio.get_running_loop().time()
        with pytest.raises(NotReady) as caught:
            await story
        assert caught.value.reason is Reason.TIMEOUT
        return asyncio.get_running_loop().time() - began

    return moved(timed())


def test_a_black_hole_times_out_in_its_time() -> None:
    with full_backlog() as port:
        assert seconds(poll(f"tcp://127.0.0.1:{port}", timeout=2.0)) == pytest.approx(2.0)


def test_a_whole_round_on_a_black_hole_ends_within_timeout_and_seven_tenths() -> None:
    with full_backlog() as port:
        target = registry.target_of(f"tcp://127.0.0.1:{port}", timeout=2.0)
        assert seconds(retries.probe(TcpPoller(), target, 3)) == pytest.approx(2.0 + 0.7)


async def test_a_name_that_nobody_knows_is_unresolved() -> None:
    with pytest.raises(NotReady) as caught:
        await poll("tcp://nobody.invalid:22")
    assert caught.value.reason is Reason.UNRESOLVED


# -- http -----------------------------------------------------------------------------


async def test_our_parameters_are_not_sent_and_the_others_go_as_written() -> None:
    requests: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        requests.append(request.raw_path)
        return web.Response(text="好 fine")

    async with site(answer) as base:
        measurements = await poll(f"{base}/a%20b?expect=200&q=%E5%A5%BD&contains=%E5%A5%BD&x=1+1#part")
    assert requests == ["/a%20b?q=%E5%A5%BD&x=1+1"]
    assert (measurements["http.status"].value, measurements["http.contains"].value, measurements["http.ms"].unit) == (
        200,
        True,
        "ms",
    )


@pytest.mark.parametrize(
    ("status", "expect", "up"),
    [
        (200, "", True),
        (302, "", True),
        (404, "", False),
        (503, "", False),
        (404, "?expect=404", True),
        (200, "?expect=204", False),
        (204, "?expect=200,204", True),
        (201, "?expect=2xx", True),
        (301, "?expect=200-299", False),
        (401, "?expect=401", True),
    ],
)
async def test_the_status_decides(status: int, expect: str, up: bool) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async with site(answer) as base:
        if up:
            assert (await poll(f"{base}/{expect}"))["http.status"].value == status
            return
        with pytest.raises(NotReady) as caught:
            await poll(f"{base}/{expect}")
    assert caught.value.reason is Reason.WRONG_ANSWER
    assert f"status {status}" in caught.value.en
    assert [measurement.metric for measurement in caught.value.measurements] == ["http.ms", "http.status"]


async def test_a_page_without_the_word_is_a_wrong_answer() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="maintenance")

    async with site(answer) as base:
        with pytest.raises(NotReady, match="do not contain 'welcome'") as caught:
            await poll(f"{base}/?contains=welcome")
    assert caught.value.measurements[-1].value is False


async def test_an_old_page_in_gb18030_is_understood() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body="欢迎办事".encode("gb18030"), content_type="text/html")

    async with site(answer) as base:
        assert (await poll(f"{base}/?contains=%E5%8A%9E%E4%BA%8B"))["http.contains"].value is True


async def test_no_more_than_the_first_megabyte_is_looked_at() -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(64):
                await response.write(b"x" * BODY_LIMIT)
                sent += BODY_LIMIT
        except ConnectionError:
            pass
        return response

    async with site(answer) as base:
        with pytest.raises(NotReady, match=f"the first {BODY_LIMIT} bytes"):
            await poll(f"{base}/?contains=never")
    assert sent < 32 * BODY_LIMIT


@pytest.mark.parametrize(("name", "header"), [("bearer", "Bearer t"), ("basic", "Basic dTpw")])
async def test_a_credential_is_sent_as_its_kind_says(name: str, header: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=200 if request.headers.get("Authorization") == header else 401)

    async with site(answer) as base:
        assert (await poll(f"{base}/?cred={name}"))["http.status"].value == 200
        with pytest.raises(AuthFailed, match="credential"):
            await poll(f"{base}/")


async def test_a_credential_that_http_cannot_use_is_misconfigured() -> None:
    with pytest.raises(Misconfigured, match="password, token, header or tls"):
        await poll("http://127.0.0.1:1/?cred=snmp")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"", Reason.CLOSED), (b"SSH-2.0-OpenSSH\r\n", Reason.WRONG_ANSWER), (b"HTTP/1.1 200 OK\r\n", Reason.CLOSED)],
)
async def test_what_is_no_http_is_told_apart(answer: bytes, reason: Reason) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with serve(talk) as port:
        with pytest.raises(NotReady) as caught:
            await poll(f"http://127.0.0.1:{port}/")
    assert caught.value.reason is reason


async def test_a_server_that_accepts_and_says_nothing_times_out() -> None:
    async with serve(silence) as port:
        with pytest.raises(NotReady) as caught:
            await poll(f"http://127.0.0.1:{port}/", timeout=SILENT)
    assert caught.value.reason is Reason.TIMEOUT


async def test_https_to_a_plain_server_is_a_wrong_answer_and_no_matter_of_certificates() -> None:
    async with serve(saying(b"hello\r\n")) as port:
        with pytest.raises(NotReady) as caught:
            await poll(f"https://127.0.0.1:{port}/")
    assert caught.value.reason is Reason.WRONG_ANSWER


async def test_every_probe_connects_anew() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    poller = HttpPoller()
    async with site(answer) as base:
        target = registry.target_of(f"{base}/")
        await poller.poll(target)
    with pytest.raises(NotReady) as caught:
        await poller.poll(target)
    await poller.close()
    assert caught.value.reason is Reason.REFUSED
