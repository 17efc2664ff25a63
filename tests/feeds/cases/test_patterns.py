"""Signals over several cases, from facts through the real store."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.cases.facts import CaseFact
from feeds.cases.ledger import CaseLedger
from feeds.cases.patterns import patterns
from feeds.cases.reader import CaseReader
from feeds.cases.store import CaseStore
from feeds.workdays.local_time import local_date
from tests.feeds.cases.rig import ASSESSOR, NOW, case_fact
from tests.feeds.workdays.books import at

TODAY = local_date(NOW).toordinal()


async def signals(store: CaseStore, facts: list[CaseFact], within: str = "") -> dict[tuple[str, str], dict[str, Any]]:
    ledger = CaseLedger(store, ASSESSOR)
    await ledger.open()
    await ledger.apply(facts, NOW)
    shown = await patterns(CaseReader(store), TODAY, within)
    return {(pattern["signal"], pattern["department"]): pattern for pattern in shown}


def ended(number: str, department: str, result: str, day: str = "2026-11-20", **more: Any) -> CaseFact:
    """A case of 5 working days from 2026-11-13, due on 2026-11-20."""
    begun = {"accepted": at("2026-11-13T09:00"), "item": "shop", "region": "532301"}
    return case_fact(number, department=department, result=result, ended=at(f"{day}T10:00"), **(begun | more))


async def test_one_office_with_many_returns_among_others(store: CaseStore) -> None:
    facts = [ended(f"a{n}", "a", "退回" if n < 15 else "准予许可", "2026-11-18") for n in range(60)]
    facts += [ended(f"b{n}", "b", "退回" if n < 3 else "准予许可", "2026-11-18") for n in range(60)]
    facts += [ended(f"c{n}", "c", "退回", "2026-11-18") for n in range(20)]
    shown = await signals(store, facts, "532301")
    assert shown == {}, "returns are many only beside those of the others"
    facts = [ended(f"d{n}", "d", "准予许可", "2026-11-18") for n in range(200)]
    assert await signals(store, facts) == {
        ("many_returned", "a"): {
            "signal": "many_returned",
            "department": "a",
            "n": 15,
            "of": 60,
            "share": 0.25,
            "keys": [],
        }
    }
    assert await signals(store, [], "532331") == {}


@pytest.mark.parametrize(("early", "is_signal"), [(2, True), (3, False)])
async def test_ends_that_fall_on_the_due_day(store: CaseStore, early: int, is_signal: bool) -> None:
    facts = [ended(f"a{n}", "a", "准予许可", "2026-11-18" if n < early else "2026-11-20") for n in range(50)]
    assert (("on_due_day", "a") in await signals(store, facts)) is is_signal


async def test_what_is_taken_back_at_its_limit_and_handed_in_again(store: CaseStore) -> None:
    same = {"name": "n1", "phone": "p1"}
    facts = [
        ended("a1", "a", "撤回", macs={"id": "x"}),
        case_fact(
            "a2", department="a", item="shop", region="532301", accepted=at("2026-11-23T09:00"), macs={"id": "x"}
        ),
        ended("b1", "b", "撤回", macs=same),
        case_fact("b2", department="b", item="shop", region="532301", accepted=at("2026-11-24T09:00"), macs=same),
        ended("c1", "c", "撤回", macs={"name": "n1", "phone": "p2"}),
        ended("d1", "d", "撤回", "2026-11-16", macs={"id": "y"}),
        case_fact(
            "d2", department="d", item="shop", region="532301", accepted=at("2026-11-17T09:00"), macs={"id": "y"}
        ),
    ]
    facts = [
        fact
        if not fact.macs
        else type(fact)(**{name: getattr(fact, name) for name in fact.__struct_fields__} | {"sealed": b"x"})
        for fact in facts
    ]
    shown = await signals(store, facts)
    numbers = {row.id: row.number for row in await store.select_rows()}
    assert {key: [numbers[id] for id in pattern["keys"]] for key, pattern in shown.items()} == {
        ("handed_in_again", "a"): ["a1", "a2"],
        ("handed_in_again", "b"): ["b1", "b2"],
    }
