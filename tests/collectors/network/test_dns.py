"""DNS against a name server of the test's own, on real UDP and TCP sockets of loopback."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import Misconfigured, NotReady, Reason
from collectors.network.dns import DnsPoller, asked_name, judge, question
from tests.collectors.network.loopback import ANSWERED, SILENT, ask, failure, target_of, values_of
from tests.ports import free_port

Reply = Callable[[dns.message.Message], bytes | None]


class Server(asyncio.DatagramProtocol):
    def __init__(self, reply: Reply) -> None:
        self.questions: list[str] = []
        self._reply = reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, where: tuple[str | object, int]) -> None:
        query = dns.message.from_wire(data)
        self.questions.append(query.question[0].to_text())
        raw = self._reply(query)
        if raw is not None:
            self._transport.sendto(raw, where)


@asynccontextmanager
async def serving(reply: Reply, port: int = 0) -> AsyncIterator[tuple[int, Server]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: Server(reply), local_addr=("127.0.0.1", port))
    try:
        yield transport.get_extra_info("sockname")[1], server
    finally:
        transport.close()
        await asyncio.sleep(0)


def answering(kind: str, *records: str, rcode: dns.rcode.Rcode = dns.rcode.NOERROR) -> Reply:
    def reply(query: dns.message.Message) -> bytes:
        answer = dns.message.make_response(query)
        answer.set_rcode(rcode)
        if records:
            answer.answer.append(dns.rrset.from_text(query.question[0].name, 3600, "IN", kind, *records))
        return answer.to_wire()

    return reply


@pytest.mark.parametrize(
    ("kind", "record", "shown"),
    [
        ("A", "10.0.0.1", "10.0.0.1"),
        ("AAAA", "2001:DB8::1", "2001:db8::1"),
        ("MX", "10 mail.example.", "10 mail.example."),
        ("TXT", '"v=spf1 -all"', '"v=spf1 -all"'),
        ("CNAME", "b.example.", "b.example."),
        ("NS", "ns.example.", "ns.example."),
        ("SRV", "1 2 5060 sip.example.", "1 2 5060 sip.example."),
    ],
)
async def test_answers_are_shown_as_text(kind: str, record: str, shown: str) -> None:
    async with serving(answering(kind, record)) as (port, _):
        readings = values_of(await ask(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/a.example?type={kind}")))
    assert (readings["dns.answer"], readings["dns.rcode"]) == (shown, "NOERROR")
    assert float(readings["dns.ms"] or 0) > 0


async def test_every_poll_asks_the_server_anew() -> None:
    poller = DnsPoller()
    async with serving(answering("A", "10.0.0.1")) as (port, server):
        for _ in range(3):
            await ask(poller, target_of(f"dns://127.0.0.1:{port}/a.example"))
    assert server.questions == ["a.example. IN A"] * 3


@pytest.mark.parametrize(
    ("expect", "right"),
    [("10.0.0.1,10.0.0.2", True), ("10.0.0.1,10.0.0.2,10.0.0.3", True), ("10.0.0.1", False), ("10.9.9.9", False)],
)
async def test_expect_lists_the_values_that_are_allowed(expect: str, right: bool) -> None:
    async with serving(answering("A", "10.0.0.2", "10.0.0.1")) as (port, _):
        target = target_of(f"dns://127.0.0.1:{port}/a.example?expect={expect}")
        if right:
            assert values_of(await ask(DnsPoller(), target))["dns.answer"] == "10.0.0.1, 10.0.0.2"
            return
        error = await failure(DnsPoller(), target)
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER
    assert "instead of" in error.en
    assert {measurement.metric for measurement in error.measurements} == {"dns.ms", "dns.rcode", "dns.answer"}


@pytest.mark.parametrize(
    ("rcode", "message"),
    [
        (dns.rcode.NXDOMAIN, "NXDOMAIN"),
        (dns.rcode.SERVFAIL, "SERVFAIL"),
        (dns.rcode.REFUSED, "REFUSED"),
        (dns.rcode.NOERROR, "no A record"),
    ],
)
async def test_an_answer_without_the_record_says_why(rcode: dns.rcode.Rcode, message: str) -> None:
    async with serving(answering("A", rcode=rcode)) as (port, _):
        error = await failure(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/a.example"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER
    assert message in error.en


def garbled(query: dns.message.Message) -> bytes:
    return query.to_wire()[:2] + b"\x81\x80" + b"\xff" * 40


def other_question(query: dns.message.Message) -> bytes:
    answer = dns.message.make_response(dns.message.make_query("b.example", "A"))
    answer.id = query.id
    return answer.to_wire()


@pytest.mark.parametrize("reply", [garbled, other_question])
async def test_what_is_no_answer_is_a_wrong_answer(reply: Reply) -> None:
    async with serving(reply) as (port, _):
        error = await failure(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/a.example"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.WRONG_ANSWER


def forged(query: dns.message.Message) -> bytes:
    raw = answering("A", "6.6.6.6")(query) or b""
    return bytes([raw[0] ^ 0xFF]) + raw[1:]


@pytest.mark.parametrize("reply", [lambda _: None, lambda _: b"x", forged])
async def test_silence_scraps_and_forged_ids_are_a_timeout(reply: Reply, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.network.dns.GRACE", ANSWERED)  # the right answer is waited for until the end
    async with serving(reply) as (port, _):
        error = await failure(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/a.example", timeout=SILENT))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.TIMEOUT


async def test_a_server_that_is_silent_to_edns_is_asked_without_it_and_that_is_told() -> None:
    good = answering("A", "10.0.0.1")
    async with serving(lambda query: None if query.edns >= 0 else good(query)) as (port, server):
        values = await ask(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/www.example.cn", timeout=1.0))
    assert values_of(values)["dns.answer"] == "10.0.0.1"
    edns = values["dns.edns"]
    assert (edns.value, edns.text) == (False, "the server is silent to queries with EDNS")
    assert len(server.questions) == 2


@pytest.mark.parametrize("rcode", [dns.rcode.SERVFAIL, dns.rcode.BADVERS, dns.rcode.FORMERR, dns.rcode.NOTIMP])
async def test_a_server_that_fails_on_edns_is_asked_without_it_and_that_is_told(rcode: dns.rcode.Rcode) -> None:
    good, bad = answering("A", "10.0.0.1"), answering("A", rcode=rcode)
    async with serving(lambda query: (bad if query.edns >= 0 else good)(query)) as (port, _):
        values = await ask(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/www.example.cn"))
    assert values_of(values)["dns.answer"] == "10.0.0.1"
    edns = values["dns.edns"]
    assert edns.text == f"the server answers {rcode.name} to queries with EDNS"


async def test_a_server_that_fails_with_and_without_edns_gives_no_word_about_it() -> None:
    async with serving(answering("A", rcode=dns.rcode.SERVFAIL)) as (port, server):
        error = await failure(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/www.example.cn"))
    assert isinstance(error, NotReady)
    assert [measurement.metric for measurement in error.measurements] == ["dns.ms", "dns.rcode"]
    assert len(server.questions) == 2


async def test_a_server_that_speaks_edns_gives_no_word_about_it() -> None:
    async with serving(answering("A", "10.0.0.1")) as (port, server):
        values = await ask(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/www.example.cn"))
    assert "dns.edns" not in values_of(values)
    assert len(server.questions) == 1


async def test_a_closed_port_is_refused() -> None:
    port = free_port()
    error = await failure(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/a.example"))
    assert isinstance(error, NotReady)
    assert error.reason is Reason.REFUSED


async def test_a_cut_answer_is_fetched_over_tcp() -> None:
    def cut(query: dns.message.Message) -> bytes:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.TC
        return answer.to_wire()

    async def whole(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = struct.unpack("!H", await reader.readexactly(2))[0]
        raw = answering("A", "10.0.0.1")(dns.message.from_wire(await reader.readexactly(length))) or b""
        writer.write(struct.pack("!H", len(raw)) + raw)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(whole, "127.0.0.1", 0)
    async with serving(cut, server.sockets[0].getsockname()[1]) as (port, _):
        readings = values_of(await ask(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/a.example")))
        server.close()
        await server.wait_closed()
    assert readings["dns.answer"] == "10.0.0.1"


@pytest.mark.parametrize(
    "text",
    [
        "dns://127.0.0.1",
        "dns:///a.example",
        "dns://127.0.0.1/a.example?type=ANY",
        "dns://127.0.0.1/a..example",
        f"dns://127.0.0.1/{'x' * 64}.example",
        "dns://127.0.0.1/a.example?cache=1",
    ],
)
def test_a_uri_that_cannot_work_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        DnsPoller.validate(target_of(text))


def test_an_address_is_asked_for_by_its_reverse_name() -> None:
    assert asked_name(target_of("dns://127.0.0.1/10.1.2.3?type=PTR")) == "3.2.1.10.in-addr.arpa"
    assert asked_name(target_of("dns://127.0.0.1/2001%3Adb8%3A%3A1?type=PTR")).endswith("8.b.d.0.1.0.0.2.ip6.arpa")


REAL = answering("A", "10.0.0.1")(dns.message.make_query("a.example", "A", id=0)) or b""


@given(st.one_of(st.binary(max_size=300), st.binary(max_size=80).map(lambda tail: REAL[:30] + tail)))
def test_whatever_comes_is_judged_or_refused(raw: bytes) -> None:
    query, _ = question("a.example", "A")
    with suppress(NotReady):
        judge(raw, query, "A", "", [])


async def test_a_chinese_name_is_asked_for_in_its_ascii_form() -> None:
    async with serving(answering("A", "10.0.0.1")) as (port, server):
        await ask(DnsPoller(), target_of(f"dns://127.0.0.1:{port}/%E4%B8%AD%E6%96%87.example"))
    assert server.questions == ["xn--fiq228c.example. IN A"]
