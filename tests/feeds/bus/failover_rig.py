"""Common parts of the failover tests: a set of servers to break, a bus, and retries."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from feeds.bus import Bus, BusError
from feeds.clock import now
from feeds.model import Observation
from tests.feeds import redis_servers
from tests.patience import PATIENCE

SITE = "532300"
PROBE = "tcp://127.0.0.1:1"
BACK_WITHIN = 30.0  # for a busy machine: election and reconnection take 1 to 3 s on an idle one

thorough = pytest.mark.skipif(not redis_servers.EVERYTHING, reason="make test-redis")


@contextlib.asynccontextmanager
async def opened(url: str, name: str = "test") -> AsyncIterator[Bus]:
    bus = Bus(url, SITE, name=name)
    try:
        await again(bus.open)  # a busy machine's servers may answer later than a second
        yield bus
    finally:
        await bus.close()


def seen(asset: str, metric: str, value: Any) -> Observation:
    return Observation(
        asset=asset,
        metric=metric,
        value=value,
        observed_at=now(),
        received_at=now(),
        source="network.tcp",
        probe=PROBE,
        fresh_for=1e6,
    )


async def again(attempt: Callable[[], Any], within: float = PATIENCE) -> Any:
    """The result of an attempt once the bus is back."""
    async with asyncio.timeout(within):
        while True:
            try:
                return await attempt()
            except BusError:
                await asyncio.sleep(0.02)
