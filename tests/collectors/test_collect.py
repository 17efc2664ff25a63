"""The whole role over a real bus and real sockets, on the event loop that roles run on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import uvloop

from collectors.service import Collect
from collectors.settings import SchemeSettings
from feeds.bus import Bus
from feeds.model import Asset, Heartbeat, Observation
from tests.collectors.network.loopback import ANSWERED, serve, silence
from tests.patience import PATIENCE


async def followed(bus: Bus) -> AsyncIterator[Observation | Heartbeat]:
    """Everything on the network feed from its beginning."""
    stream, cursor = bus.keys.feed("network"), "0-0"
    while True:
        for entry in await bus.read({stream: cursor}, block=0.05):
            cursor = entry.id
            for item in entry.items:
                yield item


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accepts and closes."""
    writer.close()
    await writer.wait_closed()


async def first(bus: Bus, condition: Callable[[Observation], bool]) -> Observation:
    async with asyncio.timeout(PATIENCE):
        async for item in followed(bus):
            if isinstance(item, Observation) and condition(item):
                return item
    raise AssertionError("the feed ended")


def test_a_service_that_dies_is_reported_down_and_up_again(valkey_url: str) -> None:
    async def story() -> None:
        bus, reader = Bus(valkey_url, "987001"), Bus(valkey_url, "987001", name="reader")
        async with serve(silence) as port:
            uri = f"tcp://127.0.0.1:{port}"
            asset = Asset(id="x", name="X", kind="server", region="532300", probes=(uri,))
            settings = {"tcp": SchemeSettings(interval=0.2, timeout=ANSWERED)}
            entry = Collect(bus, "532300", settings, (), {"x": asset}, {})
            role = asyncio.create_task(entry.run())
            up = await first(reader, lambda observation: observation.value is True)
            assert (up.asset, up.metric, up.probe) == ("x", "tcp.up", uri)
        down = await first(reader, lambda observation: observation.value is False)
        assert down.text == "refused"
        server = await asyncio.start_server(hang_up, "127.0.0.1", port)
        await first(
            reader, lambda observation: observation.value is True and observation.observed_at > down.observed_at
        )
        async with asyncio.timeout(PATIENCE):
            async for item in followed(reader):
                if isinstance(item, Heartbeat) and item.source == "role.collect":
                    assert (item.targets, item.ok) == (1, True)
                    break
        role.cancel()
        await asyncio.gather(role, return_exceptions=True)
        server.close()
        await server.wait_closed()
        await bus.close()
        await reader.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(story())
