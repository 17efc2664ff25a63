"""The wall clock is set forward by a year and back under open cases: lights, mornings and silent sources."""

from __future__ import annotations

import pytest

from tests.approvals.rig import CasesRig
from tests.feeds.cases.rig import case_fact

DAY = 86_400.0
YEAR = 365 * DAY


async def set_clock(rig: CasesRig, by: float, *, restarted: bool) -> None:
    """Set the clock of the engine, which runs on or is started anew without knowing by how much."""
    rig.now += by
    if restarted:
        await rig.start()
    else:
        rig.engine.clock_stepped(by, rig.now)
    await rig.step()


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
async def test_a_light_that_turned_while_the_clock_was_ahead_turns_back(rig: CasesRig, restarted: bool) -> None:
    await rig.send(case_fact("1"))
    await rig.hear("2026-05-11T08:59")
    await rig.step()
    before = (await rig.shown())["1"]
    assert before.light == "green"
    await set_clock(rig, YEAR, restarted=False)
    assert (await rig.shown())["1"].light == "green"
    due = rig.engine.domain.next_due()
    assert due is not None
    assert due >= rig.now + 30, "while lights are held nothing is asked without end"
    rig.now += 61
    await rig.settle()
    assert (await rig.shown())["1"].light == "red"
    await set_clock(rig, -YEAR, restarted=restarted)
    rig.now += 61
    await rig.settle()
    after = (await rig.shown())["1"]
    assert (after.light, after.limit_at, after.due) == ("green", before.limit_at, before.due)
    morning = rig.engine.domain.judging.next_moment()
    assert morning is not None
    assert morning <= rig.now + 4 * DAY
    assert await rig.journal.verify() == []


@pytest.mark.parametrize("restarted", [False, True], ids=["running", "restarted"])
async def test_a_source_that_reported_while_the_clock_was_ahead_falls_silent_in_its_time(
    rig: CasesRig, restarted: bool
) -> None:
    await rig.send(case_fact("1"))
    await rig.step()
    rig.now += YEAR
    await rig.hear("2027-05-11T08:59")
    await rig.step()
    await set_clock(rig, -YEAR, restarted=restarted)
    assert rig.engine.domain.open_cases.silent == frozenset()
    rig.now += 901
    await rig.step()
    assert rig.engine.domain.open_cases.silent == {"hall"}
