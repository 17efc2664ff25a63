"""Facts applied to the store, on SQLite and PostgreSQL: repeated, late, corrected and deleted ones, and the sums."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from sqlalchemy import select

from feeds.cases import schema
from feeds.cases.contributions import MEASURES, contribution
from feeds.cases.ledger import CaseLedger
from feeds.cases.sealing import Sealer
from feeds.cases.store import CaseStore, cases_url
from tests.feeds.cases.rig import ASSESSOR, NOW, case_fact, fact, many

SEALER = Sealer(bytes(32))


async def rows_of(store: CaseStore, table: Any) -> list[dict[str, Any]]:
    async with store.store.reading() as connection:
        rows = [dict(row._mapping) for row in await connection.execute(select(table))]
    return sorted(rows, key=repr)


async def sums_of(store: CaseStore) -> dict[str, int]:
    """The sums of all months together."""
    months = await rows_of(store, schema.sum_month)
    return {measure: sum(month[measure] for month in months) for measure in MEASURES}


async def picture(store: CaseStore) -> tuple[Any, ...]:
    """Everything that facts make, without the order in which it came to be."""
    records = [
        {name: value for name, value in row.items() if name not in ("id", "seq")}
        for row in await rows_of(store, schema.record)
    ]
    sums = [row for row in await rows_of(store, schema.sum_month) if any(row[measure] for measure in MEASURES)]
    used = [row for row in await rows_of(store, schema.used) if row["n"]]
    return sorted(records, key=repr), sums, used


async def test_facts_make_rows_and_repeating_them_changes_nothing(store: CaseStore, ledger: CaseLedger) -> None:
    facts = [case_fact(str(n)) for n in range(20)]
    applied = await ledger.apply(facts, NOW)
    assert [case.after.number for case in applied] == [str(n) for n in range(20)]
    before = await picture(store)
    assert await ledger.apply(facts, NOW) == []
    assert ledger.summary.repeated == 20
    assert await picture(store) == before
    assert (await sums_of(store))["accepted"] == 20


async def test_a_correction_moves_the_sums_and_is_told(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply([case_fact(ended="2026-05-27T10:00", result="准予许可")], NOW)
    sums = await sums_of(store)
    assert (sums["due"], sums["in_time"], sums["done"], sums["used_n"]) == (1, 0, 1, 1)
    late = fact(table="suspension", key="s", kind="听证", notice="n", started="2026-05-11", ended="2026-05-15")
    [mended] = await ledger.apply([late], NOW)
    assert mended.before is not None
    assert (mended.before.in_time, mended.after.in_time) == (False, True)
    sums = await sums_of(store)
    assert (sums["due"], sums["in_time"], sums["plain_in_time"]) == (1, 1, 0)
    events = await rows_of(store, schema.event)
    assert [event["name"] for event in events] == ["corrected"]
    assert '"in_time":[false,true]' in events[0]["body"]


async def test_a_deleted_case_leaves_the_figures_and_comes_back(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply([case_fact()], NOW)
    await ledger.apply([fact(stamp=2.0, deleted=True)], NOW)
    assert not any((await sums_of(store)).values())
    await ledger.apply([case_fact(stamp=3.0)], NOW)
    assert (await sums_of(store))["accepted"] == 1


async def test_sums_are_what_the_rows_give(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply(many(300, seed=3), NOW)
    expected: Counter[str] = Counter()
    for row in await store.select_rows():
        for values in contribution(row).values():
            expected.update(dict(zip(MEASURES, values, strict=True)))
    assert await sums_of(store) == {measure: expected[measure] for measure in MEASURES}


async def test_any_order_of_the_facts_gives_the_same_rows_and_sums(new_journal_url: Any) -> None:
    facts, pictures = many(150, seed=5), []
    for seed in range(3):
        store = CaseStore(cases_url(new_journal_url()), "test")
        await store.open()
        ledger = CaseLedger(store, ASSESSOR)
        await ledger.open()
        shuffled = [*facts, *facts]
        random.Random(seed).shuffle(shuffled)
        for start in range(0, len(shuffled), 70):
            await ledger.apply(shuffled[start : start + 70], NOW)
        pictures.append(await picture(store))
        await store.close()
    assert pictures[0] == pictures[1] == pictures[2]


async def test_personal_values_are_in_the_sealed_table_alone_and_can_be_erased(
    store: CaseStore, ledger: CaseLedger
) -> None:
    person = {"name": "王金丝雀", "phone": "13987654321"}
    macs = {name: SEALER.mac(value) for name, value in person.items()}
    await ledger.apply([case_fact(sealed=SEALER.seal(person), macs=macs)], NOW)
    [stored] = await rows_of(store, schema.person)
    assert SEALER.open(stored["sealed"]) == person
    assert stored["name_mac"] == SEALER.mac("王金丝雀 ")
    everything = repr([await rows_of(store, table) for table in schema.metadata.tables.values()])
    assert "金丝雀" not in everything
    assert "13987654321" not in everything
    assert await store.erase(stored["case_id"]) == 1
    await ledger.apply([case_fact(sealed=SEALER.seal(person), macs=macs)], NOW)
    assert await rows_of(store, schema.person) == []


async def test_numbers_go_on_after_a_restart(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply([case_fact("1"), case_fact("2")], NOW)
    again = CaseLedger(store, ASSESSOR)
    await again.open()
    [case] = await again.apply([case_fact("3")], NOW)
    assert (case.after.id, case.after.seq) == (3, 3)


async def test_aliases_find_their_case(store: CaseStore, ledger: CaseLedger) -> None:
    await ledger.apply([case_fact(aliases={"accept_doc": " ５３２３－１ "})], NOW)
    assert await rows_of(store, schema.alias) == [{"value": "5323-1", "kind": "accept_doc", "case_id": 1}]
