"""Reading the documents of the journal. One that cannot be read is set aside, and stops no other."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import LargeBinary, Select, cast, select, tuple_

from feeds.journal import schema
from feeds.journal.connections import Store, translated
from feeds.journal.forms import UNREADABLE, SetAside, UnreadableDocument, fingerprint, parse, unreadable
from feeds.journal.open_pages import open_pages
from feeds.journal.outbox import OutboxRows
from feeds.journal.records import Doc, clean
from feeds.journal.sqlalchemy_core import AsyncConnection
from feeds.journal.sqlite_driver import SqliteConnection

T = TypeVar("T")
PARTITION = 2000
"""Rows of a long answer that are read at a time."""
OPEN_ROWS = "SELECT CAST(id AS BLOB), seq, CAST(body AS BLOB) FROM doc WHERE kind = ? AND open = 1 ORDER BY seq, id"
"""As bytes, so that no text that is damaged fails for all rows."""
MENDED_AT_ONCE = 200
"""Documents set aside that are looked at again at a time."""


async def _driver_of(connection: AsyncConnection) -> SqliteConnection:
    """SQLite's own connection."""
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, SqliteConnection), "every store in SQLite has this driver"
    return driver


class DocumentRows(OutboxRows):
    """Queries for documents."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.set_aside = SetAside()
        # Bytes that are no text make SQLite's driver fail for all rows; taken as bytes they fail for their own alone.
        table = schema.doc
        body = cast(table.c.body, LargeBinary) if self.store.is_sqlite else table.c.body
        self._docs = select(table.c.kind, table.c.id, table.c.open, table.c.seq, body.label("body"))

    async def docs(self, kind: str, *, open: bool | None = None) -> list[Doc]:
        """All current documents of a kind, oldest first; `open` selects only open or only closed ones."""
        table = schema.doc
        statement = self._docs.where(table.c.kind == kind).order_by(table.c.seq, table.c.id)
        if open is not None:
            statement = statement.where(table.c.open == open)
        return await self._readable(statement)

    async def load(self, kind: str, decode: Callable[[Doc], T], *, open: bool | None = None) -> list[T]:
        """Like `docs`, each as `decode` makes it; one of which it raises one of UNREADABLE is set aside."""
        loaded: list[T] = []
        for doc in await self.docs(kind, open=open):
            try:
                loaded.append(decode(doc))
            except UNREADABLE as error:
                self.set_aside.note(unreadable(kind, doc.id, doc.seq, error, doc.body))
        return loaded

    async def decoded(
        self,
        kind: str,
        decode: Callable[[str | bytes], T],
        decode_all: Callable[[bytes, Sequence[str]], Sequence[T]] | None = None,
    ) -> list[T]:
        """All open present forms of a kind, oldest first, each as `decode` makes it of its JSON; for tens of thousands.

        `decode_all` makes many at once, given a JSON array of documents and their ids; it raises one of UNREADABLE
        when they are not exactly those, and each is then read by itself. A document of which `decode` raises one of
        UNREADABLE is set aside.
        """
        decoded: list[T] = []
        async with self.store.reading() as connection:
            with translated(OSError, sqlite3.Error):
                if decode_all is not None and self.store.is_sqlite:
                    async with aclosing(open_pages(await _driver_of(connection), kind)) as pages:
                        async for page in pages:
                            try:
                                decoded += decode_all(page.array, page.ids)
                            except UNREADABLE:
                                decoded += self._each(kind, await page.rows(), decode)
                else:
                    async for rows in self._open_rows(connection, kind):  # other tasks run between two parts
                        decoded += self._each(kind, rows, decode)
        return decoded

    def _each(self, kind: str, rows: Sequence[Any], decode: Callable[[str | bytes], T]) -> list[T]:
        """The decoded documents of rows (id, sequence number, body); those that cannot be decoded are set aside."""
        decoded: list[T] = []
        for id, seq, body in rows:
            try:
                decoded.append(decode(body))
            except UNREADABLE as error:
                name = id if isinstance(id, str) else id.decode("utf-8", "replace")
                self.set_aside.note(unreadable(kind, name, seq, error, body))
        return decoded

    async def _open_rows(self, connection: AsyncConnection, kind: str) -> AsyncIterator[Sequence[Any]]:
        """Parts of the open documents of a kind: id, sequence number, body. The next part is read meanwhile.

        SQLite's own rows are used: to make SQLAlchemy's of them takes longer than to read and decode the documents.
        """
        table = schema.doc
        if not self.store.is_sqlite:
            columns = select(table.c.id, table.c.seq, table.c.body)
            statement = columns.where(table.c.kind == kind, table.c.open.is_(True)).order_by(table.c.seq, table.c.id)
            async for part in (await connection.stream(statement)).partitions(PARTITION):
                yield part
            return
        driver = await _driver_of(connection)
        cursor = await driver.execute(OPEN_ROWS, (kind,))
        following = asyncio.ensure_future(cursor.fetchmany(PARTITION))
        try:
            while rows := await following:
                following = asyncio.ensure_future(cursor.fetchmany(PARTITION))
                yield list(rows)
        finally:
            await asyncio.wait([following])
            await cursor.close()

    async def documents(self, page: int = 1000) -> AsyncIterator[list[Doc | UnreadableDocument]]:
        """Every document of every kind, readable or not, page by page."""
        table, after = schema.doc, ("", "")
        ordered = self._docs.order_by(table.c.kind, table.c.id).limit(page)
        while rows := await self._rows(ordered.where(tuple_(table.c.kind, table.c.id) > after)):
            after = (rows[-1].kind, rows[-1].id)
            yield [parse(row.kind, row.id, row.open, row.seq, row.body) for row in rows]

    async def raw_document(self, kind: str, id: str) -> bytes | None:
        """A document's stored text as it is, also when nobody can read it."""
        table = schema.doc
        rows = await self._rows(self._docs.where(table.c.kind == kind, table.c.id == id))
        return None if not rows else rows[0].body if isinstance(rows[0].body, bytes) else rows[0].body.encode()

    async def ids(self, kind: str) -> list[str]:
        """The ids of all documents of a kind, also of those that cannot be read."""
        return [row.id for row in await self._rows(select(schema.doc.c.id).where(schema.doc.c.kind == kind))]

    async def mended(self) -> bool:
        """True when documents that were set aside were written anew or deleted since. They count no more until read."""
        changed = False
        for document in islice(self.set_aside, MENDED_AT_ONCE):
            raw = await self.raw_document(document.kind, document.id)
            if raw is None or fingerprint(raw) != document.fingerprint:
                self.set_aside.clear(document.kind, document.id)
                changed = True
        return changed

    async def _readable(self, statement: Select[Any]) -> list[Doc]:
        docs = []
        for row in await self._rows(statement):
            doc = parse(row.kind, row.id, row.open, row.seq, row.body)
            if isinstance(doc, UnreadableDocument):
                self.set_aside.note(doc)
                continue
            self.set_aside.clear(doc.kind, doc.id)
            docs.append(doc)
        return docs

    async def docs_of(self, kind: str, ids: Collection[str]) -> dict[str, Doc]:
        """The documents of a kind that have those ids."""
        table, clean_ids = schema.doc, [clean(id) for id in ids]
        docs: dict[str, Doc] = {}
        for start in range(0, len(clean_ids), 500):
            statement = self._docs.where(table.c.kind == kind, table.c.id.in_(clean_ids[start : start + 500]))
            docs |= {doc.id: doc for doc in await self._readable(statement)}
        return docs

    async def docs_page(
        self, kind: str, *, open: bool | None = None, before: int | None = None, limit: int = 100
    ) -> list[Doc]:
        """One page of a kind, newest first, below sequence number `before`."""
        table = schema.doc
        statement = self._docs.where(table.c.kind == kind).order_by(table.c.seq.desc()).limit(limit)
        if open is not None:
            statement = statement.where(table.c.open == open)
        if before is not None:
            statement = statement.where(table.c.seq < before)
        return await self._readable(statement)

    async def doc(self, kind: str, id: str) -> Doc | None:
        table = schema.doc
        docs = await self._readable(self._docs.where(table.c.kind == kind, table.c.id == clean(id)))
        return docs[0] if docs else None
