"""The metric history in a backup: a second set of tables, which may be left out."""

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
from watchfloor.backup.files import BackupError, HistoryPart, Manifest, Progress
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
    """The site's bus; None when it does not answer, as that of a stopped site."""
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
    """Every table of the history at one moment, open hours included while the site's Redis answers."""
    async with _opened(settings) as store, _bus(settings) as bus:
        try:
            async with copy(store, bus) as one:
                tables = {
                    name: await files.write_table(
                        folder, name, one.shot.columns(name), one.rows(name), one.counts[name], progress
                    )
                    for name in BOOK.tables
                }
                for name, table in tables.items():
                    if table.rows != one.counts[name]:
                        raise BackupError(f"{name} 未读全", f"{name} was not read to its end")
                return HistoryPart(schema=one.shot.version, tables=tables, open_hours=bus is not None)
        except BusError as error:
            raise BackupError(
                f"读取未结时段的历史数据时失去 Redis：{error}", f"Redis was lost while open hours were read: {error}"
            ) from error


async def empty(settings: Settings) -> bool:
    """Whether nothing would be replaced."""
    async with _opened(settings) as store, transfer.snapshot(store.store, BOOK) as shot:
        return not any(shot.counts.values())


async def load(settings: Settings, folder: Path, part: HistoryPart, progress: Progress, *, replace: bool) -> None:
    """Fill the history in one transaction, and compare. BackupError; nothing is changed unless all went well."""
    async with _opened(settings) as store:
        try:
            async with transfer.loading(store.store, part.schema, replace=replace, book=BOOK) as loader:
                await files.load(loader, folder, part.tables, progress)
        except StoreRefused as error:
            raise files.not_replaced(error) from error
        async with transfer.snapshot(store.store, BOOK) as shot:
            await files.compare(shot, part.tables, progress, migrated=part.schema != BOOK.head)


async def clear(settings: Settings) -> None:
    """Forget what was just loaded."""
    async with _opened(settings) as store, transfer.loading(store.store, BOOK.head, replace=True, book=BOOK):
        pass


def known(manifest: Manifest) -> None:
    """BackupError when the history is of a newer version than this program knows."""
    part = manifest.history
    if part is not None and not (part.schema.isdigit() and int(part.schema) <= int(BOOK.head)):
        raise BackupError(
            f"备份的历史数据版本是 {part.schema}，本程序只认识到 {BOOK.head}：请用更新的值守台恢复",
            f"the backup's history has version {part.schema}, this program knows versions up to {BOOK.head}: "
            "restore it with a newer Watchfloor",
        )
