"""Comparison of the stored sums of one month with sums counted from the rows, and their correction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Table, delete, insert, select

from feeds.cases import schema
from feeds.cases.contributions import MEASURES, Sums, Used
from feeds.cases.store import CaseStore
from feeds.journal.connections import translated
from feeds.journal.sqlalchemy_core import AsyncConnection, insert_many

Rows = dict[tuple[Any, ...], tuple[int, ...]]
"""Values other than 0 by key."""


async def stored_months(store: CaseStore) -> frozenset[int]:
    """The months that have sums."""
    async with store.store.reading() as connection:
        with translated(OSError):
            months = (await connection.execute(select(schema.sum_month.c.month).distinct())).scalars()
            used = (await connection.execute(select(schema.used.c.month).distinct())).scalars()
            return frozenset(months) | frozenset(used)


async def put_right(
    store: CaseStore, month: int, first_day: int, months: Sums, days: Sums, used: Mapping[Used, int]
) -> int:
    """Compare the sums of a month and of its days from `first_day` on, and replace those that differ; their number."""
    begin = date(month // 100, month % 100, 1)
    end = (begin + timedelta(days=32)).replace(day=1)
    first, last = max(begin.toordinal(), first_day), end.toordinal() - 1
    expected: list[tuple[Table, int, int, Rows]] = [
        (schema.sum_month, month, month, _nonzero(months)),
        (schema.sum_day, first, last, _nonzero({key: row for key, row in days.items() if key[0] >= first})),
        (schema.used, month, month, {key: (count,) for key, count in used.items() if count}),
    ]
    differing = 0
    async with store.store.reading() as connection:
        with translated(OSError):
            wrong = [part for part in expected if await _stored(connection, *part[:3]) != part[3]]
            for part in wrong:
                stored = await _stored(connection, *part[:3])
                differing += len({key for key in stored.keys() | part[3].keys() if stored.get(key) != part[3].get(key)})
    if wrong:
        async with store.store.writing() as connection:
            with translated(OSError):
                for table, low, high, rows in wrong:
                    period = next(iter(table.primary_key.columns))
                    await connection.execute(delete(table).where(period >= low, period <= high))
                    await insert_many(connection, insert(table), [(*key, *values) for key, values in rows.items()])
    return differing


def _nonzero(sums: Sums) -> Rows:
    return {key: tuple(values) for key, values in sums.items() if any(values)}


async def _stored(connection: AsyncConnection, table: Table, low: int, high: int) -> Rows:
    keys = [column.name for column in table.primary_key.columns]
    period = table.c[keys[0]]
    measures = [name for name in (*MEASURES, "n") if name in table.c]
    rows = await connection.execute(
        select(*(table.c[name] for name in (*keys, *measures))).where(period.between(low, high))
    )
    split = len(keys)
    return {tuple(row[:split]): tuple(map(int, row[split:])) for row in rows if any(row[split:])}
