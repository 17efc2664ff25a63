"""Syslog over UDP, TCP and TLS: what devices write, how streams are cut, and what hostile senders may try."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import Misconfigured
from collectors.listener import ListenerContext
from collectors.network.listening import queue
from collectors.network.listening.queue import PARTS
from collectors.network.syslog.framing import Framing
from collectors.network.syslog.listener import SyslogListener
from collectors.network.syslog.parser import LARGEST, parse
from collectors.settings import ListenerRule, SourceSettings
from feeds.model import Asset
from tests.patience import PATIENCE, until
from tests.shared_samples import SAMPLES

NOW = datetime(2026, 11, 22, 1, 46, tzinfo=UTC).timestamp()
LINES = SAMPLES / "syslog"
INVENTORY = {
    asset.id: asset
    for asset in (
        Asset(id="core", name="核心交换机", kind="switch", region="532300", probes=("icmp://127.0.0.1",)),
        Asset(id="vm", name="服务器", kind="server", region="532300"),
    )
}
DOWN = b"<190>Nov 22 01:45:41 2026 H3C %%10IFNET/3/LINK_UPDOWN: GigabitEthernet1/0/1 link status is DOWN."
CRITICAL = '<130>1 2026-11-22T01:45:41.343902+00:00 vm ups - - [x@1 room="A"] UPS 电池供电'.encode()

AROUND = ListenerContext(inventory=INVENTORY)


@dataclass
class Pki:
    """PEM files of a server on localhost and of its authority; what a client needs to trust it, and a client's own."""

    cert: str
    key: str
    ca: str
    client: ssl.SSLContext
    known_client: ssl.SSLContext


def settings(url: str, *rules: ListenerRule, tls: Pki | None = None, ca: bool = False) -> SourceSettings:
    return SourceSettings(
        id="log",
        kind="network.syslog",
        url=url,
        rule=rules,
        tls_cert=tls.cert if tls else "",
        tls_key=tls.key if tls else "",
        tls_ca=tls.ca if tls and ca else "",
    )


@asynccontextmanager
async def listening(
    url: str = "udp://127.0.0.1:0", *rules: ListenerRule, tls: Pki | None = None, ca: bool = False
) -> AsyncIterator[SyslogListener]:
    listener = SyslogListener(settings(url, *rules, tls=tls, ca=ca), AROUND, clock=lambda: NOW)
    await listener.open()
    try:
        yield listener
    finally:
        await listener.close()


async def datagrams(listener: SyslogListener, *lines: bytes) -> None:
    before = listener.messages.counts.received
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for line in lines:
            sock.sendto(line, ("127.0.0.1", listener.port))
        await until(lambda: listener.messages.counts.received >= before + len(lines))


def taken(listener: SyslogListener) -> dict[tuple[str, str], object]:
    measured: dict[tuple[str, str], object] = {}
    while not listener.messages.queue.empty():
        heard = listener.messages.queue.get_nowait()
        measured |= {
            (heard.asset, f"{measurement.metric}[{measurement.instance}]"): measurement.value
            for measurement in heard.measurements
        }
    return measured


def signals(listener: SyslogListener) -> list[tuple[str, str, str, bool]]:
    signals = []
    while not listener.messages.queue.empty():
        heard = listener.messages.queue.get_nowait()
        signals += [(heard.asset or heard.sender, signal.rule, signal.key, signal.active) for signal in heard.signals]
    return signals


async def test_a_line_over_udp_becomes_a_message_of_its_asset_with_the_raw_line() -> None:
    async with listening() as listener:
        await datagrams(listener, CRITICAL)
        heard = listener.messages.queue.get_nowait()
    [measurement] = heard.measurements
    assert (heard.asset, measurement.metric, measurement.instance, measurement.value) == (
        "vm",
        "syslog.message",
        "crit",
        "UPS 电池供电",
    )
    assert measurement.text == CRITICAL.decode()
    assert measurement.observed_at == pytest.approx(NOW - 18.656, abs=0.01)


@pytest.mark.parametrize(
    ("line", "key", "value"),
    [
        (DOWN, "syslog.link[GigabitEthernet1/0/1]", "down"),
        (
            b"<187>123: *Nov 22 01:45:41.123: %LINK-3-UPDOWN: Interface GigabitEthernet0/1, changed state to up",
            "syslog.link[GigabitEthernet0/1]",
            "up",
        ),
        (
            b"<189>Nov 22 2026 01:45:41 HUAWEI %%01IFNET/4/LINK_STATE(l)[123]:The line protocol IP on the interface "
            b"GigabitEthernet0/0/1 has entered the DOWN state.",
            "syslog.link[GigabitEthernet0/0/1]",
            "down",
        ),
        (b"<189>12: Nov 22 01:45:41: %SYS-5-CONFIG_I: Configured from console by admin", "syslog.config[]", "changed"),
    ],
)
async def test_what_makers_write_of_links_becomes_a_state(line: bytes, key: str, value: str) -> None:
    async with listening() as listener:
        await datagrams(listener, line)
        assert taken(listener)["core", key] == value


async def test_quiet_lines_and_strangers_are_only_counted() -> None:
    async with listening() as listener:
        await datagrams(listener, b"<15>1 - vm app - - - debugging")
        assert (taken(listener), listener.messages.counts.quiet) == ({}, 1)
        listener.update(settings("udp://127.0.0.1:0"), ListenerContext())
        await datagrams(listener, CRITICAL)
        assert (taken(listener), listener.unknown_senders) == ({}, {"vm": 1})


async def test_what_a_stranger_says_of_its_links_is_not_lost() -> None:
    async with listening() as listener:
        listener.update(settings("udp://127.0.0.1:0"), ListenerContext())
        await datagrams(listener, DOWN)
        assert signals(listener) == [("H3C", "syslog:link", "GigabitEthernet1/0/1", True)]


async def test_strangers_without_end_are_counted_together() -> None:
    async with listening() as listener:
        listener.update(settings("udp://127.0.0.1:0"), ListenerContext())
        for number in range(queue.MAX_UNKNOWN_SENDERS + 50):
            listener.take(DOWN.replace(b"H3C", b"H3C-%d" % number), "127.0.0.1")
        assert len(listener.unknown_senders) == len(signals(listener)) == queue.MAX_UNKNOWN_SENDERS
        assert listener.messages.counts.unknown_senders == queue.MAX_UNKNOWN_SENDERS + 50


@pytest.mark.parametrize(
    ("line", "rule", "key", "active"),
    [
        (DOWN, "syslog:link", "GigabitEthernet1/0/1", True),
        (DOWN.replace(b"is DOWN", b"is UP"), "syslog:link", "GigabitEthernet1/0/1", False),
        (
            b"<189>12: Nov 22 01:45:41: %BGP-5-ADJCHANGE: neighbor 10.0.0.1 vpn vrf A Down BGP Notification sent",
            "syslog:bgp",
            "10.0.0.1",
            True,
        ),
        (
            b"<189>12: Nov 22 01:45:41: %OSPF-5-ADJCHG: Process 1, Nbr 10.0.0.2 on Gi0/1 from LOADING to FULL, Done",
            "syslog:ospf",
            "10.0.0.2",
            False,
        ),
        (
            b"<86>Nov 22 01:45:41 core sshd[812]: Failed password for invalid user admin from 10.9.9.9 port 50022 ssh2",
            "syslog:login",
            "",
            True,
        ),
        (b"<129>1 2026-11-22T01:45:41Z core ups - - - on fire", "syslog:severe", "ups", True),
    ],
)
async def test_what_lines_raise_and_end(line: bytes, rule: str, key: str, active: bool) -> None:
    async with listening() as listener:
        await datagrams(listener, line)
        assert signals(listener) == [("core", rule, key, active)]


async def test_a_sites_own_rules_apply_also_on_the_open_socket() -> None:
    door = ListenerRule(id="door", raises=(r"door (?P<part>\w+) open",), clears=(r"door (?P<part>\w+) closed",))
    async with listening() as listener:
        listener.update(settings("udp://127.0.0.1:0", door), AROUND)
        await datagrams(listener, b"<14>1 - core gate - - - door B2 open", b"<14>1 - core gate - - - door B2 closed")
        assert signals(listener) == [("core", "syslog:door", "B2", True), ("core", "syslog:door", "B2", False)]


async def test_a_rule_may_want_a_level() -> None:
    rule = ListenerRule(id="fan", raises=("fan",), level="err")
    async with listening("udp://127.0.0.1:0", rule) as listener:
        await datagrams(listener, b"<12>1 - core a - - - fan", b"<11>1 - core a - - - fan")
        assert signals(listener) == [("core", "syslog:fan", "", True)]


@pytest.mark.parametrize(
    "rule",
    [
        ListenerRule(id="x", raises=("(",)),
        ListenerRule(id="x", raises=()),
        ListenerRule(id="x", raises=(r"(a)\1",)),
        ListenerRule(id="x", raises=("a",), level="loud"),
        ListenerRule(id="x", raises=("a",), clears=("[",)),
    ],
)
def test_rules_that_cannot_be_used_are_refused_by_name(rule: ListenerRule) -> None:
    with pytest.raises(Misconfigured, match="'x'"):
        SyslogListener.validate(settings("udp://127.0.0.1:1514", rule))


async def connect(listener: SyslogListener, *chunks: bytes, tls: ssl.SSLContext | None = None, lines: int) -> None:
    _, writer = await asyncio.open_connection(
        "127.0.0.1", listener.port, ssl=tls, server_hostname="localhost" if tls else None
    )
    for chunk in chunks:
        writer.write(chunk)
        await writer.drain()
    await until(lambda: listener.messages.counts.received >= lines)
    writer.close()
    await writer.wait_closed()


async def test_octet_counting_and_lines_are_told_apart_message_by_message() -> None:
    counted = str(len(CRITICAL)).encode() + b" " + CRITICAL
    async with listening("tcp://127.0.0.1:0") as listener:
        await connect(listener, counted[:9], counted[9:] + DOWN.replace(b"H3C", b"core") + b"\n" + counted, lines=3)
        measured = taken(listener)
    assert {("vm", "syslog.message[crit]"), ("core", "syslog.link[GigabitEthernet1/0/1]")} <= measured.keys()


async def test_the_last_line_of_a_connection_needs_no_end() -> None:
    async with listening("tcp://127.0.0.1:0") as listener:
        await connect(listener, CRITICAL, lines=0)
        await until(lambda: listener.messages.counts.received == 1)
        assert taken(listener)


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    ca, client, with_certificate = trustme.CA(), ssl.create_default_context(), ssl.create_default_context()
    server = ca.issue_cert("localhost")
    server.private_key_pem.write_to_path(tmp_path / "key.pem")
    for number, blob in enumerate(server.cert_chain_pems):
        blob.write_to_path(tmp_path / "cert.pem", append=number > 0)
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    for context in (client, with_certificate):
        ca.configure_trust(context)
    ca.issue_cert("device.example").configure_cert(with_certificate)
    return Pki(
        str(tmp_path / "cert.pem"), str(tmp_path / "key.pem"), str(tmp_path / "ca.pem"), client, with_certificate
    )


async def test_tls_carries_the_same(pki: Pki) -> None:
    async with listening("tls://127.0.0.1:0", tls=pki) as listener:
        await connect(listener, str(len(CRITICAL)).encode() + b" " + CRITICAL, tls=pki.client, lines=1)
        assert taken(listener)["vm", "syslog.message[crit]"] == "UPS 电池供电"


async def test_with_an_authority_only_its_devices_are_heard(pki: Pki) -> None:
    async with listening("tls://127.0.0.1:0", tls=pki, ca=True) as listener:
        with suppress(ConnectionError, ssl.SSLError):
            async with asyncio.timeout(PATIENCE):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", listener.port, ssl=pki.client, server_hostname="localhost"
                )
                writer.write(CRITICAL + b"\n")
                await reader.read()
        await connect(listener, DOWN + b"\n", tls=pki.known_client, lines=1)
        assert listener.messages.counts.received == 1


async def test_plain_text_on_a_tls_port_is_hung_up_on_and_others_go_on(pki: Pki) -> None:
    async with listening("tls://127.0.0.1:0", tls=pki) as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(DOWN * 10 + b"\n")
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                await reader.read()
        writer.close()
        await connect(listener, CRITICAL + b"\n", tls=pki.client, lines=1)
        assert taken(listener)


def test_tls_without_a_certificate_is_misconfigured(pki: Pki) -> None:
    for bad in (settings("tls://127.0.0.1:0"), replace(settings("tls://127.0.0.1:0", tls=pki), tls_key=pki.ca)):
        with pytest.raises(Misconfigured, match="certificate"):
            SyslogListener.validate(bad)


async def test_a_stream_that_is_too_fast_waits_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.network.syslog.transport.READ_PAUSE", 0.001)
    async with listening("tcp://127.0.0.1:0") as listener:
        listener.messages._allowed, listener.messages._burst = 1000.0, 10.0
        await connect(listener, *[CRITICAL + b"\n"] * 200, lines=200)
        assert listener.messages.counts.dropped == 0
        assert listener.messages.queue.qsize() == 200


async def test_a_stream_that_cannot_be_followed_is_hung_up_on() -> None:
    async with listening("tcp://127.0.0.1:0") as listener:
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"99999999999 x")
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):
                assert await reader.read() == b""
        assert listener.messages.counts.refused == 1
        writer.close()


async def test_more_connections_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.network.syslog.listener.MAX_CONNECTIONS", 2)
    async with listening("tcp://127.0.0.1:0") as listener:
        writers = [(await asyncio.open_connection("127.0.0.1", listener.port))[1] for _ in range(4)]
        await until(lambda: listener.messages.counts.refused == 2)
        for writer in writers:
            writer.close()


async def test_one_device_cannot_make_readings_without_end() -> None:
    async with listening() as listener:
        for number in range(PARTS + 50):
            listener.take(DOWN.replace(b"1/0/1", b"1/0/%d" % number), "127.0.0.1")
        assert len(taken(listener)) <= PARTS + 2


async def test_a_storm_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MAX_WAITING", 3)
    async with listening() as listener:
        for _ in range(10):
            listener.take(CRITICAL, "127.0.0.1")
        assert listener.messages.counts.dropped == 7


async def test_a_port_that_is_taken_is_said_with_its_mend() -> None:
    async with listening("tcp://127.0.0.1:0") as first:
        with pytest.raises(Misconfigured, match="taken by another program"):
            await SyslogListener(settings(f"tcp://127.0.0.1:{first.port}"), AROUND).open()


@pytest.mark.parametrize("url", ["", "http://h", "udp://", "udp://h:99999"])
def test_a_url_that_is_no_place_to_listen_on_is_refused(url: str) -> None:
    with pytest.raises(Misconfigured):
        SyslogListener.validate(settings(url))


def test_lines_that_a_real_logger_wrote_are_read() -> None:
    path = LINES / "real-logger.txt"
    if not path.is_file():
        pytest.skip("the recorded lines are not present")
    first, second, _ = (parse(line, NOW) for line in path.read_bytes().splitlines())
    assert (first.form, first.facility, first.severity) == ("5424", "local0", "crit")
    assert (first.host, first.app) == ("vm", "ups")
    assert first.data["ups@32473"] == {"room": "A"}
    assert first.text == "UPS 电池供电"
    assert (second.form, second.host, second.app, second.text) == ("3164", "vm", "sw", "old style")


def test_structured_data_with_escapes_and_the_rfcs_own_examples() -> None:
    line = parse(
        rb'<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [a@1 b="x\"y\]z\\" c=""][d@1] '
        + b"\xef\xbb\xbftext",
        NOW,
    )
    assert line.data == {"a@1": {"b": 'x"y]z\\', "c": ""}, "d@1": {}}
    assert (line.kind, line.text) == ("ID47", "text")
    assert line.at == datetime(2003, 10, 11, 22, 14, 15, 3000, UTC).timestamp()


def test_broken_structured_data_stays_in_the_text() -> None:
    assert parse(b'<13>1 - h a - - [x y="open and more', NOW).text == '[x y="open and more'


def test_a_time_without_a_year_is_the_last_such_moment_in_the_sites_zone() -> None:
    china = timezone(timedelta(hours=8))
    new_year = datetime(2027, 1, 1, 0, 30, tzinfo=china).timestamp()
    line = parse(b"<13>Dec 31 23:59:59 h a: x", new_year, china)
    assert line.at == datetime(2026, 12, 31, 23, 59, 59, tzinfo=china).timestamp()
    leap = parse(b"<13>Feb 29 12:00:00 h a: x", datetime(2029, 3, 1, tzinfo=UTC).timestamp())
    assert leap.at == datetime(2028, 2, 29, 12, tzinfo=UTC).timestamp()
    assert parse(b"<13>Feb 31 12:00:00 h a: x", NOW).at is None


def test_a_line_in_gb18030_is_read() -> None:
    assert parse("<13>Nov 22 01:45:41 h a: 温度过高".encode("gb18030"), NOW).text == "温度过高"


@given(st.binary(max_size=400))
def test_every_line_is_read_somehow_and_kept(raw: bytes) -> None:
    line = parse(raw, NOW)
    assert line.raw == raw
    assert 0 <= line.level <= 7


@given(st.text(max_size=80), st.integers(0, 191))
def test_a_priority_is_facility_times_eight_and_severity(text: str, priority: int) -> None:
    line = parse(f"<{priority}>1 - h a - - - {text}".encode(errors="replace"), NOW)
    assert line.form == "5424"
    assert line.level == priority % 8


@pytest.mark.parametrize(
    "line",
    [
        b"<1>1 - h a - - " + b'[a b="' + b"\\" * 8000,
        b"<1>1 - h a - - " + b"[a@1]" * 1600,
        b"<13>" + b"a" * 8000,
        b"<13>Nov 22 01:45:41 " + b"x " * 4000,
        b"<1>1 - h a - - [a" + b' b="c"' * 1300,
        b"<13>" + b"interface " * 800,
        b"<13>Nov 22 01:45:41 h IFNET/4/LINK_STATE" + b"nterface " * 800,
    ],
    ids=["escapes", "elements", "letters", "words", "parameters", "near miss", "near state"],
)
async def test_no_line_takes_long(line: bytes) -> None:
    async with listening() as listener:
        began = time.process_time()
        for _ in range(20):
            listener.take(line, "127.0.0.1")
        assert (time.process_time() - began) / 20 < 0.1  # about 2 ms; a search that goes back takes seconds


def test_a_line_beyond_what_is_kept_is_cut_and_says_so() -> None:
    line = parse(b"<13>1 - h a - - - " + "楚".encode() * LARGEST, NOW)
    assert line.cut
    assert len(line.raw) == LARGEST


def split(data: bytes, offsets: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(offset % (len(data) + 1) for offset in offsets)})
    return [data[a:b] for a, b in zip(edges, edges[1:], strict=False)]


MESSAGE = st.binary(min_size=1, max_size=60).map(
    lambda tail: b"<13>" + tail.translate(bytes.maketrans(b"\n\r\0", b"   "))
)
"""A message without the octets that end one: LF, CR and NUL."""


@given(st.lists(st.tuples(MESSAGE, st.booleans()), max_size=12), st.lists(st.integers(0, 10_000), max_size=20))
def test_messages_survive_however_the_stream_is_cut(messages: list[tuple[bytes, bool]], offsets: list[int]) -> None:
    stream = b"".join(str(len(line)).encode() + b" " + line if counted else line + b"\n" for line, counted in messages)
    framing = Framing()
    lines = [line for chunk in split(stream, offsets) for line in framing.feed(chunk)]
    assert lines == [message for message, _ in messages]


@given(st.lists(st.binary(max_size=3000), max_size=20))
def test_no_stream_is_held_beyond_its_bound(chunks: list[bytes]) -> None:
    framing = Framing()
    for chunk in chunks:
        try:
            lines = framing.feed(chunk)
        except ValueError:
            return
        assert all(len(line) <= LARGEST + 1 for line in lines)
        assert len(framing._held) <= LARGEST + 16


def test_a_line_without_end_and_a_count_without_measure_are_cut() -> None:
    framing = Framing()
    lines = [line for _ in range(100) for line in framing.feed(b"x" * 1000)]
    assert [len(packet) for packet in lines] == [LARGEST + 1] or len(lines[0]) <= LARGEST + 1
    assert len(lines) == 1
    assert framing.feed(b"\n<13>next\n") == [b"<13>next"]
    counted = Framing()
    lines = counted.feed(b"50000 <13>" + b"y" * 996) + [line for _ in range(49) for line in counted.feed(b"y" * 1000)]
    assert [len(packet) for packet in lines] == [LARGEST + 1]
    assert counted.feed(b"5 <13>z") == [b"<13>z"]
