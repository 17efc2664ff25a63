"""Operations on the outbox within one transaction of the journal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Executable,
    and_,
    case,
    delete,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from feeds.journal import schema
from feeds.journal.connections import translated
from feeds.journal.records import canonical, clean
from feeds.journal.sqlalchemy_core import AsyncConnection
from feeds.journal.tx_statements import tx_statements

DIGEST = "digest:"
"""Prefix of the error of a message that is part of a digest."""
SENDING = "sending"
"""The error of a message from just before it is handed over until its outcome is known."""
CHUNK = 500
URGENT, ORDINARY = 0, 1
"""Ranks of messages: within a receiver a lower rank is due first."""
_Row = dict[str, Any]


def done_before(moment: float) -> ColumnElement[bool]:
    """Condition for finished messages. A part of a digest that still waits is not finished."""
    table, carrier = schema.outbox, schema.outbox.alias()
    waits = exists().where(carrier.c.key == func.substr(table.c.error, len(DIGEST) + 1), carrier.c.due.is_not(None))
    carried = and_(table.c.error.startswith(DIGEST), waits)
    return and_(table.c.due.is_(None), table.c.created < moment, not_(carried))


class OutboxTx:
    """The part of a transaction for outgoing messages. One statement inserts new rows, before a read or at the end."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._sql = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._statements = tx_statements(self._is_sqlite)
        self._outbox: list[_Row] = []

    async def _execute(
        self, statement: Executable, rows: Sequence[_Row] | _Row | None = None
    ) -> CursorResult[*tuple[Any, ...]]:
        with translated(OSError):
            return await self._sql.execute(statement, rows)

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
            await self._execute(self._statements.outbox, self._outbox)
            self._outbox = []
