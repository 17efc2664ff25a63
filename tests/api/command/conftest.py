"""A site of emergency command at 14:00 of 2026-11-27."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from feeds.bus import Bus
from feeds.journal import Intake, Journal
from tests.api.command.site import CommandSite, running


@pytest_asyncio.fixture
async def stopped_site(bus: Bus, journal: Journal, journal_url: str, intake: Intake) -> AsyncIterator[CommandSite]:
    """The site before its start, for other settings."""
    async with running(bus, journal, journal_url, intake) as site:
        yield site


@pytest_asyncio.fixture
async def site(stopped_site: CommandSite) -> CommandSite:
    """The site at work."""
    await stopped_site.start()
    return stopped_site
