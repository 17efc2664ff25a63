"""Opening of a connection that many callers share: one attempt for all, and a pause after a failure."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from collectors.errors import AuthFailed, CollectorError, not_ready

PAUSE_FIRST, PAUSE_LAST = 0.1, 2.0
"""Seconds between two attempts, doubling."""
ATTEMPT = 12.0
"""Seconds for one attempt, whatever the connection itself allows. TCP's own resending would wait for minutes."""
LOCKOUT_FIRST, LOCKOUT_LAST = 30.0, 600.0
"""Seconds between two attempts after a credential was refused, doubling, so that no account is locked."""


class SharedConnection:
    """The state of a shared connection. `connect` opens it, or raises CollectorError or OSError.

    An attempt continues when a caller stops waiting for it. `up` is True while the connection is open.
    """

    def __init__(self, connect: Callable[[], Awaitable[None]]) -> None:
        self._connect = connect
        self._task: asyncio.Task[None] | None = None
        self._error: CollectorError | None = None
        self._failures = 0
        self._retry_at = 0.0
        self.up = False

    async def ready(self) -> None:
        """Wait until the connection is open. Raises CollectorError: the last one again during the pause."""
        if self.up:
            return
        if self._task is None or self._task.done():
            if self._error is not None and asyncio.get_running_loop().time() < self._retry_at:
                raise self._error.with_traceback(None)
            self._task = asyncio.create_task(self._open(), name="opening")
            self._task.add_done_callback(_retrieve_error)
        await asyncio.shield(self._task)

    async def _open(self) -> None:
        try:
            async with asyncio.timeout(ATTEMPT):
                await self._connect()
        except CollectorError as error:
            self._failed(error)
            raise
        except OSError as error:
            collector_error = not_ready(error)
            self._failed(collector_error)
            raise collector_error from error
        self.up, self._error, self._failures = True, None, 0

    def _failed(self, error: CollectorError) -> None:
        first, last = (LOCKOUT_FIRST, LOCKOUT_LAST) if isinstance(error, AuthFailed) else (PAUSE_FIRST, PAUSE_LAST)
        self._error = error
        self._retry_at = asyncio.get_running_loop().time() + min(first * 2.0**self._failures, last)
        self._failures += 1

    def lost(self) -> bool:
        """Note that the connection is lost. It may be opened again at once. True when it was open."""
        was_up, self.up = self.up, False
        return was_up

    def cancel(self) -> None:
        """Cancel the attempt: the connection is no longer needed."""
        self.up = False
        if self._task is not None:
            self._task.cancel()


def _retrieve_error(task: asyncio.Task[None]) -> None:
    """Retrieve the error, so that asyncio does not report it. The next caller gets it from the SharedConnection."""
    if not task.cancelled():
        task.exception()
