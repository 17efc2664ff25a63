"""Dead letters: messages that cannot be used, stored with the reason and counted by source."""

from __future__ import annotations

from collections.abc import Sequence

from feeds.bus.connection import Connection
from feeds.bus.entries import DEAD_KEPT, DeadLetter, letter, letter_fields
from feeds.bus.writes import adding


class DeadLetterBox(Connection):
    """Stores dead letters. Those of this process are held in memory until the engine's next commit."""

    _dead: tuple[DeadLetter, ...] = ()

    async def open(self) -> str:
        """Connect and return the epoch. Raises BusLost when Redis does not answer.

        Entries without a commit are read again, so their dead letters are discarded here.
        """
        self._dead = ()
        return await super().open()

    async def dead_letter(self, stream: str, entry: str, raw: bytes, reason: str, source: str) -> None:
        """Hold an unusable message until the engine's next commit, which writes it exactly once."""
        self._dead = (*self._dead, DeadLetter(stream, entry, source, reason, raw))

    async def set_aside(self, source: str, count: int, reasons: Sequence[str]) -> None:
        """Count messages of a source that its collector could not use. Each of `reasons` becomes a dead letter."""
        feed = self.keys.feed("network")
        letters = (letter_fields(DeadLetter(feed, "", source, reason, b"")) for reason in reasons)
        dead = (adding(self.keys.dead, letter, keep=DEAD_KEPT) for letter in letters)
        await self.write((*dead, ("HINCRBY", self.keys.dead_counts, source, count)))

    async def dead_counts(self) -> dict[str, int]:
        """The number of dead letters by source."""
        async with self._request():
            counts = await self._redis.hgetall(self.keys.dead_counts)
        return {source.decode(): int(count) for source, count in counts.items()}

    async def drop_dead_counts(self, sources: Sequence[str]) -> None:
        """Delete the numbers of dead letters of these sources."""
        async with self._request():
            await self._redis.hdel(self.keys.dead_counts, *sources)

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """The newest dead letters, newest first."""
        async with self._request():
            rows = await self._redis.xrevrange(self.keys.dead, count=limit)
        return [letter(entry.decode(), fields) for entry, fields in rows]
