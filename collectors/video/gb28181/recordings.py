"""Completeness of recordings (录像完整率): an hour of each channel is asked for, and its pieces added up.

Only where the settings say so (`recordings=yes`), once a day or in `recordings_every`. Longer spans break some
recorders. The hours differ from day to day, so that nights are asked for too. A device that does not answer is not said
to record badly.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from collectors.contract import Measurement
from collectors.video.gb28181 import device_id, manscdp
from collectors.video.gb28181.alarms import device_time
from collectors.video.gb28181.bindings import Binding
from collectors.video.gb28181.manscdp import MansMessage

if TYPE_CHECKING:
    from collectors.video.gb28181.platform import GbPlatform

COMMAND = "RecordInfo"
SLICE, DAY = 3600.0, 86_400.0
"""Seconds of recordings that are asked for, and of a day."""
FIRST_AFTER, SPREAD = 600.0 / DAY, 3600.0 / DAY
"""Shares of the time between two queries of a channel: from a device's coming until its first channel is asked, and
over which the others follow."""
JOINED = 2.0
"""Seconds between two pieces that count as one."""
ENOUGH = 0.95
"""The share of an hour from which on it counts as recorded."""
AT_ONCE = 20
"""Queries for recordings under way in the site."""
MAX_PIECES = 10_000
"""Pieces of one answer that are kept."""


@dataclass(slots=True)
class RecordQuery:
    """The pieces of one hour of a channel, in epoch seconds, as they come."""

    channel: str
    start: float
    received: int = 0
    pieces: list[tuple[float, float]] = field(default_factory=list)


def covered(pieces: Iterable[tuple[float, float]], start: float, end: float) -> float:
    """Seconds of [start, end] that the pieces cover together. Pieces that nearly meet count as one."""
    total, reached = 0.0, start
    for begin, finish in sorted(pieces):
        begin, finish = max(begin, start), min(finish, end)
        if finish <= max(reached, begin):
            continue
        total += finish - (reached if begin <= reached + JOINED else begin)
        reached = finish
    return min(total, end - start)


def hour_of(channel: str, wall: float) -> float:
    """The beginning of the hour that is asked for today: another one each day, over and at least an hour old."""
    digest = hashlib.sha256(f"{channel} {int(wall // DAY)}".encode()).digest()
    return (wall // SLICE - 2 - digest[0] % 23) * SLICE


class RecordKeeper:
    """Queries for recordings of all channels that are assets."""

    def __init__(self, platform: GbPlatform, zone: tzinfo) -> None:
        self._platform = platform
        self._zone = zone
        self._queries: dict[tuple[str, int], RecordQuery] = {}
        self._due: dict[str, float] = {}

    def tick(self, now: float) -> None:
        """Ask for what is due: one channel of a device at a time."""
        platform = self._platform
        if not platform.settings.recordings:
            return
        self._queries = {key: query for key, query in self._queries.items() if platform.queries.pending(*key)}
        for binding in platform.bindings:
            if len(self._queries) >= AT_ONCE:
                return
            if not binding.online or platform.queries.asking(binding.device, COMMAND):
                continue
            if not platform.queries.unsupported(binding.device, COMMAND):
                self._ask_next(binding, now)

    def _ask_next(self, binding: Binding, now: float) -> None:
        platform = self._platform
        for channel in platform.publisher.channels_of(binding.device):
            if device_id.kind_of(channel) != "camera":
                continue
            every = platform.settings.recordings_every
            spread = int(channel[-4:]) * 7919 % SLICE / SLICE * SPREAD * every
            due = self._due.setdefault(channel, now + FIRST_AFTER * every + spread)
            if due > now:
                continue
            self._due[channel] = now + every
            start = hour_of(channel, platform.wall())
            more = (
                f"<StartTime>{self._local(start)}</StartTime>\r\n<EndTime>{self._local(start + SLICE)}</EndTime>\r\n"
                "<Secrecy>0</Secrecy>\r\n<Type>all</Type>"
            )
            query = platform.queries.ask(binding, COMMAND, more=more, about=channel)
            if query is not None:
                self._queries[binding.device, query.sn] = RecordQuery(channel, start)
            return

    def _local(self, wall: float) -> str:
        return datetime.fromtimestamp(wall, self._zone).strftime("%Y-%m-%dT%H:%M:%S")

    def take(self, binding: Binding, message: MansMessage, now: float) -> None:
        """Take one part of an answer. One that nobody asked for is ignored."""
        platform, key = self._platform, (binding.device, message.sn)
        query = self._queries.get(key)
        if query is None:
            return
        platform.queries.answered(*key, last=False)
        for item in message.items():
            query.received += 1
            begin = device_time(manscdp.value_of(item, "StartTime"), self._zone)
            finish = device_time(manscdp.value_of(item, "EndTime"), self._zone)
            if begin is not None and finish is not None and begin < finish and len(query.pieces) < MAX_PIECES:
                query.pieces.append((begin, finish))
        total = message.text("SumNum")
        if total.isascii() and total.isdecimal() and len(total) <= 9 and query.received >= int(total):
            platform.queries.answered(*key)
            del self._queries[key]
            self._publish(query)

    def _publish(self, query: RecordQuery) -> None:
        share = covered(query.pieces, query.start, query.start + SLICE) / SLICE
        hour = datetime.fromtimestamp(query.start, self._zone).strftime("%m-%d %H:%M")
        missing = round(SLICE * (1 - share) / 60)
        text = f"{hour} 起一小时缺 {missing} 分 | {missing} min missing in the hour from {hour}"
        is_enough = share >= ENOUGH
        fresh_for = self._platform.settings.recordings_every + 2 * SLICE
        recorded = Measurement(
            metric="gb28181.recorded", value=round(share * 100, 1), unit="%", text=hour, fresh_for=fresh_for
        )
        claim = Measurement(
            metric="gb28181.recording", value=is_enough, text="" if is_enough else text, fresh_for=fresh_for
        )
        self._platform.publisher.message(query.channel, [recorded, claim])
