"""The approvals role while its store of cases cannot be opened: it runs, says so once, and works when it can."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path

import pytest

from approvals.engine import ApprovalsRole
from feeds.bus import Bus
from feeds.cases.store import CaseStore, cases_url
from feeds.journal import Journal, sqlite_url
from tests.feeds.cases.rig import ASSESSOR, case_fact
from tests.patience import until


async def test_a_damaged_store_of_cases_is_waited_for(
    bus: Bus, journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "feeds.engine.loop")
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "cases.sqlite3").write_bytes(b"no database " * 1000)
    store = CaseStore(cases_url(sqlite_url(folder)), "test")
    role = ApprovalsRole(bus, journal, store, ASSESSOR)
    task = asyncio.create_task(role.run())
    try:
        await until(lambda: "approvals: the store of cases is lost" in caplog.text)
        (folder / "cases.sqlite3").unlink()
        await until(lambda: "approvals: the store of cases is back" in caplog.text)
        assert not task.done()
        await bus.publish("approvals", "case_fact", [case_fact("1")], source="hall-sql")
        await until(lambda: has_cases(store))
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert caplog.text.count("is lost") == 1


async def has_cases(store: CaseStore) -> bool:
    return (await store.last_numbers())[0] > 0
