"""An engine's end of the intake: parcels in order, each applied once.

The engine's position is written to the journal in the transaction of the results, and rows leave the intake only
afterwards. After a kill in between, the next start reads the same rows and skips the applied ones.
"""

from __future__ import annotations

import logging
from collections import deque

from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.journal import Intake, Journal, Parcel, Tx
from feeds.journal.intake import RESTORED

log = logging.getLogger(__name__)

AT_ONCE = 1000
"""Alerts or messages in one step, approximately; a parcel is never divided."""
ROWS = 1000
KEEP_UP = 2.0
"""Seconds after which a position without results is written."""
TIDY_EVERY = 0.5
REST = 0.02
"""Seconds between two reads that returned nothing."""
LOOK, SOON, LIVELY = 1.0, 0.05, 2.0
"""LOOK: seconds between steps while idle, if no signal arrives (feeds.engine.intake_signal). SOON: the same within
LIVELY seconds after something arrived."""
REPLACED = {
    "zh-CN": "接收库被清空或替换过：此前已接收而未处理的告警和消息可能已丢失，请向发送方核对。",
    "en": "the intake was emptied or replaced: alerts and messages that were accepted and not yet applied may be "
    "missing; ask their senders.",
}
UNMOVED = 5.0
"""Seconds between reads while the intake's mark is unchanged; a read costs a millisecond."""


class Inbox:
    """The parcels for one engine. Call `write` within the engine's transaction and `settled` after it.

    `look`: seconds between two reads while nothing arrives.
    """

    def __init__(
        self, intake: Intake, journal: Journal, target: str, *, clock: Clock = wall_clock, look: float = LOOK
    ) -> None:
        self._look = look
        self._intake, self._journal, self._target, self._clock = intake, journal, target, clock
        self._buffer: deque[Parcel] = deque()
        self._name = f"intake.{target}"
        self._taken = self._written = self._dropped = 0
        self._read = 0
        self._full = False
        self._looked = self._settled = self._tidied = self._came = float("-inf")
        self._mark: tuple[int, int] | None = None
        self._replaced = ""
        self._unrecorded = self._unknown = False

    async def open(self) -> None:
        """Load the position. A position in another life of the intake (another file) counts no more.

        Another life that no restore began means that the file was emptied or replaced: that is told and recorded.
        """
        await self._intake.open()
        cursor = await self._journal.cursor(self._name) or {}
        former = str(cursor.get("life", ""))
        if former and former != self._intake.life and not self._intake.life.startswith(RESTORED):
            log.error("%s: %s", self._target, REPLACED["en"])
            self._replaced, self._unrecorded = former, True
        self._unknown = not former
        position = int(cursor.get("id", 0)) if former == self._intake.life else 0
        self._buffer.clear()
        self._taken = self._written = self._read = position
        self._dropped = 0
        self._full = False
        self._looked = float("-inf")

    @property
    def more(self) -> bool:
        """True when more waits than was taken; the engine should come back at once."""
        return bool(self._buffer) or self._full

    @property
    def rest(self) -> float:
        """Longest time for which the engine may wait elsewhere, seconds; nothing signals the arrival of parcels."""
        return SOON if 0 <= self._clock() - self._came < LIVELY else self._look

    @property
    def lagging(self) -> bool:
        """True when the position should be written although nothing else is."""
        if self._unrecorded or self._unknown:
            return True
        return self._taken > self._written and not 0 <= self._clock() - self._settled < KEEP_UP

    async def take(self) -> list[Parcel]:
        """The next parcels, about AT_ONCE alerts."""
        at, mark = self._clock(), self._intake.mark()
        pause = UNMOVED if mark is not None and mark == self._mark else REST
        if not self._buffer and (self._full or not 0 <= at - self._looked < pause):
            self._mark = mark
            rows = await self._intake.read(self._target, self._read, limit=ROWS)
            self._looked, self._full = at, len(rows) == ROWS
            self._buffer.extend(rows)
            self._read = rows[-1].id if rows else self._read
        taken: list[Parcel] = []
        size = 0
        while self._buffer and size < AT_ONCE:
            taken.append(self._buffer.popleft())
            size += taken[-1].size
        if taken:
            self._taken, self._came = taken[-1].id, at
        return taken

    async def write(self, tx: Tx) -> None:
        """Write the position, in the transaction of the results."""
        if self._unrecorded:
            body = {"engine": self._target, "before": self._replaced, "now": self._intake.life}
            await tx.append(kind="audit", name="intake-replaced", subject="intake", at=self._clock(), body=body)
        if self._taken > self._written or self._unrecorded or self._unknown:
            await tx.set_cursor(self._name, {"life": self._intake.life, "id": self._taken})

    def settled(self) -> None:
        """Report that the transaction is durable."""
        self._written, self._settled = self._taken, self._clock()
        self._unrecorded = self._unknown = False

    def trouble(self, language: str) -> str:
        """What people are told while this process runs after the intake was emptied or replaced, else ""."""
        return REPLACED[language] if self._replaced else ""

    async def tidy(self) -> None:
        """Delete the applied parcels from the intake."""
        at = self._clock()
        if self._written > self._dropped and not 0 <= at - self._tidied < TIDY_EVERY:
            await self._intake.drop(self._target, self._written)
            self._dropped, self._tidied = self._written, at
