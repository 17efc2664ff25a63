"""A store beside the journal in a backup: a further set of tables with a version of its own.

It is read after the journal. Whatever the journal says was applied to it is then in it; what was applied later is
applied again from the intake or the source after a restore, and changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from feeds.cases.schema import BOOK as CASES
from feeds.cases.store import CaseStore, cases_url
from feeds.history import HistoryStore, history_url
from feeds.history.schema import BOOK as HISTORY
from feeds.journal import StoreRefused, transfer
from feeds.journal.connections import Store
from feeds.journal.transfer import Row
from feeds.journal.versions import Book
from watchfloor.backup import files
from watchfloor.backup.files import BackupError, Progress, TableFile, TablesPart
from watchfloor.runtime.stores import journal_url
from watchfloor.settings.site_settings import Settings


@asynccontextmanager
async def opened_history(settings: Settings) -> AsyncIterator[HistoryStore]:
    """The site's metric history, open."""
    settings.data.mkdir(parents=True, exist_ok=True)
    history = HistoryStore(history_url(journal_url(settings)), "cli")
    try:
        await history.open()
        yield history
    finally:
        await history.close()


@asynccontextmanager
async def opened_cases(settings: Settings) -> AsyncIterator[CaseStore]:
    """The site's store of cases, open."""
    settings.data.mkdir(parents=True, exist_ok=True)
    cases = CaseStore(cases_url(journal_url(settings)), "cli")
    try:
        await cases.open()
        yield cases
    finally:
        await cases.close()


@dataclass(frozen=True, slots=True)
class SideStore:
    """A kind of store: `book` describes its tables and `opened` opens the site's own."""

    book: Book
    opened: Callable[[Settings], AbstractAsyncContextManager[HistoryStore | CaseStore]]

    @asynccontextmanager
    async def _store(self, settings: Settings) -> AsyncIterator[Store]:
        async with self.opened(settings) as store:
            yield store.store

    async def write(self, settings: Settings, folder: Path, progress: Progress) -> TablesPart:
        """Write one snapshot of every table."""
        async with self._store(settings) as store, transfer.snapshot(store, self.book) as shot:
            batches = {name: shot.rows(name) for name in self.book.tables}
            tables = await write_tables(folder, shot, batches, shot.counts, progress)
            return TablesPart(schema=shot.version, tables=tables)

    async def empty(self, settings: Settings) -> bool:
        """True when the store has no rows."""
        async with self._store(settings) as store, transfer.snapshot(store, self.book) as shot:
            return not any(shot.counts.values())

    @asynccontextmanager
    async def loading(
        self, settings: Settings, folder: Path, part: TablesPart | None, progress: Progress, *, replace: bool
    ) -> AsyncIterator[None]:
        """Load the store before the block runs. It is emptied again when the block fails and it was empty before.

        Without a part the store is left unchanged. Raises BackupError.
        """
        if part is not None:
            await self._load(settings, folder, part, progress, replace=replace)
        try:
            yield
        except BaseException:
            if part is not None and not replace:
                await self._clear(settings)
            raise

    async def _load(
        self, settings: Settings, folder: Path, part: TablesPart, progress: Progress, *, replace: bool
    ) -> None:
        """Load the rows in one transaction, and compare them."""
        async with self._store(settings) as store:
            try:
                async with transfer.loading(store, part.schema, replace=replace, book=self.book) as loader:
                    await files.load(loader, folder, part.tables, progress)
            except StoreRefused as error:
                raise files.not_replaced(error) from error
            async with transfer.snapshot(store, self.book) as shot:
                await files.compare(shot, part.tables, progress, migrated=part.schema != self.book.head)

    async def _clear(self, settings: Settings) -> None:
        """Delete all rows."""
        async with (
            self._store(settings) as store,
            transfer.loading(store, self.book.head, replace=True, book=self.book),
        ):
            pass

    def check_version(self, part: TablesPart | None) -> None:
        """Raise BackupError when the version of the tables is newer than this program."""
        if part is not None and not (part.schema.isdigit() and int(part.schema) <= int(self.book.head)):
            zh, en = self.book.texts
            raise BackupError(
                f"备份的{zh}版本是 {part.schema}，本程序只认识到 {self.book.head}：请用更新的值守台恢复",
                f"{en} in the backup has version {part.schema}, this program knows versions up to {self.book.head}: "
                "restore it with a newer Watchfloor",
            )


async def write_tables(
    folder: Path,
    shot: transfer.Snapshot,
    batches: Mapping[str, AsyncIterator[list[Row]]],
    counts: Mapping[str, int],
    progress: Progress,
) -> dict[str, TableFile]:
    """Write tables to files, each with the number of rows that was counted. Raises BackupError for another number."""
    tables = {}
    for name, rows in batches.items():
        table = await files.write_table(folder, name, shot.columns(name), rows, counts[name], progress)
        if table.rows != counts[name]:
            raise BackupError(f"{name} 未读全", f"{name} was not read to its end")
        tables[name] = table
    return tables


HISTORY_STORE = SideStore(HISTORY, opened_history)
CASE_STORE = SideStore(CASES, opened_cases)
