"""The SQL journal: what was decided, by whom, when and why, durable before anybody is told.

SQLite runs in WAL with `synchronous=FULL`: a power cut loses no committed row. Every writing
process keeps a hash chain of its own, so that a changed, missing or inserted row shows.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Select, event, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from feeds.journal import schema
from feeds.journal.records import GENESIS, Doc, Entry, Fault, JournalLost, OutboxItem, row_hash
from feeds.journal.tx import Tx

BUSY_MS = 10_000


def sqlite_url(folder: Path) -> str:
    """The address of the embedded journal in a data folder."""
    return f"sqlite+aiosqlite:///{folder / 'journal.sqlite3'}"


def _tune(connection: Any, _record: Any) -> None:
    """WAL and full durability; transactions are begun by us, not guessed by the driver."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


class Journal:
    """One process's access to the journal; `chain` names the writing process."""

    def __init__(self, url: str, chain: str) -> None:
        self.chain = chain
        self._url = url
        self._lock = asyncio.Lock()
        self._engine: AsyncEngine | None = None

    async def open(self) -> None:
        """Connect, and create the tables where they are missing."""
        engine = create_async_engine(self._url)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _tune)
        self._engine = engine
        async with self._writing() as connection:
            await connection.run_sync(schema.metadata.create_all)

    async def close(self) -> None:
        if self._engine is not None:
            await self._engine.dispose()
            self._engine = None

    @property
    def _open_engine(self) -> AsyncEngine:
        if self._engine is None:
            raise RuntimeError("the journal is not open")
        return self._engine

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose errors are JournalLost."""
        try:
            async with self._open_engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise JournalLost(str(error.__cause__ or error)) from error

    @asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction that takes SQLite's lock at its start, so that it never fails half-way for it."""
        async with self._connected() as connection:
            if connection.dialect.name == "sqlite":
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                # A cancelled statement has closed the transaction already; its reason must reach the caller.
                with suppress(SQLAlchemyError):
                    await _end(connection, "ROLLBACK")
                raise
            await _end(connection, "COMMIT")

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """One transaction; when the block has ended without an error its rows are on the disk."""
        async with self._lock, self._writing() as connection:
            yield Tx(connection, self.chain)

    async def _rows(self, statement: Select[Any]) -> list[Any]:
        async with self._connected() as connection:
            return list((await connection.execute(statement)).all())

    async def docs(self, kind: str, *, open: bool | None = None) -> list[Doc]:
        """All present forms of a kind, oldest first; only the open or closed ones if wished."""
        table = schema.doc
        statement = select(table).where(table.c.kind == kind).order_by(table.c.seq, table.c.id)
        if open is not None:
            statement = statement.where(table.c.open == open)
        return [_doc(row) for row in await self._rows(statement)]

    async def docs_page(
        self, kind: str, *, open: bool | None = None, before: int | None = None, limit: int = 100
    ) -> list[Doc]:
        """One page of a kind, newest first, below sequence `before`."""
        table = schema.doc
        statement = select(table).where(table.c.kind == kind).order_by(table.c.seq.desc()).limit(limit)
        if open is not None:
            statement = statement.where(table.c.open == open)
        if before is not None:
            statement = statement.where(table.c.seq < before)
        return [_doc(row) for row in await self._rows(statement)]

    async def doc(self, kind: str, id: str) -> Doc | None:
        table = schema.doc
        rows = await self._rows(select(table).where(table.c.kind == kind, table.c.id == id))
        return _doc(rows[0]) if rows else None

    async def entries(
        self,
        *,
        kind: str | None = None,
        subject: str | None = None,
        after: int = 0,
        before: int | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> list[Entry]:
        """A page of the log."""
        log = schema.entry
        statement = select(log).where(log.c.seq > after).limit(limit)
        statement = statement.order_by(log.c.seq.desc() if newest_first else log.c.seq)
        for column, value in ((log.c.kind, kind), (log.c.subject, subject)):
            if value is not None:
                statement = statement.where(column == value)
        if before is not None:
            statement = statement.where(log.c.seq < before)
        return [_entry(row) for row in await self._rows(statement)]

    async def command_entry(self, command_id: str) -> Entry | None:
        """What a command brought about, if it was carried out."""
        rows = await self._rows(select(schema.entry).where(schema.entry.c.command == command_id).limit(1))
        return _entry(rows[0]) if rows else None

    async def cursor(self, name: str) -> dict[str, Any] | None:
        rows = await self._rows(select(schema.cursor.c.value).where(schema.cursor.c.name == name))
        return json.loads(rows[0][0]) if rows else None

    async def outbox_due(self, now: float, limit: int = 100) -> list[OutboxItem]:
        """What should be sent by now, in the order it was queued."""
        table = schema.outbox
        return await self._outbox(select(table).where(table.c.due <= now).order_by(table.c.id).limit(limit))

    async def outbox_for(self, subject: str) -> list[OutboxItem]:
        """Everything ever queued about a subject, oldest first."""
        return await self._outbox(
            select(schema.outbox).where(schema.outbox.c.subject == subject).order_by(schema.outbox.c.id)
        )

    async def _outbox(self, statement: Select[Any]) -> list[OutboxItem]:
        return [_outbox_item(row) for row in await self._rows(statement)]

    async def outbox_mark(
        self,
        key: str,
        *,
        sent_at: float | None = None,
        due: float | None = None,
        attempts: int | None = None,
        error: str = "",
    ) -> None:
        """Write down how sending went; `due` None ends it."""
        values: dict[str, Any] = {"sent_at": sent_at, "due": due, "error": error}
        if attempts is not None:
            values["attempts"] = attempts
        async with self._lock, self._writing() as connection:
            await connection.execute(update(schema.outbox).where(schema.outbox.c.key == key).values(values))

    async def verify(self) -> list[Fault]:
        """Check every hash chain from its beginning; an empty list means that all hold."""
        log = schema.entry
        faults: list[Fault] = []
        async with self._connected() as connection:
            stream = await connection.stream(select(log).order_by(log.c.chain, log.c.chain_seq))
            chain, expected_seq, prev = "", 1, GENESIS
            async for row in stream:
                if row.chain != chain:
                    chain, expected_seq, prev = row.chain, 1, GENESIS
                if what := _fault(row._asdict(), expected_seq, prev):
                    faults.append(Fault(chain=chain, chain_seq=row.chain_seq, seq=row.seq, what=what))
                expected_seq, prev = row.chain_seq + 1, row.hash
        return faults

    async def count(self) -> int:
        """How many entries the log has."""
        return int((await self._rows(select(func.count()).select_from(schema.entry)))[0][0])


async def _end(connection: AsyncConnection, word: str) -> None:
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql(word)
    elif word == "COMMIT":
        await connection.commit()
    else:
        await connection.rollback()


def _fault(row: dict[str, Any], expected_seq: int, prev: str) -> str:
    if row["chain_seq"] != expected_seq:
        return f"expected number {expected_seq}: rows are missing"
    if row["prev"] != prev:
        return "does not follow the row before it"
    return "" if row_hash(row) == row["hash"] else "was changed after it was written"


def _doc(row: Any) -> Doc:
    return Doc(kind=row.kind, id=row.id, open=row.open, seq=row.seq, body=json.loads(row.body))


def _entry(row: Any) -> Entry:
    fields = row._asdict()
    fields = {name: fields[name] for name in Entry.__slots__}
    return Entry(**fields | {"body": json.loads(fields["body"])})


def _outbox_item(row: Any) -> OutboxItem:
    fields = row._asdict()
    fields = {name: fields[name] for name in OutboxItem.__slots__}
    return OutboxItem(**fields | {"body": json.loads(fields["body"])})
