"""The approvals role: the engine of cases, and its runner."""

from __future__ import annotations

from approvals.domain import NAME, CaseDomain
from feeds.bus import Bus
from feeds.cases.assess import Assessor
from feeds.cases.ledger import CaseLedger
from feeds.cases.sealing import Sealer
from feeds.cases.store import CaseStore
from feeds.clock import Clock
from feeds.clock import now as wall_clock
from feeds.engine import run_engine
from feeds.engine.inbox import Inbox
from feeds.engine.journaled import JournaledEngine
from feeds.journal import Intake, Journal
from feeds.role_status import RoleStatus

"""Maximum delay of a pushed case, seconds."""


class CasesEngine(JournaledEngine[CaseDomain]):
    """The engine of cases."""

    def __init__(
        self,
        journal: Journal,
        store: CaseStore,
        assessor: Assessor,
        *,
        clock: Clock = wall_clock,
        intake: Intake | None = None,
        sealer: Sealer | None = None,
    ) -> None:
        inbox = Inbox(intake, journal, NAME, clock=clock) if intake is not None else None
        domain = CaseDomain(CaseLedger(store, assessor), assessor.catalogue.departments, sealer)
        super().__init__(domain, journal, clock=clock, inbox=inbox)
        self._store = store

    async def open(self, bus: Bus) -> dict[str, str]:
        """Open the store of cases first. While it is damaged or locked, `run_engine` tries again."""
        await self._store.open()
        return await super().open(bus)


class ApprovalsRole:
    """Runs the approvals role."""

    def __init__(
        self,
        bus: Bus,
        journal: Journal,
        store: CaseStore,
        assessor: Assessor,
        *,
        clock: Clock = wall_clock,
        intake: Intake | None = None,
        status: RoleStatus | None = None,
        sealer: Sealer | None = None,
    ) -> None:
        self._bus, self._clock, self._intake, self._status, self._store = bus, clock, intake, status, store
        self.engine = CasesEngine(journal, store, assessor, clock=clock, intake=intake, sealer=sealer)

    async def reload(self, assessor: Assessor) -> None:
        """Use other calendars and items from the next step on."""
        self.engine.domain.replace(assessor)

    async def run(self) -> None:
        """Run until cancelled."""
        try:
            await run_engine(self.engine, self._bus, self._clock, self._status)
        finally:
            await self._store.close()
            if self._intake is not None:
                await self._intake.close()
