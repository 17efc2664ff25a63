"""Syslog as it came from real networks: headers of many makers, relays, links in every wording, mixed framing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from collectors.errors import Misconfigured
from collectors.listener import ListenerContext
from collectors.network.listening import rules as listener_rules
from collectors.network.syslog.framing import Framing
from collectors.network.syslog.listener import SyslogListener
from collectors.network.syslog.parser import parse
from collectors.settings import ListenerRule, SourceSettings
from feeds.model import Asset
from tests.patience import until

CHINA = timezone(timedelta(hours=8))
LOCAL_NOW = datetime(2026, 11, 29, 10, 11, tzinfo=CHINA)
NOW = LOCAL_NOW.timestamp()
CASES = Path(__file__).parent / "cases" / "syslog_lines.txt"
RELAY = "127.0.0.9"
INVENTORY = {
    asset.id: asset
    for asset in (
        Asset(id="relay", name="日志中继", kind="server", region="532300", labels={"ip": RELAY}),
        Asset(id="a", name="甲", kind="switch", region="532300", labels={"sysname": "sw01"}),
        Asset(id="b", name="乙", kind="firewall", region="532300", labels={"sysname": "fw01"}),
        Asset(id="c", name="丙", kind="switch", region="532300", labels={"ip": "2001:db8::1"}),
    )
}
EXPECTED = {
    "a1": ("a", {("syslog:link", "Gi0/11")}),
    "a2": ("a", {("syslog:link", "GE0/0/12")}),
    "a3": ("c", {("syslog:link", "Gi0/13")}),
    "a4": ("b", {("syslog:severe", "%ASA-1-199001")}),
    "a5": ("b", set()),
    "a6": ("a", set()),
    "b1": ("relay", {("syslog:severe", "%ASA-1-199002")}),
    "b2": ("relay", {("syslog:severe", "")}),
    "b3": ("relay", {("syslog:severe", "%PLATFORM-1-CRASHED")}),
    "b4": ("relay", {("syslog:severe", "%REDUNDANCY-1-LOST")}),
    "c1": ("a", {("syslog:link", "GigabitEthernet0/0/14")}),
    "c2": ("a", {("syslog:link", "GigabitEthernet1/0/15")}),
}
LINES = dict(line.split("|", 1) for line in CASES.read_text().splitlines() if line and not line.startswith("#"))


def listener(*rules: ListenerRule, inventory: dict[str, Asset] = INVENTORY) -> SyslogListener:
    settings = SourceSettings(
        id="log", kind="network.syslog", url="udp://127.0.0.1:0", level="debug", rule=tuple(rules)
    )
    return SyslogListener(settings, ListenerContext(inventory=inventory, zone=CHINA), clock=lambda: NOW)


def line_of(text: str) -> bytes:
    stamp = LOCAL_NOW.strftime("%b %d")
    return text.replace("{T}", f"{stamp} 10:11:00").replace("{Y}", f"{stamp} 2026 10:11:00").encode()


def heard(log: SyslogListener, *lines: bytes, address: str = RELAY) -> list[tuple[str, str, str, bool]]:
    """The signals of the lines: (asset or sender, rule, part, active)."""
    for line in lines:
        log.take(line, address)
    signals = []
    while not log.messages.queue.empty():
        message = log.messages.queue.get_nowait()
        signals += [(message.asset or message.sender, s.rule, s.key, s.active) for s in message.signals]
    return signals


@pytest.mark.parametrize("case", sorted(EXPECTED))
def test_a_relayed_line_belongs_to_the_host_in_it_and_raises_what_it_says(case: str) -> None:
    log = listener()
    log.take(line_of(LINES[case]), RELAY)
    asset, signals = EXPECTED[case]
    message = log.messages.queue.get_nowait()
    assert message.asset == asset
    assert {(signal.rule, signal.key) for signal in message.signals if signal.active} == signals


def test_every_case_has_an_expectation() -> None:
    assert LINES.keys() == EXPECTED.keys()


@pytest.mark.parametrize(
    ("line", "host", "at"),
    [
        ("<187>55: 000123: sw01: *{T}.833 GMT: %LINK-3-UPDOWN: x", "sw01", NOW + 8 * 3600),
        ("<187>55: {T} UTC: %SYS-2-X: y", "", NOW + 8 * 3600),
        ("<187>{Y}+08:00 DST sw01 %%01IFNET/4/LINK_STATE(l)[4]:text", "sw01", NOW),
        ("<187>2026-11-29 10:11:00+08:00 sw01 %%01A/4/B(l)[4]:text", "sw01", NOW),
        ("<187>2026-11-29T02:11:00.123Z sw01 app: text", "sw01", NOW),
        ("<187>: 2026 Nov 29 10:11:00 BJT: %ETHPORT-5-IF_UP: text", "", NOW),
        ("<187>{T} [2001:DB8:0::1] app[12]: text", "2001:DB8:0::1", NOW),
        ("<187>{T} 10.1.2.3: %LINK-3-UPDOWN: text", "10.1.2.3", NOW),
        ("<187>55: RP/0/RSP0/CPU0:{T}.123 CST: ifmgr[217]: %PKT_INFRA-LINK-3-UPDOWN : x", "", NOW),
        ("<187>xr1 RP/0/RSP0/CPU0:{T}.123 CST: ifmgr[217]: %PKT-3-X : x", "xr1", NOW),
        ("<187> {T} 州核心 app: 文字", "州核心", NOW),
        ("<187>000055: sw01: 000056: {T}.833 CST: %LINK-3-UPDOWN: x", "sw01", NOW),
        ("<187>{T} relay 55: sw01: *{T}.833 CST: %LINK-3-UPDOWN: x", "sw01", NOW),
        ("<187>{T} sw01 55: {T}.833 CST: %LINK-3-UPDOWN: x", "sw01", NOW),
        ("<187>{T} sw01 RP/0/RSP0/CPU0:{T}.123 CST: ifmgr[217]: %PKT-3-X : x", "sw01", NOW),
        ("<187>{Y} CST+08:00 sw01 %%01IFNET/4/LINK_STATE(l)[4]:x", "sw01", NOW),
        ("<187>{Y} Beijing+08:00 sw01 %%01IFNET/4/LINK_STATE(l)[4]:x", "sw01", NOW),
        ("<187>%{T}:123 2026 sw01 IFNET/3/PHY_UPDOWN: x", "sw01", NOW),
        ("<187>{T}:123 2026+08:00 sw01 %%10IFNET/3/PHY_UPDOWN: x", "sw01", NOW),
        ("<187>{T} sw-01 app: x", "sw-01", NOW),
        ("<187>{T} sw01: audit text", "sw01", NOW),
    ],
)
def test_headers_of_many_makers_give_host_and_time(line: str, host: str, at: float) -> None:
    parsed = parse(line_of(line), NOW, CHINA)
    assert parsed.host == host
    assert parsed.at == pytest.approx(at, abs=1)


def test_a_relay_is_not_the_origin_of_a_line_that_names_a_host_nobody_knows() -> None:
    log = listener()
    link = "<187>{T} sw99 x: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down"
    assert heard(log, line_of(LINES["a1"]), line_of(link))[-1] == ("sw99", "syslog:link", "Gi0/1", True)


def test_a_label_makes_a_relay_before_it_has_passed_anything_on() -> None:
    relay = Asset(id="relay", name="中继", kind="server", region="532300", labels={"ip": RELAY, "relay": "yes"})
    link = "<187>{T} sw99 x: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down"
    assert heard(listener(inventory={"relay": relay}), line_of(link)) == [("sw99", "syslog:link", "Gi0/1", True)]


def test_a_device_whose_own_name_nobody_knows_is_known_by_its_address() -> None:
    link = "<187>{T} HUAWEI x: %LINK-3-UPDOWN: Interface Gi0/1, changed state to down"
    assert heard(listener(), line_of(link)) == [("relay", "syslog:link", "Gi0/1", True)]


WORDINGS = listener_rules.wordings("syslog", "links.toml")


@pytest.mark.parametrize("wording", WORDINGS, ids=[wording["maker"] for wording in WORDINGS])
def test_every_makers_link_wording_raises_and_ends_on_its_interface(wording: dict[str, str]) -> None:
    signals = heard(listener(inventory={}), wording["down"].encode(), wording["up"].encode(), address="10.0.0.1")
    assert [(rule, part, active) for _, rule, part, active in signals] == [
        ("syslog:link", wording["part"], True),
        ("syslog:link", wording["part"], False),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "<187>{T} sw01 x: OSPF neighbor 10.0.0.1 on interface Gi0/1 lost",
        "<187>{T} sw01 x: interface Gi0/1 bandwidth set down to 10",
        "<187>{T} sw01 x: port 22: shutdown of sshd requested",
        "<187>{T} sw01 x: BFD session on interface Gi0/1 to 10.0.0.2 is down",
        "<187>{T} sw01 x: 用户在接口配置中断开会话",
        "<187>{T} sw01 x: 用户admin在端口22的会话已断开",
        "<187>{T} sw01 x: session 3 link down to archive started",
        "<187>{T} sw01 x: Interface Gi0/1 description turn down service",
        "<187>{T} sw01 %IFMGR-5-CONFIG: Changed interface state configuration: Te 0/1",
    ],
)
def test_lines_about_something_else_on_an_interface_are_no_link(text: str) -> None:
    assert heard(listener(), line_of(text)) == []


def test_a_site_adds_its_own_wording_to_the_shipped_rule() -> None:
    own = ListenerRule(
        id="link", raises=(r"uplink (?P<part>\w+) lost",), clears=(r"uplink (?P<part>\w+) found",), adds=True
    )
    log = listener(own)
    assert heard(log, b"<12>Nov 29 10:11:00 sw01 x: uplink A lost", b"<12>Nov 29 10:11:00 sw01 x: uplink A found") == [
        ("a", "syslog:link", "A", True),
        ("a", "syslog:link", "A", False),
    ]
    assert heard(log, line_of(LINES["a1"])) == [("a", "syslog:link", "Gi0/11", True)]


def test_adding_to_a_rule_that_is_not_shipped_is_refused_with_the_names_of_those_that_are() -> None:
    with pytest.raises(Misconfigured, match="link, bgp"):
        listener(ListenerRule(id="lnik", raises=("x",), adds=True))


async def test_messages_ended_by_nul_are_taken_while_the_connection_stays_open() -> None:
    settings = SourceSettings(id="log", kind="network.syslog", url="tcp://127.0.0.1:0")
    log = SyslogListener(settings, ListenerContext(inventory=INVENTORY, zone=CHINA), clock=lambda: NOW)
    await log.open()
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", log.port)
        for number in range(1, 4):
            line = b"<187>Nov 29 02:11:00 sw01 t: %%LINK-3-UPDOWN: Interface Te9/%d, changed state to down\0"
            writer.write(line % number)
            await writer.drain()
        await until(lambda: log.messages.queue.qsize() == 3)
        writer.close()
    finally:
        await log.close()


def test_terminators_and_counts_may_be_mixed_in_one_stream() -> None:
    framing = Framing()
    stream = b"<13>a\n<13>b\r\n<13>c\0" + b"5 <13>d" + b"\n5 <13>e\0\r\n2026-11-29 no priority\n<13>f\n\n"
    messages = [message for octet in stream for message in framing.feed(bytes([octet]))]
    assert messages == [b"<13>a", b"<13>b", b"<13>c", b"<13>d", b"<13>e", b"2026-11-29 no priority", b"<13>f"]


@pytest.mark.parametrize("uptime", ["1w2d", "02:11:44", "*00:00:46", "3y12w", "5d03h"])
def test_the_time_since_the_start_of_a_device_without_a_clock_hides_neither_host_nor_mnemonic(uptime: str) -> None:
    line = parse(f"<185>55: sw01: {uptime}: %PLATFORM-1-CRASHED: lost".encode(), NOW, CHINA)
    assert (line.host, line.named, line.app, line.at) == ("sw01", True, "%PLATFORM-1-CRASHED", None)


def test_a_relays_own_header_does_not_make_sequence_numbers_parts() -> None:
    lines = [line_of(f"<185>{{T}} sw01 {n}: {{T}} CST: %PLATFORM-1-CRASHED: supervisor lost") for n in (82, 83)]
    assert heard(listener(), *lines) == [("a", "syslog:severe", "%PLATFORM-1-CRASHED", True)] * 2


def test_the_kind_and_the_structured_data_of_rfc_5424_are_searched() -> None:
    own = ListenerRule(id="ups", raises=("UPS_ON_BATTERY: .*load",), clears=("UPS_ON_MAINS",))
    head = "<13>1 2026-11-29T02:11:00Z sw01 upsd - "
    lines = [head + 'UPS_ON_BATTERY [x@1 load="80"]', head + "UPS_ON_MAINS - back"]
    assert [signal[1:] for signal in heard(listener(own), *(line.encode() for line in lines))] == [
        ("syslog:ups", "", True),
        ("syslog:ups", "", False),
    ]


def test_a_month_that_is_none_gives_no_time() -> None:
    assert parse(b"<13>Foo 22 01:45:41 h a: x", NOW, UTC).at is None
    assert parse(b"<13>2026-13-22 01:45:41 h a: x", NOW, UTC).at is None
