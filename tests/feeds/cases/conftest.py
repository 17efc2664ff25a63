"""An open store of cases and its ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from feeds.cases.ledger import CaseLedger
from feeds.cases.store import CaseStore, cases_url
from tests.feeds.cases.rig import ASSESSOR


@pytest.fixture
async def store(journal_url: str) -> AsyncIterator[CaseStore]:
    opened = CaseStore(cases_url(journal_url), "test")
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
async def ledger(store: CaseStore) -> CaseLedger:
    opened = CaseLedger(store, ASSESSOR)
    await opened.open()
    return opened
