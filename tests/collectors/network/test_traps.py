"""SNMP notifications: datagrams of net-snmp where the samples are present, else our own; hostile ones always."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v1, v2c

from collectors.contract import Measurement, Misconfigured, NotReady, Reason
from collectors.network import snmp_ber
from collectors.network.senders import Senders
from collectors.network.snmp_ber import BadMessage
from collectors.network.traps import PARTS, TrapListener, TrapReader
from collectors.settings import Credential, SourceSettings
from feeds.model import Asset

SAMPLES = Path(__file__).parents[4] / "shared" / "samples" / "devices" / "traps"
COMMUNITY = Credential(name="traps", kind="snmpv2c", values={"community": "public"})
USER = Credential(name="v3", kind="snmpv3", values={
    "user": "opsv3", "auth": "sha", "auth_key": "authpass123", "priv": "aes", "priv_key": "privpass123",
})  # fmt: skip
SETTINGS = SourceSettings(id="traps", kind="network.traps", url="udp://127.0.0.1:0", cred="traps")
INVENTORY = {
    one.id: one for one in (
        Asset(id="core", name="核心交换机", kind="switch", region="532300", probes=("icmp://127.0.0.1",)),
        Asset(id="ups", name="UPS", kind="ups", region="532300", labels={"ip": "10.1.2.3"}),
        Asset(id="old", name="旧交换机", kind="switch", region="532300", labels={"ip": "10.1.2.9"}),
    )
}  # fmt: skip
Got = list[tuple[str, Measurement]]


@asynccontextmanager
async def listening(*credentials: Credential) -> AsyncIterator[TrapListener]:
    one = TrapListener(SETTINGS, credentials or (COMMUNITY,), Senders(INVENTORY))
    await one.open()
    try:
        yield one
    finally:
        await one.close()


async def send(listener: TrapListener, *datagrams: bytes, answers: int = 0) -> list[bytes]:
    """Sends, and waits until all have been received; gives the answers."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.setblocking(False)
        one.connect(("127.0.0.1", listener.port))
        before = listener.counts.received
        for datagram in datagrams:
            await loop.sock_sendall(one, datagram)
        async with asyncio.timeout(5):
            while listener.counts.received < before + len(datagrams):
                await asyncio.sleep(0)
            return [await loop.sock_recv(one, 65535) for _ in range(answers)]


def taken(listener: TrapListener) -> dict[tuple[str, str], object]:
    found: dict[tuple[str, str], object] = {}
    while not listener._queue.empty():
        asset, one = listener._queue.get_nowait()
        found[asset, f"{one.metric}[{one.instance}]" if one.instance else one.metric] = one.value
    return found


def sample(name: str) -> bytes:
    path = SAMPLES / name
    if not path.is_file():
        pytest.skip("the recorded datagrams are not present")
    return path.read_bytes()


def trap(oid: str, *pairs: tuple[str, object], community: str = "public", inform: bool = False) -> bytes:
    pdu = v2c.InformRequestPDU() if inform else v2c.TrapPDU()
    v2c.apiTrapPDU.set_defaults(pdu)
    v2c.apiTrapPDU.set_varbinds(pdu, [
        (v2c.ObjectIdentifier(snmp_ber.SYS_UPTIME), v2c.TimeTicks(7)),
        (v2c.ObjectIdentifier(snmp_ber.TRAP_OID), v2c.ObjectIdentifier(oid)),
        *((v2c.ObjectIdentifier(name), value) for name, value in pairs),
    ])  # fmt: skip
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
        got = taken(listener)
    assert got["old", "trap.start"] == "cold"
    assert got["ups", "trap.ups"] == "battery"
    assert got["core", "trap.link[GigabitEthernet0/0/7]"] == "down"


async def test_chinese_texts_and_unknown_notifications_are_kept_with_their_objects() -> None:
    async with listening() as listener:
        oid = "1.3.6.1.4.1.2011.2.15.1.7.1"
        await send(listener, trap(oid, ("1.3.6.1.4.1.2011.2.15.1.1.1", v2c.OctetString("机房A 温度过高".encode()))))
        asset, one = listener._queue.get_nowait()
    assert (asset, one.metric, one.value) == ("core", "trap.last", oid)
    assert "机房A 温度过高" in one.text


async def test_an_inform_is_confirmed_every_time_and_taken_once() -> None:
    inform = trap(LINK_UP, (INDEX, v2c.Integer32(7)), inform=True)
    async with listening() as listener:
        [first] = await send(listener, inform, answers=1)
        [second] = await send(listener, inform, answers=1)
        assert list(taken(listener)) == [("core", "trap.last"), ("core", "trap.link[7]")]
        assert taken(listener) == {}
    assert first == second == snmp_ber.response(inform)
    answer = v2c.apiMessage.get_pdu(decoder.decode(first, asn1Spec=v2c.Message())[0])
    assert answer.isSameTypeWith(v2c.ResponsePDU())


async def test_an_authentic_v3_trap_is_taken() -> None:
    async with listening(USER) as listener:
        await send(listener, sample("v3-authPriv-sha-aes.ber"))
        got = taken(listener)
        assert listener.counts.refused == 0
    assert got["core", "trap.last"]


@pytest.mark.parametrize("key", ["user", "auth_key", "priv_key"])
async def test_a_v3_trap_with_other_keys_is_refused(key: str) -> None:
    other = Credential(name="v3", kind="snmpv3", values={**USER.values, key: "something-else"})
    async with listening(other) as listener:
        await send(listener, sample("v3-authPriv-sha-aes.ber"))
        assert taken(listener) == {}
        assert listener.counts.refused == 1


async def test_a_v3_trap_that_was_changed_on_the_way_is_refused() -> None:
    raw = bytearray(sample("v3-authPriv-sha-aes.ber"))
    raw[-1] ^= 1
    async with listening(USER) as listener:
        await send(listener, bytes(raw))
        assert (taken(listener), listener.counts.refused) == ({}, 1)


async def test_v3_without_a_user_and_v2c_without_a_community_are_refused() -> None:
    async with listening(COMMUNITY) as listener:
        await send(listener, sample("v3-authPriv-sha-aes.ber"))
        assert listener.counts.refused == 1
    async with listening(USER) as listener:
        await send(listener, trap(LINK_DOWN))
        assert listener.counts.refused == 1


async def test_another_community_and_a_sender_nobody_knows_are_counted() -> None:
    stranger = TrapListener(SETTINGS, (COMMUNITY,), Senders({}))
    await stranger.open()
    try:
        await send(stranger, trap(LINK_DOWN), trap(LINK_DOWN, community="guess"))
        assert (stranger.counts.strangers, stranger.counts.refused) == (1, 1)
        assert taken(stranger) == {}
    finally:
        await stranger.close()


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


async def test_one_device_cannot_make_readings_without_end() -> None:
    reader = TrapReader()
    keys = set()
    for number in range(PARTS + 100):
        message = snmp_ber.notification(
            trap(LINK_DOWN, (f"1.3.6.1.2.1.2.2.1.2.{number}", v2c.OctetString(f"port {number}")))
        )
        keys |= {(one.metric, one.instance) for one in reader.read("core", message)}
    assert len(keys) <= PARTS + 2


async def test_a_storm_is_dropped_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collectors.network.traps.WAITING", 3)
    async with listening() as listener:
        await send(listener, *(trap(LINK_DOWN) for _ in range(10)))
        assert listener.counts.dropped > 0
        assert "dropped" in listener.problem


async def test_the_iterator_gives_what_came() -> None:
    listener = TrapListener(SETTINGS, (COMMUNITY,), Senders(INVENTORY))
    await listener.open()
    await send(listener, trap(LINK_DOWN))
    try:
        async for asset, one in listener.listen():
            assert (asset, one.value) == ("core", "linkDown")
            break
    finally:
        await listener.close()


async def test_a_port_that_is_taken_is_said() -> None:
    async with listening() as first:
        settings = SourceSettings(id="t", kind="network.traps", url=f"udp://127.0.0.1:{first.port}", cred="traps")
        second = TrapListener(settings, (COMMUNITY,), Senders({}))
        with pytest.raises(NotReady) as no:
            await second.open()
    assert no.value.reason is Reason.UNREACHABLE


@pytest.mark.parametrize(("url", "cred"), [("", "x"), ("tcp://h:1", "x"), ("udp://h:99999", "x"), ("udp://h", "")])
def test_settings_that_cannot_work_are_refused(url: str, cred: str) -> None:
    with pytest.raises(Misconfigured):
        TrapListener.validate(SourceSettings(id="t", kind="network.traps", url=url, cred=cred))


@given(st.binary(max_size=300))
def test_no_octets_are_anything_but_a_notification_or_a_bad_message(data: bytes) -> None:
    for read in (snmp_ber.version_of, snmp_ber.notification):
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
        message = snmp_ber.notification(bytes(raw))
    except BadMessage:
        return
    for one in TrapReader().read("core", message):
        assert len(one.text) <= 400
        assert len(one.instance) <= 96


async def test_hostile_datagrams_are_counted_and_do_no_harm() -> None:
    whole = trap(LINK_DOWN)
    bad = [b"", b"\x30", whole[:-3], b"\x30\x84\xff\xff\xff\xff" + b"A" * 50, b"\x30\x80" * 30_000,
           b"0\x82\x01\x00\x02\x01\x03" + b"\x30" * 200, b"A" * 60_000]  # fmt: skip
    async with listening(COMMUNITY, USER) as listener:
        await send(listener, *bad, whole)
        assert listener.counts.refused == len(bad)
        assert taken(listener)["core", "trap.last"] == "linkDown"


def test_a_secret_never_shows_in_a_message() -> None:
    assert "public" not in repr(snmp_ber.notification(trap(LINK_DOWN)))
