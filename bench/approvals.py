"""Approval cases at size: a full load, figures of a month, a midnight with thousands due, and a restart.

Run: python -m bench.approvals [CASES] [OPEN]. The default is 1,000,000 cases, 50,000 of them open.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from approvals.lights import AT_ONCE, passed
from approvals.open_cases import OpenCases
from feeds.cases import schema
from feeds.cases.assess import Assessor, CaseRow
from feeds.cases.facts import CaseFact
from feeds.cases.figures import month_period, summary
from feeds.cases.items import ApprovalItem, ItemCatalogue
from feeds.cases.ledger import CaseLedger
from feeds.cases.making import make_fact
from feeds.cases.reader import CaseQuery, CaseReader
from feeds.cases.sealing import Sealer
from feeds.cases.store import CaseStore, cases_url
from feeds.journal import sqlite_url
from feeds.workdays.calendar import CalendarBook
from feeds.workdays.files import NATIONAL, read_folder
from feeds.workdays.local_time import midnight

BATCH = 5000
TODAY = date(2026, 11, 27)
COUNTIES = ("532301", "532322", "532323", "532324", "532325", "532326", "532327", "532328", "532329", "532331")


def facts(cases: int, open_cases: int) -> Iterator[CaseFact]:
    """Case rows of two and a half years; the last ones are open and due at one midnight."""
    chance, sealer = random.Random(1), Sealer(bytes(32))
    for n in range(cases):
        is_open = n >= cases - open_cases
        day = date(2026, 10, 30) if is_open else date(2024, 3, 1) + timedelta(days=chance.randrange(900))
        accepted = midnight(day) + 9 * 3600
        values: dict[str, Any] = {
            "item": f"item-{n % 60}",
            "kind": "promise",
            "department": f"dept-{n % 18}",
            "region": COUNTIES[n % 10],
            "accepted": accepted,
        }
        if not is_open:
            values |= {"ended": accepted + 86_400 * chance.randrange(1, 40), "result": "granted"}
        yield make_fact(sealer, values, system="hall", number=f"5323{n:010}", stamp=accepted, at=accepted)


async def load(ledger: CaseLedger, cases: int, open_cases: int) -> float:
    """Load everything with progress; seconds."""
    began, batch, done = time.perf_counter(), [], 0
    now = midnight(TODAY) + 10 * 3600
    for fact in facts(cases, open_cases):
        batch.append(fact)
        if len(batch) == BATCH:
            await ledger.apply(batch, now)
            done, batch = done + len(batch), []
            if done % 50_000 == 0:
                rate = done / (time.perf_counter() - began)
                print(f"  {done:,} at {rate:,.0f}/s, {(cases - done) / rate:,.0f} s to go", flush=True)
    if batch:
        await ledger.apply(batch, now)
    return time.perf_counter() - began


async def timed(name: str, question: Awaitable[Any]) -> None:
    """Print how long a question takes."""
    began = time.perf_counter()
    await question
    print(f"{name}: {1000 * (time.perf_counter() - began):.1f} ms")


async def turn(store: CaseStore, rows: list[CaseRow]) -> tuple[float, float]:
    """Turn the lights of all open cases at one midnight: seconds, and the longest chunk."""
    held = OpenCases({})
    for row in rows:
        held.put(row)
    now = max((row.limit_at for row in rows if row.limit_at is not None), default=0.0) + 1
    began, longest, seq = time.perf_counter(), 0.0, 10_000_000
    while due := held.due(now, AT_ONCE):
        chunk = time.perf_counter()
        turned = []
        for row in due:
            seq += 1
            turned.append(passed(row, now, seq))
        await store.write_lights([change.row for change in turned], [e for change in turned for e in change.events])
        for change in turned:
            held.put(change.row)
        longest = max(longest, time.perf_counter() - chunk)
    return time.perf_counter() - began, longest


async def measure(folder: Path, cases: int, open_cases: int) -> None:
    """All figures."""
    items = [ApprovalItem(code=f"item-{n}", promised=20, statutory=20) for n in range(60)]
    assessor = Assessor(CalendarBook(read_folder(NATIONAL)), ItemCatalogue(items))
    store = CaseStore(cases_url(sqlite_url(folder)), "bench")
    await store.open()
    ledger = CaseLedger(store, assessor)
    await ledger.open()
    seconds = await load(ledger, cases, open_cases)
    size = (folder / "cases.sqlite3").stat().st_size / 1e6
    used = time.process_time()
    print(f"load of {cases:,}: {seconds:.0f} s ({used:.0f} s of a processor), {cases / seconds:,.0f}/s, {size:.0f} MB")
    reader, calendar = CaseReader(store), assessor.calendar("")
    await timed("summary of a month", summary(reader, month_period("2026-05"), TODAY, calendar, {}))
    await timed("window of 200", reader.window(CaseQuery(), limit=200))
    await timed("one case", reader.find(cases // 2))
    began = time.perf_counter()
    rows = await store.select_rows(schema.record.c.state.in_(("open", "applied")))
    print(f"read {len(rows):,} open cases: {time.perf_counter() - began:.2f} s")
    whole, longest = await turn(store, rows)
    print(f"lights of {len(rows):,}: {whole:.1f} s, longest chunk {1000 * longest:.0f} ms")
    print(f"memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    await store.close()


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]] + [1_000_000, 50_000][len(sys.argv) - 1 :]
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), *numbers))
