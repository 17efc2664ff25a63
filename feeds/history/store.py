"""The history in SQL: series, chunks of points, rollups. The recorder is its only writer.

With SQLite it is a file of its own beside the journal, so that gigabytes of telemetry never delay the write of an
acknowledgement. With PostgreSQL its tables are in the journal's database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, delete, func, select, update

from feeds.fencing import Fence
from feeds.history import schema
from feeds.history.schema import SERIES_BITS, SERIES_MASK
from feeds.journal import HistoryLost
from feeds.journal.companions import companion_url, open_companion
from feeds.journal.connections import Store
from feeds.journal.sqlalchemy_core import upsert_of

__all__ = ["SERIES_BITS", "SERIES_MASK", "HistoryStore", "Series", "history_url"]

AT_ONCE = 5000
"""Keys in one statement; SQLite takes at most 32,766 variables."""

MADE_AT_ONCE = 500


def history_url(journal_url: str) -> str:
    """URL of the history that belongs to a journal: `history.sqlite3` beside a SQLite journal, else its database."""
    return companion_url(journal_url, "history.sqlite3")


@dataclass(slots=True)
class Series:
    """One metric of one asset. `last` is the newest point's time (ms), 0 when unknown."""

    id: int
    asset: str
    metric: str
    unit: str
    fresh_for: float
    last: int = 0


class HistoryStore:
    """One process's access to the history. Raises feeds.journal's errors; with a fence, writes may raise Fenced."""

    def __init__(self, url: str, name: str, fence: Fence | None = None) -> None:
        self.store = Store(url, name, marks=schema.mark, lost=HistoryLost)
        self._fence = fence
        self._upsert = upsert_of(is_sqlite=self.store.is_sqlite)

    def connect(self) -> None:
        """Prepare for reading; the first use connects."""
        self.store.open()

    async def open(self) -> None:
        """Connect, create or migrate the tables, and fence off earlier writers. Raises StoreRefused for a newer
        schema.
        """
        await open_companion(self.store, schema.BOOK, schema.mark, self._fence)

    async def close(self) -> None:
        await self.store.close()

    # -- series --------------------------------------------------------------------

    async def all_series(self) -> list[Series]:
        return await self._series(select(schema.series))

    async def series_of(self, asset: str) -> list[Series]:
        """An asset's series, by name of metric."""
        table = schema.series
        return await self._series(select(table).where(table.c.asset == asset).order_by(table.c.metric))

    async def _series(self, statement: Any) -> list[Series]:
        async with self.store.reading() as connection:
            return [Series(*row) for row in await connection.execute(statement)]

    async def put_series(self, created: Sequence[Series], altered: Sequence[Series]) -> None:
        """Insert new series and update altered ones."""
        table = schema.series
        async with self.store.writing() as connection:
            for start in range(0, len(created), MADE_AT_ONCE):  # the projector shares this event loop
                rows = [
                    {"id": s.id, "asset": s.asset, "metric": s.metric, "unit": s.unit, "fresh_for": s.fresh_for}
                    for s in created[start : start + MADE_AT_ONCE]
                ]
                await connection.execute(self._upsert(table).on_conflict_do_nothing(), rows)
            for entry in altered:
                values = {"unit": entry.unit, "fresh_for": entry.fresh_for}
                await connection.execute(update(table).where(table.c.id == entry.id).values(values))

    # -- chunks --------------------------------------------------------------------

    async def chunks(self, table: Table, keys: Sequence[int]) -> dict[int, bytes]:
        """Bodies of those keys that exist."""
        bodies: dict[int, bytes] = {}
        async with self.store.reading() as connection:
            for start in range(0, len(keys), AT_ONCE):
                rows = await connection.execute(_by_keys(table, keys[start : start + AT_ONCE]))
                bodies |= {row[0]: row[1] for row in rows}
        return bodies

    async def between(self, table: Table, ranges: Iterable[tuple[int, int]]) -> dict[int, bytes]:
        """Rows whose keys lie in one of the ranges (end excluded)."""
        bodies: dict[int, bytes] = {}
        async with self.store.reading() as connection:
            for low, high in ranges:
                statement = select(table.c.key, table.c.body).where(table.c.key >= low, table.c.key < high)
                bodies |= {row[0]: row[1] for row in await connection.execute(statement)}
        return bodies

    async def first_key(self, table: Table) -> int | None:
        """The oldest row's key, or None for an empty table."""
        async with self.store.reading() as connection:
            key: int | None = (await connection.execute(select(func.min(table.c.key)))).scalar()
            return key

    async def put(self, rows: Mapping[Table, Mapping[int, bytes]], gone: Sequence[int] = ()) -> None:
        """Upsert rows and delete packed fresh rollups, in one transaction."""
        async with self.store.writing() as connection:
            for table, bodies in rows.items():
                if bodies:
                    statement = self._upsert(table)
                    set_ = {"body": statement.excluded.body}
                    statement = statement.on_conflict_do_update(index_elements=["key"], set_=set_)
                    await connection.execute(statement, [{"key": key, "body": body} for key, body in bodies.items()])
            for start in range(0, len(gone), AT_ONCE):
                batch = gone[start : start + AT_ONCE]
                await connection.execute(delete(schema.fresh).where(schema.fresh.c.key.in_(batch)))

    async def drop_before(self, table: Table, key: int, limit: int) -> int:
        """Delete at most `limit` rows below a key. Returns the number deleted."""
        oldest = select(table.c.key).where(table.c.key < key).order_by(table.c.key).limit(limit)
        async with self.store.writing() as connection:
            return int((await connection.execute(delete(table).where(table.c.key.in_(oldest)))).rowcount)

    # -- when anybody looked ---------------------------------------------------------

    async def watched(self, start: float, end: float) -> list[tuple[float, float]]:
        """The spans within the interval in which observations were taken in."""
        table = schema.watched
        statement = select(table).where(table.c.end > start, table.c.start < end).order_by(table.c.start)
        async with self.store.reading() as connection:
            return [(max(start, row[0]), min(end, row[1])) for row in await connection.execute(statement)]

    async def note_watched(self, start: float, end: float) -> None:
        """Insert one span, or extend it when its start exists."""
        statement = self._upsert(schema.watched).values(start=start, end=end)
        async with self.store.writing() as connection:
            await connection.execute(statement.on_conflict_do_update(index_elements=["start"], set_={"end": end}))


def _by_keys(table: Table, keys: Sequence[int]) -> Any:
    return select(table.c.key, table.c.body).where(table.c.key.in_(keys))
