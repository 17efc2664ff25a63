"""The engine of cases over a real bus, journal and store, driven by hand with a moved clock."""

from __future__ import annotations

from approvals.domain import NAME
from approvals.engine import CasesEngine
from feeds import wire
from feeds.bus import Bus
from feeds.cases.assess import Assessor
from feeds.cases.facts import HEARD, CaseFact
from feeds.cases.sealing import Sealer
from feeds.cases.store import CaseStore
from feeds.journal import Intake, Journal, JournalEntry, Parcel
from feeds.model import Change, Kind
from feeds.model.approvals import ApprovalBoard, ApprovalCase
from tests.feeds.cases.rig import ASSESSOR
from tests.feeds.workdays.books import at

SEALER = Sealer(bytes(32))


class CasesRig:
    """The engine over real stores; `now` is its clock."""

    def __init__(self, bus: Bus, journal: Journal, store: CaseStore, intake: Intake | None = None) -> None:
        self.bus, self.journal, self.store, self.intake = bus, journal, store, intake
        self.now = at("2026-05-11T09:00")
        self.assessor: Assessor = ASSESSOR
        self.cursors: dict[str, str] = {}
        self.commands = 0
        self.engine = self._engine()

    def _engine(self) -> CasesEngine:
        return CasesEngine(
            self.journal, self.store, self.assessor, clock=lambda: self.now, intake=self.intake, sealer=SEALER
        )

    async def start(self) -> None:
        """Start the process anew: another engine on the same stores."""
        self.engine = self._engine()
        self.cursors = await self.engine.open(self.bus)

    async def send(self, *facts: CaseFact, source: str = "hall-sql") -> None:
        """Publish facts as a collector does."""
        await self.bus.publish("approvals", "case_fact", list(facts), source=source)

    async def hear(self, until: str, system: str = "hall") -> None:
        """The source says that it has told everything up to a moment."""
        await self.send(CaseFact(system=system, number="", table=HEARD, stamp=at(until)))

    async def push(self, *facts: CaseFact) -> None:
        """Take facts from another tool as the web role does."""
        assert self.intake is not None
        await self.intake.put(Parcel(target=NAME, kind="cases", at=self.now, body=wire.encode(list(facts))))

    async def step(self, to: str = "") -> None:
        """Let time pass up to a moment, then read and step as the engine's loop does."""
        self.now = at(to) if to else self.now
        entries = await self.bus.read(self.cursors, block=0.001)
        await self.engine.step(entries, self.now)
        for entry in entries:
            self.cursors[entry.stream] = entry.id

    async def settle(self, to: str = "") -> None:
        """Step until nothing is due."""
        await self.step(to)
        while (due := self.engine.domain.next_due()) is not None and due <= self.now:
            await self.step()

    async def shown(self) -> dict[str, ApprovalCase]:
        """The open cases in Redis, by number."""
        records = (await self.bus.state((Kind.CASE,))).records[Kind.CASE]
        return {record.number: record for record in records.values()}

    async def boards(self) -> dict[str, ApprovalBoard]:
        return dict((await self.bus.state((Kind.CASE_BOARD,))).records[Kind.CASE_BOARD])

    async def entries(self) -> list[JournalEntry]:
        return await self.journal.entries(kind="case", limit=10_000)

    async def changes(self) -> list[Change]:
        entries = await self.bus.read({self.bus.keys.changes: "0-0"}, block=0.001, count=100_000)
        return [item for entry in entries for item in entry.items]
