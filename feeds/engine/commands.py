"""Sending of commands to engines, and their results from one common stream."""

from __future__ import annotations

import asyncio
import logging

from feeds.bus import Bus, BusError
from feeds.model import Command, Result

log = logging.getLogger(__name__)

PAUSE = 0.2


class Unanswered(Exception):
    """No result in time. After the command's `valid_until` its engine rejects it."""


class CommandClient:
    """One per web process: sends commands and waits for their results."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._waiting: dict[str, asyncio.Future[Result]] = {}
        self._following = asyncio.Event()

    async def run(self) -> None:
        """Follow the result stream until cancelled."""
        while True:
            try:
                epoch = await self._bus.open()
                cursors = {self._bus.keys.results: await self._bus.tail(self._bus.keys.results)}
                self._following.set()
                while self._bus.epoch == epoch:
                    await self._take(cursors)
            except BusError as error:
                self._following.clear()
                log.debug("answers: the bus is lost: %s", error)
                await asyncio.sleep(PAUSE)

    async def _take(self, cursors: dict[str, str]) -> None:
        for entry in await self._bus.read(cursors, block=5.0):
            cursors[entry.stream] = entry.id
            for result in entry.items:
                future = self._waiting.get(result.command)
                if future is not None and not future.done():
                    future.set_result(result)

    async def submit(self, command: Command, *, engine: str, timeout: float = 5.0) -> Result:
        """Send a command and return its result. Raises Unanswered after `timeout` seconds or when the bus is lost."""
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting[command.id] = future
        try:
            async with asyncio.timeout(timeout):
                await self._following.wait()  # a result that arrives before the stream is followed would be lost
                await self._bus.send(engine, command)
                return await future
        except (BusError, TimeoutError) as error:
            raise Unanswered(str(error) or "no answer in time") from error
        finally:
            self._waiting.pop(command.id, None)
