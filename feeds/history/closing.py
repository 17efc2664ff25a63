"""What happens to an hour that is over, to a day that is over, and to what is too old. Everything may be repeated."""

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
from feeds.history.hot import SLOTS, Hot, times_of
from feeds.history.rollup import BLOCK, DAY, FIVE, HOUR, combine, in_order, joined, merged, roll
from feeds.history.schema import SERIES_MASK, key_of
from feeds.history.settings import HistorySettings
from feeds.history.store import HistoryStore

T = TypeVar("T")
log = logging.getLogger(__name__)

PAGE = 32
"""Series packed in one transaction."""
DROPPED = 500
"""Old rows dropped in one transaction."""
FRESH_MAX = 13 * ROLLUP.itemsize
_DEFLATED = b"\x78"
"""How a row began whose hour was closed by an earlier version: the rollup of the hour, and those of 5 min."""


async def close_groups(store: HistoryStore, hot: Hot, hour: int, groups: Sequence[int]) -> None:
    """Move some groups of an hour from Redis to SQL, with their rollups.

    Rows are on the disk before Redis forgets them; what a row has already stays as it is.
    """
    points: dict[int, tuple[Ints, Floats]] = {}
    for group, records in (await hot.read(hour, groups)).items():
        times = times_of(records, hour)
        for slot in np.unique(records["slot"]).tolist():
            mine = records["slot"] == slot
            points[key_of(hour, group * SLOTS + slot)] = times[mine], records["value"][mine]
    if points:
        kept = await store.chunks(schema.raw, list(points))
        # In a thread: the projector shares this loop.
        raw, fresh = await asyncio.to_thread(_closed, points, kept)
        await store.put({schema.raw: raw, schema.fresh: fresh})
        await hot.drop(hour, groups)


def _closed(
    points: dict[int, tuple[Ints, Floats]], kept: dict[int, bytes]
) -> tuple[dict[int, bytes], dict[int, bytes]]:
    """Rows of points and of fresh rollups; of equal times the point that is already there counts."""
    raw: dict[int, bytes] = {}
    fresh: dict[int, bytes] = {}
    for key, (times, values) in points.items():
        for old_times, old_values in readable(decode_points, [kept[key]] if key in kept else []):
            times, values = np.concatenate((old_times, times)), np.concatenate((old_values, values))
        times, values = in_order(times, values)
        raw[key] = encode_points(times, values)
        fresh[key] = fresh_body(times, values)
    return raw, fresh


def fresh_body(times: Ints, values: Floats) -> bytes:
    """An hour's rollups of 5 min; a day later they lie with their neighbours."""
    return encode_rollups(roll(times, values, FIVE))


def fresh_rollups(bodies: Iterable[bytes], step: int) -> Records:
    """Rollups of 5 min or of 1 h, of hours in ascending order."""
    found = joined(readable(_fresh, bodies))
    return combine(found, HOUR) if step == HOUR else found


def readable(decode: Callable[[bytes], T], bodies: Iterable[bytes]) -> Iterator[T]:
    """A row that is damaged, or of a newer version, is left out: it must not end a role, nor a chart."""
    for body in bodies:
        try:
            yield decode(body)
        except (ValueError, zlib.error) as error:
            log.error("history: a row of %d bytes cannot be read and is left out: %s", len(body), error)


def _fresh(body: bytes) -> Records:
    if body[:1] == _DEFLATED:
        return np.frombuffer(zlib.decompressobj().decompress(body, FRESH_MAX), ROLLUP)[1:]
    return decode_rollups(body)


async def pack_some(store: HistoryStore, open_from: int) -> bool:
    """Pack a page of series of the oldest day, if it is over: no hour before `open_from` is open. False: none is."""
    first = await store.first_key(schema.fresh)
    if first is None:
        return False
    day, one = (first >> schema.SERIES_BITS) // 24, first & SERIES_MASK
    if (day + 1) * 24 > open_from:
        return False
    rows = await store.between(
        schema.fresh, [(key_of(hour, one), key_of(hour, one + PAGE)) for hour in range(day * 24, day * 24 + 24)]
    )
    by_series: dict[int, list[bytes]] = {}
    for key in sorted(rows):
        by_series.setdefault(key & SERIES_MASK, []).append(rows[key])
    block = day * DAY // BLOCK
    packed = {}
    for table, start, step in ((schema.five, day, FIVE), (schema.hour, block, HOUR)):
        parts = {key_of(start, one): bodies for one, bodies in by_series.items()}
        kept = await store.chunks(table, list(parts))
        packed[table] = await asyncio.to_thread(_packed, parts, kept, step)
    await store.put(packed, gone=sorted(rows))
    return True


def _packed(parts: dict[int, list[bytes]], kept: dict[int, bytes], step: int) -> dict[int, bytes]:
    """Rows with their new rollups; of equal buckets the new one counts."""
    rows = {}
    for key, bodies in parts.items():
        old = readable(decode_rollups, [kept[key]] if key in kept else [])
        rows[key] = encode_rollups(merged(joined((*old, fresh_rollups(bodies, step)))))
    return rows


async def drop_some(store: HistoryStore, keep: HistorySettings, now: float) -> bool:
    """Drop some of what is older than it is to be kept. False: nothing is left to drop."""
    more = False
    for table, span, seconds in (
        (schema.raw, HOUR, keep.keep_raw),
        (schema.five, DAY, keep.keep_5m),
        (schema.hour, BLOCK, keep.keep_1h),
    ):
        oldest = key_of(max(0, int((now - seconds) // span)), 0)
        more |= await store.drop_before(table, oldest, DROPPED) == DROPPED
    return more
