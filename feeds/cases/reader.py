"""Read access to the store of cases: windows of lists, single cases, sums, histograms and steps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, and_, case, false, func, or_, select, text, tuple_

from feeds.cases import schema
from feeds.cases.assess import CaseRow
from feeds.cases.contributions import MEASURES, PART
from feeds.cases.facts import FactSet
from feeds.cases.ranks import nearest_rank
from feeds.cases.store import CaseStore, case_row
from feeds.cases.words import FINISHED
from feeds.journal.connections import translated
from feeds.regions import prefix

OPEN = ("open", "applied")
NO_DAY = 9_999_999
"""The sort value of a case without a day."""
STEP_SAMPLE = 20
"""Steps with fewer visits than this are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """Conditions of a list of cases. A tuple holds alternatives; an empty one matches any value."""

    state: tuple[str, ...] = OPEN
    light: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    item: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    step: tuple[str, ...] = ()
    region: str = ""
    within: str = ""
    """The region of the asker; "" sees every region."""
    paused: bool | None = None
    parent: str = ""
    due: tuple[int, int] | None = None
    """The first and the last due day, as ordinals. Suspended cases have none."""


def region_condition(column: Any, region: str) -> ColumnElement[bool] | None:
    """Rows in a region or below it; None for the whole site."""
    if not region:
        return None
    digits = prefix(region)
    condition = column.like(f"{digits}%") if digits else false()
    return cast("ColumnElement[bool]", condition)


def conditions(query: CaseQuery) -> list[Any]:
    """The conditions of a query on `schema.record`."""
    table = schema.record
    where: list[Any] = []
    if query.state == OPEN:
        where.append(text(schema.OPEN_CASES))
    elif query.state:
        where.append(table.c.state.in_(query.state))
    for name in ("light", "department", "item", "kind", "step"):
        if values := getattr(query, name):
            where.append(table.c[name].in_(values))
    for region in (query.region, query.within):
        if (condition := region_condition(table.c.region, region)) is not None:
            where.append(condition)
    if query.paused is not None:
        is_paused = table.c.flags.like("%paused%")
        where.append(is_paused if query.paused else ~is_paused)
    if query.parent:
        where.append(table.c.parent == query.parent)
    if query.due is not None:
        where.append(table.c.due_day.between(*query.due))
    return where


class CaseReader:
    """Reads a store. Raises CasesLost."""

    def __init__(self, store: CaseStore) -> None:
        self.store = store

    async def rows(self, statement: Any) -> Sequence[Any]:
        """The rows of a statement."""
        async with self.store.store.reading() as connection:
            with translated(OSError):
                return (await connection.execute(statement)).all()

    # -- cases -------------------------------------------------------------------

    async def window(
        self, query: CaseQuery, *, sort: str = "due", after: tuple[float, int] | None = None, limit: int = 200
    ) -> list[CaseRow]:
        """One window of a list, ordered by `sort` and id; `after`: sort value and id of the last row seen."""
        if sort == "due":
            return await self._by_due(query, after, limit)
        table = schema.record
        key: Any = {
            "accepted": func.coalesce(table.c.day0, NO_DAY),
            "ended": func.coalesce(-table.c.ended_day, 0),
            "changed": -table.c.changed_at,
        }[sort]
        statement = select(table).where(*conditions(query)).order_by(key, table.c.id).limit(limit)
        if after is not None:
            statement = statement.where(tuple_(key, table.c.id) > after)
        return [case_row(row) for row in await self.rows(statement)]

    async def _by_due(self, query: CaseQuery, after: tuple[float, int] | None, limit: int) -> list[CaseRow]:
        """A window by due day. Cases without one follow by a question of their own: the index does not order them."""
        table, where = schema.record, conditions(query)
        rows: list[CaseRow] = []
        if after is None or after[0] < NO_DAY:
            due = select(table).where(*where, table.c.due_day.is_not(None))
            if after is not None:
                due = due.where(tuple_(table.c.due_day, table.c.id) > (int(after[0]), after[1]))
            dated = await self.rows(due.order_by(table.c.due_day, table.c.id).limit(limit))
            rows, after = [case_row(row) for row in dated], None
        if len(rows) < limit:
            without = select(table).where(*where, table.c.due_day.is_(None))
            if after is not None:
                without = without.where(table.c.id > after[1])
            rows += [case_row(row) for row in await self.rows(without.order_by(table.c.id).limit(limit - len(rows)))]
        return rows

    async def count(self, query: CaseQuery) -> int:
        """The number of cases that match a query."""
        statement = select(func.count()).select_from(schema.record).where(*conditions(query))
        return int((await self.rows(statement))[0][0])

    async def find(self, key: int) -> tuple[CaseRow, FactSet] | None:
        """One case by its number in the store, with its facts."""
        rows = await self.store.select_rows(schema.record.c.id == key)
        if not rows:
            return None
        facts = await self.store.facts_of([key])
        return rows[0], facts.get(key, FactSet())

    async def by_number(self, number: str, limit: int = 20) -> list[CaseRow]:
        """Cases with exactly that number, or with an alias of that value."""
        table, alias = schema.record, schema.alias
        named = select(alias.c.case_id).where(alias.c.value == number)
        return await self.store.select_rows(or_(table.c.number == number, table.c.id.in_(named)), limit=limit)

    async def by_person(self, field: str, mac: str, within: str = "", limit: int = 50) -> list[CaseRow]:
        """Cases in a region ("" for all) with an applicant whose `field` (name, id, phone) has that keyed digest."""
        table, person = schema.record, schema.person
        having = select(person.c.case_id).where(person.c[f"{field}_mac"] == mac)
        where = [table.c.id.in_(having), table.c.state != "deleted"]
        if (condition := region_condition(table.c.region, within)) is not None:
            where.append(condition)
        return await self.store.select_rows(*where, limit=limit, order=table.c.id.desc())

    async def sealed(self, key: int) -> dict[str, bytes]:
        """The sealed personal values of a case, by the fact that brought them."""
        table = schema.person
        rows = await self.rows(select(table.c.slot, table.c.sealed).where(table.c.case_id == key))
        return {row.slot: row.sealed for row in rows}

    async def events(self, key: int, limit: int = 500) -> list[dict[str, Any]]:
        """Events of a case, oldest first: name, at, seen, cause, body."""
        table = schema.event
        rows = await self.rows(select(table).where(table.c.case_id == key).order_by(table.c.seq).limit(limit))
        return [
            {"name": row.name, "at": row.at, "seen": row.seen, "cause": row.cause, "body": json.loads(row.body)}
            for row in rows
        ]

    # -- figures -----------------------------------------------------------------

    async def sums(
        self, table: Any, first: int, last: int, by: Sequence[str] = (), where: Mapping[str, Any] | None = None
    ) -> dict[tuple[Any, ...], Counter[str]]:
        """Measures of the days or months from `first` to `last`, by some columns of the table."""
        period = table.c[next(iter(table.primary_key)).name]
        groups = [table.c[name] for name in by]
        statement = select(*groups, *(func.sum(table.c[measure]).label(measure) for measure in MEASURES))
        statement = statement.where(period >= first, period <= last, *self._narrowed(table, where or {}))
        rows = await self.rows(statement.group_by(*groups))
        sums = {}
        for row in rows:
            values = Counter({measure: int(getattr(row, measure) or 0) for measure in MEASURES})
            sums[tuple(row[: len(by)])] = values
        return sums

    def _narrowed(self, table: Any, where: Mapping[str, Any]) -> list[ColumnElement[bool]]:
        narrowed: list[ColumnElement[bool]] = []
        for name, value in where.items():
            if not value:
                continue
            if name in ("region", "within"):
                condition = region_condition(table.c.region, value)
                narrowed += [condition] if condition is not None else []
            else:
                narrowed.append(table.c[name].in_([value] if isinstance(value, str) else value))
        return narrowed

    async def used(self, first: int, last: int, where: Mapping[str, Any], *, parts: bool) -> Counter[int]:
        """Numbers of finished cases by working days used, over months. `where` may name department and kind.

        `parts`: whether the parts of joint cases count.
        """
        table = schema.used
        narrowed = [table.c.month >= first, table.c.month <= last, *self._narrowed(table, where)]
        if not parts:
            narrowed.append(table.c.kind != PART)
        statement = select(table.c.used, func.sum(table.c.n)).where(*narrowed).group_by(table.c.used)
        return Counter({int(row[0]): int(row[1]) for row in await self.rows(statement)})

    async def used_of_records(self, first: int, last: int, where: Mapping[str, Any], *, parts: bool) -> Counter[int]:
        """Like `used`, counted from the rows of the cases, by days (ordinals) and any condition.

        It reads every row of the period, which the histograms of `used` spare; those are kept without item and region.
        """
        table = schema.record
        kind = case((table.c.parent != "", PART), else_=table.c.kind)
        counted = [
            table.c.ended_day >= first,
            table.c.ended_day <= last,
            table.c.state == "closed",
            table.c.unit == "working_days",
            table.c.result.in_(sorted(FINISHED)),
            table.c.used.is_not(None),
            *self._narrowed(table, {name: value for name, value in where.items() if name != "kind"}),
        ]
        if kinds := where.get("kind"):
            counted.append(kind.in_(kinds))
        if not parts:
            counted.append(kind != PART)
        statement = select(table.c.used, func.count()).where(*counted).group_by(table.c.used)
        return Counter({int(row[0]): int(row[1]) for row in await self.rows(statement)})

    async def open_by_due(self, where: Mapping[str, Any]) -> list[tuple[int | None, int | None, str, str, int]]:
        """Open cases by due day, day 0, light and flags: due_day, day0, light, flags, count."""
        table = schema.record
        columns = (table.c.due_day, table.c.day0, table.c.light, table.c.flags)
        statement = select(*columns, func.count()).where(table.c.state.in_(OPEN), *self._narrowed(table, where))
        return [(row[0], row[1], row[2], row[3], int(row[4])) for row in await self.rows(statement.group_by(*columns))]

    async def slowest_steps(self, since: int, where: Mapping[str, Any], limit: int = 10) -> list[dict[str, Any]]:
        """Steps by mean office time of their visits since a day, slowest first, with median and 90th percentile.

        `where` may name department, item, region and within; the region of a visit is that of its case.
        """
        table = schema.step
        narrowed = {name: value for name, value in where.items() if name in ("department", "item")}
        base = [table.c.ended_day >= since, *self._narrowed(table, narrowed)]
        regions = {name: value for name, value in where.items() if name in ("region", "within") and value}
        if regions:
            cases = select(schema.record.c.id).where(*self._narrowed(schema.record, regions))
            base.append(table.c.case_id.in_(cases))
        statement = (
            select(
                table.c.item,
                table.c.name,
                func.count(table.c.minutes).label("n"),
                func.avg(table.c.minutes).label("mean"),
                func.count().label("visits"),
                func.sum(table.c.minutes).label("total"),
            )
            .where(*base)
            .group_by(table.c.item, table.c.name)
            .having(func.count(table.c.minutes) >= STEP_SAMPLE)
            .order_by(func.avg(table.c.minutes).desc())
            .limit(limit)
        )
        steps = []
        for row in await self.rows(statement):
            same = and_(table.c.item == row.item, table.c.name == row.name, table.c.minutes.is_not(None), *base)
            values = sorted(int(value[0]) for value in await self.rows(select(table.c.minutes).where(same)))
            over = await self.rows(select(func.count()).where(same, table.c.over.is_(True)))
            steps.append(
                {
                    "item": row.item,
                    "step": row.name,
                    "n": int(row.n),
                    "unknown_end": int(row.visits) - int(row.n),
                    "mean_minutes": round(float(row.mean), 1),
                    "median_minutes": nearest_rank(values, 0.5),
                    "p90_minutes": nearest_rank(values, 0.9),
                    "over_limit": int(over[0][0]),
                }
            )
        return steps
