"""The open hours in Redis: one list per hour and group of sixteen series, one block of points per flush.

Blocks and the recorder's cursor in the feed are written in one transaction, so that a kill loses and repeats nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from feeds.bus import Bus
from feeds.bus.writes import setting
from feeds.history.codec import Records
from feeds.history.rollup import HOUR

NAME = "history"
SLOTS = 16
"""Series in a group: small enough to read one of them quickly, large enough to append rarely."""
HOT = np.dtype([("slot", "u1"), ("at", "<u4"), ("value", "<f8")])
"""A point of 13 bytes: the series within its group, milliseconds within the hour, the value."""
AT_ONCE = 64

Blocks = dict[tuple[int, int], bytes]


class OpenHours:
    """The open hours of one site, numbered in hours since the epoch."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._engine = bus.keys.engine(NAME)

    async def entries(self, stream: str, cursor: str, count: int) -> list[tuple[str, bytes]]:
        """Ids and bodies of the next entries of a feed, without waiting and undecoded."""
        async with self._bus.pipeline() as pipe:
            pipe.xread({stream: cursor}, count=count)
            (answer,) = await pipe.execute()
        return [(entry.decode(), (fields or {}).get(b"e", b"")) for _, rows in answer or [] for entry, fields in rows]

    async def hours(self) -> list[int]:
        """The hours that are not yet completely in SQL."""
        async with self._bus.pipeline() as pipe:
            pipe.hget(self._engine, "p:hours")
            (raw,) = await pipe.execute()
        return list(map(int, json.loads(raw))) if raw else []

    async def read(self, hour: int, groups: Sequence[int]) -> dict[int, Records]:
        """The points of an hour's groups in order of arrival. Groups without points are absent."""
        records_by_group: dict[int, Records] = {}
        for start in range(0, len(groups), AT_ONCE):
            batch = groups[start : start + AT_ONCE]
            async with self._bus.pipeline() as pipe:
                for group in batch:
                    pipe.lrange(self._bus.keys.hot(hour, group), 0, -1)
                answers = await pipe.execute()
            records_by_group |= {
                group: np.frombuffer(b"".join(blocks), HOT)
                for group, blocks in zip(batch, answers, strict=True)
                if blocks
            }
        return records_by_group

    async def flush(self, cursors: Mapping[str, str], blocks: Blocks, hours: Iterable[int]) -> None:
        """Append blocks and commit the cursor, atomically."""
        fields = {"epoch": self._bus.epoch, "p:hours": json.dumps(sorted(hours))}
        fields |= {f"c:{stream}": at for stream, at in cursors.items()}
        points = (("RPUSH", self._bus.keys.hot(*where), block) for where, block in blocks.items())
        await self._bus.write((*points, *setting(self._engine, fields)))

    async def drop(self, hour: int, groups: Iterable[int]) -> None:
        """Delete groups that SQL holds. This also works when the server's memory is full."""
        await self._bus.write(("UNLINK", self._bus.keys.hot(hour, group)) for group in groups)


def times_of(records: Records, hour: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Times of an hour's points, epoch milliseconds."""
    return records["at"].astype(np.int64) + hour * HOUR * 1000
