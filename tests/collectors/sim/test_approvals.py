"""The demo's approvals system: the figures of its documents, through the real collector, store and figures."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from collectors import registry
from collectors.sim.approval_rows import LEFT
from collectors.sim.approvals import ApprovalSystem, MassDue
from feeds.cases.facts import HEARD, CaseFact
from feeds.cases.figures import ageing
from feeds.cases.ledger import CaseLedger
from feeds.cases.reader import CaseQuery, CaseReader
from feeds.cases.store import CaseStore, cases_url
from feeds.workdays.local_time import local_date
from tests.feeds.workdays.books import at
from watchfloor.settings.site_settings import Settings, load

NOW = at("2026-11-27T10:00")
SITE = Path("watchfloor/demo/site")


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """The system on loopback, as of a Friday."""
    system = ApprovalSystem(SITE / "items.csv", lambda: NOW)
    runner = web.AppRunner(system.app("/list"), shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/list"
    await runner.cleanup()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The demo's own settings in a folder of their own."""
    for name in (
        "watchfloor.toml",
        "assets.csv",
        "field.csv",
        "services.csv",
        "cameras.csv",
        "items.csv",
        "departments.csv",
        "resources.csv",
    ):
        (tmp_path / name).write_bytes((SITE / name).read_bytes())
    return load(tmp_path / "watchfloor.toml")


async def test_1581_accepted_1571_done_and_10_open_near_their_limits(
    address: str, settings: Settings, journal_url: str
) -> None:
    from dataclasses import replace

    [source] = [source for source in settings.sources if source.kind == "approvals.rest"]
    feed = registry.feed_class(source.kind)(replace(source, url=address), None)
    result: Any = await feed.fetch(NOW)
    await feed.close()
    facts = [item for item in result.items if isinstance(item, CaseFact) and item.table != HEARD]
    cases = [fact for fact in facts if fact.table == "case"]
    store = CaseStore(cases_url(journal_url), "test")
    await store.open()
    assessor = settings.approvals.assessor()
    ledger = CaseLedger(store, assessor)
    await ledger.open()
    await ledger.apply(facts, NOW)
    reader = CaseReader(store)
    closed = await reader.count(CaseQuery(state=("closed",)))
    still_open = await reader.count(CaseQuery(state=("open",)))
    counted = await ageing(reader, local_date(NOW), assessor.calendar(""), {})
    rows = await store.select_rows()
    departments = {row.department for row in rows}
    slow = await reader.slowest_steps(local_date(NOW).toordinal() - 90, {})
    await store.close()
    assert result.problem == ""
    assert (len(cases), closed, still_open) == (1581, 1571, 10)
    assert (len(assessor.catalogue), len(departments)) == (60, 18)
    expected = {"overdue_1_2": 1, "today": 2, "1": 3, "2_3": 2, "4_5": 1, "6_10": 1}
    assert counted["left"] == expected
    assert sum(expected.values()) == len(LEFT)
    assert len(slow) == 10
    assert {row.step for row in rows if row.state == "open"} == {"承办", "审批", "批准"}
    assert [row.flags for row in rows if row.state == "open" and row.flags] == ["extended"]


def test_the_system_is_the_same_at_every_start_of_a_day() -> None:
    first, second = (ApprovalSystem(SITE / "items.csv", lambda: NOW).rows for _ in range(2))
    assert first == second


def test_a_mass_due_date_adds_cases_that_are_due_today_and_takes_them_back() -> None:
    system = ApprovalSystem(SITE / "items.csv", lambda: NOW)
    before = len(system.rows)
    mass = MassDue(system, "127.0.0.1:1")

    async def states() -> list[int]:
        shown = []
        for act in (mass.stop, mass.stop, mass.start):
            await act()
            added = [row for row in system.rows if row["cd_time"] == "2026-11-27 10:00:00"]
            shown += [len(system.rows) - before, sum(row["cd_operation"] == "D" for row in added)]
        return shown

    assert asyncio.run(states()) == [300, 0, 300, 0, 300, 300]
