"""Requests of the case domain to the store of cases. The engine carries them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from feeds.cases import schema, sums_check
from feeds.cases.assess import CaseRow
from feeds.cases.contributions import Sums, Used, difference
from feeds.cases.facts import CaseFact, FactSet
from feeds.cases.ledger import AppliedCase, CaseLedger
from feeds.cases.store import CaseEvent, CaseStore
from feeds.workdays.local_time import local_date

if TYPE_CHECKING:
    from feeds.journal import Journal


@dataclass(frozen=True, slots=True)
class LoadOpenCases:
    """Open the ledger and read every open case."""

    ledger: CaseLedger

    async def ask(self, _journal: Journal) -> list[CaseRow]:
        await self.ledger.open()
        return await self.ledger.store.select_rows(schema.record.c.state.in_(("open", "applied")))


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """Rows whose change number is above `seq`, oldest first, at most `limit`."""

    store: CaseStore
    seq: int
    limit: int = 5000

    async def ask(self, _journal: Journal) -> list[CaseRow]:
        table = schema.record
        return await self.store.select_rows(table.c.seq > self.seq, order=table.c.seq, limit=self.limit)


@dataclass(frozen=True, slots=True)
class ApplyFacts:
    """Apply facts in one transaction of the store."""

    ledger: CaseLedger
    facts: Sequence[CaseFact]
    now: float

    async def ask(self, _journal: Journal) -> list[AppliedCase]:
        return await self.ledger.apply(self.facts, self.now)


@dataclass(frozen=True, slots=True)
class WriteLights:
    """Write the lights of rows and their events. `reassessed` are rows before and after that were read again."""

    store: CaseStore
    rows: Sequence[CaseRow]
    events: Sequence[CaseEvent]
    reassessed: Sequence[tuple[CaseRow, CaseRow]]
    now: float

    async def ask(self, _journal: Journal) -> None:
        change: Sums = {}
        for before, after in self.reassessed:
            difference(before, after, change)
        today, rows = local_date(self.now).toordinal(), [after for _, after in self.reassessed]
        await self.store.write_lights(self.rows, self.events, rows, change, today)


@dataclass(frozen=True, slots=True)
class FactsOf:
    """The facts of cases by id."""

    store: CaseStore
    ids: Sequence[int]

    async def ask(self, _journal: Journal) -> dict[int, FactSet]:
        return await self.store.facts_of(self.ids)


@dataclass(frozen=True, slots=True)
class Recount:
    """Assess rows again and write those that differ. The answer is their new rows."""

    ledger: CaseLedger
    rows: Sequence[CaseRow]
    facts: Mapping[int, FactSet]
    now: float

    async def ask(self, _journal: Journal) -> list[CaseRow]:
        return await self.ledger.recount(self.rows, self.facts, self.now)


@dataclass(frozen=True, slots=True)
class Compared:
    """How many cases were compared, and the numbers in the store of those that are missing in the source."""

    compared: int
    missing: list[int]


@dataclass(frozen=True, slots=True)
class CompareNumbers:
    """Compare a range of a system's numbers, those after `after` up to `upto` ("": the end), with the store."""

    store: CaseStore
    system: str
    after: str
    upto: str
    numbers: frozenset[str]
    most: int

    async def ask(self, _journal: Journal) -> Compared:
        compared, missing, last = 0, list[int](), self.after
        while rows := await self.store.numbers_after(self.system, last, self.upto):
            compared += len(rows)
            missing += [id for id, number in rows if number not in self.numbers]
            last = rows[-1][1]
            if len(missing) > self.most:
                break
        return Compared(compared, missing)


@dataclass(frozen=True, slots=True)
class RowsAfter:
    """The next rows by id."""

    store: CaseStore
    after: int
    limit: int

    async def ask(self, _journal: Journal) -> list[CaseRow]:
        return await self.store.select_rows(schema.record.c.id > self.after, limit=self.limit)


@dataclass(frozen=True, slots=True)
class MonthsOfSums:
    """The months that have sums in the store, and these, in order."""

    store: CaseStore
    months: frozenset[int]

    async def ask(self, _journal: Journal) -> list[int]:
        return sorted(self.months | await sums_check.stored_months(self.store))


@dataclass(frozen=True, slots=True)
class CheckSums:
    """Compare the sums of one month with these, and put them right. The answer is the number that differed."""

    store: CaseStore
    month: int
    first_day: int
    months: Sums
    days: Sums
    used: Mapping[Used, int]

    async def ask(self, _journal: Journal) -> int:
        return await sums_check.put_right(self.store, self.month, self.first_day, self.months, self.days, self.used)
