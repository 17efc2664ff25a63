"""Sums move with everything that changes a case, also with time; by night they are compared with the rows."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import delete, select, update

from approvals import sums_check
from feeds.cases import schema
from feeds.cases.figures import month_period, summary
from feeds.cases.reader import CaseReader
from tests.approvals.rig import CasesRig
from tests.feeds.cases.rig import case_fact, many
from tests.feeds.workdays.books import NATION


async def figures(rig: CasesRig, month: str) -> tuple[int, int, int]:
    """Accepted, done and open at the end of a month."""
    shown = await summary(CaseReader(rig.store), month_period(month), date(2026, 11, 28), NATION, {})
    return shown["accepted"], shown["done"], shown["open_end"]


async def test_a_case_that_time_accepts_is_counted_once(rig: CasesRig) -> None:
    await rig.send(case_fact("1", accepted=None, applied="2026-05-11T08:00"))
    await rig.settle()
    assert await figures(rig, "2026-05") == (0, 0, 0)
    await rig.settle("2026-05-19T00:00:01")
    assert await figures(rig, "2026-05") == (1, 0, 1)
    [row] = await rig.store.select_rows()
    assert (row.n, row.started_at is not None, row.plain_day) == (20, True, row.due_day)
    await rig.send(case_fact("1", stamp=2.0, accepted=None, applied="2026-05-11T08:00", ended="2026-05-20T09:00"))
    await rig.settle("2026-05-20T10:00")
    assert await figures(rig, "2026-05") == (1, 1, 0)


async def test_a_night_without_differences_changes_nothing_and_one_with_them_puts_them_right(rig: CasesRig) -> None:
    await rig.send(*many(120, seed=7))
    await rig.settle()
    right = await sums(rig)
    await rig.settle("2026-05-12T03:00:01")
    assert await sums(rig) == right
    assert not [entry for entry in await rig.entries() if entry.name == "sums-mended"]
    month = schema.sum_month
    async with rig.store.store.writing() as connection:
        await connection.execute(update(month).where(month.c.month == 202604).values(accepted=month.c.accepted + 1))
        await connection.execute(delete(schema.sum_day).where(schema.sum_day.c.department == "a"))
        await connection.execute(update(schema.used).values(n=schema.used.c.n + 2))
    assert await sums(rig) != right
    await rig.settle("2026-05-13T03:00:01")
    assert await sums(rig) == right
    [entry] = [entry for entry in await rig.entries() if entry.name == "sums-mended"]
    assert entry.body["differing"] > 10


async def test_facts_that_come_amid_the_check_are_counted_once(rig: CasesRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sums_check, "ROWS_AT_ONCE", 10)
    facts = many(60, seed=8)
    await rig.send(*facts[:70])
    await rig.settle()
    await rig.step("2026-05-12T03:00:01")
    for start in range(70, len(facts), 20):
        await rig.send(*facts[start : start + 20])
        await rig.step()
    await rig.settle()
    assert not rig.engine.domain.sums.busy
    assert not [entry for entry in await rig.entries() if entry.name == "sums-mended"]


async def sums(rig: CasesRig) -> list[set[tuple[object, ...]]]:
    """The rows of all sums that are not 0."""
    tables = []
    async with rig.store.store.reading() as connection:
        for table in (schema.sum_month, schema.sum_day, schema.used):
            rows = (tuple(row) for row in await connection.execute(select(table)))
            tables.append({row for row in rows if any(row[len(table.primary_key.columns) :])})
    return tables
