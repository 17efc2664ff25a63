"""Copies of the waiting parcels from one store to another: rows of JSON values, bytes as base64.

Row numbers are valid only within one life of the intake, and an engine's position in it is in the journal. A filled
intake therefore begins a new life, and parcels that the journal has recorded as applied are left out.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select

from feeds.journal.connections import Store, translated
from feeds.journal.intake import RESTORED, life, parcel, seen
from feeds.journal.records import StoreRefused
from feeds.journal.sqlalchemy_core import AsyncConnection
from feeds.journal.transfer import BATCH, one_moment

TABLES = {"intake": parcel, "intake_seen": seen}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One consistent state of the intake, while it is open. `life`: see `Intake`."""

    connection: AsyncConnection
    life: str
    counts: Mapping[str, int]

    @staticmethod
    def columns(name: str) -> list[str]:
        return [column.name for column in TABLES[name].columns]

    async def rows(self, name: str) -> AsyncIterator[list[list[Any]]]:
        """A table's rows in key order, in batches."""
        source = TABLES[name]
        with translated(OSError):
            result = await self.connection.stream(select(source).order_by(*source.primary_key.columns))
            async for batch in result.partitions(BATCH):
                yield [[_packed(value) for value in row] for row in batch]


@asynccontextmanager
async def waiting(store: Store) -> AsyncIterator[Waiting]:
    """The intake at this moment; its tables must exist (open it first)."""
    async with one_moment(store) as connection:
        with translated(OSError):
            life_id = str((await connection.execute(select(life.c.id))).scalar() or "")
            counts = {
                name: int((await connection.execute(select(func.count()).select_from(table))).scalar_one())
                for name, table in TABLES.items()
            }
        yield Waiting(connection, life_id, counts)


class Filler:
    """Fills the intake within one transaction. `positions`: how far each engine has applied its parcels."""

    def __init__(self, connection: AsyncConnection, positions: Mapping[str, int]) -> None:
        self._connection, self._places = connection, positions

    async def add(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Add rows of one table. Returns how many of them are still needed."""
        values = [dict(zip(columns, row, strict=True)) for row in rows]
        if name == parcel.name:
            values = [row for row in values if row["id"] > self._places.get(row["target"], 0)]
            values = [{key: value for key, value in row.items() if key != "id"} for row in values]
            values = [row | {"body": base64.b64decode(row["body"])} for row in values]
        if values:
            with translated(OSError):
                await self._connection.execute(insert(TABLES[name]), values)
        return len(values)


@asynccontextmanager
async def filling(store: Store, positions: Mapping[str, int], *, replace: bool) -> AsyncIterator[Filler]:
    """Empty the intake and fill it. Nothing is changed when the block raises.

    Raises StoreRefused when parcels wait in it and `replace` is False.
    """
    async with store.writing(patient=True) as connection:
        with translated(OSError):
            if not store.is_sqlite:  # the journal is filled within the block
                await connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            if not replace and (await connection.execute(select(parcel.c.id).limit(1))).first() is not None:
                raise StoreRefused("收件区中还有未处理的来件。", "Parcels still wait in the intake.")
            for table in (parcel, seen, life):
                await connection.execute(delete(table))
            await connection.execute(insert(life).values(id=RESTORED + secrets.token_hex(8)))
        yield Filler(connection, positions)


def _packed(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
