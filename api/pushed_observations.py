"""Pushed observations: durable in the intake before they are answered, then forwarded to the bus by the web role.

An observation leaves the intake once the bus has it. After a kill in between it is published again, which changes
nothing: it is the same value of the same moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress

import msgspec

from feeds import wire
from feeds.bus import Bus, BusError
from feeds.journal import Intake, JournalError, Parcel
from feeds.model import Observation

log = logging.getLogger(__name__)

TARGET = "observation"
"""The target of their parcels; no engine reads it."""
ROWS = 500
"""Parcels that are forwarded together."""
LOOK = 2.0
"""Seconds between two looks for what an earlier process left."""
RETRY = 0.5
"""Seconds until the next attempt while the bus or the intake is lost."""


class PushedObservations(msgspec.Struct, frozen=True):
    """The body of a parcel: the observations of one push."""

    source: str
    items: list[Observation]


def parcel_of(source: str, items: Sequence[Observation], *, actor: str, region: str, at: float) -> Parcel:
    """The parcel of one push."""
    body = wire.encode(PushedObservations(source, list(items)))
    return Parcel(target=TARGET, kind="observation", at=at, actor=actor, region=region, size=len(items), body=body)


class ObservationForwarder:
    """Forwards the pushed observations of the intake to the bus, oldest first."""

    def __init__(self, intake: Intake, bus: Bus) -> None:
        self._intake, self._bus = intake, bus
        self._woken = asyncio.Event()
        self._lost = False

    def stored(self, targets: frozenset[str]) -> frozenset[str]:
        """Begin soon when observations were stored. Returns the other targets, which are engines'."""
        if TARGET in targets:
            self._woken.set()
        return targets - {TARGET}

    async def run(self) -> None:
        """Forward for ever."""
        while True:
            self._woken.clear()
            try:
                more = await self.forward()
            except (BusError, JournalError) as error:
                self._tell_lost(error)
                await asyncio.sleep(RETRY)
                continue
            self._tell_back()
            if not more:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await self._woken.wait()

    async def forward(self) -> bool:
        """Forward the oldest parcels; True when more may wait. Raises BusError, JournalError."""
        parcels = await self._intake.read(TARGET, 0, limit=ROWS)
        for source, items in _by_source(parcels).items():
            await self._bus.publish("network", "observation", items, source=source)
        if parcels:
            await self._intake.drop(TARGET, parcels[-1].id)
        return len(parcels) == ROWS

    def _tell_lost(self, error: Exception) -> None:
        if not self._lost:
            self._lost = True
            log.warning("pushed observations wait in the intake: %s", error)

    def _tell_back(self) -> None:
        if self._lost:
            self._lost = False
            log.info("pushed observations are forwarded again")


def _by_source(parcels: Sequence[Parcel]) -> dict[str, list[Observation]]:
    """The observations of parcels by source, in order. A parcel of another version is left out and logged."""
    grouped: dict[str, list[Observation]] = {}
    for parcel in parcels:
        try:
            pushed = wire.decode(parcel.body, PushedObservations)
        except wire.Undecodable as error:
            log.error("pushed observations %d from %s cannot be read: %s", parcel.id, parcel.actor, error)
            continue
        grouped.setdefault(pushed.source, []).extend(pushed.items)
    return grouped
