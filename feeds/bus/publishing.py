"""Putting items on feeds and commands on their engine's stream."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from redis.exceptions import ConnectionError as NoConnection

from feeds import wire
from feeds.bus.connection import Connection
from feeds.bus.servers import CONFIRM_WITHIN
from feeds.model import Command


class Publisher(Connection):
    """What collectors and web processes write."""

    async def publish(self, feed: str, kind: str, items: Sequence[object], *, source: str) -> None:
        """Put one envelope of items on a feed; when it returns, Redis and as many replicas as asked for have it."""
        await self.publish_all(feed, [(kind, items)], source=source)

    async def publish_all(self, feed: str, envelopes: Iterable[tuple[str, Sequence[object]]], *, source: str) -> None:
        """The same with several envelopes of (kind, items), together: whoever reads the feed wakes once for them."""
        at = self._clock()
        bodies = [wire.encode_envelope(kind, list(items), source=source, sent_at=at) for kind, items in envelopes]
        await self.publish_raw(feed, *bodies, source=source)

    async def publish_raw(self, feed: str, *bodies: bytes, source: str) -> None:
        """Put bytes as they came on a feed; its engine decides whether they can be read."""
        entries, copies = [{"s": source, "e": body} for body in bodies], self._server.copies
        async with self._asked():
            confirmed = await self._server.add(self.keys.feed(feed), *entries, within=CONFIRM_WITHIN)
            if confirmed < copies:
                raise NoConnection(f"{confirmed} of {copies} replicas confirmed the entry in {CONFIRM_WITHIN:g} s")

    async def send(self, engine: str, command: Command) -> None:
        """Hand a command to its engine's stream."""
        body = wire.encode_envelope("command", [command], source=command.actor, sent_at=self._clock())
        async with self._asked():
            await self._redis.xadd(self.keys.commands(engine), {"s": command.actor, "e": body})
