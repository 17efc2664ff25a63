"""SNMP notifications: datagrams of net-snmp where the samples are present, else our own; hostile ones always."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v1, v2c

from collectors.errors import Misconfigured
from collectors.listener import ListenerContext
from collectors.network.listening import queue, rules
from collectors.network.listening.queue import PARTS
from collectors.network.snmp import ber
from collectors.network.snmp.ber import BadMessage
from collectors.network.traps.listener import TrapListener
from collectors.network.traps.reader import TrapReader
from collectors.settings import Credential, ListenerRule, SourceSettings
from feeds.model import Asset
from tests.patience import PATIENCE
from tests.shared_samples import SAMPLES

DATAGRAMS = SAMPLES / "devices" / "traps"
COMMUNITY = Credential(name="traps", kind="snmpv2c", values={"community": "public"})
USER = Credential(
    name="v3",
    kind="snmpv3",
    values={"user": "opsv3", "auth": "sha", "auth_key": "authpass123", "priv": "aes", "priv_key": "privpass123"},
)
SETTINGS = SourceSettings(id="traps", kind="network.traps", url="udp://127.0.0.1:0", cred="traps")
INVENTORY = {
    asset.id: asset
    for asset in (
        Asset(id="core", name="核心交换机", kind="switch", region="532300", probes=("icmp://127.0.0.1",)),
        Asset(id="ups", name="UPS", kind="ups", region="532300", labels={"ip": "10.1.2.3"}),
        Asset(id="old", name="旧交换机", kind="switch", region="532300", labels={"ip": "10.1.2.9"}),
    )
}


def around(*credentials: Credential, inventory: dict[str, Asset] = INVENTORY) -> ListenerContext:
    return ListenerContext(
        inventory=inventory, credentials={credential.name: credential for credential in credentials or (COMMUNITY,)}
    )


def using(*credentials: Credential) -> SourceSettings:
    return replace(SETTINGS, cred=" ".join(credential.name for credential in credentials or (COMMUNITY,)))


@asynccontextmanager
async def listening(*credentials: Credential, inventory: dict[str, Asset] = INVENTORY) -> AsyncIterator[TrapListener]:
    listener = TrapListener(using(*credentials), around(*credentials, inventory=inventory))
    await listener.open()
    try:
        yield listener
    finally:
        await listener.close()


async def send(listener: TrapListener, *datagrams: bytes, answers: int = 0) -> list[bytes]:
    """Sends, and waits until all have been received; gives the answers."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(("127.0.0.1", listener.port))
        before = listener.messages.counts.received
        for datagram in datagrams:
            await loop.sock_sendall(sock, datagram)
        async with asyncio.timeout(PATIENCE):
            while listener.messages.counts.received < before + len(datagrams):
                await asyncio.sleep(0)
            return [await loop.sock_recv(sock, 65535) for _ in range(answers)]


def taken(listener: TrapListener) -> dict[tuple[str, str], object]:
    measured: dict[tuple[str, str], object] = {}
    while not listener.messages.queue.empty():
        heard = listener.messages.queue.get_nowait()
        for measurement in heard.measurements:
            measured[
                heard.asset,
                f"{measurement.metric}[{measurement.instance}]" if measurement.instance else measurement.metric,
            ] = measurement.value
    return measured


def signals(listener: TrapListener) -> list[tuple[str, str, str, bool]]:
    signals = []
    while not listener.messages.queue.empty():
        heard = listener.messages.queue.get_nowait()
        signals += [(heard.asset or heard.sender, signal.rule, signal.key, signal.active) for signal in heard.signals]
    return signals


def sample(name: str) -> bytes:
    path = DATAGRAMS / name
    if not path.is_file():
        pytest.skip("the recorded datagrams are not present")
    return path.read_bytes()


def trap(oid: str, *pairs: tuple[str, object], community: str = "public", inform: bool = False) -> bytes:
    pdu = v2c.InformRequestPDU() if inform else v2c.TrapPDU()
    v2c.apiTrapPDU.set_defaults(pdu)
    v2c.apiTrapPDU.set_varbinds(
        pdu,
        [
            (v2c.ObjectIdentifier(ber.SYS_UPTIME), v2c.TimeTicks(7)),
            (v2c.ObjectIdentifier(ber.TRAP_OID), v2c.ObjectIdentifier(oid)),
            *((v2c.ObjectIdentifier(name), value) for name, value in pairs),
        ],
    )
    message = v2c.Message()
    v2c.apiMessage.set_defaults(message)
    v2c.apiMessage.set_community(message, community)
    v2c.apiMessage.set_pdu(message, pdu)
    return bytes(encoder.encode(message))


LINK_DOWN, LINK_UP = "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.6.3.1.1.5.4"
DESCRIPTION, INDEX = "1.3.6.1.2.1.2.2.1.2.7", "1.3.6.1.2.1.2.2.1.1.7"


async def test_a_link_goes_down_and_comes_back_under_one_name() -> None:
    async with listening() as listener:
        await send(listener, trap(LINK_DOWN, (DESCRIPTION, v2c.OctetString("Gi0/0/7"))))
        assert taken(listener) == {("core", "trap.last"): "linkDown", ("core", "trap.link[Gi0/0/7]"): "down"}
        await send(listener, trap(LINK_UP, (INDEX, v2c.Integer32(7))))
        assert taken(listener)["core", "trap.link[Gi0/0/7]"] == "up"


async def test_what_net_snmp_sends_is_understood() -> None:
    async with listening() as listener:
        names = ("v1-coldStart", "v1-enterprise-apc", "v2c-apc-upsOnBattery", "v2c-chinese-utf8", "v2c-linkDown")
        await send(listener, *(sample(f"{name}.ber") for name in names))
        measured = taken(listener)
    assert measured["old", "trap.start"] == "cold"
    assert measured["ups", "trap.ups"] == "battery"
    assert measured["core", "trap.link[GigabitEthernet0/0/7]"] == "down"


async def test_chinese_texts_and_unknown_notifications_are_kept_with_their_objects() -> None:
    async with listening() as listener:
        oid = "1.3.6.1.4.1.2011.2.15.1.7.1"
        await send(listener, trap(oid, ("1.3.6.1.4.1.2011.2.15.1.1.1", v2c.OctetString("机房A 温度过高".encode()))))
        heard = listener.messages.queue.get_nowait()
    [measurement] = heard.measurements
    assert (heard.asset, measurement.metric, measurement.value) == ("core", "trap.last", oid)
    assert "机房A 温度过高" in measurement.text


async def test_an_inform_is_confirmed_every_time_and_taken_once() -> None:
    inform = trap(LINK_UP, (INDEX, v2c.Integer32(7)), inform=True)
    async with listening() as listener:
        [first] = await send(listener, inform, answers=1)
        [second] = await send(listener, inform, answers=1)
        assert list(taken(listener)) == [("core", "trap.last"), ("core", "trap.link[7]")]
        assert taken(listener) == {}
    assert first == second == ber.response(inform)
    answer = v2c.apiMessage.get_pdu(decoder.decode(first, asn1Spec=v2c.Message())[0])
    assert answer.isSameTypeWith(v2c.ResponsePDU())


async def test_an_authentic_v3_trap_is_taken() -> None:
    async with listening(USER) as listener:
        await send(listener, sample("v3-authPriv-sha-aes.ber"))
        measured = taken(listener)
        assert listener.messages.counts.refused == 0
    assert measured["core", "trap.last"]


@pytest.mark.parametrize("key", ["user", "auth_key", "priv_key"])
async def test_a_v3_trap_with_other_keys_is_refused(key: str) -> None:
    wrong = Credential(name="v3", kind="snmpv3", values={**USER.values, key: "something-else"})
    async with listening(wrong) as listener:
        await send(listener, sample("v3-authPriv-sha-aes.ber"))
        assert taken(listener) == {}
        assert listener.messages.counts.refused == 1


async def test_a_v3_trap_that_was_changed_on_the_way_is_refused() -> None:
    raw = bytearray(sample("v3-authPriv-sha-aes.ber"))
    raw[-1] ^= 1
    async with listening(USER) as listener:
        await send(listener, bytes(raw))
        assert (taken(listener), listener.messages.counts.refused) == ({}, 1)


async def test_v3_without_a_user_and_v2c_without_a_community_are_refused() -> None:
    async with listening(COMMUNITY) as listener:
        await send(listener, sample("v3-authPriv-sha-aes.ber"))
        assert listener.messages.counts.refused == 1
    async with listening(USER) as listener:
        await send(listener, trap(LINK_DOWN))
        assert listener.messages.counts.refused == 1


async def test_another_community_is_refused_and_a_sender_nobody_knows_is_named_with_its_alert() -> None:
    async with listening(inventory={}) as stranger:
        await send(stranger, trap(LINK_DOWN, (DESCRIPTION, v2c.OctetString("Gi0/0/7"))), trap(LINK_DOWN, community="x"))
        assert stranger.unknown_senders == {"127.0.0.1": 1}
        assert stranger.messages.counts.refused == 1
        [message] = stranger.take_refusals()
        assert "community" in message
        heard = stranger.messages.queue.get_nowait()
    assert (heard.asset, heard.sender, heard.measurements) == ("", "127.0.0.1", ())
    assert [(signal.rule, signal.key, signal.active) for signal in heard.signals] == [("trap:link", "Gi0/0/7", True)]


async def test_a_v1_trap_with_an_agent_address_means_that_device() -> None:
    pdu = v1.TrapPDU()
    v1.apiTrapPDU.set_defaults(pdu)
    v1.apiTrapPDU.set_agent_address(pdu, "10.1.2.3")
    v1.apiTrapPDU.set_generic_trap(pdu, "linkDown")
    message = v1.Message()
    v1.apiMessage.set_defaults(message)
    v1.apiMessage.set_community(message, "public")
    v1.apiMessage.set_pdu(message, pdu)
    async with listening() as listener:
        await send(listener, bytes(encoder.encode(message)))
        assert taken(listener)["ups", "trap.last"] == "linkDown"


async def test_one_device_cannot_make_readings_or_alerts_without_end() -> None:
    reader = TrapReader(rules.rules("trap", SETTINGS))
    keys, alerts = set(), set()
    for number in range(PARTS + 100):
        message = ber.notification(
            trap(LINK_DOWN, (f"1.3.6.1.2.1.2.2.1.2.{number}", v2c.OctetString(f"port {number}")))
        )
        readings, raised = reader.read("core", message)
        keys |= {(measurement.metric, measurement.instance) for measurement in readings}
        alerts |= {(signal.rule, signal.key) for signal in raised}
    assert len(keys) <= PARTS + 2
    assert len(alerts) <= PARTS + 1


async def test_a_storm_is_dropped_and_counted_and_an_inform_of_it_is_not_confirmed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(queue, "MAX_WAITING", 3)
    inform = trap(LINK_UP, (INDEX, v2c.Integer32(7)), inform=True)
    async with listening() as listener:
        await send(listener, *(trap(LINK_DOWN) for _ in range(10)), inform)
        assert listener.counts()["dropped"] == 8
        assert len(taken(listener)) == 2
        [answer] = await send(listener, inform, answers=1)  # sent again, as its sender does
        assert answer == ber.response(inform)
        assert signals(listener) == [("core", "trap:link", "7", False)]


async def test_one_sender_that_floods_takes_nothing_from_the_others() -> None:
    moment = [0.0]
    waiting = queue.ListenerQueue(clock=lambda: moment[0], allowed=10, burst=20)
    assert [waiting.admit("flood") for _ in range(100)].count(True) == 20
    assert waiting.counts.dropped == 80
    assert waiting.admit("other")
    moment[0] = 1.0
    assert [waiting.admit("flood") for _ in range(100)].count(True) == 10


@pytest.mark.parametrize(
    ("oid", "value", "rule", "active"),
    [
        ("1.3.6.1.6.3.1.1.5.1", "", "trap:restart", True),
        ("1.3.6.1.6.3.1.1.5.2", "", "trap:restart", True),
        ("1.3.6.1.6.3.1.1.5.5", "", "trap:access", True),
        ("1.3.6.1.2.1.33.2.0.1", "", "trap:ups-battery", True),
        ("1.3.6.1.4.1.318.0.5", "", "trap:ups-mains", True),
        ("1.3.6.1.2.1.15.0.2", "", "trap:bgp", True),
        ("1.3.6.1.2.1.15.0.1", "", "trap:bgp", False),
    ],
)
async def test_what_notifications_raise_and_end(oid: str, value: str, rule: str, active: bool) -> None:
    async with listening() as listener:
        await send(listener, trap(oid))
        assert signals(listener) == [("core", rule, "", active)]


async def test_a_link_alert_carries_the_index_by_which_a_poll_may_end_it() -> None:
    async with listening() as listener:
        name = (DESCRIPTION, v2c.OctetString("Gi0/0/7"))
        await send(listener, trap(LINK_DOWN, name), trap(LINK_DOWN), trap("1.3.6.1.2.1.15.0.2"))
        signals = []
        while not listener.messages.queue.empty():
            signals += [
                (signal.rule, signal.key, signal.index, signal.over)
                for signal in listener.messages.queue.get_nowait().signals
            ]
    assert signals == [("trap:link", "Gi0/0/7", "7", "if.oper=up"), ("trap:link", "", "", ""), ("trap:bgp", "", "", "")]


async def test_mains_power_ends_both_alerts_of_a_ups() -> None:
    async with listening() as listener:
        await send(listener, trap("1.3.6.1.4.1.318.0.9"))
        assert signals(listener) == [("core", "trap:ups-mains", "", False), ("core", "trap:ups-low", "", False)]


async def test_a_sites_own_rule_stands_before_and_instead_of_the_shipped_one() -> None:
    door = "1.3.6.1.4.1.2011.6.1"
    own = (
        ListenerRule(id="door", raises=(f"{door}.1",), clears=(f"{door}.2",), key=(f"{door}.9",)),
        ListenerRule(id="link", raises=(LINK_DOWN,), clears=(LINK_UP,)),
    )
    listener = TrapListener(replace(SETTINGS, rule=own), around())
    await listener.open()
    try:
        await send(listener, trap(f"{door}.1", (f"{door}.9.4", v2c.OctetString("B2"))), trap(LINK_DOWN))
        assert signals(listener) == [("core", "trap:door", "B2", True), ("core", "trap:link", "", True)]
        assert "trap:bgp" in listener.rules
    finally:
        await listener.close()


async def test_other_communities_apply_on_the_open_socket() -> None:
    second = Credential(name="other", kind="snmpv2c", values={"community": "second"})
    async with listening() as listener:
        listener.update(using(second), around(second))
        await send(listener, trap(LINK_DOWN), trap(LINK_DOWN, community="second"))
        assert listener.messages.counts.refused == 1
        assert signals(listener) == [("core", "trap:link", "", True)]


async def test_a_user_of_v3_applies_on_the_open_socket() -> None:
    async with listening() as listener:
        listener.update(using(USER), around(USER))
        await send(listener, sample("v3-authPriv-sha-aes.ber"))
        assert taken(listener)["core", "trap.last"]


async def test_a_port_that_is_taken_is_said_with_its_mend() -> None:
    async with listening() as first:
        settings = replace(SETTINGS, url=f"udp://127.0.0.1:{first.port}")
        with pytest.raises(Misconfigured, match=rf"127\.0\.0\.1:{first.port} is taken by another program"):
            await TrapListener(settings, around()).open()


async def test_an_address_that_is_not_ours_is_said_with_its_mend() -> None:
    with pytest.raises(Misconfigured, match=r"write 0\.0\.0\.0"):
        await TrapListener(replace(SETTINGS, url="udp://192.0.2.1:1162"), around()).open()


@pytest.mark.parametrize(("url", "cred"), [("", "x"), ("tcp://h:1", "x"), ("udp://h:99999", "x"), ("udp://h", "")])
def test_settings_that_cannot_work_are_refused(url: str, cred: str) -> None:
    with pytest.raises(Misconfigured):
        TrapListener.validate(SourceSettings(id="t", kind="network.traps", url=url, cred=cred))


@given(st.binary(max_size=300))
def test_no_octets_are_anything_but_a_notification_or_a_bad_message(data: bytes) -> None:
    for read in (ber.version_of, ber.notification):
        try:
            read(data)
        except BadMessage:
            continue


@given(st.data())
def test_a_notification_with_spoiled_octets_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(trap(LINK_DOWN, (DESCRIPTION, v2c.OctetString("Gi0/0/7"))))
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        message = ber.notification(bytes(raw))
    except BadMessage:
        return
    for reading in TrapReader(()).read("core", message)[0]:
        assert len(reading.text) <= 400
        assert len(reading.instance) <= 96


async def test_hostile_datagrams_are_counted_and_do_no_harm() -> None:
    whole = trap(LINK_DOWN)
    bad = [
        b"",
        b"\x30",
        whole[:-3],
        b"\x30\x84\xff\xff\xff\xff" + b"A" * 50,
        b"\x30\x80" * 30_000,
        b"0\x82\x01\x00\x02\x01\x03" + b"\x30" * 200,
        b"A" * 60_000,
    ]
    async with listening(COMMUNITY, USER) as listener:
        await send(listener, *bad, whole)
        assert listener.messages.counts.refused == len(bad)
        assert taken(listener)["core", "trap.last"] == "linkDown"


def test_a_secret_never_shows_in_a_message() -> None:
    assert "public" not in repr(ber.notification(trap(LINK_DOWN)))
