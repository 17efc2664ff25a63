"""Errors of the bus, and their translation from Redis' errors.

BusError
├── BusLost   the connection broke or the server is another one: reopen and rebuild
└── BusFull   the server's memory or disk is full: refuse new input, try again later
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from redis.exceptions import OutOfMemoryError, RedisError, ResponseError

from feeds.fencing import Fenced

NO_DISK = "MISCONF"
"""Prefix of Redis' refusal of writes that it could not persist, mostly because its disk is full."""
FENCED, LAPSED = "FENCED ", "LAPSED "
"""Prefix of our scripts' answer when another process holds the role."""


class BusError(Exception):
    """The bus could not do what was requested."""


class BusLost(BusError):
    """The connection broke or the server restarted: reopen and rebuild."""


class BusFull(BusError):
    """The server refuses writes because its memory or its disk is full."""


@asynccontextmanager
async def translated(leave: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Raise Redis' errors as BusErrors; `leave` is awaited before BusLost is raised. Scripts may raise Fenced.

    Any error answer other than OOM and MISCONF (READONLY, MOVED, ASK, CLUSTERDOWN, LOADING) means that this is not the
    right server any more.

    A cancellation that redis-py's `wait_for` swallowed (Python 3.11) is raised again.
    """
    try:
        yield
        if (task := asyncio.current_task()) and task.cancelling():
            raise asyncio.CancelledError
    except (RedisError, OSError) as error:
        if isinstance(error, OutOfMemoryError) or (isinstance(error, ResponseError) and "OOM" in str(error)):
            raise BusFull("Redis is out of memory") from error
        if isinstance(error, ResponseError) and NO_DISK in str(error):
            raise BusFull(f"Redis cannot write its file: {error}") from error
        if isinstance(error, ResponseError) and str(error).startswith(FENCED):
            raise Fenced(str(error).removeprefix(FENCED).strip()) from error
        await leave()
        message = str(error) if type(error) is ResponseError else f"{type(error).__name__}: {error}"
        raise BusLost(message) from error
