"""The engine of cases over an open store."""

from __future__ import annotations

import pytest

from feeds.bus import Bus
from feeds.cases.store import CaseStore
from feeds.journal import Intake, Journal
from tests.approvals.rig import CasesRig
from tests.feeds.cases.conftest import store

__all__ = ["rig", "store"]


@pytest.fixture
async def rig(bus: Bus, journal: Journal, store: CaseStore, intake: Intake) -> CasesRig:
    started = CasesRig(bus, journal, store, intake)
    await started.start()
    return started
