"""The store of cases in SQL. Rows, facts, events and sums change in one transaction.

With SQLite it is a file of its own beside the journal. With PostgreSQL its tables are in the journal's database, under
a writers' lock of their own. The role `approvals` is its only writer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import add, attrgetter
from typing import Any

import msgspec
from sqlalchemy import Table, bindparam, delete, func, insert, select, update

from feeds.cases import schema
from feeds.cases.assess import CaseRow
from feeds.cases.contributions import MEASURES, Sums, month_of, used_cell
from feeds.cases.facts import FactSet
from feeds.fencing import Fence
from feeds.journal import JournalLost
from feeds.journal.companions import companion_url, open_companion
from feeds.journal.connections import Store, translated
from feeds.journal.sqlalchemy_core import AsyncConnection, insert_many, upsert_of

LOCK = 0x57464341
"""PostgreSQL advisory lock of its writers; the journal's is another one."""
PRAGMAS = ("cache_size=-24000", "wal_autocheckpoint=8000")
"""Settings of each SQLite connection: 24 MB of pages in memory, and a checkpoint every 32 MB. A full load touches the
sums and indexes everywhere; with the defaults of 2 MB and 4 MB it slows down by half."""
AT_ONCE = 900
"""Keys in one statement."""
DAYS_KEPT = 400
"""Days of the sums by day."""


class CasesLost(JournalLost):
    """The store of cases cannot be reached; try again."""

    store = "the store of cases"


def cases_url(journal_url: str) -> str:
    """URL of the store that belongs to a journal: `cases.sqlite3` beside a SQLite journal, else its database."""
    return companion_url(journal_url, "cases.sqlite3")


@dataclass(slots=True, kw_only=True)
class CaseWrite:
    """Everything about one case that a transaction writes. `before` is the row that stands, None for a new case.

    `steps` None leaves the visits as they are. `persons` are sealed values by slot with their digests.
    """

    before: CaseRow | None
    after: CaseRow
    facts: FactSet
    aliases: Mapping[str, str] = field(default_factory=dict)
    persons: Mapping[str, tuple[bytes, Mapping[str, str]]] = field(default_factory=dict)
    steps: Sequence[Mapping[str, Any]] | None = None
    events: Sequence[CaseEvent] = ()


class CaseEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that became true of a case at `at` and was seen at `seen`. `body` is JSON-able."""

    case_id: int = 0
    at: float
    seen: float
    name: str
    cause: str = ""
    body: dict[str, Any] = {}


class CaseStore:
    """One process's access. Raises feeds.journal's errors; with a fence, writes may raise Fenced."""

    def __init__(self, url: str, name: str, fence: Fence | None = None) -> None:
        self.store = Store(url, name, marks=schema.mark, lock=LOCK, lost=CasesLost, pragmas=PRAGMAS)
        self._fence = fence
        self._upsert = upsert_of(is_sqlite=self.store.is_sqlite)

    def connect(self) -> None:
        """Prepare for reading; the first use connects."""
        self.store.open()

    async def open(self) -> None:
        """Connect, create or migrate the tables, and fence off earlier writers. Raises StoreRefused, Fenced."""
        await open_companion(self.store, schema.BOOK, schema.mark, self._fence)

    async def close(self) -> None:
        await self.store.close()

    # -- reading for the writer --------------------------------------------------------

    async def find_all(self, identities: Sequence[tuple[str, str]]) -> dict[tuple[str, str], tuple[CaseRow, FactSet]]:
        """Rows and facts by system and number; identities that the store does not have are left out."""
        rows: dict[tuple[str, str], CaseRow] = {}
        table = schema.record
        numbers: dict[str, list[str]] = defaultdict(list)  # SQLite reads the whole index for pairs in a list
        for system, number in identities:
            numbers[system].append(number)
        async with self.store.reading() as connection:
            with translated(OSError):
                for system, of_system in numbers.items():
                    for start in range(0, len(of_system), AT_ONCE):
                        batch = of_system[start : start + AT_ONCE]
                        statement = select(table).where(table.c.system == system, table.c.number.in_(batch))
                        rows |= {(row.system, row.number): case_row(row) for row in await connection.execute(statement)}
                facts = await _facts(connection, [row.id for row in rows.values()])
        return {identity: (row, facts.get(row.id) or FactSet()) for identity, row in rows.items()}

    async def facts_of(self, ids: Sequence[int]) -> dict[int, FactSet]:
        """The facts of cases by id."""
        async with self.store.reading() as connection:
            with translated(OSError):
                return await _facts(connection, ids)

    async def select_rows(self, *where: Any, limit: int | None = None, order: Any = None) -> list[CaseRow]:
        """Rows by conditions on `schema.record`, ordered by `order` or by id."""
        statement = select(schema.record).where(*where).order_by(schema.record.c.id if order is None else order)
        async with self.store.reading() as connection:
            with translated(OSError):
                return [case_row(row) for row in await connection.execute(statement.limit(limit))]

    async def numbers_after(self, system: str, after: str, upto: str, limit: int = 5000) -> list[tuple[int, str]]:
        """Ids and numbers of a system's cases that are not deleted, in the order of code points; `upto` "": the end."""
        table = schema.record
        number: Any = table.c.number if self.store.is_sqlite else table.c.number.collate("C")
        where = [table.c.system == system, number > after, table.c.state.in_(("open", "applied", "closed"))]
        if upto:
            where.append(number <= upto)
        statement = select(table.c.id, table.c.number).where(*where).order_by(number).limit(limit)
        async with self.store.reading() as connection:
            with translated(OSError):
                return [(int(row.id), str(row.number)) for row in await connection.execute(statement)]

    async def last_numbers(self) -> tuple[int, int]:
        """The greatest id and the greatest change number, 0 for an empty store."""
        table = schema.record
        async with self.store.reading() as connection:
            with translated(OSError):
                row = (await connection.execute(select(func.max(table.c.id), func.max(table.c.seq)))).one()
                return int(row[0] or 0), int(row[1] or 0)

    # -- writing -----------------------------------------------------------------------

    async def write(self, writes: Sequence[CaseWrite], change: Sums, today: int) -> None:
        """One transaction: rows, facts, personal values, visits, events and sums. `today` is a day's ordinal."""
        async with self.store.writing() as connection:
            with translated(OSError):
                await self._rows(connection, writes)
                await self._people(connection, writes)
                await self._visits(connection, writes)
                await insert_events(connection, [event for write in writes for event in write.events])
                await self._sums(connection, change, today)
                await self._histogram(connection, writes)

    async def write_lights(
        self,
        rows: Sequence[CaseRow],
        events: Sequence[CaseEvent],
        reassessed: Sequence[CaseRow] = (),
        change: Sums | None = None,
        today: int = 0,
    ) -> None:
        """One transaction: lights of rows, reassessed rows as a whole with the change of their sums, and events."""
        table = schema.record
        names = ("light", "next_at", "seq")
        statement = update(table).where(table.c.id == bindparam("row_id"))
        statement = statement.values({name: bindparam(f"new_{name}") for name in names})
        async with self.store.writing() as connection:
            with translated(OSError):
                values = [{"row_id": row.id} | {f"new_{name}": getattr(row, name) for name in names} for row in rows]
                if values:
                    await connection.execute(statement, values)
                altered = [*map(_columns_of, reassessed)]
                await insert_many(connection, self._replacing(schema.record, ["id"]), altered)
                await self._sums(connection, change or {}, today)
                await insert_events(connection, events)

    async def erase(self, case_id: int) -> int:
        """Delete the personal values of one case. Returns how many rows of them there were."""
        table = schema.person
        async with self.store.writing() as connection:
            with translated(OSError):
                return int((await connection.execute(delete(table).where(table.c.case_id == case_id))).rowcount)

    async def _rows(self, connection: AsyncConnection, writes: Sequence[CaseWrite]) -> None:
        fresh = [_columns_of(write.after) for write in writes if write.before is None]
        altered = [_columns_of(write.after) for write in writes if write.before is not None]
        await insert_many(connection, insert(schema.record), fresh)
        await insert_many(connection, self._replacing(schema.record, ["id"]), altered)
        bodies = [(write.after.id, write.facts.dump()) for write in writes]
        await insert_many(connection, self._replacing(schema.fact, ["case_id"]), bodies)
        aliases = [
            {"value": value, "kind": kind, "case_id": write.after.id}
            for write in writes
            for kind, value in write.aliases.items()
        ]
        if aliases:
            await connection.execute(self._upsert(schema.alias).on_conflict_do_nothing(), aliases)

    async def _people(self, connection: AsyncConnection, writes: Sequence[CaseWrite]) -> None:
        rows = [
            {"case_id": write.after.id, "slot": slot, "sealed": sealed}
            | {f"{name}_mac": macs.get(name, "") for name in ("name", "id", "phone")}
            for write in writes
            for slot, (sealed, macs) in write.persons.items()
        ]
        if rows:
            await connection.execute(self._replacing(schema.person, ["case_id", "slot"]), rows)

    async def _visits(self, connection: AsyncConnection, writes: Sequence[CaseWrite]) -> None:
        altered = [write for write in writes if write.steps is not None]
        old = [write.after.id for write in altered if write.before is not None]
        for start in range(0, len(old), AT_ONCE):
            await connection.execute(delete(schema.step).where(schema.step.c.case_id.in_(old[start : start + AT_ONCE])))
        rows = [{"case_id": write.after.id, **visit} for write in altered for visit in write.steps or ()]
        if rows:
            await connection.execute(insert(schema.step), rows)

    async def _sums(self, connection: AsyncConnection, change: Sums, today: int) -> None:
        days: list[tuple[Any, ...]] = []
        months: dict[tuple[Any, ...], list[int]] = {}
        for (day, *rest), values in change.items():
            if not any(values):
                continue
            if day >= today - DAYS_KEPT:
                days.append((day, *rest, *values))
            key = (month_of(day), *rest)
            sums = months.get(key)
            months[key] = list(values) if sums is None else [*map(add, sums, values)]
        await self._add(connection, schema.sum_day, sorted(days))
        await self._add(connection, schema.sum_month, [(*key, *values) for key, values in sorted(months.items())])

    async def _add(self, connection: AsyncConnection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
        """Add rows of keys and measures to the sums that stand."""
        if rows:
            statement = self._upsert(table)
            added = {measure: table.c[measure] + statement.excluded[measure] for measure in MEASURES}
            keys = [column.name for column in table.primary_key]
            await insert_many(connection, statement.on_conflict_do_update(index_elements=keys, set_=added), rows)

    async def _histogram(self, connection: AsyncConnection, writes: Sequence[CaseWrite]) -> None:
        change: Counter[tuple[int, str, str, int]] = Counter()
        for write in writes:
            if write.before is not None and (cell := used_cell(write.before)):
                change[cell] -= 1
            if cell := used_cell(write.after):
                change[cell] += 1
        names = ("month", "department", "kind", "used")
        rows = [dict(zip(names, cell, strict=True)) | {"n": n} for cell, n in sorted(change.items()) if n]
        if rows:
            statement = self._upsert(schema.used)
            added = {"n": schema.used.c.n + statement.excluded.n}
            await connection.execute(statement.on_conflict_do_update(index_elements=list(names), set_=added), rows)

    def _replacing(self, table: Table, keys: list[str]) -> Any:
        """An insert that replaces the row of the same key."""
        statement = self._upsert(table)
        new = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=new)


_columns_of: Callable[[CaseRow], tuple[Any, ...]] = attrgetter(*(column.name for column in schema.record.columns))
"""The values of a row in the order of the table's columns."""


def case_row(row: Any) -> CaseRow:
    """A row of `schema.record` as a CaseRow."""
    return CaseRow(**row._mapping)


async def _facts(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, FactSet]:
    table = schema.fact
    facts: dict[int, FactSet] = {}
    for start in range(0, len(ids), AT_ONCE):
        statement = select(table).where(table.c.case_id.in_(ids[start : start + AT_ONCE]))
        facts |= {row.case_id: FactSet.load(row.body) for row in await connection.execute(statement)}
    return facts


async def insert_events(connection: AsyncConnection, events: Sequence[CaseEvent]) -> None:
    """Append events in a transaction."""
    rows = [
        {
            "case_id": event.case_id,
            "at": event.at,
            "seen": event.seen,
            "name": event.name,
            "cause": event.cause,
            "body": msgspec.json.encode(event.body).decode(),
        }
        for event in events
    ]
    if rows:
        await connection.execute(insert(schema.event), rows)
