"""The command role over a real bus and a real journal, driven by hand with a moved clock."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from feeds.bus import Bus
from feeds.journal import Journal
from tests.incidents.commands import CommandDesk


@pytest_asyncio.fixture
async def desk(bus: Bus, journal: Journal) -> AsyncIterator[CommandDesk]:
    started = CommandDesk(bus, journal)
    await started.start()
    yield started
