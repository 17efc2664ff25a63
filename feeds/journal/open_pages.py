"""The open documents of a kind in SQLite, as JSON arrays that SQLite itself joins.

A row that Python's driver fetches costs as much as decoding its document, and holds up the decoding of others: the
driver takes the interpreter's lock for each. An array costs one row, and the next one is made while it is decoded.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from feeds.journal.sqlite_driver import SqliteConnection

PAGE = 2000
"""Documents of a page. Those of one sequence number are in one page."""
_ENDS = """
SELECT seq FROM (SELECT seq, row_number() OVER (ORDER BY seq) AS number FROM doc WHERE kind = ? AND open = 1)
WHERE number % ? = 0
"""
_ROWS = """
SELECT CAST(id AS BLOB) AS id, seq, CAST(body AS BLOB) AS body FROM doc
WHERE kind = ? AND open = 1 AND seq > ? AND seq <= ? ORDER BY seq, id
"""
_JOINED = (
    f"SELECT CAST(group_concat(id, char(10)) AS BLOB), CAST(group_concat(body) AS BLOB) FROM ({_ROWS})"  # no values
)
_BEFORE_ALL, _AFTER_ALL = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class OpenPage:
    """Open documents, oldest first: their ids, and their texts joined to an array, which damage may have made none."""

    ids: Sequence[str]
    array: bytes
    _connection: SqliteConnection
    _bounds: tuple[str, int, int]

    async def rows(self) -> list[Any]:
        """The documents one by one: id and body as bytes, and the sequence number between them."""
        return list(await (await self._connection.execute(_ROWS, self._bounds)).fetchall())


async def open_pages(connection: SqliteConnection, kind: str) -> AsyncGenerator[OpenPage, None]:
    """The pages, all of one moment."""
    await connection.execute("BEGIN")
    try:
        ends = [row[0] for row in await (await connection.execute(_ENDS, (kind, PAGE))).fetchall()]
        bounds = [(kind, *pair) for pair in pairwise((_BEFORE_ALL, *dict.fromkeys(ends), _AFTER_ALL))]
        following = asyncio.ensure_future(_page(connection, bounds[0]))
        try:
            for after in (*bounds[1:], None):
                page = await following
                if after is not None:
                    following = asyncio.ensure_future(_page(connection, after))
                    await asyncio.sleep(0)  # the request goes out
                if page is not None:
                    yield page
        finally:
            await asyncio.wait([following])
    finally:
        await connection.rollback()


async def _page(connection: SqliteConnection, bounds: tuple[str, int, int]) -> OpenPage | None:
    """One page, None without documents."""
    ((ids, bodies),) = await (await connection.execute(_JOINED, bounds)).fetchall()
    if ids is None:
        return None
    names = ids.decode("utf-8", "replace").split("\n")
    return OpenPage(names, b"[" + (bodies or b"") + b"]", connection, bounds)
