"""A path that drops everything in both directions: each protocol works again within two intervals after it is back.

Nothing is closed and nothing is refused: only time limits can tell. Shared connections: test_reconnection.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from collectors.contract import Poller
from collectors.emergency.cap.feed import CapFeed
from collectors.errors import NotReady, Reason
from collectors.network.dns import DnsPoller
from collectors.network.http.probe import HttpPoller
from collectors.network.snmp import session
from collectors.network.snmp.probe import SnmpPoller
from collectors.network.sql.probe import SqlPoller
from collectors.probing import retries
from collectors.settings import Credential, SourceSettings
from collectors.sim.cameras.gb_device import GbDevice
from collectors.sim.devices import HttpService
from collectors.sim.services import DnsService
from collectors.sim.snmp import SnmpAgent
from collectors.sim.sql import MysqlService, PostgresService
from tests.collectors.emergency.test_cap_feed import served
from tests.collectors.network.loopback import closing, serve, target_of
from tests.collectors.network.test_device_facts import SYSTEM
from tests.collectors.relay import DatagramPath, Path, datagram_path
from tests.collectors.video.gb28181.scene import DEVICE, PLATFORM
from tests.collectors.video.gb28181.test_listener import platform
from tests.feeds.cap.samples import alert
from tests.ports import free_port

INTERVAL, PATIENT = 0.6, 20.0
"""Seconds for a poll: whose silence is the point; on however slow a machine."""
LOGIN = Credential(name="db", kind="password", values={"user": "watch", "password": "open sesame"})
V3 = Credential(
    name="core",
    kind="snmpv3",
    values={"user": "ops", "auth": "sha", "auth_key": "hush-hush-1", "priv": "aes", "priv_key": "hush-hush-2"},
)


@asynccontextmanager
async def running(service: HttpService | PostgresService | MysqlService | SnmpAgent | DnsService) -> AsyncIterator[int]:
    await service.start()
    try:
        yield int(service.address.rpartition(":")[2])
    finally:
        await service.stop()


def http() -> AbstractAsyncContextManager[int]:
    return running(HttpService("127.0.0.1", free_port()))


def postgres() -> AbstractAsyncContextManager[int]:
    return running(PostgresService("127.0.0.1", free_port(), "watch", "open sesame", lambda: 7))


def mysql() -> AbstractAsyncContextManager[int]:
    return running(MysqlService("127.0.0.1", free_port(), "watch", "open sesame", lambda: 7))


def snmp() -> AbstractAsyncContextManager[int]:
    return running(SnmpAgent("127.0.0.1", free_port(), lambda: SYSTEM))


def snmp_v3() -> AbstractAsyncContextManager[int]:
    user = ("ops", "hush-hush-1", "hush-hush-2")
    return running(SnmpAgent("127.0.0.1", free_port(), lambda: SYSTEM, community=None, user=user))


def dns() -> AbstractAsyncContextManager[int]:
    return running(DnsService("127.0.0.1", free_port(), {"a.example": "10.1.2.3"}))


@asynccontextmanager
async def byte_path(port: int) -> AsyncIterator[tuple[Path, int]]:
    path = Path(port)
    async with serve(path) as near:
        yield path, near


@asynccontextmanager
async def packet_path(port: int) -> AsyncIterator[tuple[DatagramPath, int]]:
    async with datagram_path(port) as path:
        yield path, path.port


@dataclass(frozen=True, slots=True)
class Peer:
    """A service, the relay before it, and how it is probed."""

    name: str
    service: Callable[[], AbstractAsyncContextManager[int]]
    path: Callable[[int], AbstractAsyncContextManager[tuple[Path | DatagramPath, int]]]
    probe: str
    poller: Callable[[], Poller]
    credential: Credential | None = None


PEERS = (
    Peer("http", http, byte_path, "http://127.0.0.1:{}/", HttpPoller),
    Peer("postgresql", postgres, byte_path, "sql+postgresql://127.0.0.1:{}/x?cred=db", SqlPoller, LOGIN),
    Peer("mysql", mysql, byte_path, "sql+mysql://127.0.0.1:{}/x?cred=db", SqlPoller, LOGIN),
    Peer("snmp", snmp, packet_path, "snmp://127.0.0.1:{}?profile=system", SnmpPoller),
    Peer("snmpv3", snmp_v3, packet_path, "snmp://127.0.0.1:{}?profile=system&cred=core", SnmpPoller, V3),
    Peer("dns", dns, packet_path, "dns://127.0.0.1:{}/a.example", DnsPoller),
)


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
async def test_a_probe_is_back_within_two_intervals_after_its_path_is(peer: Peer) -> None:
    async with peer.service() as far, peer.path(far) as (path, near), closing(peer.poller()) as poller:
        target = target_of(peer.probe.format(near), peer.credential)
        await retries.attempt(poller, target, PATIENT)
        path.broken = True
        for _ in range(2):
            with pytest.raises(NotReady) as lost:
                await retries.attempt(poller, replace(target, timeout=INTERVAL), INTERVAL)
            assert lost.value.reason is Reason.TIMEOUT
        path.broken = False
        async with asyncio.timeout(PATIENT / 2):  # what waited for the dead path would take all of PATIENT
            await retries.attempt(poller, target, PATIENT)


async def test_an_snmpv3_agent_that_falls_silent_between_rare_polls_is_down_and_its_keys_are_not_to_blame(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session, "REFRESH_AFTER", 0.0)
    async with snmp_v3() as far, datagram_path(far) as path, closing(SnmpPoller()) as poller:
        target = target_of(f"snmp://127.0.0.1:{path.port}?profile=system&cred=core", V3)
        await poller.poll(target)
        path.broken = True
        with pytest.raises(NotReady):
            await poller.poll(replace(target, timeout=INTERVAL))
        path.broken = False
        assert await poller.poll(target)


async def test_a_cap_source_is_back_with_its_next_round() -> None:
    async with served() as centre, byte_path(int(centre.base.rpartition(":")[2])) as (path, near):
        centre.pages["/a.xml"] = alert()
        url = f"http://127.0.0.1:{near}/a.xml"
        feed = CapFeed(SourceSettings(id="cma", kind="emergency.cap", url=url, timeout=1.5, mode="lenient"), None)
        try:
            assert len((await feed.fetch(1.0)).items) == 1
            path.broken = True
            for at in (2.0, 3.0):
                with pytest.raises(NotReady):
                    await feed.fetch(at)
            centre.pages["/a.xml"] = alert(identifier="<identifier>B</identifier>")
            path.broken = False
            assert len((await feed.fetch(4.0)).items) == 1
        finally:
            await feed.close()


async def test_a_device_of_gb28181_is_up_again_with_its_next_keepalive() -> None:
    loop = asyncio.get_running_loop()
    async with platform(query="?keepalive=1s") as (listener, heard), datagram_path(listener.port) as path:
        device = GbDevice(DEVICE, ("127.0.0.1", path.port), PLATFORM, password="open sesame", interval=INTERVAL)
        await device.start()
        try:
            await heard.until(lambda: heard.values.get((DEVICE, "gb28181.up")) is True)
            path.broken = True
            await heard.until(lambda: heard.values.get((DEVICE, "gb28181.up")) is False)
            path.broken = False
            mended = loop.time()
            await heard.until(lambda: heard.values.get((DEVICE, "gb28181.up")) is True)
            assert loop.time() - mended < PATIENT / 2
        finally:
            await device.stop()
