"""Closing hours, packing days and deleting old history. Every step may be repeated safely."""

from __future__ import annotations

import asyncio
import logging
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

from feeds.history import schema
from feeds.history.codec import (
    ROLLUP,
    Floats,
    Ints,
    Records,
    decode_points,
    decode_rollups,
    encode_points,
    encode_rollups,
)
from feeds.history.hot import SLOTS, OpenHours, times_of
from feeds.history.rollup import BLOCK, DAY, FIVE, HOUR, combine, in_order, joined, merged, roll
from feeds.history.schema import SERIES_MASK, key_of
from feeds.history.settings import HistorySettings
from feeds.history.store import HistoryStore

T = TypeVar("T")
log = logging.getLogger(__name__)

PAGE = 32
"""Series packed in one transaction."""
DROPPED = 500
"""Old rows deleted in one transaction."""
FRESH_MAX = 13 * ROLLUP.itemsize
_DEFLATED = b"\x78"
"""First byte of rows that an earlier version closed: the hour's rollup, then its 5 min rollups, deflated."""


async def close_groups(store: HistoryStore, hot: OpenHours, hour: int, groups: Sequence[int]) -> None:
    """Move some groups of an hour from Redis to SQL, with their rollups.

    Rows are on disk before Redis drops them. Points that a row already holds stay as they are.
    """
    points: dict[int, tuple[Ints, Floats]] = {}
    for group, records in (await hot.read(hour, groups)).items():
        times = times_of(records, hour)
        for slot in np.unique(records["slot"]).tolist():
            mine = records["slot"] == slot
            points[key_of(hour, group * SLOTS + slot)] = times[mine], records["value"][mine]
    if points:
        stored = await store.chunks(schema.raw, list(points))
        # In a thread: the projector shares this loop.
        raw, fresh = await asyncio.to_thread(_closed, points, stored)
        await store.put({schema.raw: raw, schema.fresh: fresh})
        await hot.drop(hour, groups)


def _closed(
    points: dict[int, tuple[Ints, Floats]], stored: dict[int, bytes]
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Rows of points and of fresh rollups. Of points with equal times the stored one wins."""
    raw: dict[int, bytes] = {}
    fresh: dict[int, bytes] = {}
    for key, (times, values) in points.items():
        for old_times, old_values in readable(decode_points, [stored[key]] if key in stored else []):
            times, values = np.concatenate((old_times, times)), np.concatenate((old_values, values))
        times, values = in_order(times, values)
        raw[key] = encode_points(times, values)
        fresh[key] = fresh_body(times, values)
    return raw, fresh


def fresh_body(times: Ints, values: Floats) -> bytes:
    """An hour's 5 min rollups; they are packed with their neighbours a day later."""
    return encode_rollups(roll(times, values, FIVE))


def fresh_rollups(bodies: Iterable[bytes], step: int) -> Records:
    """Rollups of 5 min or 1 h, from hours in ascending order."""
    rollups = joined(readable(_fresh, bodies))
    return combine(rollups, HOUR) if step == HOUR else rollups


def readable(decode: Callable[[bytes], T], bodies: Iterable[bytes]) -> Iterator[T]:
    """Decode each row, and skip with an error in the log those that are damaged or of a newer version."""
    for body in bodies:
        try:
            yield decode(body)
        except (ValueError, zlib.error) as error:
            log.error("history: a row of %d bytes cannot be read and is skipped: %s", len(body), error)


def _fresh(body: bytes) -> Records:
    if body[:1] == _DEFLATED:
        return np.frombuffer(zlib.decompressobj().decompress(body, FRESH_MAX), ROLLUP)[1:]
    return decode_rollups(body)


async def pack_page(store: HistoryStore, open_from: int) -> bool:
    """Pack one page of series of the oldest day. Returns False when no day is complete.

    A day is complete when it has no hour from `open_from` on.
    """
    first = await store.first_key(schema.fresh)
    if first is None:
        return False
    day, first_series = (first >> schema.SERIES_BITS) // 24, first & SERIES_MASK
    if (day + 1) * 24 > open_from:
        return False
    rows = await store.between(
        schema.fresh,
        [(key_of(hour, first_series), key_of(hour, first_series + PAGE)) for hour in range(day * 24, day * 24 + 24)],
    )
    by_series: dict[int, list[bytes]] = {}
    for key in sorted(rows):
        by_series.setdefault(key & SERIES_MASK, []).append(rows[key])
    block = day * DAY // BLOCK
    packed = {}
    for table, start, step in ((schema.five, day, FIVE), (schema.hour, block, HOUR)):
        parts = {key_of(start, series_id): bodies for series_id, bodies in by_series.items()}
        stored = await store.chunks(table, list(parts))
        packed[table] = await asyncio.to_thread(_packed, parts, stored, step)
    await store.put(packed, gone=sorted(rows))
    return True


def _packed(parts: dict[int, list[bytes]], stored: dict[int, bytes], step: int) -> dict[int, bytes]:
    """Rows with their new rollups. Of buckets with equal starts the new one wins."""
    rows = {}
    for key, bodies in parts.items():
        old = readable(decode_rollups, [stored[key]] if key in stored else [])
        rows[key] = encode_rollups(merged(joined((*old, fresh_rollups(bodies, step)))))
    return rows


async def drop_expired(store: HistoryStore, keep: HistorySettings, now: float) -> bool:
    """Delete some rows past their retention. Returns False when nothing is left to delete."""
    more = False
    for table, span, seconds in (
        (schema.raw, HOUR, keep.keep_raw),
        (schema.five, DAY, keep.keep_5m),
        (schema.hour, BLOCK, keep.keep_1h),
    ):
        oldest = key_of(max(0, int((now - seconds) // span)), 0)
        more |= await store.drop_before(table, oldest, DROPPED) == DROPPED
    return more
