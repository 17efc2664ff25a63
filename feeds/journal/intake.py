"""The intake: accepted requests of other tools that no engine has applied yet, as durable as the journal.

It is a file of its own beside a SQLite journal (separate tables in PostgreSQL), so that accepting a request never waits
for an engine's transaction. Requests that wait at the same moment share one commit. An engine's position is written to
the journal in the same transaction as the results, so each parcel is applied once; then its rows are deleted. See
docs/decisions/0011.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.engine import make_url

from feeds.clock import Clock, now
from feeds.journal.connections import Store, translated
from feeds.journal.records import IntakeLost, JournalError
from feeds.journal.sqlalchemy_core import AsyncConnection, upsert_of

log = logging.getLogger(__name__)

LOCK = 0x5746494E
"""PostgreSQL advisory lock of its writers. It differs from the journal's, so that neither waits for the other."""
FULL = 200_000
"""Alerts and messages that may wait for one engine; beyond it senders are asked to retry later."""
IN_HAND = 64 << 20
"""Bytes that may wait for the next commit."""
TOGETHER = 2000
"""Maximum number of parcels in one commit."""
LOOK_EVERY = 0.5
TOUCHED = "watchfloor:touched"
"""The key of the row that only proves that rows can be written."""
RESTORED = "restored-"
"""The beginning of the id of a life that a restore began: it is expected that the journal does not know it."""
SEEN_FOR = 7 * 86400.0
"""Seconds for which a sender's idempotency key is remembered."""

metadata = MetaData()
RowNumber = BigInteger().with_variant(Integer, "sqlite")
parcel = Table(
    "intake",
    metadata,
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("target", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("at", Float, nullable=False),
    Column("actor", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("intake_target", "target", "id"),
    sqlite_autoincrement=True,
)
seen = Table(
    "intake_seen",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Float, nullable=False),
    Index("intake_seen_at", "at"),
)
life = Table("intake_life", metadata, Column("id", Text, primary_key=True))


class IntakeFull(Exception):
    """The intake is full: nothing was accepted, retry later (HTTP 503)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One accepted request. `size` counts its items; `region` is the scope of its sender ("" for none)."""

    target: str
    kind: str
    at: float
    body: bytes
    actor: str = ""
    region: str = ""
    size: int = 1
    id: int = 0


def intake_url(journal_url: str) -> str:
    """URL of the intake of a journal: `intake.sqlite3` beside a SQLite journal, else the journal's database."""
    url = make_url(journal_url)
    if not url.drivername.startswith("sqlite"):
        return journal_url
    return url.set(database=str(Path(str(url.database)).with_name("intake.sqlite3"))).render_as_string(False)


_INSERT_PARCELS = insert(parcel)
OnStored = Callable[[frozenset[str]], None]
_Waiting = tuple[Parcel, str, "asyncio.Future[bool]"]


class Intake:
    """One process's access. Errors are the journal's (IntakeLost: nothing was taken) and IntakeFull."""

    def __init__(
        self, url: str, name: str, *, clock: Clock = now, full: int = FULL, on_stored: OnStored = lambda targets: None
    ) -> None:
        """`on_stored` is called with the targets of new parcels after each commit of them."""
        self.store = Store(url, name, lock=LOCK, lost=IntakeLost)
        self._log = f"{self.store.file}-wal"
        self._clock, self._full = clock, full
        self._waiting: list[_Waiting] = []
        self._in_hand = 0
        self._work: asyncio.Task[None] | None = None
        self._pending: dict[str, int] = {}
        self._looked = float("-inf")
        self._upsert = upsert_of(is_sqlite=self.store.is_sqlite)
        self.life = ""
        self._on_stored = on_stored

    async def open(self) -> None:
        """Connect, create missing tables, and read the id of the intake's current life."""
        self.store.open()
        try:
            async with self.store.writing(patient=True) as connection:
                await connection.run_sync(metadata.create_all)
                id = (await connection.execute(select(life.c.id))).scalar()
                if id is None:
                    id = secrets.token_hex(8)
                    await connection.execute(insert(life).values(id=id))
            self.life = str(id)
        except BaseException:
            await self.store.close()
            raise

    async def close(self) -> None:
        """Write the waiting parcels, then close."""
        if self._work is not None:
            await asyncio.wait([self._work])
        await self.store.close()

    # -- taking in -----------------------------------------------------------------

    def pending(self, target: str) -> int:
        """Number of items that waited for an engine at this process's last check."""
        return self._pending.get(target, 0)

    async def waiting(self, target: str) -> int:
        """Number of items that wait for an engine now."""
        async with self.store.reading() as connection:
            with translated(OSError):
                sizes = select(func.coalesce(func.sum(parcel.c.size), 0)).where(parcel.c.target == target)
                return int((await connection.execute(sizes)).scalar_one())

    async def put(self, parcel_: Parcel, *, key: str = "") -> bool:
        """Store a parcel durably. Returns False when a parcel with this key was accepted before; nothing is stored
        then.

        Raises IntakeFull, JournalLost. `key` is the sender's own, remembered for SEEN_FOR seconds.
        """
        if self.pending(parcel_.target) >= self._full or self._in_hand >= IN_HAND:
            await self._check_room()
            if self.pending(parcel_.target) >= self._full or self._in_hand >= IN_HAND:
                raise IntakeFull(parcel_.target)
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((parcel_, key, future))
        self._in_hand += len(parcel_.body)
        if self._work is None:
            self._work = asyncio.create_task(self._drain(), name="intake")
        return await future

    async def _check_room(self) -> None:
        """Check for room again: while the intake is full nothing is written, so no commit would update the counts."""
        if not 0 <= self._clock() - self._looked < LOOK_EVERY:
            async with self.store.reading() as connection:
                await self._look(connection)

    async def _drain(self) -> None:
        """Commit while parcels wait; one commit serves all that wait when it begins."""
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:TOGETHER], self._waiting[TOGETHER:]
                try:
                    fresh = await self._write(batch)
                except JournalError as error:
                    _settle(batch, error)
                else:
                    _settle(batch, fresh)
                    if fresh:
                        self._on_stored(frozenset(batch[index][0].target for index in fresh))
                self._in_hand -= sum(len(waiting.body) for waiting, _, _ in batch)
        finally:
            self._work = None

    async def _write(self, batch: Sequence[_Waiting]) -> set[int]:
        """Indexes of the new parcels in the batch."""
        async with self.store.writing() as connection:
            fresh = await self._fresh(connection, batch)
            rows = [_row(batch[index][0]) for index in sorted(fresh)]
            if rows:
                await connection.execute(_INSERT_PARCELS, rows)
            if not 0 <= self._clock() - self._looked < LOOK_EVERY:
                await self._look(connection)
        return fresh

    async def _fresh(self, connection: AsyncConnection, batch: Sequence[_Waiting]) -> set[int]:
        first: dict[str, int] = {}
        for index, (_, key, _) in enumerate(batch):
            if key:
                first.setdefault(key, index)
        if not first:
            return set(range(len(batch)))
        existing = set((await connection.execute(select(seen.c.key).where(seen.c.key.in_(first)))).scalars())
        new = {key: index for key, index in first.items() if key not in existing}
        if new:
            at = self._clock()
            await connection.execute(insert(seen), [{"key": key, "at": at} for key in new])
            await connection.execute(delete(seen).where(seen.c.at < at - SEEN_FOR))
        return {index for index, (_, key, _) in enumerate(batch) if not key or new.get(key) == index}

    async def _look(self, connection: AsyncConnection) -> None:
        with translated(OSError):
            rows = await connection.execute(select(parcel.c.target, func.sum(parcel.c.size)).group_by(parcel.c.target))
            self._pending = {target: int(size) for target, size in rows}
        self._looked = self._clock()

    async def touch(self) -> None:
        """Write one small row, to learn whether the intake takes any. Raises IntakeLost."""
        row = self._upsert(seen).values(key=TOUCHED, at=self._clock())
        async with self.store.writing() as connection:
            with translated(OSError):
                await connection.execute(
                    row.on_conflict_do_update(index_elements=["key"], set_={"at": row.excluded.at})
                )

    # -- giving out ----------------------------------------------------------------

    def mark(self) -> tuple[int, int] | None:
        """A mark that changes with every commit of any process: size and time of the write-ahead log.

        None for PostgreSQL, which has no such file. Two commits within one tick of the kernel's clock may leave the
        same mark.
        """
        if not self.store.is_sqlite:
            return None
        try:
            status = os.stat(self._log)
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns

    async def read(self, target: str, after: int, *, limit: int) -> list[Parcel]:
        """At most `limit` parcels for one engine after a position, oldest first."""
        statement = select(parcel).where(parcel.c.target == target, parcel.c.id > after)
        async with self.store.reading() as connection:
            with translated(OSError):
                rows = (await connection.execute(statement.order_by(parcel.c.id).limit(limit))).all()
        return [Parcel(**row._asdict()) for row in rows]

    async def drop(self, target: str, upto: int) -> None:
        """Delete the parcels that an engine has applied. Call it only after the journal has the engine's position."""
        async with self.store.writing() as connection:
            with translated(OSError):
                await connection.execute(delete(parcel).where(parcel.c.target == target, parcel.c.id <= upto))


def _row(waiting: Parcel) -> dict[str, Any]:
    names = ("target", "kind", "at", "actor", "region", "size", "body")
    return {name: getattr(waiting, name) for name in names}


def _settle(batch: Sequence[_Waiting], outcome: JournalError | set[int]) -> None:
    """Resolve the futures of all waiting callers."""
    for index, (_, _, future) in enumerate(batch):
        if future.done():
            continue
        if isinstance(outcome, JournalError):
            future.set_exception(outcome)
        else:
            future.set_result(index in outcome)
