"""The Redis bus: streams that roles meet on, and the live state beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as NoConnection

from feeds import wire
from feeds.bus.entries import (
    DEAD_KEPT,
    Beat,
    DeadLetter,
    Saved,
    State,
    StreamEntry,
    beat_of,
    commit_writes,
    decoded,
    entry_order,
    letter,
    letter_fields,
    readable,
)
from feeds.bus.errors import translated
from feeds.bus.keys import FEEDS, FOLLOWERS, Keys
from feeds.bus.servers import CONFIRM_WITHIN, NOTICE_WITHIN, Server
from feeds.bus.writes import WRITE, Words, adding, script_arguments
from feeds.clock import Clock, now
from feeds.fencing import Fence
from feeds.kinds import KINDS
from feeds.model import Change, Command, Result

CHANGES_KEPT = 60.0
AHEAD, KEPT_AHEAD = 60.0, 1000
"""Of a change stream whose ids are so many seconds ahead of the clock so many entries are kept."""
BEATS_READ = 64  # beats that one look goes back: some seconds of all roles


class Bus:
    """One process's connection to Redis; `url` as `feeds.bus.url` says.

    `epoch` names the server's life. When a reconnection finds another one, the command that met it
    fails with BusLost, so that no loop walks over a restart or a failover unaware: under `appendfsync
    everysec` a restarted server may have forgotten its last second, a promoted one what never reached it.
    """

    def __init__(self, url: str, site: str, *, name: str = "watchfloor", clock: Clock = now) -> None:
        self.keys = Keys(site)
        self.site = site
        self.epoch = ""
        self.fence: Fence | None = None
        self.trouble = ""
        self.ailment: Callable[[], str] = str
        self.figures: dict[str, float] = {}
        self._clock = clock
        self._dead: list[DeadLetter] = []
        self._server = Server(url, self.keys.changes, name, self._on_connect)
        self._redis = self._server.redis
        self._write = self._redis.register_script(WRITE)

    async def _on_connect(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        life, before = await self._server.life(connection), self.epoch
        self.epoch = life
        if before and life != before:
            raise NoConnection("the Redis server restarted, or another one took over")

    def _asked(self) -> AbstractAsyncContextManager[None]:
        return translated(self._server.leave)

    async def open(self) -> str:
        """Connect and learn the epoch; raises BusLost when nobody answers.

        What was read but not committed will be read again, so its dead letters are forgotten here.
        """
        self._dead = []
        async with self._asked():
            await self._redis.ping()
        return self.epoch

    async def close(self) -> None:
        await self._server.aclose()

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[Any]:
        """Redis' own commands in one go, each by itself, for what has a module of its own and only reads."""
        async with self._asked(), self._redis.pipeline(transaction=False) as pipe:
            yield pipe

    # -- writing -----------------------------------------------------------------

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
        entries, wanted = [{"s": source, "e": body} for body in bodies], self._server.copies
        async with self._asked():
            confirmed = await self._server.add(self.keys.feed(feed), *entries, within=CONFIRM_WITHIN)
            if confirmed < wanted:
                raise NoConnection(f"{confirmed} of {wanted} replicas confirmed the entry in {CONFIRM_WITHIN:g} s")

    async def send(self, engine: str, command: Command) -> None:
        """Hand a command to its engine's stream."""
        body = wire.encode_envelope("command", [command], source=command.actor, sent_at=self._clock())
        async with self._asked():
            await self._redis.xadd(self.keys.commands(engine), {"s": command.actor, "e": body})

    async def beat(self, role: str, at: float, stats: Mapping[str, float] | None = None) -> None:
        """Say that a role's loop really moves, how it feels, what troubles it: its settings, or what it keeps itself.

        A master that no replica listens to may be one that was deposed and does not know it yet (Sentinel tells it
        seconds later): the next command looks for the master again.
        """
        troubles, vitals = f"{self.trouble} {self.ailment()}".strip(), dict(stats or {}) | self.figures
        fields = {"r": role, "t": repr(at), "v": wire.encode(vitals), "w": troubles}
        async with self._asked():
            confirmed = await self._server.add(
                self.keys.beats, fields, within=NOTICE_WITHIN, maxlen=200, approximate=True
            )
            if confirmed < self._server.copies:
                await self._server.leave()

    async def dead_letter(self, stream: str, entry: str, raw: bytes, reason: str, source: str) -> None:
        """Set aside what cannot be used; it is written with the engine's next commit, so once only."""
        self._dead.append(DeadLetter(stream, entry, source, reason, raw))

    async def set_aside(self, source: str, count: int, words: Sequence[str]) -> None:
        """Count `count` messages that a source's collector could not use; some `words` on them become dead letters."""
        feed = self.keys.feed("network")
        letters = (letter_fields(DeadLetter(feed, "", source, one, b"")) for one in words)
        dead = (adding(self.keys.dead, letter, keep=DEAD_KEPT) for letter in letters)
        await self.write((*dead, ("HINCRBY", self.keys.dead_counts, source, count)))

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

    async def script(self, script: str, keys: Sequence[str], *arguments: Any) -> Any:
        """A script over some keys, for what has a module of its own."""
        async with self._asked():
            return await self._redis.eval(script, len(keys), *keys, *arguments)

    async def write(self, commands: Iterable[Words]) -> Any:
        """Commands all or none, and nothing after another copy has taken the role over; returns the first's answer.

        Raises Fenced then, and BusLost when the lease has lapsed, so that its holder reads everything again.
        """
        fence = self.fence
        lease, holder = (self.keys.lease(fence.role), fence.holder) if fence else (self.keys.lease(""), "")
        keys, arguments = script_arguments(lease, holder, commands)
        async with self._asked():
            return await self._write(keys=keys, args=arguments)

    # -- reading -----------------------------------------------------------------

    async def saved(self, engine: str) -> Saved:
        """What the engine committed last."""
        async with self._asked():
            raw = await self._redis.hgetall(self.keys.engine(engine))
        fields = {name.decode(): value for name, value in raw.items()}
        return Saved(
            fields.get("epoch", b"").decode(),
            {name[2:]: value.decode() for name, value in fields.items() if name.startswith("c:")},
            {name[2:]: value for name, value in fields.items() if name.startswith("p:")},
        )

    async def read(self, cursors: Mapping[str, str], *, block: float, count: int = 200) -> list[StreamEntry]:
        """Entries after the cursors, decoded; waits `block` seconds at most, 0 not at all.

        Undecodable ones become dead letters.
        """
        wait = max(1, int(block * 1000)) if block > 0 else None
        async with self._asked():
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

    def rev(self, entry: str) -> str:
        """The public revision of a place in the change stream."""
        return f"{self.epoch}.{entry}"

    async def state(self, kinds: Iterable[str] | None = None) -> State:
        """All live state, or that of some stored types, and the place in the change stream that it stands at."""
        wanted = list(KINDS.stored if kinds is None else kinds)
        async with self._asked(), self._redis.pipeline(transaction=True) as pipe:
            pipe.xrevrange(self.keys.changes, count=1)
            for kind in wanted:
                pipe.hgetall(self.keys.state(kind))
            last, *hashes = await pipe.execute()
        records = {kind: readable(kind, rows) for kind, rows in zip(wanted, hashes, strict=True)}
        return State(last[0][0].decode() if last else "0-0", records)

    async def changes(self, after: str) -> list[Change]:
        """What has changed since that place in the change stream, as far as it is kept."""
        found: list[Change] = []
        while entries := await self.read({self.keys.changes: after}, block=0):
            found += [item for entry in entries for item in entry.items]
            after = entries[-1].id
        return found

    async def gap(self, stream: str, cursor: str) -> bool:
        """True when entries after the cursor may have been trimmed away unread.

        Trimming keeps the entry at every reader's cursor, so a cursor below the first entry has lost its place.
        """
        async with self._asked():
            first = await self._redis.xrange(stream, count=1)
            if not first:
                return False
            if entry_order(cursor) == (0, 0):
                info = await self._redis.xinfo_stream(stream)
                return bool(info["entries-added"] != info["length"])
        return entry_order(first[0][0].decode()) > entry_order(cursor)

    async def beats(self) -> dict[str, Beat]:
        """The newest beat of each role. Asked for now and then: following the stream would wake us each time."""
        async with self._asked():
            rows = await self._redis.xrevrange(self.keys.beats, count=BEATS_READ)
        found: dict[str, Beat] = {}
        for _, fields in rows:
            found.setdefault(fields[b"r"].decode(), beat_of(fields))
        return found

    # -- keeping -----------------------------------------------------------------

    async def trim_read(self, cursors: Mapping[str, str]) -> None:
        """Drop what a feed's or a command stream's reader has committed, and all its followers too."""
        own = {self.keys.feed(feed) for feed in FEEDS}
        bounds = {stream: at for stream, at in cursors.items() if stream in own or stream.startswith("cmd:")}
        for follower in FOLLOWERS:
            for stream, at in (await self.saved(follower)).cursors.items():
                if stream in bounds:
                    bounds[stream] = min(bounds[stream], at, key=entry_order)
        async with self._asked(), self._redis.pipeline(transaction=False) as pipe:
            for stream, bound in bounds.items():
                pipe.xtrim(stream, minid=bound, approximate=True)
            await pipe.execute()

    async def trim_changes(self, readers: Iterable[str], at: float) -> None:
        """Drop changes older than CHANGES_KEPT that every reading engine has committed."""
        cursors = [(await self.saved(reader)).cursors.get(self.keys.changes, "0-0") for reader in readers]
        oldest = min([f"{int((at - CHANGES_KEPT) * 1000)}-0", *cursors], key=entry_order)
        async with self._asked():
            last = await self._redis.xrevrange(self.keys.changes, count=1)
            if last and entry_order(last[0][0].decode())[0] > (at + AHEAD) * 1000:
                # The server's clock was set back: until it catches up, ids do not tell how old an entry is.
                last = await self._redis.xrevrange(self.keys.changes, count=KEPT_AHEAD)
                oldest = min([last[-1][0].decode(), *cursors], key=entry_order)
            if last:
                least = min(oldest, last[-1][0].decode(), key=entry_order)
                await self._redis.xtrim(self.keys.changes, minid=least, approximate=True)

    async def dead_counts(self) -> dict[str, int]:
        """How many dead letters each source has caused."""
        async with self._asked():
            counts = await self._redis.hgetall(self.keys.dead_counts)
        return {source.decode(): int(count) for source, count in counts.items()}

    async def drop_dead_counts(self, sources: Sequence[str]) -> None:
        """Forget how many dead letters these sources have caused."""
        async with self._asked():
            await self._redis.hdel(self.keys.dead_counts, *sources)

    async def dead_letters(self, limit: int = 100) -> list[DeadLetter]:
        """The newest dead letters, newest first."""
        async with self._asked():
            rows = await self._redis.xrevrange(self.keys.dead, count=limit)
        return [letter(entry.decode(), fields) for entry, fields in rows]

    async def tail(self, stream: str) -> str:
        """The id of a stream's last entry, "0-0" when it is empty."""
        async with self._asked():
            last = await self._redis.xrevrange(stream, count=1)
        return last[0][0].decode() if last else "0-0"
