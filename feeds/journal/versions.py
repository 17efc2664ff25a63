"""The store's schema version: compared at every start, migrated when older, rejected when newer.

Versions are four-digit numbers, one per migration. The row is Alembic's own (`alembic_version`), but Alembic is
imported only for a store that is behind, because its import takes longer than the whole start.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, inspect, text

from feeds.journal import schema
from feeds.journal.connections import Store
from feeds.journal.copies import copy_sqlite, copy_tables
from feeds.journal.records import JournalError, StoreRefused
from feeds.journal.sqlalchemy_core import AsyncConnection

log = logging.getLogger(__name__)

FIRST = "0001"


@dataclass(slots=True, eq=False)
class Book:
    """Tables that are versioned together. `head` is the newest version that this program knows and the only one it
    writes.

    `copied`: an older store is copied before its migration. `texts` names it, in Chinese and English. `passing` tables
    describe running processes and are in no backup.
    """

    name: str
    texts: tuple[str, str]
    metadata: MetaData
    head: str
    table: str
    locations: list[Path]
    copied: bool
    passing: frozenset[str] = frozenset()

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables in a backup, in an order in which they can be filled."""
        return tuple(table.name for table in self.metadata.sorted_tables if table.name not in self.passing)


SCRIPTS = Path(__file__).parent / "migrations"
JOURNAL = Book(
    name="journal",
    texts=("台账", "The journal"),
    metadata=schema.metadata,
    head="0006",
    table="alembic_version",
    locations=[SCRIPTS / "versions"],
    copied=True,
)


async def bring_up(store: Store, book: Book = JOURNAL) -> None:
    """Create an empty store, or copy and migrate an older one to its head. Raises StoreRefused for a newer one."""
    if await _quick_version(store, book) == book.head:
        return
    async with store.writing(patient=True, fenced=False) as connection:
        current = await version(connection, book)
        if current == book.head:  # another process has migrated it already
            return
        if not current:
            await connection.run_sync(create, None, book)
            return
        refuse_newer(current, book)
        if book.copied:
            await _copy(store, connection, current)
        log.info("%s: migrating from version %s to %s", book.name, current, book.head)
        await connection.run_sync(upgrade, book.head, book)
    log.info("%s: now at version %s", book.name, book.head)


async def _quick_version(store: Store, book: Book) -> str:
    """The version with one statement; "" without such a table, and when the statement fails."""
    try:
        async with store.reading() as connection:
            return str((await connection.execute(text(f"SELECT version_num FROM {book.table}"))).scalar() or "")
    except JournalError as error:
        log.debug("%s: no version: %s", book.name, error)
        return ""


async def version(connection: AsyncConnection, book: Book = JOURNAL) -> str:
    """The store's version; "" for an empty one. A store from before versioning has the first."""
    names = await connection.run_sync(lambda connection_: set(inspect(connection_).get_table_names()))
    if book.table in names:
        return str((await connection.execute(text(f"SELECT version_num FROM {book.table}"))).scalar() or "")
    if not names & set(book.tables):
        return ""
    await connection.run_sync(_stamp, FIRST, book)
    return FIRST


def refuse_newer(current: str, book: Book = JOURNAL) -> None:
    """Raise StoreRefused unless `current` is the head or can be migrated to it."""
    if not (current.isdigit() and int(current) <= int(book.head)):
        zh, en = book.texts
        raise StoreRefused(
            f"{zh}的版本是 {current}，本程序只认识到 {book.head}：它由更新的值守台写过。数据未动。"
            "请改用更新的版本，或在空的数据文件夹中恢复升级前的备份（watchfloor restore）。",
            f"{en} has version {current}; this program knows versions up to {book.head}: a newer Watchfloor wrote it. "
            "Nothing was changed. Run the newer version, or restore a backup from before the upgrade into an empty "
            "data folder (watchfloor restore).",
        )


async def _copy(store: Store, connection: AsyncConnection, current: str) -> None:
    if store.is_sqlite:
        copy = await asyncio.to_thread(copy_sqlite, Path(store.file), current)
        log.info("journal: the copy from before the migration is %s", copy.name)
    else:
        await connection.run_sync(copy_tables, current)
        log.info("journal: the copies from before the migration are tables before_%s_…", current)


def create(connection: Connection, target: str | None = None, book: Book = JOURNAL) -> None:
    """Create the tables of an empty store: directly at the head, or at an older version through its migrations."""
    if target not in (None, book.head):
        return upgrade(connection, str(target), book)
    book.metadata.create_all(connection)
    return _stamp(connection, book.head, book)


def _stamp(connection: Connection, number: str, book: Book) -> None:
    columns = "version_num VARCHAR(32) NOT NULL PRIMARY KEY"
    connection.execute(text(f"CREATE TABLE IF NOT EXISTS {book.table} ({columns})"))
    connection.execute(text(f"DELETE FROM {book.table}"))
    connection.execute(text(f"INSERT INTO {book.table} VALUES (:number)"), {"number": number})


def upgrade(connection: Connection, target: str, book: Book = JOURNAL) -> None:
    """Run the migrations up to a version, in the connection's own transaction."""
    from alembic import command

    command.upgrade(_config(connection, book), target)


def _config(connection: Connection, book: Book) -> Any:
    from alembic.config import Config

    config = Config()
    options = {"script_location": str(SCRIPTS), "version_locations": "\n".join(map(str, book.locations))}
    for key, value in options.items():
        config.set_main_option(key, value.replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes |= {"connection": connection, "book": book}
    return config
