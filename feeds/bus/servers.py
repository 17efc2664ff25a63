"""Which server the bus speaks to: the one of its URL, or whichever is now the master of a Sentinel set or a slot.

All keys of a site are in one hash slot, so even on a cluster one server has them all, and the bus's blocking reads,
transactions and confirmed writes are the same everywhere. Only the way to that server differs, at each connection.
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
"""Seconds for one step of finding and reaching a master: the next sentinel or node may know more."""
CONFIRM_WITHIN = 2.0
"""Seconds for replicas to confirm a write: they do it at once, but one that has just joined speaks once a second."""
NOTICE_WITHIN = 0.1
"""The same for a beat, which must not hold its loop up and need not be kept."""
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
        """What names the life of the server at the other end; raises ConnectionError when it is no master.

        Its run id changes with every start, and its replication id with every promotion: a server that was
        master, replica and master again has the run id it had.
        """
        await connection.send_command("INFO", *(() if self._way else ("server",)))
        info = await connection.read_response()
        text = info.decode() if isinstance(info, bytes) else str(info)
        told = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        if self._way is None:
            return told["run_id"][:12]
        if told["role"] != "master":
            raise aredis.ConnectionError("the server that was found is a replica")
        return told["run_id"][:6] + told["master_replid"][:6]

    async def add(self, stream: str, *entries: dict[Any, Any], within: float, **limits: Any) -> int:
        """XADD of each; returns how many replicas confirmed them `within` seconds (0 where none has to).

        WAIT speaks of the writes of its own connection, and inside MULTI it does not wait. Without it several go
        together, so that who waits for them wakes once.
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
        """After a loss: no connection of before is used again, so that the master is looked for afresh."""
        if self._way is None:
            return
        if self._owner is not None:
            self._owner.forget()
        pool = self.redis.connection_pool
        await pool.update_active_connections_for_reconnect()
        with suppress(RedisError, OSError):  # one that is broken need not be closed properly
            await pool.disconnect(inuse_connections=False)

    async def aclose(self) -> None:
        await self.redis.aclose()
        if self._sentinel is not None:
            await self._sentinel.aclose()


def _login(user: str, password: str) -> dict[str, Any]:
    return {name: value for name, value in (("username", user), ("password", password)) if value}


class NewestSentinel(Sentinel):
    """Asks all sentinels and believes the newest election, where redis-py believes the first that answers.

    For two seconds after a failover a sentinel may not have heard of it. When the old master is back by then,
    it would send us there, and what is written there is lost.
    """

    async def discover_master(self, service_name: str) -> tuple[str, int]:
        """(host, port); raises MasterNotFoundError, a ConnectionError."""
        answers = await asyncio.gather(*(one.sentinel_masters() for one in self.sentinels), return_exceptions=True)
        for answer in answers:
            if isinstance(answer, BaseException) and not isinstance(answer, RedisError | OSError):
                raise answer
        told = [answer[service_name] for answer in answers if isinstance(answer, dict) and service_name in answer]
        newest = max((state["config-epoch"] for state in told), default=0)
        for state in told:
            if state["config-epoch"] == newest and self.check_master_state(state, service_name):
                return str(state["ip"]), int(state["port"])
        raise MasterNotFoundError(f"{len(told)} of {len(answers)} sentinels know {service_name!r}, no living master")


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
    """Stands where a pool expects its Sentinel: tells the master of a key's slot, as the cluster sees it now.

    redis-py's cluster client finds it, and no more: its transactions start a thread and an event loop for every
    command, and it cannot send WAIT behind a write on the same connection.
    """

    def __init__(self, way: Replicated) -> None:
        self._way = way
        self._known = list(way.hosts)
        self._found: tuple[str, int] | None = None

    def forget(self) -> None:
        """Ask the cluster again for the next connection."""
        self._found = None

    async def discover_master(self, key: str) -> tuple[str, int]:
        """(host, port), until `forget` the same; raises MasterNotFoundError, a ConnectionError."""
        self._found = self._found or await self._ask(key)
        return self._found

    async def _ask(self, key: str) -> tuple[str, int]:
        cluster = RedisCluster(
            startup_nodes=[ClusterNode(host, port) for host, port in self._known],
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
        self._known = list(dict.fromkeys((*self._way.hosts, *met)))
        return str(owner.host), int(owner.port)
