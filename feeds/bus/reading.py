"""Reading streams and live state."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any

from feeds import wire
from feeds.bus.dead_letters import DeadLetterBox
from feeds.bus.entries import State, StreamEntry, decoded, entry_order, folded, readable
from feeds.kinds import KINDS
from feeds.model import Change

PAGE = 2000
"""Records of a hash in one answer. A whole prefecture in one would outlast the time limit of a command."""
AT_ONCE = 10_000
"""Records of live state that are read in one step, at most."""


class StreamReader(DeadLetterBox):
    """Reads the streams and live state for engines and screens. Undecodable entries become dead letters."""

    async def read(self, cursors: Mapping[str, str], *, block: float, count: int = 200) -> list[StreamEntry]:
        """The decoded entries after the cursors (entry ids by stream).

        Waits at most `block` seconds for an entry; 0 does not wait. An undecodable entry becomes a dead letter, and is
        returned without items.
        """
        wait = max(1, int(block * 1000)) if block > 0 else None
        async with self._request():
            answer = await self._redis.xread(dict(cursors), count=count, block=wait)
        rows = [(stream.decode(), *row) for stream, rows in answer or [] for row in rows]
        return [await self._decoded(stream, entry.decode(), fields or {}) for stream, entry, fields in rows]

    async def _decoded(self, stream: str, entry: str, fields: dict[bytes, bytes]) -> StreamEntry:
        try:
            return decoded(self.keys, stream, entry, fields, self.rev(entry))
        except (wire.Undecodable, KeyError, ValueError) as error:
            raw = fields[b"e"] if b"e" in fields else b"".join(k + b"=" + v for k, v in fields.items())
            source = fields.get(b"s", b"").decode(errors="replace")
            await self.dead_letter(stream, entry, raw, f"{type(error).__name__}: {error}", source)
            return StreamEntry(stream, entry, "dead", source, [])

    async def state(self, kinds: Iterable[str] | None = None) -> State:
        """The live state of all kinds or of `kinds`, with the id of the last change that it includes."""
        requested = list(KINDS.stored if kinds is None else kinds)
        async with self._request(), self._redis.pipeline(transaction=False) as pipe:
            for kind in requested:
                pipe.hlen(self.keys.state(kind))
            sizes = await pipe.execute()
        if sum(sizes) > AT_ONCE:
            return await self._state_by_pages(requested)
        async with self._request(), self._redis.pipeline(transaction=True) as pipe:
            pipe.xrevrange(self.keys.changes, count=1)
            for kind in requested:
                pipe.hgetall(self.keys.state(kind))
            last, *hashes = await pipe.execute()
        records = {kind: readable(kind, rows) for kind, rows in zip(requested, hashes, strict=True)}
        return State(last[0][0].decode() if last else "0-0", records)

    async def _state_by_pages(self, kinds: Iterable[str]) -> State:
        """Like `state`. What changes while the pages are read is folded in afterwards, so that it is one moment too."""
        last = await self.tail(self.keys.changes)
        records: dict[str, dict[str, Any]] = {kind: {} for kind in kinds}
        for kind, kind_records in records.items():
            async for page in self._pages(kind):
                readable(kind, page, kind_records)
        while entries := await self.read({self.keys.changes: last}, block=0):
            for change in (item for entry in entries for item in entry.items):
                if change.kind in records:
                    folded(records[change.kind], change)
            last = entries[-1].id
        return State(last, records)

    async def count(self, kind: str) -> int:
        """The number of records of a kind in the live state."""
        async with self._request():
            return int(await self._redis.hlen(self.keys.state(kind)))

    async def records_of(self, kind: str, ids: Sequence[str]) -> dict[str, Any]:
        """The live records of a kind with these ids; one that is not there is left out."""
        if not ids:
            return {}
        async with self._request():
            rows = await self._redis.hmget(self.keys.state(kind), list(ids))
        return readable(kind, {id.encode(): raw for id, raw in zip(ids, rows, strict=True) if raw is not None})

    async def stored(self, kind: str) -> dict[bytes, bytes]:
        """The packed records of a kind by id, page by page; one that changes meanwhile is there in either form."""
        rows: dict[bytes, bytes] = {}
        async for page in self._pages(kind):
            rows |= page
        return rows

    async def _pages(self, kind: str) -> AsyncIterator[dict[bytes, bytes]]:
        """The hash of a kind. While a page is used, Redis makes the next one."""
        cursor, page = await self._page(kind, 0)
        while cursor:
            following = asyncio.create_task(self._page(kind, cursor))
            try:
                await asyncio.sleep(0)  # the request goes out
                yield page
                cursor, page = await following
            finally:
                following.cancel()
        yield page

    async def _page(self, kind: str, cursor: int) -> tuple[int, dict[bytes, bytes]]:
        async with self._request():
            following, page = await self._redis.hscan(self.keys.state(kind), cursor, count=PAGE)
        return int(following), page

    async def changes(self, after: str) -> list[Change]:
        """The changes after an id in the change stream that have not been trimmed."""
        changes: list[Change] = []
        while entries := await self.read({self.keys.changes: after}, block=0):
            changes += [item for entry in entries for item in entry.items]
            after = entries[-1].id
        return changes

    async def gap(self, stream: str, cursor: str) -> bool:
        """True when entries after the cursor may have been trimmed away unread.

        Trimming keeps the entry at every reader's cursor. A cursor below the first entry may have missed some.
        """
        async with self._request():
            first = await self._redis.xrange(stream, count=1)
            if not first:
                return False
            if entry_order(cursor) == (0, 0):
                info = await self._redis.xinfo_stream(stream)
                return bool(info["entries-added"] != info["length"])
        return entry_order(first[0][0].decode()) > entry_order(cursor)
