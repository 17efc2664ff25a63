"""Connections to SQLite and PostgreSQL with equal guarantees.

SQLite runs in WAL mode with `synchronous=FULL`, PostgreSQL with `synchronous_commit=on`: committed rows survive a power
cut. Both have one writer at a time (SQLite's lock, an advisory lock). Global sequence numbers therefore become visible
in order, and a reader that remembers the last one misses nothing.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from threading import Thread
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from feeds.fencing import Fence
from feeds.journal import fences, sqlite_driver, tls
from feeds.journal.records import JournalError, JournalLost, Unstorable
from feeds.journal.sqlalchemy_core import AsyncConnection, AsyncEngine, create_async_engine
from feeds.uninterrupted import finish

log = logging.getLogger(__name__)

BUSY_MS = 10_000
"""Maximum wait for another writer, and maximum idle time inside a transaction, milliseconds."""
SYNCHRONOUS = "FULL"
"""SQLite: a commit returns when it is on the disk, so that it survives a power failure."""
CONNECT_S, STATEMENT_S = 5.0, 30.0
WRITER = 0x57464A4C
"""PostgreSQL advisory lock held by a writer of the journal."""
# SQLSTATE classes for which a retry is useless: data exception, integrity violation, program limit exceeded.
_HOPELESS = ("22", "23", "54")
_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false), current_setting('fsync')"
    " WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') OR current_setting('fsync') = 'off'"
)
_fsync_warned: set[str] = set()


class Store:
    """A pool of connections to one store; `name` is the client name in the server's own lists.

    Stores in one PostgreSQL that need not wait for one another's writers take different `lock` numbers. With a
    `fence` every write first sees in the table `marks` whether the role is still ours (feeds.journal.fences).
    `lost` is the error that says that this store is away.

    `failing` tells why the last read or write failed, by "read" and "write"; a success takes it out.
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        marks: Table | None = None,
        lock: int = WRITER,
        lost: type[JournalLost] = JournalLost,
        pragmas: Sequence[str] = (),
    ) -> None:
        self._url, self._name, self._lock, self._lost, self._pragmas = url, name, lock, lost, tuple(pragmas)
        self.failing: dict[str, str] = {}
        self._engine: AsyncEngine | None = None
        self._threads: set[Thread] = set()
        self.marks = marks
        self.fence: Fence | None = None
        self.is_sqlite = url.startswith("sqlite")

    @property
    def file(self) -> str:
        """Path of a SQLite store."""
        return str(make_url(self._url).database)

    def open(self) -> None:
        """Prepare the pool; the first use connects."""
        if self._engine is None:
            if self.is_sqlite:
                self._engine = _sqlite(self._url, self._threads, self._pragmas)
            else:
                self._engine = _postgresql(self._url, self._name)

    async def close(self) -> None:
        if self._engine is not None:
            # Connections that a cancelled role leaves half closed are reported as errors.
            await finish(self._engine.dispose(), CONNECT_S)
            self._engine = None
        # The driver does not wait for the thread of a connection whose statement was cancelled. The event loop must not
        # close before that thread has reported its end.
        while self._threads:
            await asyncio.to_thread(self._threads.pop().join, CONNECT_S)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A connection; every error of the store is a JournalError."""
        with self._noting("read"):
            if self._engine is None:
                raise self._lost("it is not open")
            with translated(OSError, *self._driver_errors()):
                connection = await self._engine.connect()
            try:
                with translated():
                    yield connection
            finally:
                with suppress(SQLAlchemyError, OSError):  # what cannot be given back is thrown away by the pool
                    await connection.close()

    @contextmanager
    def _noting(self, act: str) -> Iterator[None]:
        """Note in `failing` how the act went, and raise a JournalLost as this store's own."""
        try:
            yield
        except JournalLost as error:
            self.failing[act] = str(error)
            if isinstance(error, self._lost):
                raise
            raise self._lost(str(error)) from error
        self.failing.pop(act, None)

    @asynccontextmanager
    async def writing(self, *, patient: bool = False, fenced: bool = True) -> AsyncIterator[AsyncConnection]:
        """A transaction that takes the writers' lock at its start, so that it never fails half-way for lack of it.

        `patient` removes the time limits of statements and of the wait for the lock (migrations). Raises Fenced when
        another process has taken over the role; `fenced` False skips that check.
        """
        with self._noting("write"):
            async with self.reading() as connection:
                await self._begin(connection, patient)
                try:
                    if fenced and self.fence is not None and self.marks is not None:
                        with translated(OSError):
                            await fences.check(connection, self.marks, self.fence)
                    yield connection
                except BaseException:
                    # A cancelled statement has closed the transaction already; its reason must reach the caller.
                    with suppress(JournalError, SQLAlchemyError, OSError):
                        await self._end(connection, commit=False)
                    raise
                await self._end(connection, commit=True)

    async def _begin(self, connection: AsyncConnection, patient: bool) -> None:
        with translated(OSError):
            if self.is_sqlite:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            if patient:
                await connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({self._lock})")

    async def _end(self, connection: AsyncConnection, *, commit: bool) -> None:
        """End the transaction. Raises JournalLost for a commit of one that SQLite has rolled back by itself.

        SQLite does so after some errors (a full disk). The driver's commit would then do nothing, without an error.
        """
        with translated(OSError):
            if commit and self.is_sqlite and not await _in_transaction(connection):
                raise JournalLost("the transaction was rolled back before its end")
            await (connection.commit() if commit else connection.rollback())

    def _driver_errors(self) -> tuple[type[Exception], ...]:
        """Exceptions that the driver raises past SQLAlchemy while it connects."""
        if self.is_sqlite:
            return ()
        import asyncpg

        return (asyncpg.PostgresError, asyncpg.InterfaceError)


@contextmanager
def translated(*driver_errors: type[Exception]) -> Iterator[None]:
    """Raise errors of the store as JournalErrors.

    `driver_errors` are further exceptions of the driver; the block must do nothing else that can raise them.
    """
    try:
        yield
    except (DataError, IntegrityError) as error:
        raise Unstorable(_text(error)) from error
    except SQLAlchemyError as error:
        state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
        raise (Unstorable if state[:2] in _HOPELESS else JournalLost)(_text(error)) from error
    except driver_errors as error:
        raise JournalLost(_text(error)) from error


async def _in_transaction(connection: AsyncConnection) -> bool:
    """True when the SQLite connection of the driver is open and within a transaction."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    return driver._connection is not None and bool(driver.in_transaction)


def _text(error: BaseException) -> str:
    return str(error.__cause__ or error) or type(error).__name__


def _sqlite(url: str, threads: set[Thread], pragmas: Sequence[str]) -> AsyncEngine:
    """An SQLite engine; `threads` collects the threads of connections that may still be open."""
    engine = create_async_engine(url, hide_parameters=True, async_creator=partial(sqlite_driver.connect, url))

    def note(connection: Any, _record: Any) -> None:
        threads.difference_update([thread for thread in threads if not thread.is_alive()])
        threads.add(connection.driver_connection._thread)

    event.listen(engine.sync_engine, "connect", partial(_tune, pragmas))
    event.listen(engine.sync_engine, "connect", note)
    return engine


def _tune(pragmas: Sequence[str], connection: Any, _record: Any) -> None:
    """Set WAL and full durability. Transactions are begun explicitly, not by the driver."""
    connection.isolation_level = None
    connection.driver_connection.text_factory = _readable
    cursor = connection.cursor()
    for pragma in (f"busy_timeout={BUSY_MS}", f"synchronous={SYNCHRONOUS}", "foreign_keys=ON", *pragmas):
        cursor.execute(f"PRAGMA {pragma}")
    # The mode is stored in the file. While one connection sets it, another one is rejected at once, whatever its
    # timeout.
    try:
        cursor.execute("PRAGMA journal_mode=WAL")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
    cursor.close()


def _readable(raw: bytes) -> str:
    """The text of a column. Damaged bytes are replaced: they would make every row of an answer unreadable."""
    return raw.decode("utf-8", "replace")


def _postgresql(url: str, name: str) -> AsyncEngine:
    """A PostgreSQL engine. Connections are tested before use, so that a restart of the server costs no transaction."""
    settings = {
        "application_name": f"watchfloor {name}",
        "lock_timeout": str(BUSY_MS),
        "idle_in_transaction_session_timeout": str(BUSY_MS),  # a writer that is gone must not keep the lock
    }
    address, protection = tls.taken_out(url)
    connect_args = {"timeout": CONNECT_S, "command_timeout": STATEMENT_S, "server_settings": settings}
    engine = create_async_engine(
        address,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_timeout=CONNECT_S,
        connect_args=connect_args | protection,
    )
    event.listen(engine.sync_engine, "connect", _harden)
    return engine


def _harden(connection: Any, _record: Any) -> None:
    """Require durable commits whatever the server's default. Log once what only the server's owner can change."""
    cursor = connection.cursor()
    cursor.execute(_DURABLE)
    row = cursor.fetchone()
    cursor.close()
    connection.commit()
    if row is not None and row[1] == "off" and "fsync" not in _fsync_warned:
        _fsync_warned.add("fsync")
        log.warning("the PostgreSQL server runs with fsync off: a power cut may lose what was accepted")
