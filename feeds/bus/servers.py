"""Selection of the bus's server: the one of its URL, or the current master of a Sentinel set or a cluster slot.

All keys of a site are in one hash slot, so even on a cluster one server has them all. The bus's blocking reads,
transactions and confirmed writes are therefore the same everywhere. Only the search for the server differs, at each
connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import redis.asyncio as aredis
from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import MasterNotFoundError, Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException, RedisError

from feeds.bus.url import SENTINEL, Replicated, parse

SOCKET_TIMEOUT = 5.0
FIND_TIMEOUT = 1.0
"""Seconds for one step of finding and reaching a master; the next sentinel or node may know more."""
CONFIRM_WITHIN = 2.0
"""Seconds for replicas to confirm a write. They do it at once, but a replica that just joined reports once a second."""
NOTICE_WITHIN = 0.1
"""Seconds for replicas to confirm a heartbeat, which must not delay its loop and need not be retained."""
CONNECTIONS = 64

_Pool: Any = SentinelConnectionPool  # redis-py has no types for it

OnConnect = Callable[[AbstractConnection], Awaitable[None]]


class Server:
    """The server of a URL. `copies` is how many replicas must confirm a published entry, 0 on a single server."""

    def __init__(self, url: str, key: str, name: str, on_connect: OnConnect) -> None:
        self._way = parse(url)
        self._sentinel: NewestSentinel | None = None
        self._owner: SlotOwner | None = None
        self.copies = self._way.wait if self._way else 0
        common: dict[str, Any] = {
            "client_name": name,
            "protocol": 2,
            "retry": Retry(NoBackoff(), 0),
            "retry_on_error": [],
            "socket_timeout": SOCKET_TIMEOUT,
            "redis_connect_func": on_connect,
            "max_connections": CONNECTIONS,
        }
        if self._way is None:
            self.redis: Any = aredis.Redis.from_url(url, **common)  # redis-py's types are unions of every protocol
            return
        common |= {"socket_connect_timeout": FIND_TIMEOUT, **_login(self._way.user, self._way.password)}
        if self._way.form == SENTINEL:
            self._sentinel = _sentinel(self._way)
            pool = _Pool(self._way.service, self._sentinel, **common)
        else:
            self._owner = SlotOwner(self._way)
            pool = _Pool(key, self._owner, **common)
        self.redis = aredis.Redis.from_pool(pool)

    async def life(self, connection: AbstractConnection) -> str:
        """Identity of the life of the connected server. Raises ConnectionError when it is not a master.

        The run id changes with every start, and the replication id with every promotion. A server that was master,
        replica and master again has the same run id.
        """
        await connection.send_command("INFO", *(() if self._way else ("server",)))
        info = await connection.read_response()
        text = info.decode() if isinstance(info, bytes) else str(info)
        server_info = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        if self._way is None:
            return server_info["run_id"][:12]
        if server_info["role"] != "master":
            raise aredis.ConnectionError("the server that was found is a replica")
        return server_info["run_id"][:6] + server_info["master_replid"][:6]

    async def add(self, stream: str, *entries: dict[Any, Any], within: float, **limits: Any) -> int:
        """XADD each entry; returns how many replicas confirmed them `within` seconds (0 where none is required).

        WAIT concerns the writes of its own connection and does not block inside MULTI. Without it several entries are
        sent together, so that a waiting reader wakes once.
        """
        if not self.copies and len(entries) == 1:
            await self.redis.xadd(stream, entries[0], **limits)
            return 0
        async with self.redis.pipeline(transaction=not self.copies) as pipe:
            for fields in entries:
                pipe.xadd(stream, fields, **limits)
            if self.copies:
                pipe.wait(self.copies, int(within * 1000))
            answers = await pipe.execute()
        return int(answers[-1]) if self.copies else 0

    async def leave(self) -> None:
        """Drop all connections after a loss, so that the master is looked up again."""
        if self._way is None:
            return
        if self._owner is not None:
            self._owner.forget()
        pool = self.redis.connection_pool
        await pool.update_active_connections_for_reconnect()
        with suppress(RedisError, OSError):  # a broken connection need not be closed properly
            await pool.disconnect(inuse_connections=False)

    async def aclose(self) -> None:
        await self.redis.aclose()
        if self._sentinel is not None:
            await self._sentinel.aclose()


def _login(user: str, password: str) -> dict[str, Any]:
    return {name: value for name, value in (("username", user), ("password", password)) if value}


class NewestSentinel(Sentinel):
    """Asks all sentinels and takes the newest election, where redis-py takes the first answer.

    For two seconds after a failover a sentinel may not know of it. When the old master is back by then, that sentinel
    would direct writes to it, and they would be lost.
    """

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """(host, port); raises MasterNotFoundError, a ConnectionError."""
        answers = await asyncio.gather(
            *(sentinel.sentinel_masters() for sentinel in self.sentinels), return_exceptions=True
        )
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, RedisError | OSError):
                raise answer
        masters = [answer[service_name] for answer in answers if isinstance(answer, dict) and service_name in answer]
        newest = max((state["config-epoch"] for state in masters), default=0)
        for state in masters:
            if state["config-epoch"] == newest and self.check_master_state(state, service_name):
                return str(state["ip"]), int(state["port"])
        raise MasterNotFoundError(f"{len(masters)} of {len(answers)} sentinels know {service_name!r}, no living master")


def _sentinel(way: Replicated) -> NewestSentinel:
    how = {
        "protocol": 2,
        "retry": Retry(NoBackoff(), 0),
        "retry_on_error": [],
        "socket_timeout": FIND_TIMEOUT,
        "socket_connect_timeout": FIND_TIMEOUT,
        **_login(way.sentinel_user, way.sentinel_password),
    }
    return NewestSentinel(list(way.hosts), sentinel_kwargs=how)  # type: ignore[no-untyped-call]


class SlotOwner:
    """Takes the place of a pool's Sentinel: returns the master of a key's slot, as the cluster reports it.

    redis-py's cluster client is used only to find it. Its transactions start a thread and an event loop for every
    command, and it cannot send WAIT after a write on the same connection.
    """

    def __init__(self, way: Replicated) -> None:
        self._way = way
        self._nodes = list(way.hosts)
        self._master: tuple[str, int] | None = None

    def forget(self) -> None:
        """Ask the cluster again for the next connection."""
        self._master = None

    async def discover_master(self, key: str) -> tuple[str, int]:
        """(host, port), cached until `forget`. Raises MasterNotFoundError, a ConnectionError."""
        self._master = self._master or await self._ask(key)
        return self._master

    async def _ask(self, key: str) -> tuple[str, int]:
        cluster = RedisCluster(
            startup_nodes=[ClusterNode(host, port) for host, port in self._nodes],
            require_full_coverage=False,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            socket_timeout=FIND_TIMEOUT,
            socket_connect_timeout=FIND_TIMEOUT,
            **_login(self._way.user, self._way.password),
        )
        try:
            await cluster.initialize()
            owner = cluster.get_node_from_key(key)
            met = [(node.host, int(node.port)) for node in cluster.get_nodes()]
        except (RedisClusterException, IndexError) as error:  # IndexError: a node that belongs to no cluster yet
            raise MasterNotFoundError(f"no node of the cluster answers for the site: {error}") from error
        finally:
            await cluster.aclose()
        if owner is None:
            raise MasterNotFoundError("no node of the cluster has the site's slot")
        self._nodes = list(dict.fromkeys((*self._way.hosts, *met)))
        return str(owner.host), int(owner.port)
