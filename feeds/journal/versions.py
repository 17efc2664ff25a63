"""The store's schema version: compared at every start, moved forward when it is older, refused when it is newer.

Versions are four-digit numbers, one a migration. The row is Alembic's own (`alembic_version`), but Alembic
itself is loaded only for a store that is behind: its import costs more than the rest of the start.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.journal import schema
from feeds.journal.connections import Store
from feeds.journal.copies import copy_sqlite, copy_tables
from feeds.journal.records import JournalError, StoreRefused

log = logging.getLogger(__name__)

FIRST = "0001"


@dataclass(slots=True, eq=False)
class Book:
    """Tables that are versioned together. `head` is the newest version that this program knows; it writes no other.

    `copied`: a store that is behind is copied before it is migrated. `texts` names it, in Chinese and English.
    `passing` tables say who is at work and are in no backup.
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
        """Those that a backup holds, by name, in an order in which they can be filled."""
        return tuple(one.name for one in self.metadata.sorted_tables if one.name not in self.passing)


SCRIPTS = Path(__file__).parent / "migrations"
JOURNAL = Book(
    name="journal",
    texts=("台账", "The journal"),
    metadata=schema.metadata,
    head="0004",
    table="alembic_version",
    locations=[SCRIPTS / "versions"],
    copied=True,
)


async def bring_up(store: Store, book: Book = JOURNAL) -> None:
    """Make an empty store, or bring an older one to its head after a copy. StoreRefused: it is newer than we are."""
    if await _quick(store, book) == book.head:
        return
    async with store.writing(patient=True, fenced=False) as connection:
        found = await version(connection, book)
        if found == book.head:  # another process was quicker
            return
        if not found:
            await connection.run_sync(create, None, book)
            return
        refuse_newer(found, book)
        if book.copied:
            await _keep_copy(store, connection, found)
        log.info("%s: migrating from version %s to %s", book.name, found, book.head)
        await connection.run_sync(upgrade, book.head, book)
    log.info("%s: now at version %s", book.name, book.head)


async def _quick(store: Store, book: Book) -> str:
    """The version by one statement; "" when there is no such table, and when the store has an error to tell."""
    try:
        async with store.reading() as connection:
            return str((await connection.execute(text(f"SELECT version_num FROM {book.table}"))).scalar() or "")
    except JournalError as error:
        log.debug("%s: no version: %s", book.name, error)
        return ""


async def version(connection: AsyncConnection, book: Book = JOURNAL) -> str:
    """The store's version; "" for an empty one. A store from before there were versions has the first."""
    names = await connection.run_sync(lambda one: set(inspect(one).get_table_names()))
    if book.table in names:
        return str((await connection.execute(text(f"SELECT version_num FROM {book.table}"))).scalar() or "")
    if not names & set(book.tables):
        return ""
    await connection.run_sync(_stamp, FIRST, book)
    return FIRST


def refuse_newer(found: str, book: Book = JOURNAL) -> None:
    """StoreRefused unless the head is that version or can be reached from it."""
    if not (found.isdigit() and int(found) <= int(book.head)):
        zh, en = book.texts
        raise StoreRefused(
            f"{zh}的版本是 {found}，本程序只认识到 {book.head}：它由更新的值守台写过。数据未动。"
            "请改用更新的版本，或在空的数据文件夹中恢复升级前的备份（watchfloor restore）。",
            f"{en} has version {found}; this program knows versions up to {book.head}: a newer Watchfloor wrote it. "
            "Nothing was changed. Run the newer version, or restore a backup from before the upgrade into an empty "
            "data folder (watchfloor restore).",
        )


async def _keep_copy(store: Store, connection: AsyncConnection, found: str) -> None:
    if store.is_sqlite:
        copy = await asyncio.to_thread(copy_sqlite, Path(store.file), found)
        log.info("journal: a copy from before the migration is kept as %s", copy.name)
    else:
        await connection.run_sync(copy_tables, found)
        log.info("journal: copies from before the migration are kept as tables before_%s_…", found)


def create(connection: Connection, target: str | None = None, book: Book = JOURNAL) -> None:
    """The tables of an empty store: at the head at once, at an older version through its migrations."""
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
    places = {"script_location": str(SCRIPTS), "version_locations": "\n".join(map(str, book.locations))}
    for key, value in places.items():
        config.set_main_option(key, value.replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes |= {"connection": connection, "book": book}
    return config
