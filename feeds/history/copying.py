"""A consistent copy of the whole history for backups: the rows in SQL and the open hours still in Redis.

In a copy the open hours appear as if they had just been closed. A recorder that continues from a restored copy closes
them again with later points, as it does with any row that already exists.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from feeds.bus import Bus
from feeds.history import schema
from feeds.history.closing import fresh_body
from feeds.history.codec import decode_points, encode_points
from feeds.history.hot import AT_ONCE, SLOTS, OpenHours, times_of
from feeds.history.rollup import in_order
from feeds.history.schema import key_of
from feeds.history.store import HistoryStore
from feeds.journal import transfer
from feeds.journal.transfer import Row, Snapshot


@dataclass(frozen=True, slots=True)
class HistoryCopy:
    """A snapshot overlaid with the open hours; `counts` and `rows` as in feeds.journal.transfer."""

    shot: Snapshot
    counts: dict[str, int]
    over: dict[str, dict[int, bytes]]

    async def rows(self, name: str) -> AsyncIterator[list[Row]]:
        """A table's rows in key order, in batches."""
        over = self.over.get(name, {})
        waiting = iter(sorted(over))
        upcoming = next(waiting, None)
        async for batch in self.shot.rows(name):
            rows: list[Row] = []
            for row in batch:
                while upcoming is not None and upcoming < row[0]:
                    rows.append(_row(upcoming, over))
                    upcoming = next(waiting, None)
                if upcoming is not None and upcoming == row[0]:
                    row = _row(upcoming, over)
                    upcoming = next(waiting, None)
                rows.append(row)
            yield rows
        if upcoming is not None:
            yield [_row(key, over) for key in (upcoming, *waiting)]


def _row(key: int, over: dict[int, bytes]) -> Row:
    return [key, base64.b64encode(over[key]).decode()]


@asynccontextmanager
async def copy(store: HistoryStore, bus: Bus | None) -> AsyncIterator[HistoryCopy]:
    """The history at this moment, while it is being written. With `bus` None the open hours are left out. Raises
    BusError.
    """
    # Read Redis first: an hour that closes meanwhile is then in both, and counts once.
    hot = await _open_hours(bus, await store.all_series()) if bus is not None else {}
    async with transfer.snapshot(store.store, schema.BOOK) as shot:
        over = await _overlaid(shot, hot)
        counts = dict(shot.counts)
        for name, rows in over.items():
            counts[name] += len(rows.keys() - await _present(shot, name, list(rows)))
        yield HistoryCopy(shot, counts, over)


async def _open_hours(bus: Bus, series: list[Any]) -> dict[int, bytes]:
    """Rows of the points in Redis. Points of the last seconds may not be flushed yet."""
    hot, groups = OpenHours(bus), sorted({entry.id // SLOTS for entry in series})
    bodies: dict[int, bytes] = {}
    for hour in await hot.hours():
        for start in range(0, len(groups), AT_ONCE):
            for group, records in (await hot.read(hour, groups[start : start + AT_ONCE])).items():
                times = times_of(records, hour)
                for slot in np.unique(records["slot"]).tolist():
                    mine = records["slot"] == slot
                    points = in_order(times[mine], records["value"][mine])
                    bodies[key_of(hour, group * SLOTS + slot)] = encode_points(*points)
    return bodies


async def _overlaid(shot: Snapshot, hot: dict[int, bytes]) -> dict[str, dict[int, bytes]]:
    """Rows of points and of their fresh rollups, merged with the rows that SQL holds of the same hours."""
    stored = await _bodies(shot, schema.raw.name, list(hot))
    return await asyncio.to_thread(_joined, hot, stored)


def _joined(hot: dict[int, bytes], stored: dict[int, bytes]) -> dict[str, dict[int, bytes]]:
    raw: dict[int, bytes] = {}
    fresh: dict[int, bytes] = {}
    for key, body in hot.items():
        times, values = decode_points(body)
        if key in stored:
            old_times, old_values = decode_points(stored[key])
            times, values = in_order(np.concatenate((old_times, times)), np.concatenate((old_values, values)))
        raw[key], fresh[key] = encode_points(times, values), fresh_body(times, values)
    return {schema.raw.name: raw, schema.fresh.name: fresh}


async def _present(shot: Snapshot, name: str, keys: list[int]) -> set[int]:
    return {row[0] for rows in _batches(keys) for row in await shot.rows_of(name, "key", rows)}


async def _bodies(shot: Snapshot, name: str, keys: list[int]) -> dict[int, bytes]:
    return {
        row[0]: base64.b64decode(row[1]) for batch in _batches(keys) for row in await shot.rows_of(name, "key", batch)
    }


def _batches(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), transfer.BATCH):
        yield keys[start : start + transfer.BATCH]
