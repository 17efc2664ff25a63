"""Export and import of whole tables, alike for SQLite and PostgreSQL.

A row is a list of JSON values in the order of its columns; bytes are base64. An export reads one snapshot while others
write. An import becomes visible in one transaction.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, LargeBinary, TableClause, column, func, insert, select, table, text
from sqlalchemy.types import TypeEngine

from feeds.journal import schema, versions
from feeds.journal.connections import Store, translated
from feeds.journal.records import StoreRefused
from feeds.journal.sqlalchemy_core import AsyncConnection
from feeds.journal.versions import JOURNAL, Book

BATCH = 1000
Row = list[Any]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One consistent state of the whole store, while it is open."""

    connection: AsyncConnection
    version: str
    counts: Mapping[str, int]
    book: Book = JOURNAL

    def columns(self, name: str) -> list[str]:
        return [column.name for column in self.book.metadata.tables[name].columns]

    async def rows(self, name: str) -> AsyncIterator[list[Row]]:
        """A table's rows in key order (the log: in order of writing), in batches."""
        source = self.book.metadata.tables[name]
        packed = _binary(self.book, name, self.columns(name))
        with translated(OSError):
            result = await self.connection.stream(select(source).order_by(*source.primary_key.columns))
            async for batch in result.partitions(BATCH):
                yield [_packed(row, packed) for row in batch]

    async def rows_of(self, name: str, column: str, values: Sequence[Any]) -> list[Row]:
        """The rows whose column has one of these values (at most BATCH)."""
        source = self.book.metadata.tables[name]
        packed = _binary(self.book, name, self.columns(name))
        with translated(OSError):
            result = await self.connection.execute(select(source).where(source.c[column].in_(values)))
        return [_packed(row, packed) for row in result]

    async def heads(self) -> dict[str, dict[str, Any]]:
        """The last number and hash of each chain, from the store's own index."""
        log = schema.entry
        last = select(log.c.chain, func.max(log.c.chain_seq).label("length")).group_by(log.c.chain).subquery()
        ends = select(log.c.chain, log.c.chain_seq, log.c.hash).join(
            last, (log.c.chain == last.c.chain) & (log.c.chain_seq == last.c.length)
        )
        with translated(OSError):
            rows = (await self.connection.execute(ends)).all()
        return {chain: {"length": length, "hash": hash} for chain, length, hash in sorted(map(tuple, rows))}


@asynccontextmanager
async def one_moment(store: Store) -> AsyncIterator[AsyncConnection]:
    """A connection with a snapshot as of its first read; writers are not blocked."""
    async with store.reading() as connection:
        with translated(OSError):
            if store.is_sqlite:
                await connection.exec_driver_sql("BEGIN")
            else:
                await connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                await connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
        try:
            yield connection
        finally:
            with translated(OSError):
                await (connection.exec_driver_sql("ROLLBACK") if store.is_sqlite else connection.rollback())


@asynccontextmanager
async def snapshot(store: Store, book: Book = JOURNAL) -> AsyncIterator[Snapshot]:
    """The store at this moment. Its schema must be at the book's head (open it first)."""
    async with one_moment(store) as connection:
        with translated(OSError):
            counts = {}
            for name in book.tables:
                counting = select(func.count()).select_from(book.metadata.tables[name])
                counts[name] = int((await connection.execute(counting)).scalar_one())
            number = await versions.version(connection, book)
        yield Snapshot(connection, number, counts, book)


class Loader:
    """Fills a store within one transaction."""

    def __init__(self, connection: AsyncConnection, book: Book) -> None:
        self._connection, self._book = connection, book

    async def add(self, name: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        """Add rows of one table with their own numbers; the columns are those of the backup's version."""
        target, packed = _target(self._book, name, columns), _binary(self._book, name, columns)
        values = [dict(zip(columns, _unpacked(row, packed), strict=True)) for row in rows]
        if values:
            with translated(OSError):
                await self._connection.execute(insert(target), values)


@asynccontextmanager
async def loading(store: Store, version: str, *, replace: bool, book: Book = JOURNAL) -> AsyncIterator[Loader]:
    """Empty the store (only with `replace` when it holds rows), fill it, and migrate it to the book's head.

    Nothing is changed when the block raises. Raises StoreRefused when the store is not empty, or the rows have a
    version that this program does not know.
    """
    versions.refuse_newer(version, book)
    async with store.writing(patient=True) as connection:
        if not replace and await connection.run_sync(_filled_tables, book):
            raise StoreRefused(f"要恢复到的{book.texts[0]}不是空的。", f"{book.texts[1]} to restore into is not empty.")
        if version == book.head:
            await connection.run_sync(_empty_tables, book)
        else:
            await connection.run_sync(book.metadata.drop_all)
            await connection.execute(text(f"DROP TABLE IF EXISTS {book.table}"))
            await connection.run_sync(versions.create, version, book)
        yield Loader(connection, book)
        if version != book.head:
            await connection.run_sync(versions.upgrade, book.head, book)
        if not store.is_sqlite:
            await connection.run_sync(_continue_numbers, book)


async def others(store: Store) -> int:
    """Number of other Watchfloor connections to this PostgreSQL database; 0 for SQLite, which cannot tell."""
    if store.is_sqlite:
        return 0
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND application_name LIKE 'watchfloor %'"
    )
    async with store.reading() as connection:
        with translated(OSError):
            return int((await connection.exec_driver_sql(query)).scalar_one())


def _filled_tables(connection: Connection, book: Book) -> bool:
    tables = book.metadata.tables
    return any(connection.execute(select(tables[name]).limit(1)).first() is not None for name in book.tables)


def _empty_tables(connection: Connection, book: Book) -> None:
    for table_ in reversed(book.metadata.sorted_tables):
        connection.execute(table_.delete())


def _continue_numbers(connection: Connection, book: Book) -> None:
    """Continue numbering after the highest number. SQLite does this itself."""
    for table_ in book.metadata.sorted_tables:
        if (key := table_.autoincrement_column) is not None:
            highest = f"(SELECT max({key.name}) FROM {table_.name})"
            numbers = f"pg_get_serial_sequence('{table_.name}', '{key.name}')"
            connection.execute(text(f"SELECT setval({numbers}, coalesce({highest}, 1), {highest} IS NOT NULL)"))


def _target(book: Book, name: str, columns: Sequence[str]) -> TableClause:
    """The table with the known column types; columns of another version are untyped."""
    types = _types(book, name)
    return table(name, *(column(name_, types.get(name_)) for name_ in columns))


def _types(book: Book, name: str) -> dict[str, TypeEngine[Any]]:
    table_ = book.metadata.tables.get(name)
    return {} if table_ is None else {column_.name: column_.type for column_ in table_.columns}


def _binary(book: Book, name: str, columns: Sequence[str]) -> list[int]:
    """Indexes of the columns that hold bytes."""
    types = _types(book, name)
    return [index for index, column_ in enumerate(columns) if isinstance(types.get(column_), LargeBinary)]


def _packed(row: Sequence[Any], binary: Iterable[int]) -> Row:
    values = list(row)
    for index in binary:
        values[index] = base64.b64encode(values[index]).decode() if values[index] is not None else None
    return values


def _unpacked(row: Row, binary: Iterable[int]) -> Row:
    for index in binary:
        row[index] = base64.b64decode(row[index]) if row[index] is not None else None
    return row
