"""An engine's commits, and dropping what every reader has committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from feeds.bus.dead_letters import DeadLetterBox
from feeds.bus.entries import Saved, change_writes, commit_writes, entry_order
from feeds.bus.keys import FEEDS, FOLLOWERS
from feeds.model import Change, Result

AHEAD, KEPT_AHEAD = 60.0, 1000
"""Of a change stream whose ids are so many seconds ahead of the clock so many entries are kept."""
ANNOUNCED = 2000
"""Changes that are published in one command, at most, when an engine starts."""
CHANGES_KEPT = 60.0
"""Seconds that changes are kept for readers that follow no cursor of their own."""


class Committer(DeadLetterBox):
    """State, changes, answers, dead letters and cursors in one transaction."""

    async def commit(
        self,
        engine: str,
        *,
        cursors: Mapping[str, str],
        changes: Iterable[Change] = (),
        results: Iterable[Result] = (),
        private: Mapping[str, bytes | None] | None = None,
    ) -> str:
        """State, changes, answers, dead letters and cursors in one transaction; returns the changes' stream id ("").

        Cursors and private fields that are not named keep what they were; a private None is removed.
        """
        batch, dead = list(changes), self._dead
        first = await self.write(
            commit_writes(self.keys, engine, self.epoch, cursors, batch, results, dead, private or {})
        )
        self._dead = self._dead[len(dead) :]
        return first.decode() if batch else ""

    async def announce(self, changes: Sequence[Change]) -> None:
        """Publish changes without moving any engine's position, ANNOUNCED at a time; each part is all or none.

        For what an engine has to publish at its start: tens of thousands of records would outlast the time limit of
        one command, and the engine would begin again for ever.
        """
        for start in range(0, len(changes), ANNOUNCED):
            await self.write(change_writes(self.keys, changes[start : start + ANNOUNCED]))

    async def saved(self, engine: str) -> Saved:
        """What the engine committed last."""
        async with self._request():
            raw = await self._redis.hgetall(self.keys.engine(engine))
        fields = {name.decode(): value for name, value in raw.items()}
        return Saved(
            fields.get("epoch", b"").decode(),
            {name[2:]: value.decode() for name, value in fields.items() if name.startswith("c:")},
            {name[2:]: value for name, value in fields.items() if name.startswith("p:")},
        )

    async def trim_read(self, cursors: Mapping[str, str]) -> None:
        """Drop what a feed's or a command stream's reader has committed, and all its followers too."""
        own = {self.keys.feed(feed) for feed in FEEDS}
        bounds = {stream: at for stream, at in cursors.items() if stream in own or stream.startswith("cmd:")}
        for follower in FOLLOWERS:
            for stream, at in (await self.saved(follower)).cursors.items():
                if stream in bounds:
                    bounds[stream] = min(bounds[stream], at, key=entry_order)
        async with self._request(), self._redis.pipeline(transaction=False) as pipe:
            for stream, bound in bounds.items():
                pipe.xtrim(stream, minid=bound, approximate=True)
            await pipe.execute()

    async def trim_changes(self, readers: Iterable[str], at: float) -> None:
        """Drop changes older than CHANGES_KEPT that every reading engine has committed."""
        cursors = [(await self.saved(reader)).cursors.get(self.keys.changes, "0-0") for reader in readers]
        oldest = min([f"{int((at - CHANGES_KEPT) * 1000)}-0", *cursors], key=entry_order)
        async with self._request():
            last = await self._redis.xrevrange(self.keys.changes, count=1)
            if last and entry_order(last[0][0].decode())[0] > (at + AHEAD) * 1000:
                # The server's clock was set back: until it catches up, ids do not tell how old an entry is.
                last = await self._redis.xrevrange(self.keys.changes, count=KEPT_AHEAD)
                oldest = min([last[-1][0].decode(), *cursors], key=entry_order)
            if last:
                least = min(oldest, last[-1][0].decode(), key=entry_order)
                await self._redis.xtrim(self.keys.changes, minid=least, approximate=True)
