"""An engine's end of the intake: parcels in their order, each applied once.

The engine's place stands in the journal, written in the transaction of what followed from it; rows leave the
intake only afterwards. Killed in between, the next start reads the same rows and knows that they are done.
"""

from __future__ import annotations

from collections import deque

from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.journal import Intake, Journal, Parcel, Tx

AT_ONCE = 1000
"""Alerts or messages in one step, about; a parcel is never divided."""
ROWS = 1000
KEEP_UP = 2.0
"""Seconds after which a place is written down that nothing else followed from."""
TIDY_EVERY = 0.5
REST = 0.02
"""Seconds between two looks that found nothing."""
LOOK, SOON, LIVELY = 0.2, 0.05, 2.0
"""Seconds from one step to the next while nothing else happens; so soon when something came in within so many."""
UNMOVED = 1.0
"""The same while the intake's mark is what it was: a look costs a millisecond, ten times a second for ever."""


class Inbox:
    """What waits for one engine. Call `write` within the engine's transaction and `settled` after it.

    `look`: seconds from one look to the next while nothing comes in.
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

    async def open(self) -> None:
        """Find the place again; a place in another life of the intake (another file) means nothing here."""
        await self._intake.open()
        kept = await self._journal.cursor(self._name) or {}
        place = int(kept.get("id", 0)) if kept.get("life") == self._intake.life else 0
        self._buffer.clear()
        self._taken = self._written = self._read = place
        self._dropped = 0
        self._full = False
        self._looked = float("-inf")

    @property
    def more(self) -> bool:
        """Whether more waits than was taken: come again at once."""
        return bool(self._buffer) or self._full

    @property
    def rest(self) -> float:
        """How long its engine may wait for something else before it looks here: nobody tells it that more has come."""
        return SOON if 0 <= self._clock() - self._came < LIVELY else self._look

    @property
    def lagging(self) -> bool:
        """Whether the place should be written down although nothing else is."""
        return self._taken > self._written and not 0 <= self._clock() - self._settled < KEEP_UP

    async def take(self) -> list[Parcel]:
        """The next parcels, AT_ONCE alerts or so."""
        at, mark = self._clock(), self._intake.mark()
        rest = UNMOVED if mark is not None and mark == self._mark else REST
        if not self._buffer and (self._full or not 0 <= at - self._looked < rest):
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
        """The place, with what followed from it."""
        if self._taken > self._written:
            await tx.set_cursor(self._name, {"life": self._intake.life, "id": self._taken})

    def settled(self) -> None:
        """The transaction is durable."""
        self._written, self._settled = self._taken, self._clock()

    async def tidy(self) -> None:
        """Let the intake forget what the journal knows to be done."""
        at = self._clock()
        if self._written > self._dropped and not 0 <= at - self._tidied < TIDY_EVERY:
            await self._intake.drop(self._target, self._written)
            self._dropped, self._tidied = self._written, at
