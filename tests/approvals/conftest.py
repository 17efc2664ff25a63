"""The engine of cases over an open store."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from feeds.bus import Bus
from feeds.cases.store import CaseStore, cases_url
from feeds.journal import Intake, Journal
from tests.approvals.rig import CasesRig


@pytest.fixture
async def store(journal_url: str) -> AsyncIterator[CaseStore]:
    opened = CaseStore(cases_url(journal_url), "test")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def rig(bus: Bus, journal: Journal, store: CaseStore, intake: Intake) -> CasesRig:
    started = CasesRig(bus, journal, store, intake)
    await started.start()
    return started
