"""Sweeps through the engine: cases that a source does not have any more, held sweeps, and what people do about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from feeds.cases.facts import SWEEP, CaseFact
from feeds.journal import JournalEntry
from feeds.model import Command, Outcome
from tests.approvals.rig import CasesRig
from tests.feeds.cases.rig import case_fact
from tests.feeds.workdays.books import at

BEGAN = at("2026-05-11T10:00")


def of_source(*facts: CaseFact, source: str = "hall-sql") -> list[CaseFact]:
    return [msgspec.structs.replace(fact, source=source, at=at("2026-05-11T09:00")) for fact in facts]


def sweep(numbers: Sequence[str], *, size: int = 5000, **changes: Any) -> list[CaseFact]:
    """The parts of a sweep of these numbers."""
    chunks = [list(numbers[start : start + size]) for start in range(0, len(numbers), size)] or [[]]
    facts, after = [], ""
    for part, chunk in enumerate(chunks):
        last = part == len(chunks) - 1
        bounds = {"after": after, "upto": "" if last else chunk[-1]}
        body = {"since": 0.5, "by": "changed", "began": BEGAN, "hold": 0.01, "part": part, "last": last, **bounds}
        body |= {"numbers": chunk, **changes}
        facts.append(CaseFact(system="hall", number="", table=SWEEP, body=body, source="hall-sql", at=BEGAN))
        after = str(bounds["upto"])
    return facts


async def swept(rig: CasesRig) -> list[JournalEntry]:
    return await rig.journal.entries(kind="sweep", limit=100)


async def filled(rig: CasesRig, count: int) -> list[str]:
    numbers = [f"N{n:04}" for n in range(count)]
    await rig.send(*of_source(*(case_fact(number) for number in numbers)))
    await rig.settle()
    return numbers


@pytest.mark.parametrize("size", [5000, 3])
async def test_a_case_that_the_source_does_not_have_any_more_is_deleted_and_comes_back(
    rig: CasesRig, size: int
) -> None:
    numbers = await filled(rig, 10)
    await rig.send(*sweep([number for number in numbers if number != "N0004"], size=size))
    await rig.settle("2026-05-11T10:01")
    assert sorted(await rig.shown()) == [number for number in numbers if number != "N0004"]
    [entry] = await swept(rig)
    assert (entry.name, entry.body) == ("swept", {"system": "hall", "compared": 10, "missing": 1, "held": False})
    again = msgspec.structs.replace(of_source(case_fact("N0004"))[0], at=at("2026-05-11T10:05"))
    await rig.send(again)
    await rig.settle("2026-05-11T10:06")
    assert sorted(await rig.shown()) == numbers


async def test_cases_outside_the_window_of_other_sources_and_newer_than_the_sweep_stay(rig: CasesRig) -> None:
    numbers = await filled(rig, 5)
    await rig.send(*of_source(case_fact("other"), source="push"))
    await rig.send(*of_source(case_fact("old", stamp=0.2)))
    await rig.send(msgspec.structs.replace(of_source(case_fact("late"))[0], at=BEGAN + 1))
    await rig.send(*sweep(numbers))
    await rig.settle("2026-05-11T10:01")
    assert sorted(await rig.shown()) == [*numbers, "late", "old", "other"]


async def test_a_truncated_table_deletes_nothing_until_a_supervisor_applies_it(rig: CasesRig) -> None:
    numbers = await filled(rig, 20)
    await rig.send(*sweep([]))
    await rig.settle("2026-05-11T10:01")
    assert len(await rig.shown()) == 20
    [held] = rig.engine.domain.sweeps.held
    assert (held.id, held.missing, held.compared) == ("hall-sql", 20, 20)

    await rig.start()  # a restart keeps it
    command = Command(
        id="c1",
        action="sweep:apply",
        subject="hall-sql",
        actor="li",
        role="duty",
        actor_region="",
        at=rig.now,
        valid_until=rig.now + 10,
        reason="系统已停用",
        args={"supervises": False},
    )
    assert rig.engine.domain.obey(command, rig.now).outcome is Outcome.FORBIDDEN
    allowed = replace(command, args={"supervises": True})
    assert rig.engine.domain.obey(replace(allowed, reason=""), rig.now).outcome is Outcome.INVALID
    assert rig.engine.domain.obey(allowed, rig.now).outcome is Outcome.DONE
    await rig.settle()
    assert await rig.shown() == {}
    assert [entry.name for entry in await swept(rig)] == ["swept", "apply", "applied"]
    assert numbers


async def test_a_restart_amid_an_applied_sweep_goes_on(rig: CasesRig) -> None:
    await filled(rig, 20)
    await rig.send(*sweep([]))
    await rig.settle("2026-05-11T10:01")
    document = rig.engine.domain.sweeps.held[0]
    applying = msgspec.structs.replace(document, state="applying")
    async with rig.journal.begin() as tx:
        await tx.put("sweep", document.id, msgspec.to_builtins(applying))
    await rig.start()
    await rig.settle()
    assert await rig.shown() == {}


async def test_a_sweep_without_one_of_its_parts_decides_nothing(rig: CasesRig) -> None:
    numbers = await filled(rig, 10)
    first, _, *rest = sweep([number for number in numbers if number != "N0009"], size=3)
    await rig.send(first, *rest)
    await rig.settle("2026-05-11T10:01")
    assert len(await rig.shown()) == 10
    assert await swept(rig) == []


async def test_by_acceptance_only_cases_that_were_accepted_in_the_window_are_compared(rig: CasesRig) -> None:
    await filled(rig, 5)
    await rig.send(*of_source(case_fact("applied", accepted=None, applied="2026-05-08T09:00")))
    await rig.send(*sweep([f"N{n:04}" for n in range(4)], by="accepted", since=at("2026-04-01T00:00")))
    await rig.settle("2026-05-11T10:01")
    assert sorted(await rig.shown()) == ["N0000", "N0001", "N0002", "N0003", "applied"]
