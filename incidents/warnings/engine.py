"""The command role: the engine of public warnings (see feeds.engine.journaled), and what runs it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from feeds.bus import Bus
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.engine import run_engine
from feeds.engine.inbox import Inbox
from feeds.engine.journaled import JournaledEngine
from feeds.isolation.cap import CapReader, Parse, parse_in_thread
from feeds.journal import Intake, Journal
from feeds.model import Asset
from feeds.role_status import RoleStatus
from incidents.warnings.areas import Places
from incidents.warnings.domain import NAME, WarningDomain
from incidents.warnings.registry import DEFAULT_LIFE, Registry
from maps.regions import table

__all__ = ["NAME", "Command", "WarningsEngine"]

LOOK = 0.25
"""Seconds that the end of a warning, or what another tool sent in, may be seen late."""


class WarningsEngine(JournaledEngine[WarningDomain]):
    """Owns the warnings."""

    def __init__(
        self,
        journal: Journal,
        assets: Mapping[str, Asset],
        *,
        default_life: float = DEFAULT_LIFE,
        reading: Parse = parse_in_thread,
        clock: Clock = wall_clock,
        intake: Intake | None = None,
    ) -> None:
        inbox = Inbox(intake, journal, NAME, clock=clock, look=LOOK) if intake is not None else None
        domain = WarningDomain(assets, default_life=default_life, reading=reading)
        super().__init__(domain, journal, clock=clock, inbox=inbox, look=LOOK)

    @property
    def registry(self) -> Registry:
        return self.domain.registry


class Command:
    """Runs the command role. `default_life` is the life, in seconds, of a warning that names no end."""

    def __init__(
        self,
        bus: Bus,
        journal: Journal,
        assets: Mapping[str, Asset],
        *,
        default_life: float = DEFAULT_LIFE,
        clock: Clock = wall_clock,
        intake: Intake | None = None,
        status: RoleStatus | None = None,
    ) -> None:
        self._bus, self._clock, self._intake, self._status = bus, clock, intake, status
        self._reader = CapReader()
        self.engine = WarningsEngine(
            journal, assets, default_life=default_life, reading=self._reader.parse, clock=clock, intake=intake
        )

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await run_engine(self.engine, self._bus, self._clock, self._status)
        finally:
            await self._reader.close()
            if self._intake is not None:
                await self._intake.close()

    async def reload(self, assets: Mapping[str, Asset]) -> None:
        """Count what warnings affect against another inventory."""
        self.engine.domain.replace(await asyncio.to_thread(Places, table(), assets.values()))
