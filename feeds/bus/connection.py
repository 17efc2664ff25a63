"""One process's connection to Redis: it knows which life of the server it speaks to, and writes all or nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import ResponseError

from feeds.bus.errors import LAPSED, translated
from feeds.bus.keys import Keys
from feeds.bus.servers import Server
from feeds.bus.writes import WRITE, Words, script_arguments
from feeds.clock import Clock, now
from feeds.fencing import Fence


class Connection:
    """The connection that all parts of the bus share; `url` as `feeds.bus.url` says.

    `epoch` names the server's life. When a reconnection finds another one, the command that met it
    fails with BusLost, so that no loop walks over a restart or a failover unaware: under `appendfsync
    everysec` a restarted server may have forgotten its last second, a promoted one what never reached it.
    With a `fence` nothing is written after another copy has taken the role over.
    """

    def __init__(
        self, url: str, site: str, *, name: str = "watchfloor", clock: Clock = now, fence: Fence | None = None
    ) -> None:
        self.keys = Keys(site)
        self.site = site
        self.epoch = ""
        self.fence = fence
        self.retake: Callable[[], Awaitable[bool]] | None = None
        self._clock = clock
        self._server = Server(url, self.keys.changes, name, self._on_connect)
        self._redis = self._server.redis
        self._write = self._redis.register_script(WRITE)

    async def _on_connect(self, connection: AbstractConnection) -> None:
        await connection.on_connect()
        life, before = await self._server.life(connection), self.epoch
        self.epoch = life
        if before and life != before:
            raise NoConnection("the Redis server restarted, or another one took over")

    def _request(self) -> AbstractAsyncContextManager[None]:
        return translated(self._server.leave)

    async def open(self) -> str:
        """Connect and learn the epoch; raises BusLost when nobody answers."""
        async with self._request():
            await self._redis.ping()
        return self.epoch

    async def close(self) -> None:
        await self._server.aclose()

    @asynccontextmanager
    async def pipeline(self) -> AsyncIterator[Any]:
        """Redis' own commands in one go, each by itself, for what has a module of its own and only reads."""
        async with self._request(), self._redis.pipeline(transaction=False) as pipe:
            yield pipe

    async def script(self, script: str, keys: Sequence[str], *arguments: Any) -> Any:
        """A script over some keys, for what has a module of its own."""
        async with self._request():
            return await self._redis.eval(script, len(keys), *keys, *arguments)

    async def write(self, commands: Iterable[Words]) -> Any:
        """Commands all or none, and nothing after another copy has taken the role over; returns the first's answer.

        A lease that lapsed while this process computed is taken again by `retake`. Raises Fenced when another copy
        has it, and BusLost when Redis may have forgotten something meanwhile, so that everything is read again.
        """
        fence = self.fence
        lease, holder = (self.keys.lease(fence.role), fence.holder) if fence else (self.keys.lease(""), "")
        keys, arguments = script_arguments(lease, holder, commands)
        async with self._request():
            try:
                return await self._write(keys=keys, args=arguments)
            except ResponseError as error:
                if not str(error).startswith(LAPSED) or self.retake is None or not await self.retake():
                    raise
            return await self._write(keys=keys, args=arguments)

    def rev(self, entry: str) -> str:
        """The public revision of a place in the change stream."""
        return f"{self.epoch}.{entry}"

    async def tail(self, stream: str) -> str:
        """The id of a stream's last entry, "0-0" when it is empty."""
        async with self._request():
            last = await self._redis.xrevrange(stream, count=1)
        return last[0][0].decode() if last else "0-0"
