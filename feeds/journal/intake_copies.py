"""What waits in the intake, out of one store and into another: rows of JSON values, bytes as base64.

Numbers mean something only within one life of the intake: an engine's place in it stands in the journal. So what is
filled in begins a life of its own, and what the journal knows to be done is left out.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from feeds.journal.connections import Store, translated
from feeds.journal.intake import life, parcel, seen
from feeds.journal.records import StoreRefused
from feeds.journal.transfer import BATCH, one_moment

TABLES = {"intake": parcel, "intake_seen": seen}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One state of the intake, for as long as it is open. `life`: see `Intake`."""

    connection: AsyncConnection
    life: str
    counts: Mapping[str, int]

    @staticmethod
    def columns(name: str) -> list[str]:
        return [one.name for one in TABLES[name].columns]

    async def rows(self, name: str) -> AsyncIterator[list[list[Any]]]:
        """A table's rows in the order of its key, in batches."""
        source = TABLES[name]
        with translated(OSError):
            found = await self.connection.stream(select(source).order_by(*source.primary_key.columns))
            async for batch in found.partitions(BATCH):
                yield [[_packed(value) for value in row] for row in batch]


@asynccontextmanager
async def waiting(store: Store) -> AsyncIterator[Waiting]:
    """The intake at this moment; its tables must be there (open it first)."""
    async with one_moment(store) as connection:
        with translated(OSError):
            found = str((await connection.execute(select(life.c.id))).scalar() or "")
            counts = {
                name: int((await connection.execute(select(func.count()).select_from(table))).scalar_one())
                for name, table in TABLES.items()
            }
        yield Waiting(connection, found, counts)


class Filler:
    """Fills the intake within one transaction. `places`: up to where each engine has applied what waited for it."""

    def __init__(self, connection: AsyncConnection, places: Mapping[str, int]) -> None:
        self._connection, self._places = connection, places

    async def add(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Rows of one table; how many of them are needed still."""
        values = [dict(zip(columns, row, strict=True)) for row in rows]
        if name == parcel.name:
            values = [one for one in values if one["id"] > self._places.get(one["target"], 0)]
            values = [{key: value for key, value in one.items() if key != "id"} for one in values]
            values = [one | {"body": base64.b64decode(one["body"])} for one in values]
        if values:
            with translated(OSError):
                await self._connection.execute(insert(TABLES[name]), values)
        return len(values)


@asynccontextmanager
async def filling(store: Store, places: Mapping[str, int], *, replace: bool) -> AsyncIterator[Filler]:
    """Empty the intake and fill it anew; nothing is changed unless the block ends well.

    StoreRefused: something waits in it, and it is not to be replaced.
    """
    async with store.writing(patient=True) as connection:
        with translated(OSError):
            if not store.is_sqlite:  # the journal is filled within the block
                await connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            if not replace and (await connection.execute(select(parcel.c.id).limit(1))).first() is not None:
                raise StoreRefused("收件区中还有未处理的来件。", "Something still waits in the intake.")
            for table in (parcel, seen, life):
                await connection.execute(delete(table))
            await connection.execute(insert(life).values(id=secrets.token_hex(8)))
        yield Filler(connection, places)


def _packed(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
