"""Publishing items on feeds, and sending commands to the streams of engines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from redis.exceptions import ConnectionError as NoConnection

from feeds import wire
from feeds.bus.connection import Connection
from feeds.bus.entries import RESULTS_KEPT
from feeds.bus.servers import CONFIRM_WITHIN
from feeds.model import Command, Result


class Publisher(Connection):
    """Writes the feeds and command streams, for collectors and web processes."""

    async def publish(self, feed: str, kind: str, items: Sequence[object], *, source: str) -> None:
        """Publish one envelope of items. Returns when Redis and the configured number of replicas have it."""
        await self.publish_all(feed, [(kind, items)], source=source)

    async def publish_all(self, feed: str, envelopes: Iterable[tuple[str, Sequence[object]]], *, source: str) -> None:
        """Publish several envelopes of (kind, items) together, so that readers of the feed wake once."""
        at = self._clock()
        bodies = [wire.encode_envelope(kind, list(items), source=source, sent_at=at) for kind, items in envelopes]
        await self.publish_raw(feed, *bodies, source=source)

    async def publish_raw(self, feed: str, *bodies: bytes, source: str) -> None:
        """Publish unparsed bytes. The engine that reads the feed decides if they are valid."""
        entries, copies = [{"s": source, "e": body} for body in bodies], self._server.copies
        async with self._request():
            confirmed = await self._server.add(self.keys.feed(feed), *entries, within=CONFIRM_WITHIN)
            if confirmed < copies:
                raise NoConnection(f"{confirmed} of {copies} replicas confirmed the entry in {CONFIRM_WITHIN:g} s")

    async def wake(self, engine: str) -> None:
        """End the wait of an engine, which then looks into its intake."""
        async with self._request():
            await self._redis.xadd(self.keys.signal(engine), {"at": self._clock()}, maxlen=1, approximate=False)

    async def answer(self, result: Result) -> None:
        """Append the result of a command that no journal has, for the web process that waits for it."""
        async with self._request():
            fields = {"r": wire.encode(result)}
            await self._redis.xadd(self.keys.results, fields, maxlen=RESULTS_KEPT, approximate=True)

    async def send(self, engine: str, command: Command) -> None:
        """Append a command to the stream of its engine."""
        body = wire.encode_envelope("command", [command], source=command.actor, sent_at=self._clock())
        async with self._request():
            await self._redis.xadd(self.keys.commands(engine), {"s": command.actor, "e": body})
