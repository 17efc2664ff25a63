"""The whole history as a backup wants it: what is in SQL, and the open hours that are still in Redis.

In a copy the open hours stand as if they had just been closed. A recorder that goes on from a restored copy closes
them again with what came later, as it does with whatever a row has already.
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
from feeds.history.hot import AT_ONCE, SLOTS, Hot, times_of
from feeds.history.rollup import in_order
from feeds.history.schema import key_of
from feeds.history.store import HistoryStore
from feeds.journal import transfer
from feeds.journal.transfer import Row, Snapshot


@dataclass(frozen=True, slots=True)
class Copy:
    """A snapshot with the open hours laid over it; `counts` and `rows` as feeds.journal.transfer gives them."""

    shot: Snapshot
    counts: dict[str, int]
    over: dict[str, dict[int, bytes]]

    async def rows(self, name: str) -> AsyncIterator[list[Row]]:
        """A table's rows in the order of its key, in batches."""
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
async def copy(store: HistoryStore, bus: Bus | None) -> AsyncIterator[Copy]:
    """The history at this moment, while it is being written. `bus` None: without the open hours. BusError."""
    # Redis first: what is closed meanwhile is then in both, and counts once.
    hot = await _open_hours(bus, await store.all_series()) if bus is not None else {}
    async with transfer.snapshot(store.store, schema.BOOK) as shot:
        over = await _laid_over(shot, hot)
        counts = dict(shot.counts)
        for name, rows in over.items():
            counts[name] += len(rows.keys() - await _present(shot, name, list(rows)))
        yield Copy(shot, counts, over)


async def _open_hours(bus: Bus, series: list[Any]) -> dict[int, bytes]:
    """Rows of points that are in Redis; what was collected in the last seconds may not be there yet."""
    hot, groups = Hot(bus), sorted({one.id // SLOTS for one in series})
    found: dict[int, bytes] = {}
    for hour in await hot.hours():
        for start in range(0, len(groups), AT_ONCE):
            for group, records in (await hot.read(hour, groups[start : start + AT_ONCE])).items():
                times = times_of(records, hour)
                for slot in np.unique(records["slot"]).tolist():
                    mine = records["slot"] == slot
                    points = in_order(times[mine], records["value"][mine])
                    found[key_of(hour, group * SLOTS + slot)] = encode_points(*points)
    return found


async def _laid_over(shot: Snapshot, hot: dict[int, bytes]) -> dict[str, dict[int, bytes]]:
    """Rows of points and of their fresh rollups, with what SQL has of the same hours."""
    kept = await _bodies(shot, schema.raw.name, list(hot))
    return await asyncio.to_thread(_joined, hot, kept)


def _joined(hot: dict[int, bytes], kept: dict[int, bytes]) -> dict[str, dict[int, bytes]]:
    raw: dict[int, bytes] = {}
    fresh: dict[int, bytes] = {}
    for key, body in hot.items():
        times, values = decode_points(body)
        if key in kept:
            old_times, old_values = decode_points(kept[key])
            times, values = in_order(np.concatenate((old_times, times)), np.concatenate((old_values, values)))
        raw[key], fresh[key] = encode_points(times, values), fresh_body(times, values)
    return {schema.raw.name: raw, schema.fresh.name: fresh}


async def _present(shot: Snapshot, name: str, keys: list[int]) -> set[int]:
    return {row[0] for rows in _some(keys) for row in await shot.rows_of(name, "key", rows)}


async def _bodies(shot: Snapshot, name: str, keys: list[int]) -> dict[int, bytes]:
    return {row[0]: base64.b64decode(row[1]) for some in _some(keys) for row in await shot.rows_of(name, "key", some)}


def _some(keys: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), transfer.BATCH):
        yield keys[start : start + transfer.BATCH]
