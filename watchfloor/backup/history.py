"""The metric history in a backup: a second, optional set of tables."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from feeds.bus import Bus, BusError
from feeds.history import HistoryStore, history_url
from feeds.history.copying import copy
from feeds.history.schema import BOOK
from feeds.journal import StoreRefused, transfer
from watchfloor.backup import files
from watchfloor.backup.files import BackupError, BackupManifest, HistoryPart, Progress
from watchfloor.runtime.stores import journal_url, redis_url
from watchfloor.settings.site_settings import Settings


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[HistoryStore]:
    settings.data.mkdir(parents=True, exist_ok=True)
    store = HistoryStore(history_url(journal_url(settings)), "cli")
    try:
        await store.open()
        yield store
    finally:
        await store.close()


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
    async with _opened(settings) as store, _bus(settings) as bus:
        try:
            async with copy(store, bus) as history_copy:
                tables = {
                    name: await files.write_table(
                        folder,
                        name,
                        history_copy.shot.columns(name),
                        history_copy.rows(name),
                        history_copy.counts[name],
                        progress,
                    )
                    for name in BOOK.tables
                }
                for name, table in tables.items():
                    if table.rows != history_copy.counts[name]:
                        raise BackupError(f"{name} 未读全", f"{name} was not read to its end")
                return HistoryPart(schema=history_copy.shot.version, tables=tables, open_hours=bus is not None)
        except BusError as error:
            raise BackupError(
                f"读取未结时段的历史数据时失去 Redis：{error}", f"Redis was lost while open hours were read: {error}"
            ) from error


async def empty(settings: Settings) -> bool:
    """True when the history has no rows."""
    async with _opened(settings) as store, transfer.snapshot(store.store, BOOK) as shot:
        return not any(shot.counts.values())


async def load(settings: Settings, folder: Path, part: HistoryPart, progress: Progress, *, replace: bool) -> None:
    """Load the history in one transaction, and compare its rows. Raises BackupError."""
    async with _opened(settings) as store:
        try:
            async with transfer.loading(store.store, part.schema, replace=replace, book=BOOK) as loader:
                await files.load(loader, folder, part.tables, progress)
        except StoreRefused as error:
            raise files.not_replaced(error) from error
        async with transfer.snapshot(store.store, BOOK) as shot:
            await files.compare(shot, part.tables, progress, migrated=part.schema != BOOK.head)


async def clear(settings: Settings) -> None:
    """Delete all rows of the history."""
    async with _opened(settings) as store, transfer.loading(store.store, BOOK.head, replace=True, book=BOOK):
        pass


def check_version(manifest: BackupManifest) -> None:
    """Raise BackupError when the version of the history is newer than this program."""
    part = manifest.history
    if part is not None and not (part.schema.isdigit() and int(part.schema) <= int(BOOK.head)):
        raise BackupError(
            f"备份的历史数据版本是 {part.schema}，本程序只认识到 {BOOK.head}：请用更新的值守台恢复",
            f"the backup's history has version {part.schema}, this program knows versions up to {BOOK.head}: "
            "restore it with a newer Watchfloor",
        )
