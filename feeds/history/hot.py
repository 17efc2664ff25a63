"""The open hours in Redis: one list for an hour and sixteen series, a block of points for each flush.

Blocks and the recorder's cursor in the feed are written in one transaction: a kill loses and repeats nothing.
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
"""Series in a group: small enough to read one of them quickly, large enough to append seldom."""
HOT = np.dtype([("slot", "u1"), ("at", "<u4"), ("value", "<f8")])
"""A point: the series within its group, milliseconds within the hour, the value. 13 bytes."""
AT_ONCE = 64

Blocks = dict[tuple[int, int], bytes]


class Hot:
    """The open hours (counted since the epoch) of one site."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._engine = bus.keys.engine(NAME)

    async def entries(self, stream: str, cursor: str, count: int) -> list[tuple[str, bytes]]:
        """Ids and bodies of the next entries of a feed, without waiting; decoding is the caller's."""
        async with self._bus.pipeline() as pipe:
            pipe.xread({stream: cursor}, count=count)
            (answer,) = await pipe.execute()
        return [(entry.decode(), (fields or {}).get(b"e", b"")) for _, rows in answer or [] for entry, fields in rows]

    async def hours(self) -> list[int]:
        """The hours that are not yet, or not all, in SQL."""
        async with self._bus.pipeline() as pipe:
            pipe.hget(self._engine, "p:hours")
            (raw,) = await pipe.execute()
        return list(map(int, json.loads(raw))) if raw else []

    async def read(self, hour: int, groups: Sequence[int]) -> dict[int, Records]:
        """The points of an hour's groups as they came in; groups without any are not there."""
        found: dict[int, Records] = {}
        for start in range(0, len(groups), AT_ONCE):
            some = groups[start : start + AT_ONCE]
            async with self._bus.pipeline() as pipe:
                for group in some:
                    pipe.lrange(self._bus.keys.hot(hour, group), 0, -1)
                answers = await pipe.execute()
            found |= {
                group: np.frombuffer(b"".join(blocks), HOT)
                for group, blocks in zip(some, answers, strict=True)
                if blocks
            }
        return found

    async def flush(self, cursors: Mapping[str, str], blocks: Blocks, hours: Iterable[int]) -> None:
        """Append blocks and commit the cursor, all or nothing."""
        fields = {"epoch": self._bus.epoch, "p:hours": json.dumps(sorted(hours))}
        fields |= {f"c:{stream}": at for stream, at in cursors.items()}
        points = (("RPUSH", self._bus.keys.hot(*where), block) for where, block in blocks.items())
        await self._bus.write((*points, *setting(self._engine, fields)))

    async def drop(self, hour: int, groups: Iterable[int]) -> None:
        """Give back what SQL has; this works also when the server's memory is full."""
        await self._bus.write(("UNLINK", self._bus.keys.hot(hour, group)) for group in groups)


def times_of(records: Records, hour: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Epoch milliseconds of an hour's points."""
    return records["at"].astype(np.int64) + hour * HOUR * 1000
