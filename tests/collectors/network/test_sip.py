"""OPTIONS against SIP servers on loopback: over UDP and TCP, repeated, refused, and what speaks another protocol."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from collectors.errors import Misconfigured, NotReady, Reason
from collectors.network import sip
from collectors.network.sip import SipPoller
from collectors.registry import target_of
from collectors.sim.services import SipService
from tests.collectors.network.loopback import ask, failure, values_of
from tests.ports import free_port

Answer = Callable[[bytes, int], list[bytes]]


def response(request: bytes, status: str) -> bytes:
    via = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"via:"))
    return b"SIP/2.0 " + status.encode() + b"\r\n" + via + b"\r\nServer: pbx\r\nContent-Length: 0\r\n\r\n"


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answer: Answer) -> None:
        self.answer, self.count = answer, 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.count += 1
        for reply in self.answer(data, self.count):
            self.transport.sendto(reply, addr)


@contextlib.asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(answer), local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


async def test_a_server_answers_options() -> None:
    device = SipService("127.0.0.1", 0)
    await device.start()
    try:
        readings = values_of(await ask(SipPoller(), target_of(f"sip://{device.address}")))
    finally:
        await device.stop()
    assert (readings["sip.status"], readings["sip.server"]) == (200, "demo-pbx")
    assert isinstance(readings["sip.ms"], float)


@pytest.mark.parametrize("status", ["401 Unauthorized", "404 Not Found", "405 Method Not Allowed", "486 Busy Here"])
async def test_a_final_response_of_any_kind_shows_that_the_stack_works(status: str) -> None:
    async with server(lambda request, _: [response(request, "100 Trying"), response(request, status)]) as port:
        readings = values_of(await ask(SipPoller(), target_of(f"sip://127.0.0.1:{port}?user=8001")))
    assert readings["sip.status"] == int(status[:3])


@pytest.mark.parametrize("status", ["500 Server Internal Error", "503 Service Unavailable"])
async def test_a_server_that_says_it_has_failed_has_failed(status: str) -> None:
    async with server(lambda request, _: [response(request, status)]) as port:
        error = await failure(SipPoller(), target_of(f"sip://127.0.0.1:{port}"))
    assert isinstance(error, NotReady)
    assert (error.reason, status in error.en) == (Reason.WRONG_ANSWER, True)


async def test_a_lost_datagram_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sip, "T1", 0.02)
    async with server(lambda request, count: [response(request, "200 OK")] if count == 3 else []) as port:
        assert values_of(await ask(SipPoller(), target_of(f"sip://127.0.0.1:{port}")))["sip.status"] == 200


async def test_a_response_to_another_request_is_passed_over() -> None:
    other = b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bKother\r\n\r\n"
    async with server(lambda request, _: [response(other, "503 Late"), response(request, "200 OK")]) as port:
        assert values_of(await ask(SipPoller(), target_of(f"sip://127.0.0.1:{port}")))["sip.status"] == 200


async def test_what_speaks_another_protocol_is_a_wrong_answer() -> None:
    async with server(lambda *_: [b"HTTP/1.1 200 OK\r\n\r\n"]) as port:
        error = await failure(SipPoller(), target_of(f"sip://127.0.0.1:{port}"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER


async def test_a_closed_port_is_refused() -> None:
    error = await failure(SipPoller(), target_of(f"sip://127.0.0.1:{free_port()}"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.REFUSED


async def test_tcp_is_asked_as_well() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(response(request, "100 Trying") + response(request, "200 OK"))
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        readings = values_of(await ask(SipPoller(), target_of(f"sip://127.0.0.1:{port}?transport=tcp")))
    assert readings["sip.status"] == 200


@pytest.mark.parametrize(
    "text", ["sip://", "sip://127.0.0.1?transport=tls", "sip://127.0.0.1?to=x", "sip://127.0.0.1:0"]
)
def test_what_cannot_be_asked_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        target_of(text)
