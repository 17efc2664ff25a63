"""Beats: records by which each role shows that its loop is running."""

from __future__ import annotations

from collections.abc import Mapping

from feeds import wire
from feeds.bus.connection import Connection
from feeds.bus.entries import Beat, beat_of
from feeds.bus.servers import NOTICE_WITHIN

BEATS_READ = 64
"""The number of newest beats that one read examines: a few seconds of all roles."""


class BeatBoard(Connection):
    """Writing and reading beats."""

    async def beat(self, role: str, at: float, figures: Mapping[str, float] | None = None, trouble: str = "") -> None:
        """Write a role's beat with its figures and its trouble (see feeds.role_status).

        A master without replicas may have been replaced; Sentinel tells it seconds later. The connection is then
        closed, so that the next command asks for the master again.
        """
        fields = {"r": role, "t": repr(at), "v": wire.encode(dict(figures or {})), "w": trouble}
        async with self._request():
            confirmed = await self._server.add(
                self.keys.beats, fields, within=NOTICE_WITHIN, maxlen=200, approximate=True
            )
            if confirmed < self._server.copies:
                await self._server.leave()

    async def beats(self) -> dict[str, Beat]:
        """The newest beat of each role.

        Call it at intervals. Following the stream would wake the caller at every beat.
        """
        async with self._request():
            rows = await self._redis.xrevrange(self.keys.beats, count=BEATS_READ)
        beats: dict[str, Beat] = {}
        for _, fields in rows:
            beats.setdefault(fields[b"r"].decode(), beat_of(fields))
        return beats
