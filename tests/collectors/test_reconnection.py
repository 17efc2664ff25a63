"""A path that drops everything and comes back: a shared connection works again within seconds, not minutes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import pytest

from collectors import shared_connection
from collectors.contract import Poller, Target
from collectors.errors import NotReady, Reason
from collectors.network.modbus.probe import ModbusPoller
from collectors.network.mqtt.probe import MqttPoller
from collectors.network.opcua import handshake
from collectors.network.opcua.handshake import greet
from collectors.network.opcua.probe import OpcUaPoller
from collectors.probing import retries
from collectors.shared_connection import SharedConnection
from collectors.sim.mqtt import MqttBroker
from tests.collectors.network.loopback import closing, failure, serve, silence, target_of
from tests.collectors.network.test_modbus import device as modbus_device
from tests.collectors.network.test_opcua import plant
from tests.collectors.relay import Path


@asynccontextmanager
async def site() -> AsyncIterator[tuple[Path, int]]:
    broker = MqttBroker("127.0.0.1", 0)
    await broker.start()
    try:
        path = Path(int(broker.address.rpartition(":")[2]))
        async with serve(path) as port:
            yield path, port
    finally:
        await broker.stop()


async def answers(poller: Poller, target: Target) -> bool:
    """One poll; a failed one waits a little, as the runner does."""
    try:
        await retries.attempt(poller, target, target.timeout)
    except NotReady:
        await asyncio.sleep(0.1)
        return False
    return True


async def test_mqtt_is_back_within_two_intervals_after_its_path_is() -> None:
    interval, loop = 1.0, asyncio.get_running_loop()
    async with site() as (path, port), closing(MqttPoller()) as poller:
        target = target_of(f"mqtt://127.0.0.1:{port}/site/7?every=1h", timeout=interval)
        await poller.poll(target)
        path.broken = True
        await asyncio.sleep(0.6)  # what the broker has just said no longer counts as an answer
        for _ in range(2):
            assert isinstance(await failure(poller, target), NotReady)
        path.broken = False
        mended = loop.time()
        while not await answers(poller, target):
            assert loop.time() - mended < 20.0
        assert loop.time() - mended < 10.0


@dataclass(frozen=True, slots=True)
class Peer:
    """A simulated device behind a path, and how it is probed."""

    name: str
    serve: Callable[[], AbstractAsyncContextManager[str]]
    probe: str
    poller: Callable[[], Poller]


@asynccontextmanager
async def registers() -> AsyncIterator[str]:
    async with modbus_device() as device:
        yield device.address


@asynccontextmanager
async def nodes() -> AsyncIterator[str]:
    async with plant() as server:
        yield server.address


PEERS = (
    Peer("modbus", registers, "modbus://{}?unit=1&hr=21&metric=plc.level", ModbusPoller),
    Peer("opcua", nodes, "opc.tcp://{}?node=nsu%3Durn%3Awatchfloor%3Asim%3Aplant%3Bs%3DLevel", OpcUaPoller),
)
INTERVAL = 1.0
GREETED, SILENCE_SEEN = 8.0, 20.0
"""Seconds: an attempt that began while nothing came through and ends by itself; a server's keepalives are missed."""
WITHIN = 2 * INTERVAL + GREETED


@pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
async def test_a_held_connection_is_back_within_two_intervals_after_a_dropped_path(peer: Peer) -> None:
    """The relay drops all bytes without closing anything; then the same address works again."""
    loop = asyncio.get_running_loop()
    async with peer.serve() as address:
        path = Path(int(address.rpartition(":")[2]))
        async with serve(path) as port, closing(peer.poller()) as poller:
            target = target_of(peer.probe.format(f"127.0.0.1:{port}"), timeout=INTERVAL)
            while not await answers(poller, target):
                pass  # the first session may take longer than one poll
            path.broken = True
            lost = loop.time()
            while await answers(poller, target):
                assert loop.time() - lost < SILENCE_SEEN
                await asyncio.sleep(0.1)
            path.broken = False
            mended = loop.time()
            while not await answers(poller, target):
                assert loop.time() - mended < WITHIN
            assert loop.time() - mended < WITHIN


async def test_an_attempt_that_hangs_ends_and_the_next_one_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_connection, "ATTEMPT", 0.05)
    attempts = 0

    async def connect() -> None:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            await asyncio.Event().wait()

    connection = SharedConnection(connect)
    reasons: list[Reason] = []
    while not connection.up and len(reasons) < 100:
        try:
            await connection.ready()
        except NotReady as error:
            reasons.append(error.reason)
            await asyncio.sleep(0.02)
    assert connection.up
    assert attempts == 3
    assert set(reasons) == {Reason.TIMEOUT}


async def test_a_greeting_that_nobody_answers_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshake, "GREETING", 0.1)
    async with serve(silence) as port:
        with pytest.raises(TimeoutError):
            await greet("127.0.0.1", port, f"opc.tcp://127.0.0.1:{port}/")
