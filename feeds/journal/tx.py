"""Operations within one transaction of the journal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Executable,
    LargeBinary,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    not_,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.journal import schema
from feeds.journal.connections import translated
from feeds.journal.forms import parse
from feeds.journal.records import GENESIS, Doc, canonical, clean, row_hash

DIGEST = "digest:"
"""Prefix of the error of a message that is part of a digest."""
SENDING = "sending"
"""The error of a message from just before it is handed over until its outcome is known."""
CHUNK = 500
URGENT, ORDINARY = 0, 1
"""Ranks of messages: within a receiver a lower rank is due first."""
RESERVED = (1, 8, 64, 512)
"""Numbers taken from PostgreSQL's sequence at a time, increasing; unused ones leave a gap."""
_Row = dict[str, Any]
Change = Callable[[dict[str, Any] | None], dict[str, Any] | None]
"""Maps a document's current body to its new one."""


def done_before(moment: float) -> ColumnElement[bool]:
    """Condition for finished messages. A part of a digest that still waits is not finished."""
    table, carrier = schema.outbox, schema.outbox.alias()
    waits = exists().where(carrier.c.key == func.substr(table.c.error, len(DIGEST) + 1), carrier.c.due.is_not(None))
    carried = and_(table.c.error.startswith(DIGEST), waits)
    return and_(table.c.due.is_(None), table.c.created < moment, not_(carried))


class Tx:
    """One transaction: everything in it becomes durable together, or not at all.

    Writes are collected in memory and sent in few statements, at the end of the transaction or before a read. One
    statement for each row costs twenty times as much.
    """

    def __init__(self, connection: AsyncConnection, chain: str) -> None:
        self._sql = connection
        self._chain = chain
        self._head: tuple[int, str] | None = None
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._upsert = sqlite.insert if self._is_sqlite else postgresql.insert
        self._numbers: Iterator[int] = iter(())
        self._reservations = 0
        self._entries: list[_Row] = []
        self._docs: dict[tuple[str, str], _Row] = {}
        self._cursors: dict[str, _Row] = {}
        self._outbox: list[_Row] = []

    async def _execute(
        self, statement: Executable, rows: Sequence[_Row] | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        with translated(OSError):
            return await self._sql.execute(statement, rows)

    async def append(
        self,
        *,
        kind: str,
        name: str,
        subject: str,
        at: float,
        actor: str = "",
        reason: str = "",
        command: str = "",
        body: dict[str, Any] | None = None,
    ) -> int:
        """Add one entry to this process's chain; returns its global sequence number."""
        number, prev = self._head or await self._last()
        row: _Row = {
            "chain": self._chain,
            "chain_seq": number + 1,
            "at": at,
            "kind": kind,
            "name": name,
            "subject": clean(subject),
            "actor": clean(actor),
            "reason": clean(reason),
            "command": clean(command),
            "body": clean(canonical(body or {})),
            "prev": prev,
        }
        row["hash"] = row_hash(row)
        row["seq"] = await self._number()
        self._entries.append(row)
        self._head = (number + 1, row["hash"])
        return int(row["seq"])

    async def _last(self) -> tuple[int, str]:
        """The chain's last number and hash; read once per transaction, which holds the lock."""
        log = schema.entry
        statement = select(log.c.chain_seq, log.c.hash).where(log.c.chain == self._chain)
        row = (await self._execute(statement.order_by(log.c.chain_seq.desc()).limit(1))).first()
        return (row[0], row[1]) if row else (0, GENESIS)

    async def _number(self) -> int:
        """The next global number from SQLite's own counter, which no one else changes while the lock is held."""
        for number in self._numbers:
            return number
        if self._is_sqlite:
            result = await self._execute(text("SELECT seq FROM sqlite_sequence WHERE name = 'entry'"))
            self._numbers = count(int(result.scalar() or 0) + 1)
        else:
            batch_size = RESERVED[min(self._reservations, len(RESERVED) - 1)]
            self._reservations += 1
            taken = "SELECT nextval(pg_get_serial_sequence('entry', 'seq')) FROM generate_series(1, :many)"
            result = await self._execute(text(taken).bindparams(many=batch_size))
            self._numbers = iter(sorted(int(row[0]) for row in result))
        return next(self._numbers)

    async def put(self, kind: str, id: str, body: dict[str, Any], *, open: bool = True, seq: int = 0) -> None:
        """Set the current version of a document."""
        key = (kind, clean(id))
        self._docs[key] = {"kind": kind, "id": key[1], "open": open, "seq": seq, "body": clean(canonical(body))}

    async def doc(self, kind: str, id: str) -> dict[str, Any] | None:
        """A document's body as it will be when the transaction ends; None without one that can be read.

        The writers' lock is held from the start of the transaction, so no one else changes it meanwhile.
        """
        if (pending := self._docs.get((kind, clean(id)))) is not None:
            body: dict[str, Any] = json.loads(pending["body"])
            return body
        table = schema.doc
        body_text = cast(table.c.body, LargeBinary) if self._is_sqlite else table.c.body
        statement = select(table.c.open, table.c.seq, body_text).where(table.c.kind == kind, table.c.id == clean(id))
        row = (await self._execute(statement)).first()
        doc = parse(kind, clean(id), row[0], row[1], row[2]) if row else None
        return doc.body if isinstance(doc, Doc) else None

    async def update(
        self, kind: str, id: str, change: Change, *, open: bool = True, seq: int | None = None
    ) -> dict[str, Any] | None:
        """Read a document, change it and write it, with no other writer in between. Returns the new body.

        `change` gets the current body (None without one) and returns the new one; None leaves the document unchanged,
        and an exception rolls the transaction back. It must not wait. Without `seq` the document keeps its own, or 0.
        """
        after = change(await self.doc(kind, id))
        if after is not None:
            await self.put(kind, id, after, open=open, seq=await self._seq(kind, id) if seq is None else seq)
        return after

    async def _seq(self, kind: str, id: str) -> int:
        if (pending := self._docs.get((kind, clean(id)))) is not None:
            return int(pending["seq"])
        table = schema.doc
        statement = select(table.c.seq).where(table.c.kind == kind, table.c.id == clean(id))
        return int((await self._execute(statement)).scalar() or 0)

    async def delete(self, kind: str, id: str) -> None:
        self._docs.pop((kind, clean(id)), None)
        await self._execute(delete(schema.doc).where(schema.doc.c.kind == kind, schema.doc.c.id == clean(id)))

    async def set_cursor(self, name: str, value: dict[str, Any]) -> None:
        """Store an engine's position, in the same transaction as its results."""
        self._cursors[name] = {"name": name, "value": clean(canonical(value))}

    async def enqueue(
        self,
        key: str,
        *,
        receiver: str,
        subject: str,
        created: float,
        due: float,
        body: dict[str, Any],
        urgent: bool = False,
        person: str = "",
    ) -> None:
        """Queue one message; an existing key changes nothing.

        Urgent messages of a receiver are due before its others. `person`: the person addressed through the receiver.
        """
        self._outbox.append(
            {
                "key": clean(key),
                "receiver": receiver,
                "subject": clean(subject),
                "created": created,
                "due": due,
                "attempts": 0,
                "error": "",
                "body": clean(canonical(body)),
                "rank": URGENT if urgent else ORDINARY,
                "person": clean(person),
            }
        )

    async def cancel_outbox(self, subject: str, *, reason: str) -> list[tuple[str, dict[str, Any]]]:
        """Cancel the unsent messages about a subject, including parts of a digest. Returns receiver and body of each.

        A message that is being sent at this moment may still arrive; its error states this (SENDING after the reason).
        """
        await self._queue()
        table = schema.outbox
        queued = or_(table.c.due.is_not(None), table.c.error.startswith(DIGEST))
        unsent = and_(table.c.subject == clean(subject), table.c.sent_at.is_(None), queued)
        rows = (await self._execute(select(table.c.receiver, table.c.body).where(unsent))).all()
        if rows:
            error = case((table.c.error == SENDING, f"{reason}, {SENDING}"), else_=reason)
            await self._execute(update(table).where(unsent).values(due=None, error=error))
        return [(row.receiver, json.loads(row.body)) for row in rows]

    async def fold_outbox(self, keys: Sequence[str], into: str) -> None:
        """Make these messages parts of a digest; they wait until it is sent."""
        await self._queue()
        table = schema.outbox
        for start in range(0, len(keys), CHUNK):
            batch = table.c.key.in_([clean(key) for key in keys[start : start + CHUNK]])
            await self._execute(update(table).where(batch).values(due=None, error=DIGEST + clean(into)))

    async def take_old_outbox(self, before: float, limit: int) -> list[dict[str, Any]]:
        """Remove finished messages older than `before`, oldest first. Returns their columns with `body` parsed."""
        table = schema.outbox
        old = select(table).where(done_before(before)).order_by(table.c.created).limit(limit)
        rows = [row._asdict() for row in (await self._execute(old)).all()]
        if rows:
            await self._execute(delete(table).where(table.c.id.in_([row["id"] for row in rows])))
        return [row | {"body": json.loads(row["body"])} for row in rows]

    async def _queue(self) -> None:
        if self._outbox:
            queued = self._upsert(schema.outbox).on_conflict_do_nothing(index_elements=["key"])
            await self._execute(queued, self._outbox)
            self._outbox = []

    async def flush(self) -> None:
        """Send collected writes. The end of the transaction does this itself."""
        if self._entries:
            await self._execute(insert(schema.entry), self._entries)
        if self._docs:
            statement = self._upsert(schema.doc)
            new = {name: statement.excluded[name] for name in ("open", "seq", "body")}
            statement = statement.on_conflict_do_update(index_elements=["kind", "id"], set_=new)
            await self._execute(statement, list(self._docs.values()))
        if self._cursors:
            cursor = self._upsert(schema.cursor)
            cursor = cursor.on_conflict_do_update(index_elements=["name"], set_={"value": cursor.excluded.value})
            await self._execute(cursor, list(self._cursors.values()))
        await self._queue()
        self._entries, self._docs, self._cursors = [], {}, {}
