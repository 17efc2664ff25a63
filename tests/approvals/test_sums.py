"""Sums move with everything that changes a case, also with time; by night they are compared with the rows."""

from __future__ import annotations

from datetime import date

from feeds.cases.figures import month_period, summary
from feeds.cases.reader import CaseReader
from tests.approvals.rig import CasesRig
from tests.feeds.cases.rig import case_fact
from tests.feeds.workdays.books import NATION


async def figures(rig: CasesRig, month: str) -> tuple[int, int, int]:
    """Accepted, done and open at the end of a month."""
    told = await summary(CaseReader(rig.store), month_period(month), date(2026, 11, 28), NATION, {})
    return told["accepted"], told["done"], told["open_end"]


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
