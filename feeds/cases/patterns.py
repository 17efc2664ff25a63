"""Signals over several cases: what no single case shows. Each is a suspicion with its numbers, never a verdict.

Sources: the practice of electronic supervision (退件, 撤件重报, and ends that all fall on the due day).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, func, select

from feeds.cases import schema
from feeds.cases.reader import CaseReader, region_condition
from feeds.cases.words import GROUPS, PERMIT

DAYS = 90
"""Days of ended cases that are looked at, up to today."""
LEAST = 50
"""Ended cases of a department below which nothing is said of it."""
RETURNED_SHARE, RETURNED_TIMES = 0.2, 2.0
"""Share of returned and withdrawn cases of a department, and how many times that of all departments, that is many."""
ON_DUE_SHARE = 0.95
"""Share of cases that end exactly on their due day that is no chance."""
AGAIN_WITHIN = 10
"""Natural days within which a new case of one applicant about the same item follows one taken back at its limit."""
TAKEN_BACK = ("returned", "withdrawn")
MOST = 100
Pattern = dict[str, Any]


async def patterns(reader: CaseReader, today: int, within: str) -> list[Pattern]:
    """The signals of permits in a region ("" for the site): signal, department, n, of, share, keys of cases.

    `today` is a day's ordinal.
    """
    departments = await _departments(reader, today - DAYS, today, within)
    of_departments = [*_many_returned(departments), *_on_due_day(departments)]
    return of_departments + await _again(reader, today - DAYS, today, within)


async def _departments(reader: CaseReader, first: int, last: int, within: str) -> Sequence[Any]:
    """By department: n ended, taken back, with a due day in working days, and ended on it."""
    table = schema.record
    timed = and_(table.c.due_day.is_not(None), table.c.unit == "working_days", table.c.kind != "instant")
    columns = {
        "n": func.count(),
        "back": func.sum(case((table.c.result.in_(TAKEN_BACK), 1), else_=0)),
        "timed": func.sum(case((timed, 1), else_=0)),
        "on_due": func.sum(case((and_(timed, table.c.ended_day == table.c.due_day), 1), else_=0)),
    }
    statement = select(table.c.department, *(column.label(name) for name, column in columns.items()))
    statement = statement.where(*_ended(table, first, last, within)).group_by(table.c.department)
    return await reader.rows(statement.order_by(table.c.department))


def _ended(table: Any, first: int, last: int, within: str) -> list[Any]:
    where = [table.c.ended_day.between(first, last), table.c.state == "closed", table.c.kind.in_(GROUPS[PERMIT])]
    region = region_condition(table.c.region, within)
    return where if region is None else [*where, region]


def _many_returned(departments: Sequence[Any]) -> list[Pattern]:
    total = sum(row.n for row in departments)
    usual = sum(row.back for row in departments) / total if total else 0.0
    return [
        _pattern("many_returned", row.department, row.back, row.n)
        for row in departments
        if row.n >= LEAST and row.back / row.n >= max(RETURNED_SHARE, min(1.0, RETURNED_TIMES * usual))
    ]


def _on_due_day(departments: Sequence[Any]) -> list[Pattern]:
    return [
        _pattern("on_due_day", row.department, row.on_due, row.timed)
        for row in departments
        if row.timed >= LEAST and row.on_due / row.timed >= ON_DUE_SHARE
    ]


def _pattern(signal: str, department: str, n: int, of: int, keys: Sequence[int] = ()) -> Pattern:
    share = round(n / of, 4) if of else None
    return {"signal": signal, "department": department, "n": int(n), "of": int(of), "share": share, "keys": list(keys)}


async def _again(reader: CaseReader, first: int, last: int, within: str) -> list[Pattern]:
    """Cases taken back within a day of their limit that the same applicant handed in again (撤件重报)."""
    pairs: dict[tuple[int, int], str] = {}
    for names in (("id_mac",), ("name_mac", "phone_mac")):
        pairs |= await _pairs(reader, names, first, last, within)
    by_department: dict[str, list[int]] = {}
    for pair in sorted(pairs):
        by_department.setdefault(pairs[pair], []).extend(key for key in pair)
    return [
        _pattern("handed_in_again", department, len(keys) // 2, 0, list(dict.fromkeys(keys)))
        for department, keys in sorted(by_department.items())
    ]


async def _pairs(
    reader: CaseReader, names: Sequence[str], first: int, last: int, within: str
) -> dict[tuple[int, int], str]:
    """Pairs of a case taken back and one that follows, whose applicants have equal digests. With the department."""
    back, again = schema.record.alias("back"), schema.record.alias("again")
    first_person, second_person = schema.person.alias("one"), schema.person.alias("other")
    equal = [
        condition
        for name in names
        for condition in (first_person.c[name] == second_person.c[name], first_person.c[name] != "")
    ]
    statement = (
        select(back.c.id, again.c.id, back.c.department)
        .join(first_person, first_person.c.case_id == back.c.id)
        .join(second_person, and_(*equal, second_person.c.case_id != back.c.id))
        .join(again, again.c.id == second_person.c.case_id)
        .where(
            *_ended(back, first, last, within),
            back.c.result.in_(TAKEN_BACK),
            back.c.due_day.is_not(None),
            back.c.ended_day >= back.c.due_day - 1,
            again.c.item == back.c.item,
            again.c.state != "deleted",
            again.c.day0.between(back.c.ended_day, back.c.ended_day + AGAIN_WITHIN),
        )
        .limit(MOST)
    )
    return {(int(row[0]), int(row[1])): row[2] for row in await reader.rows(statement)}
