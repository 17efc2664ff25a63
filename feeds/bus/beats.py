"""Beats: each role's sign that its loop really moves."""

from __future__ import annotations

from collections.abc import Mapping

from feeds import wire
from feeds.bus.connection import Connection
from feeds.bus.entries import Beat, beat_of
from feeds.bus.servers import NOTICE_WITHIN

BEATS_READ = 64
"""Beats that one look goes back: some seconds of all roles."""


class BeatBoard(Connection):
    """Writing and reading beats."""

    async def beat(self, role: str, at: float, figures: Mapping[str, float] | None = None, trouble: str = "") -> None:
        """Say that a role's loop really moves, its figures, and what troubles it (see feeds.role_status).

        A master that no replica listens to may be one that was deposed and does not know it yet (Sentinel tells it
        seconds later): the next command looks for the master again.
        """
        fields = {"r": role, "t": repr(at), "v": wire.encode(dict(figures or {})), "w": trouble}
        async with self._asked():
            confirmed = await self._server.add(
                self.keys.beats, fields, within=NOTICE_WITHIN, maxlen=200, approximate=True
            )
            if confirmed < self._server.copies:
                await self._server.leave()

    async def beats(self) -> dict[str, Beat]:
        """The newest beat of each role. Asked for now and then: following the stream would wake us each time."""
        async with self._asked():
            rows = await self._redis.xrevrange(self.keys.beats, count=BEATS_READ)
        beats: dict[str, Beat] = {}
        for _, fields in rows:
            beats.setdefault(fields[b"r"].decode(), beat_of(fields))
        return beats
