"""A site's stores: the addresses of its bus and journal, and opening a journal that may be away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from feeds.journal import Intake, Journal, JournalLost, sqlite_url
from watchfloor.runtime import valkey
from watchfloor.settings.site_settings import Settings

log = logging.getLogger(__name__)

JOURNAL_PAUSES = (0.1, 2.0)


def redis_url(settings: Settings) -> str:
    """The configured server, or the embedded one of this data folder."""
    return valkey.address(settings.data).url if settings.redis_url == "embedded" else settings.redis_url


def journal_url(settings: Settings) -> str:
    """The configured journal, or the embedded one of this data folder."""
    return sqlite_url(settings.data) if settings.journal_url == "embedded" else settings.journal_url


@asynccontextmanager
async def open_journal(settings: Settings, chain: str, *, patient: bool = False) -> AsyncIterator[Journal]:
    """The site's journal, open; `chain` names the writing process. `patient` waits for one that is away."""
    journal = _journal(settings, chain)
    try:
        await (open_patiently(journal) if patient else journal.open())
        yield journal
    finally:
        await journal.close()


@asynccontextmanager
async def opening_journal(settings: Settings, chain: str) -> AsyncIterator[Journal]:
    """The site's journal at once, while it is being opened: until that has succeeded its users meet JournalLost.

    StoreRefused ends the block, in a group.
    """
    journal = _journal(settings, chain)
    try:
        async with asyncio.TaskGroup() as group:
            opening = group.create_task(open_patiently(journal), name="open-journal")
            yield journal
            opening.cancel()
    finally:
        await journal.close()


def _journal(settings: Settings, chain: str) -> Journal:
    settings.data.mkdir(parents=True, exist_ok=True)
    return Journal(journal_url(settings), chain, settings.journal_key)


async def open_patiently(journal: Journal | Intake) -> None:
    """Said once when it is away and once when it is there."""
    pause, lost = JOURNAL_PAUSES[0], False
    while True:
        try:
            await journal.open()
        except JournalLost as error:
            if not lost:
                log.warning("the journal cannot be opened, trying again: %s", error)
            lost = True
            await asyncio.sleep(pause)
            pause = min(pause * 2, JOURNAL_PAUSES[1])
        else:
            if lost:
                log.info("the journal is open")
            return
