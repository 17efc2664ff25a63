"""What can be done in one transaction of the journal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import CursorResult, Executable, and_, delete, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.journal import schema
from feeds.journal.connections import translated
from feeds.journal.records import GENESIS, canonical, clean, row_hash

DIGEST = "digest:"
"""What the error of a message that is part of another one begins with."""
CHUNK = 500


class Tx:
    """One transaction: everything in it becomes durable together, or not at all."""

    def __init__(self, connection: AsyncConnection, chain: str) -> None:
        self._sql = connection
        self._chain = chain
        self._head: tuple[int, str] | None = None
        self._upsert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    async def _execute(self, statement: Executable) -> CursorResult[*tuple[Any, ...]]:
        with translated(OSError):
            return await self._sql.execute(statement)

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
        row: dict[str, Any] = {
            "chain": self._chain, "chain_seq": number + 1, "at": at, "kind": kind, "name": name,
            "subject": clean(subject), "actor": clean(actor), "reason": clean(reason), "command": clean(command),
            "body": clean(canonical(body or {})), "prev": prev,
        }
        row["hash"] = row_hash(row)
        result = await self._execute(insert(schema.entry).values(row))
        self._head = (number + 1, row["hash"])
        return int(cast(Any, result.inserted_primary_key)[0])

    async def _last(self) -> tuple[int, str]:
        """The chain's last number and hash; read once a transaction, which holds the lock."""
        log = schema.entry
        statement = select(log.c.chain_seq, log.c.hash).where(log.c.chain == self._chain)
        row = (await self._execute(statement.order_by(log.c.chain_seq.desc()).limit(1))).first()
        return (row[0], row[1]) if row else (0, GENESIS)

    async def put(self, kind: str, id: str, body: dict[str, Any], *, open: bool = True, seq: int = 0) -> None:
        """Set the present form of a thing."""
        values = {"open": open, "seq": seq, "body": clean(canonical(body))}
        statement = self._upsert(schema.doc).values(kind=kind, id=clean(id), **values)
        await self._execute(statement.on_conflict_do_update(index_elements=["kind", "id"], set_=values))

    async def delete(self, kind: str, id: str) -> None:
        await self._execute(delete(schema.doc).where(schema.doc.c.kind == kind, schema.doc.c.id == clean(id)))

    async def set_cursor(self, name: str, value: dict[str, Any]) -> None:
        """Remember how far an engine has read, in the same transaction as what followed from it."""
        statement = self._upsert(schema.cursor).values(name=name, value=clean(canonical(value)))
        await self._execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"value": clean(canonical(value))})
        )

    async def enqueue(
        self, key: str, *, receiver: str, subject: str, created: float, due: float, body: dict[str, Any]
    ) -> None:
        """Queue one message; a key that is there already changes nothing."""
        statement = self._upsert(schema.outbox).values(
            key=clean(key), receiver=receiver, subject=clean(subject), created=created, due=due, attempts=0, error="",
            body=clean(canonical(body)),
        )
        await self._execute(statement.on_conflict_do_nothing(index_elements=["key"]))

    async def cancel_outbox(self, subject: str, *, reason: str) -> list[tuple[str, dict[str, Any]]]:
        """Drop what is queued but unsent about a subject, also within a digest; receiver and body of each."""
        table = schema.outbox
        queued = or_(table.c.due.is_not(None), table.c.error.startswith(DIGEST))
        unsent = and_(table.c.subject == clean(subject), table.c.sent_at.is_(None), queued)
        with translated(OSError):
            rows = (await self._sql.execute(select(table.c.receiver, table.c.body).where(unsent))).all()
        if rows:
            await self._execute(update(table).where(unsent).values(due=None, error=reason))
        return [(row.receiver, json.loads(row.body)) for row in rows]

    async def fold_outbox(self, keys: Sequence[str], into: str) -> None:
        """These messages are sent as part of another one; until it is sent they wait with it."""
        table = schema.outbox
        for start in range(0, len(keys), CHUNK):
            some = table.c.key.in_([clean(key) for key in keys[start : start + CHUNK]])
            await self._execute(update(table).where(some).values(due=None, error=DIGEST + clean(into)))
