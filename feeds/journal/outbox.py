"""The outbox in the journal: due messages, waiting messages, and delivery results."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, delete, func, or_, select, update

from feeds.journal import schema
from feeds.journal.connections import Store, translated
from feeds.journal.records import OutboxItem, OutboxState, clean
from feeds.journal.tx_outbox import CHUNK, DIGEST, URGENT, done_before

LATELY = 50


class OutboxRows:
    """The part of the journal for outgoing messages."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = asyncio.Lock()

    async def _rows(self, statement: Select[Any]) -> list[Any]:
        async with self.store.reading() as connection:
            with translated(OSError):
                return list((await connection.execute(statement)).all())

    async def outbox_ready(self, now: float) -> dict[str, bool]:
        """Receivers with messages due by now; the value is True when an urgent one is among them."""
        table = schema.outbox
        first = select(table.c.receiver, func.min(table.c.rank)).where(table.c.due <= now).group_by(table.c.receiver)
        return {receiver: rank == URGENT for receiver, rank in await self._rows(first)}

    async def outbox_due(
        self, now: float, limit: int = 100, *, receiver: str | None = None, without: Sequence[str] = ()
    ) -> list[OutboxItem]:
        """Messages due by now, urgent ones first, then in the order of queueing.

        `receiver`: only messages to that one. `without`: persons whose messages are left out.
        """
        table = schema.outbox
        due = select(table).where(table.c.due <= now).order_by(table.c.rank, table.c.id).limit(limit)
        if receiver is not None:
            due = due.where(table.c.receiver == receiver)
        return await self._outbox(_besides(due, without))

    async def outbox_for(self, subject: str) -> list[OutboxItem]:
        """All messages ever queued about a subject, oldest first."""
        return await self._outbox(
            select(schema.outbox).where(schema.outbox.c.subject == clean(subject)).order_by(schema.outbox.c.id)
        )

    async def outbox_about(self, subjects: Sequence[str]) -> dict[str, list[OutboxItem]]:
        """Like `outbox_for`, for several subjects."""
        table = schema.outbox
        about: dict[str, list[OutboxItem]] = {subject: [] for subject in subjects}
        for start in range(0, len(subjects), CHUNK):
            batch = table.c.subject.in_([clean(subject) for subject in subjects[start : start + CHUNK]])
            for item in await self._outbox(select(table).where(batch).order_by(table.c.id)):
                about.setdefault(item.subject, []).append(item)
        return about

    async def outbox_waiting(
        self, receiver: str, now: float, error: str, limit: int, *, fresh: bool = False, without: Sequence[str] = ()
    ) -> list[OutboxItem]:
        """Messages to one receiver that are due by now or wait because of `error`; urgent ones first, then oldest.

        `fresh`: only due messages that were not deferred because of `error` before. `without`: as in outbox_due.
        """
        table = schema.outbox
        due = table.c.due <= now
        ready = (
            and_(due, table.c.error != error)
            if fresh
            else and_(table.c.due.is_not(None), or_(due, table.c.error == error))
        )
        mine = select(table).where(table.c.receiver == receiver, ready)
        return await self._outbox(_besides(mine.order_by(table.c.rank, table.c.id).limit(limit), without))

    async def outbox_items(self, keys: Sequence[str]) -> list[OutboxItem]:
        """The messages of those keys, oldest first."""
        table, items = schema.outbox, []
        for start in range(0, len(keys), CHUNK):
            batch = table.c.key.in_([clean(key) for key in keys[start : start + CHUNK]])
            items += await self._outbox(select(table).where(batch).order_by(table.c.id))
        return items

    async def outbox_item(self, key: str) -> OutboxItem | None:
        """One message by key, or None."""
        items = await self.outbox_items([key])
        return items[0] if items else None

    async def outbox_count(self) -> int:
        """Number of messages that wait to be sent."""
        table = schema.outbox
        return int((await self._rows(select(func.count()).where(table.c.due.is_not(None))))[0][0])

    async def outbox_forget(self, before: float) -> int:
        """Delete finished messages older than `before`. Returns the number deleted."""
        async with self._lock, self.store.writing() as connection:
            with translated(OSError):
                done = await connection.execute(delete(schema.outbox).where(done_before(before)))
        return int(done.rowcount)

    async def outbox_sent_parts(self, into: str, keys: Sequence[str], sent_at: float) -> None:
        """Mark the parts of a digest as sent, except those that were cancelled before."""
        table = schema.outbox
        async with self._lock, self.store.writing() as connection:
            for start in range(0, len(keys), CHUNK):
                batch = table.c.key.in_([clean(key) for key in keys[start : start + CHUNK]])
                with translated(OSError):
                    await connection.execute(
                        update(table).where(batch, table.c.error == DIGEST + clean(into)).values(sent_at=sent_at)
                    )

    async def outbox_queues(self) -> dict[str, tuple[int, float]]:
        """Number of waiting messages per receiver with the time at which the oldest was queued; empty queues are left
        out.
        """
        table = schema.outbox
        waits = select(table.c.receiver, func.count(), func.min(table.c.created)).where(table.c.due.is_not(None))
        return {row[0]: (int(row[1]), row[2]) for row in await self._rows(waits.group_by(table.c.receiver))}

    async def outbox_states(self, receivers: Sequence[str]) -> dict[str, OutboxState]:
        """The delivery state of each receiver, from its waiting messages and its last LATELY ones."""
        states = {}
        table = schema.outbox
        waiting = await self.outbox_queues()
        for receiver in receivers:
            count, oldest = waiting.get(receiver, (0, None))
            lately = select(table.c.sent_at, table.c.error).where(table.c.receiver == receiver, table.c.attempts > 0)
            rows = await self._rows(lately.order_by(table.c.id.desc()).limit(LATELY))
            sent = max((row.sent_at for row in rows if row.sent_at is not None), default=None)
            error = rows[0].error if rows and rows[0].sent_at is None else ""
            states[receiver] = OutboxState(waiting=count, oldest_at=oldest, last_sent_at=sent, last_error=error)
        return states

    async def outbox_sent(self, receiver: str, since: float) -> list[float]:
        """Times after `since` at which a receiver was sent a message; a digest counts once."""
        table = schema.outbox
        whole = ~table.c.error.startswith(DIGEST)
        rows = await self._rows(
            select(table.c.sent_at).where(table.c.receiver == receiver, table.c.sent_at > since, whole)
        )
        return [row.sent_at for row in rows]

    async def outbox_recall(self, now: float, latest: float) -> int:
        """Make everything due now that would be due after `latest` only; how many messages that were."""
        table = schema.outbox
        async with self._lock, self.store.writing() as connection:
            with translated(OSError):
                done = await connection.execute(update(table).where(table.c.due > latest).values(due=now))
        return int(done.rowcount)

    async def outbox_put_off(self, keys: Sequence[str], *, due: float | None, error: str | None = None) -> None:
        """Defer several unsent messages until `due`, None for never; `error` None leaves their error as it is."""
        values: dict[str, Any] = {"due": due} | ({} if error is None else {"error": error})
        table = schema.outbox
        async with self._lock, self.store.writing() as connection:
            for start in range(0, len(keys), CHUNK):
                batch = table.c.key.in_([clean(key) for key in keys[start : start + CHUNK]])
                with translated(OSError):
                    await connection.execute(update(table).where(batch).values(values))

    async def outbox_retry(self, receiver: str, now: float) -> None:
        """Make messages that failed before due at once, because the receiver works again."""
        table = schema.outbox
        failed = and_(table.c.receiver == receiver, table.c.due > now, table.c.attempts > 0)
        async with self._lock, self.store.writing() as connection:
            with translated(OSError):
                await connection.execute(update(table).where(failed).values(due=now))

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
        """Record a delivery attempt; `due` None ends the message."""
        values: dict[str, Any] = {"sent_at": sent_at, "due": due, "error": error}
        if attempts is not None:
            values["attempts"] = attempts
        async with self._lock, self.store.writing() as connection:
            with translated(OSError):
                await connection.execute(update(schema.outbox).where(schema.outbox.c.key == clean(key)).values(values))


def _besides(statement: Select[Any], persons: Sequence[str]) -> Select[Any]:
    return (
        statement.where(schema.outbox.c.person.not_in([clean(person) for person in persons])) if persons else statement
    )


def _outbox_item(row: Any) -> OutboxItem:
    fields = row._asdict()
    fields = {name: fields[name] for name in OutboxItem.__slots__}
    return OutboxItem(**fields | {"body": json.loads(fields["body"])})
