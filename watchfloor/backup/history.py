"""The metric history in a backup: its tables, with the open hours that are still in Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from feeds.bus import Bus, BusError
from feeds.history.copying import copy
from feeds.history.schema import BOOK
from watchfloor.backup.files import BackupError, HistoryPart, Progress
from watchfloor.backup.side_store import opened_history, write_tables
from watchfloor.runtime.stores import redis_url
from watchfloor.settings.site_settings import Settings


@asynccontextmanager
async def _bus(settings: Settings) -> AsyncIterator[Bus | None]:
    """The site's bus, or None when Redis does not answer because the site is stopped."""
    if settings.redis_url == "embedded" and not (settings.data / "run" / "valkey.json").exists():
        yield None
        return
    bus = Bus(redis_url(settings), settings.site.region, name="backup")
    try:
        try:
            await bus.open()
        except BusError:
            yield None
        else:
            yield bus
    finally:
        await bus.close()


async def write(settings: Settings, folder: Path, progress: Progress) -> HistoryPart:
    """Write one snapshot of every history table. Open hours are included when the site's Redis answers."""
    async with opened_history(settings) as store, _bus(settings) as bus:
        try:
            async with copy(store, bus) as history:
                batches = {name: history.rows(name) for name in BOOK.tables}
                tables = await write_tables(folder, history.shot, batches, history.counts, progress)
                return HistoryPart(schema=history.shot.version, tables=tables, open_hours=bus is not None)
        except BusError as error:
            raise BackupError(
                f"读取未结时段的历史数据时失去 Redis：{error}", f"Redis was lost while open hours were read: {error}"
            ) from error
