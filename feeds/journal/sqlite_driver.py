"""SQLite connections that run a statement in one call of their thread.

The driver makes, runs, reads and closes a cursor in four calls, and each waits for the other thread. In a commit of one
entry that is most of the processor time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.engine import make_url

T = TypeVar("T")
FIRST_ROWS = 500
"""Rows that are read in the call that runs a statement. A longer answer stays open and is read as it is asked for."""


class SqliteConnection(aiosqlite.Connection):
    """A connection of the driver with cursors of one call."""

    def cursor(self) -> SqliteCursor:  # type: ignore[override]  # SQLAlchemy enters it, and an own cursor may be entered
        """A cursor; it does nothing before it executes."""
        return SqliteCursor(self)


class SqliteCursor(aiosqlite.Cursor):
    """Runs a statement and reads the first rows in one call. Its rows are those of one statement."""

    def __init__(self, connection: SqliteConnection) -> None:
        self.iter_chunk_size = FIRST_ROWS
        self._conn, self._connection = connection, connection
        self._rows: list[Any] = []
        self._more = False

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> SqliteCursor:
        await self._call(self._run, sql, () if parameters is None else parameters)
        return self

    async def _call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Call a function in the connection's thread."""
        result: T = await self._execute(function, *arguments)  # type: ignore[no-untyped-call]
        return result

    def _run(self, sql: str, parameters: Any) -> None:
        self._cursor = self._connection._conn.execute(sql, parameters)
        if self._cursor.description:
            self._rows = self._cursor.fetchmany(FIRST_ROWS)
            self._more = len(self._rows) == FIRST_ROWS

    async def executemany(self, sql: str, parameters: Iterable[Iterable[Any]]) -> SqliteCursor:
        self._cursor = await self._call(self._connection._conn.executemany, sql, parameters)
        return self

    async def fetchone(self) -> sqlite3.Row | None:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        size = FIRST_ROWS if size is None else size
        if len(self._rows) < size and self._more:
            size_of_call = max(size - len(self._rows), FIRST_ROWS)
            rows = await self._call(self._cursor.fetchmany, size_of_call)
            self._rows, self._more = self._rows + rows, len(rows) == size_of_call
        rows, self._rows = self._rows[:size], self._rows[size:]
        return rows

    async def fetchall(self) -> list[Any]:
        rest = await self._call(self._cursor.fetchall) if self._more else []
        rows, self._rows, self._more = self._rows + rest, [], False
        return rows

    async def close(self) -> None:
        if self._more:
            self._more = False
            await self._call(self._cursor.close)


async def connect(url: str) -> SqliteConnection:
    """Connect to the file of a URL of SQLAlchemy."""
    path = str(make_url(url).database)

    def connector() -> sqlite3.Connection:
        return sqlite3.connect(path, check_same_thread=False)

    connection = SqliteConnection(connector, iter_chunk_size=FIRST_ROWS)
    connection._thread.daemon = True  # as SQLAlchemy has it: a statement that hangs must not keep the process
    await connection
    return connection
