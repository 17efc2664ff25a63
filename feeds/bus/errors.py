"""What can go wrong on the bus, and Redis' errors as ours.

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
"""How Redis refuses writes that it could not keep, mostly because its disk is full."""
FENCED = "FENCED "
"""How our scripts begin to say that another copy holds the role."""


class BusError(Exception):
    """The bus could not do what was asked."""


class BusLost(BusError):
    """The connection broke or the server restarted: reopen and rebuild."""


class BusFull(BusError):
    """The server refuses writes because its memory or its disk is full."""


@asynccontextmanager
async def translated(leave: Callable[[], Awaitable[None]]) -> AsyncIterator[None]:
    """Redis' errors as ours; `leave` is awaited before BusLost is raised. A script of ours may say Fenced.

    Whatever a server answers but OOM and MISCONF (READONLY, MOVED, ASK, CLUSTERDOWN, LOADING) says that it is the
    wrong one now.
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
        words = str(error) if type(error) is ResponseError else f"{type(error).__name__}: {error}"
        raise BusLost(words) from error
