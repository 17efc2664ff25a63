"""The SQL journal: decisions with actor, time and reason, durable before anyone is notified.

Every writing process keeps its own hash chain, so that a changed, missing or inserted row is detected. Two processes
with one name share its chain: one writes after the other.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import func, or_, select

from feeds.clock import now
from feeds.fencing import Fence
from feeds.journal import fences, schema
from feeds.journal.connections import Store, translated
from feeds.journal.document_rows import DocumentRows
from feeds.journal.keys import Keyring, load_keys
from feeds.journal.records import ChainFault, JournalEntry, clean
from feeds.journal.tx import Tx
from feeds.journal.verifying import check
from feeds.journal.versions import bring_up

logger = logging.getLogger(__name__)


def sqlite_url(folder: Path) -> str:
    """URL of the embedded journal in a data folder."""
    return f"sqlite+aiosqlite:///{folder / 'journal.sqlite3'}"


class Journal(DocumentRows):
    """One process's access to the journal; `chain` names the writing process."""

    def __init__(self, url: str, chain: str, key: Path | None = None) -> None:
        """`key`: the file of keys that sign entries and documents. A signed journal cannot be written without it."""
        super().__init__(Store(url, chain, marks=schema.cursor))
        self.chain, self._key = chain, key
        self.keyring: Keyring | None = None
        self._unreadable: set[int] = set()
        """Entries of the log that could not be read."""

    async def open(self) -> None:
        """Connect; create or migrate the tables. Raises JournalLost (try again) or StoreRefused (schema, key)."""
        self.keyring = await asyncio.to_thread(load_keys, self._key) if self._key is not None else None
        self.store.open()
        try:
            await bring_up(self.store)
        except BaseException:
            await self.store.close()
            raise

    async def close(self) -> None:
        await self.store.close()

    async def take_over(self, fence: Fence) -> None:
        """Raise the role's generation. From now on this process writes as its holder, and the previous holder is
        fenced off.
        """
        async with self.store.writing(fenced=False) as connection:
            with translated(OSError):
                fence.number = await fences.number(connection, schema.cursor, fence.role) + 1
                await fences.set_number(connection, schema.cursor, fence, fence.number)
        self.store.fence = fence

    async def stands(self, fence: Fence) -> bool:
        """True while no other process has raised the role's generation."""
        async with self.store.reading() as connection:
            with translated(OSError):
                return await fences.number(connection, schema.cursor, fence.role) == fence.number

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """One transaction. When the block ends without an error, its rows are on disk."""
        async with self._lock, self.store.writing() as connection:
            tx = Tx(connection, self.chain, self.keyring, self.set_aside)
            await tx.require_key()
            yield tx
            await tx.finish()

    async def entries(
        self,
        *,
        kind: str | None = None,
        subject: str | None = None,
        command: str | None = None,
        after: int = 0,
        before: int | None = None,
        limit: int = 100,
        newest_first: bool = False,
    ) -> list[JournalEntry]:
        """A page of the log."""
        log = schema.entry
        statement = select(log).where(log.c.seq > after).limit(limit)
        statement = statement.order_by(log.c.seq.desc() if newest_first else log.c.seq)
        named = ((log.c.kind, kind), (log.c.subject, subject), (log.c.command, command))
        for column, value in ((column, value and clean(value)) for column, value in named):
            if value is not None:
                statement = statement.where(column == value)
        if before is not None:
            statement = statement.where(log.c.seq < before)
        return self._entries(await self._rows(statement))

    async def entries_of(self, kind: str, subjects: Sequence[str]) -> dict[str, list[JournalEntry]]:
        """Every entry of a kind about those subjects, oldest first; those that cannot be read are left out."""
        log, entries = schema.entry, dict[str, list[JournalEntry]]()
        for start in range(0, len(subjects), 500):
            batch = log.c.subject.in_([clean(subject) for subject in subjects[start : start + 500]])
            rows = await self._rows(select(log).where(log.c.kind == kind, batch).order_by(log.c.seq))
            for entry in self._entries(rows):
                entries.setdefault(entry.subject, []).append(entry)
        return entries

    def _entries(self, rows: Sequence[Any]) -> list[JournalEntry]:
        """The entries in rows. One that cannot be read is left out and logged once; `verify` names it."""
        entries = []
        for row in rows:
            try:
                entries.append(_entry(row))
            except (ValueError, RecursionError) as error:
                if row.seq not in self._unreadable:
                    self._unreadable.add(row.seq)
                    logger.error("entry %d of the log cannot be read and is left out: %s", row.seq, error)
        return entries

    async def between(self, kind: str, start: float, end: float, page: int = 1000) -> AsyncIterator[list[JournalEntry]]:
        """Entries with start <= at < end, in the order of that time, page by page; each page is read by itself."""
        log = schema.entry
        ordered = select(log).where(log.c.kind == kind, log.c.at < end).order_by(log.c.at, log.c.seq).limit(page)
        at, seq = start, 0
        while True:
            rows = await self._rows(ordered.where(log.c.at >= at, or_(log.c.at > at, log.c.seq > seq)))
            if rows:
                yield self._entries(rows)
            if len(rows) < page:
                return
            at, seq = rows[-1].at, rows[-1].seq

    async def moments(
        self, kind: str, start: float, end: float, page: int = 5000
    ) -> AsyncIterator[list[tuple[str, float, str]]]:
        """Like `between`, with (subject, at, name) only: a month of a prefecture has some hundred thousand entries."""
        log = schema.entry
        ordered = select(log.c.subject, log.c.at, log.c.name, log.c.seq).where(log.c.kind == kind, log.c.at < end)
        ordered = ordered.order_by(log.c.at, log.c.seq).limit(page)
        at, seq = start, 0
        while True:
            rows = await self._rows(ordered.where(log.c.at >= at, or_(log.c.at > at, log.c.seq > seq)))
            if rows:
                yield [(row[0], row[1], row[2]) for row in rows]
            if len(rows) < page:
                return
            at, seq = rows[-1][1], rows[-1][3]

    async def last_before(self, kind: str, moment: float) -> dict[str, str]:
        """The name of each subject's last entry before a moment, for subjects that have a document of that kind."""
        log, table = schema.entry, schema.doc
        before = select(log.c.name).where(log.c.kind == kind, log.c.subject == table.c.id, log.c.at < moment)
        newest = before.order_by(log.c.seq.desc()).limit(1).correlate(table).scalar_subquery()
        rows = await self._rows(select(table.c.id, newest).where(table.c.kind == kind))
        return {row[0]: row[1] for row in rows if row[1] is not None}

    async def command_entry(self, command_id: str, kind: str = "") -> JournalEntry | None:
        """The first entry of a command, of one kind ("": of any); None when it was not carried out."""
        log = schema.entry
        # By `command` first: ordered by `seq` alone, PostgreSQL may read the whole log for a command that is not there.
        statement = select(log).where(log.c.command == clean(command_id)).order_by(log.c.command, log.c.seq).limit(1)
        rows = await self._rows(statement.where(log.c.kind == kind) if kind else statement)
        return _entry(rows[0]) if rows else None

    async def command_entries(self, command_id: str) -> int:
        """The number of entries of a command."""
        log = schema.entry
        statement = select(func.count()).select_from(log).where(log.c.command == clean(command_id))
        return int((await self._rows(statement))[0][0])

    async def cursor(self, name: str) -> dict[str, Any] | None:
        rows = await self._rows(select(schema.cursor.c.value).where(schema.cursor.c.name == name))
        return json.loads(rows[0][0]) if rows else None

    async def verify(self) -> list[ChainFault]:
        """Check every chain from its start, and with a keyring documents and seal; empty when all are intact."""
        return (await check(self.store, self.keyring)).faults

    async def head(self) -> int:
        """The log's last sequence number, 0 for an empty log."""
        return int((await self._rows(select(func.max(schema.entry.c.seq))))[0][0] or 0)

    async def blank(self) -> bool:
        """True when nothing was ever written."""
        return not any([await self._rows(select(table).limit(1)) for table in schema.metadata.sorted_tables])

    async def touch(self) -> None:
        """Write one small row, to learn whether the journal takes any. Raises JournalLost."""
        async with self.begin() as tx:
            await tx.set_cursor("ready", {"at": now()})

    async def count(self) -> int:
        """Number of entries in the log."""
        return int((await self._rows(select(func.count()).select_from(schema.entry)))[0][0])


def _entry(row: Any) -> JournalEntry:
    fields = row._asdict()
    fields = {name: fields[name] for name in JournalEntry.__slots__}
    return JournalEntry(**fields | {"body": json.loads(fields["body"])})
