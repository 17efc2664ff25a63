"""What falls due if nothing is done, and the backlog at the pace so far."""

from __future__ import annotations

from datetime import date

from feeds.cases.forecast import forecast
from feeds.cases.ledger import CaseLedger
from feeds.cases.reader import CaseReader
from feeds.cases.store import CaseStore
from tests.feeds.cases.rig import ASSESSOR, NOW, case_fact
from tests.feeds.workdays.books import BOOK, at

TODAY = date(2026, 11, 27)


async def test_what_falls_due_and_the_pace(store: CaseStore, ledger: CaseLedger) -> None:
    ends = [("2026-11-25", n) for n in range(29)] + [("2026-08-10", 29), ("2026-11-27", 30)]
    facts = [
        case_fact(f"e{n}", item="shop", accepted=at("2026-08-03T09:00"), ended=at(f"{day}T10:00"), result="准予许可")
        for day, n in ends
    ]
    accepted = {"today": "2026-11-20", "next": "2026-11-23", "week": "2026-11-26"}  # due 11-27, 11-30, 12-03
    facts += [case_fact(name, item="shop", accepted=at(f"{day}T09:00")) for name, day in accepted.items()]
    await ledger.apply(facts, NOW)
    shown = await forecast(CaseReader(store), TODAY, BOOK.of(""), {})
    assert shown["due"] == {"1": 1, "5": 2, "10": 2, "20": 2}
    assert (shown["open"], shown["per_day"]) == (3, round(29 / 60, 2)), "an end before the 60 days and today's are out"
    assert shown["months"] == round(3 / (29 / 60) / 21, 1)


async def test_beyond_the_published_calendar_nothing_is_said(store: CaseStore, ledger: CaseLedger) -> None:
    shown = await forecast(CaseReader(store), date(2026, 12, 30), ASSESSOR.book.of(""), {})
    assert (shown["due"]["1"], shown["due"]["20"], shown["months"]) == (0, None, None)
