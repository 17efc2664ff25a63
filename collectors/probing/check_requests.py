"""Requests of people to probe an asset now, or to tell what is known of it, on the collect role's own stream.

A request is not kept: one that comes while the role does not run is refused by the sender's time limit. Its results are
ordinary observations, so nobody can tell them from those of the schedule.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Protocol

from feeds.bus import BusError
from feeds.bus.entries import StreamEntry
from feeds.bus.keys import Keys
from feeds.clock import Clock
from feeds.model import Command, Outcome, Result

ENGINE, CHECK, DESCRIBE, REFRESH = "collect", "check", "describe", "refresh"
AGAIN = 5.0
"""Seconds in which one asset is not checked twice: two people who press the button share one check."""
PAUSE = 0.2
BLOCK = 1.0

log = logging.getLogger(__name__)


class RequestBus(Protocol):
    """The part of feeds.bus.Bus that requests need."""

    keys: Keys
    epoch: str

    async def open(self) -> str: ...

    async def tail(self, stream: str) -> str: ...

    async def read(self, cursors: Mapping[str, str], *, block: float, count: int = 200) -> list[StreamEntry]: ...

    async def answer(self, result: Result) -> None: ...

    async def close(self) -> None: ...


class Probes(Protocol):
    """The part of the scheduler that requests need."""

    def check(self, asset: str) -> int:
        """Poll all probes of an asset now and in full. Returns their number."""


class Descriptions(Protocol):
    """The part of the listeners that requests need."""

    def describe(self, asset: str) -> dict[str, Any] | None:
        """What is known of an asset beyond its readings."""

    def refresh(self, asset: str) -> bool:
        """Have an asset's device asked now. False when that cannot be."""


class CheckRequests:
    """Follows the stream of requests. `clock` gives epoch seconds."""

    def __init__(self, bus: RequestBus, probes: Probes, descriptions: Descriptions, clock: Clock) -> None:
        self._bus = bus
        self._probes = probes
        self._descriptions = descriptions
        self._clock = clock
        self._checked: dict[str, tuple[float, int]] = {}

    async def run(self) -> None:
        """Answer requests until cancelled; then close the bus."""
        try:
            while True:
                try:
                    await self._follow()
                except BusError as error:
                    log.debug("requests to check: the bus is lost: %s", error)
                    await asyncio.sleep(PAUSE)
        finally:
            await self._bus.close()

    async def _follow(self) -> None:
        """Answer the requests that come in one life of the bus. Raises BusError."""
        epoch = await self._bus.open()
        stream = self._bus.keys.commands(ENGINE)
        cursor = await self._bus.tail(stream)
        while self._bus.epoch == epoch:
            for entry in await self._bus.read({stream: cursor}, block=BLOCK):
                cursor = entry.id
                for command in entry.items:
                    await self._bus.answer(self.result(command))

    def result(self, command: Command) -> Result:
        """Carry out one command.

        `after` of its result has the time of the check and the number of probes, or the description.
        """
        now = self._clock()
        if command.action not in (CHECK, DESCRIBE, REFRESH):
            return Result(command=command.id, outcome=Outcome.INVALID)
        if now > command.valid_until:
            return Result(command=command.id, outcome=Outcome.LATE)
        if command.action == DESCRIBE:
            description = self._descriptions.describe(command.subject)
            outcome = Outcome.DONE if description is not None else Outcome.NOT_FOUND
            return Result(command=command.id, outcome=outcome, after=description)
        if command.action == REFRESH:
            is_asked = self._descriptions.refresh(command.subject)
            return Result(command=command.id, outcome=Outcome.DONE if is_asked else Outcome.NOT_FOUND)
        return self._check(command, now)

    def _check(self, command: Command, now: float) -> Result:
        self._checked = {asset: check for asset, check in self._checked.items() if now - check[0] < AGAIN}
        if command.subject not in self._checked:
            self._checked[command.subject] = now, self._probes.check(command.subject)
        at, probes = self._checked[command.subject]
        if not probes:
            return Result(command=command.id, outcome=Outcome.NOT_FOUND)
        return Result(command=command.id, outcome=Outcome.DONE, after={"at": at, "probes": probes})
