"""The Redis bus: streams that roles meet on, and the live state beside them.

BusError
├── BusLost   the connection broke or the server is another one: reopen and rebuild
└── BusFull   the server's memory is full: refuse new input, try again later
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import redis.asyncio as aredis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import OutOfMemoryError, RedisError, ResponseError

from feeds import wire
from feeds.clock import Clock, now
from feeds.entries import (
    DeadLetter,
    Saved,
    State,
    StreamEntry,
    entry_order,
    letter,
    letter_fields,
    packed,
    readable,
    unpacked,
)
from feeds.keys import FEEDS, Keys
from feeds.model import Alert, Change, Command, Kind, Result

__all__ = ["Bus", "BusError", "BusFull", "BusLost", "DeadLetter", "Saved", "State", "StreamEntry", "entry_order"]

CHANGES_KEPT = 60.0
DEAD_KEPT = 10_000
SOCKET_TIMEOUT = 5.0


class BusError(Exception):
    """The bus could not do what was asked."""


class BusLost(BusError):
    """The connection broke or the server restarted: reopen and rebuild."""


class BusFull(BusError):
    """The server refuses writes because its memory is full."""


@asynccontextmanager
async def _translated() -> AsyncIterator[None]:
    """Redis' errors as ours. A cancellation that redis-py's `wait_for` swallowed (Python 3.11) is raised again."""
    try:
        yield
        if (task := asyncio.current_task()) and task.cancelling():
            raise asyncio.CancelledError
    except (OutOfMemoryError, ResponseError) as error:
        if "OOM" in str(error) or isinstance(error, OutOfMemoryError):
            raise BusFull("Redis is out of memory") from error
        raise BusLost(str(error)) from error
    except (RedisError, OSError) as error:
        raise BusLost(f"{type(error).__name__}: {error}") from error


class Bus:
    """One process's connection to Redis.

    `epoch` names the server's life (its run id). When a reconnection finds another one,
    the command that met it fails with BusLost, so that no loop walks over a restart unaware:
    under `appendfsync everysec` a restarted server may have forgotten its last second.
    """

    def __init__(self, url: str, site: str, *, name: str = "watchfloor", clock: Clock = now) -> None:
        self.keys = Keys(site)
        self.site = site
        self.epoch = ""
        self._clock = clock
        self._dead: list[DeadLetter] = []
        self._redis: Any = aredis.Redis.from_url(  # redis-py's own types are unions of every protocol
            url,
            client_name=name,
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            retry_on_error=[],
            socket_timeout=SOCKET_TIMEOUT,
            redis_connect_func=self._on_connect,
            max_connections=64,
        )

    async def _on_connect(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        await connection.send_command("INFO", "server")
        info = await connection.read_response()
        text = info.decode() if isinstance(info, bytes) else str(info)
        run_id = next(line[7:] for line in text.splitlines() if line.startswith("run_id:"))[:12]
        if self.epoch and run_id != self.epoch:
            self.epoch = run_id
            raise aredis.ConnectionError("the Redis server restarted")
        self.epoch = run_id

    async def open(self) -> str:
        """Connect and learn the epoch; raises BusLost when nobody answers.

        What was read but not committed will be read again, so its dead letters are forgotten here.
        """
        self._dead = []
        async with _translated():
            await self._redis.ping()
        return self.epoch

    async def close(self) -> None:
        await self._redis.aclose()

    # -- writing -----------------------------------------------------------------

    async def publish(self, feed: str, kind: str, items: Sequence[object], *, source: str) -> None:
        """Put one envelope of items on a feed; when it returns, Redis has it."""
        body = wire.encode_envelope(kind, list(items), source=source, sent_at=self._clock())
        await self.publish_raw(feed, body, source=source)

    async def publish_raw(self, feed: str, body: bytes, *, source: str) -> None:
        """Put bytes as they came on a feed; its engine decides whether they can be read."""
        async with _translated():
            await self._redis.xadd(self.keys.feed(feed), {"s": source, "e": body})

    async def send(self, engine: str, command: Command) -> None:
        """Hand a command to its engine's stream."""
        body = wire.encode_envelope("command", [command], source=command.actor, sent_at=self._clock())
        async with _translated():
            await self._redis.xadd(self.keys.commands(engine), {"s": command.actor, "e": body})

    async def beat(self, role: str, at: float, stats: Mapping[str, float] | None = None) -> None:
        """Say that a role's loop really moves, and how it feels."""
        fields = {"r": role, "t": repr(at), "v": wire.encode(dict(stats or {}))}
        async with _translated():
            await self._redis.xadd(self.keys.beats, fields, maxlen=200, approximate=True)

    async def dead_letter(self, stream: str, entry: str, raw: bytes, reason: str, source: str) -> None:
        """Set aside what cannot be used; it is written with the engine's next commit, so once only."""
        self._dead.append(DeadLetter(stream, entry, source, reason, raw))

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
        keys, batch, dead = self.keys, list(changes), self._dead
        async with _translated(), self._redis.pipeline(transaction=True) as pipe:
            if batch:
                pipe.xadd(keys.changes, {"b": wire.encode([packed(change) for change in batch])})
                _put_state(pipe, keys, batch)
            for result in results:
                pipe.xadd(keys.results, {"r": wire.encode(result)}, maxlen=1000, approximate=True)
            for one in dead:
                pipe.xadd(keys.dead, letter_fields(one), maxlen=DEAD_KEPT, approximate=True)
                pipe.hincrby(keys.dead_counts, one.source or "?", 1)
            own: dict[str, Any] = {"epoch": self.epoch} | {f"c:{stream}": at for stream, at in cursors.items()}
            own |= {f"p:{name}": value for name, value in (private or {}).items() if value is not None}
            pipe.hset(keys.engine(engine), mapping=own)
            gone = [f"p:{name}" for name, value in (private or {}).items() if value is None]
            if gone:
                pipe.hdel(keys.engine(engine), *gone)
            answers = await pipe.execute()
        self._dead = self._dead[len(dead):]
        return answers[0].decode() if batch else ""

    # -- reading -----------------------------------------------------------------

    async def saved(self, engine: str) -> Saved:
        """What the engine committed last."""
        async with _translated():
            raw = await self._redis.hgetall(self.keys.engine(engine))
        fields = {name.decode(): value for name, value in raw.items()}
        return Saved(
            fields.get("epoch", b"").decode(),
            {name[2:]: value.decode() for name, value in fields.items() if name.startswith("c:")},
            {name[2:]: value for name, value in fields.items() if name.startswith("p:")},
        )

    async def read(self, cursors: Mapping[str, str], *, block: float, count: int = 200) -> list[StreamEntry]:
        """Entries after the cursors, decoded; waits `block` seconds at most. Undecodable ones become dead letters."""
        async with _translated():
            answer = await self._redis.xread(dict(cursors), count=count, block=max(1, int(block * 1000)))
        entries: list[StreamEntry] = []
        for stream, rows in answer or []:
            for entry_id, fields in rows:
                if entry := await self._decoded(stream.decode(), entry_id.decode(), fields or {}):
                    entries.append(entry)
        return entries

    async def _decoded(self, stream: str, entry: str, fields: dict[bytes, bytes]) -> StreamEntry | None:
        try:
            if stream == self.keys.changes:
                return StreamEntry(stream, entry, "change", "", self._changes(entry, fields))
            if stream == self.keys.results:
                return StreamEntry(stream, entry, "result", "", [wire.decode(fields[b"r"], Result)])
            if stream == self.keys.beats:
                items = [float(fields[b"t"]), wire.decode(fields[b"v"], dict[str, float])]
                return StreamEntry(stream, entry, "beat", fields[b"r"].decode(), items)
            source = fields.get(b"s", b"").decode(errors="replace")
            envelope, items = wire.decode_envelope(fields[b"e"])
            return StreamEntry(stream, entry, envelope.kind, source or envelope.source, items)
        except (wire.Undecodable, KeyError, ValueError) as error:
            raw = fields[b"e"] if b"e" in fields else b"".join(k + b"=" + v for k, v in fields.items())
            source = fields.get(b"s", b"").decode(errors="replace")
            await self.dead_letter(stream, entry, raw, f"{type(error).__name__}: {error}", source)
            return StreamEntry(stream, entry, "dead", source, [])

    def _changes(self, entry: str, fields: dict[bytes, bytes]) -> list[Change]:
        rows = wire.decode(fields[b"b"], list[tuple[str, str, bytes | None, float, str]])
        return [unpacked(row, self.rev(entry)) for row in rows]

    def rev(self, entry: str) -> str:
        """The public revision of a place in the change stream."""
        return f"{self.epoch}.{entry}"

    async def state(self, kinds: Iterable[Kind] = tuple(Kind)) -> State:
        """All live state and the place in the change stream that it stands at, read at once."""
        wanted = list(kinds)
        async with _translated(), self._redis.pipeline(transaction=True) as pipe:
            pipe.xrevrange(self.keys.changes, count=1)
            for kind in wanted:
                pipe.hgetall(self.keys.state(kind))
            last, *hashes = await pipe.execute()
        records = {kind: readable(kind, rows) for kind, rows in zip(wanted, hashes, strict=True)}
        return State(last[0][0].decode() if last else "0-0", records)

    async def gap(self, stream: str, cursor: str) -> bool:
        """True when entries after the cursor may have been trimmed away unread.

        Trimming keeps the entry at every reader's cursor, so a cursor below the first entry has lost its place.
        """
        async with _translated():
            first = await self._redis.xrange(stream, count=1)
            if not first:
                return False
            if entry_order(cursor) == (0, 0):
                info = await self._redis.xinfo_stream(stream)
                return bool(info["entries-added"] != info["length"])
        return entry_order(first[0][0].decode()) > entry_order(cursor)

    # -- keeping -----------------------------------------------------------------

    async def trim_read(self, cursors: Mapping[str, str]) -> None:
        """Drop what its only reader has committed: feeds and commands up to the cursor."""
        own = {self.keys.feed(feed) for feed in FEEDS}
        async with _translated(), self._redis.pipeline(transaction=False) as pipe:
            for stream, cursor in cursors.items():
                if stream in own or stream.startswith("cmd:"):
                    pipe.xtrim(stream, minid=cursor, approximate=True)
            await pipe.execute()

    async def trim_changes(self, readers: Iterable[str], at: float) -> None:
        """Drop changes older than CHANGES_KEPT that every reading engine has committed."""
        oldest = f"{int((at - CHANGES_KEPT) * 1000)}-0"
        for reader in readers:
            cursor = (await self.saved(reader)).cursors.get(self.keys.changes, "0-0")
            oldest = min(oldest, cursor, key=entry_order)
        async with _translated():
            last = await self._redis.xrevrange(self.keys.changes, count=1)
            if last:
                await self._redis.xtrim(
                    self.keys.changes, minid=min(oldest, last[0][0].decode(), key=entry_order), approximate=True
                )

    async def dead_counts(self) -> dict[str, int]:
        """How many dead letters each source has caused."""
        async with _translated():
            counts = await self._redis.hgetall(self.keys.dead_counts)
        return {source.decode(): int(count) for source, count in counts.items()}

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """The newest dead letters, newest first."""
        async with _translated():
            rows = await self._redis.xrevrange(self.keys.dead, count=limit)
        return [letter(entry.decode(), fields) for entry, fields in rows]

    async def tail(self, stream: str) -> str:
        """The id of a stream's last entry, "0-0" when it is empty."""
        async with _translated():
            last = await self._redis.xrevrange(stream, count=1)
        return last[0][0].decode() if last else "0-0"


def _put_state(pipe: Any, keys: Keys, changes: list[Change]) -> None:
    """The last word on each thing; an alert that is no longer open leaves the live state."""
    final = {(change.kind, change.id): change.after for change in changes}
    for (kind, key), after in final.items():
        if after is None or (isinstance(after, Alert) and not after.open):
            pipe.hdel(keys.state(kind), key)
        else:
            pipe.hset(keys.state(kind), key, wire.encode(after))
