"""`watchfloor approvals load`: hand everything that a source has to the running site, with progress.

Facts go through the intake, durable and a few thousand at a time, so that live cases do not wait for them. What is
there already is known by its digest. A load that was interrupted goes on at its place where the source is read in the
order of its changes (SQL), else it begins anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors import registry
from collectors.approvals.feed import CaseFeed
from collectors.approvals.progress import Rows, positions
from collectors.approvals.sql import SqlCaseFeed
from collectors.errors import CollectorError
from collectors.settings import SourceSettings
from feeds import state_file, wire
from feeds.cases.facts import CaseFact
from feeds.cases.source import CaseTable
from feeds.clock import now as wall_clock
from feeds.journal import Intake, JournalError, Parcel, intake_url
from feeds.workdays.local_time import ZONE
from watchfloor.runtime.stores import journal_url
from watchfloor.settings.site_settings import Settings

PARCEL = 500
"""Facts in one parcel."""
WAITING = 3000
"""Facts that may wait in the intake; a live case waits behind them."""
LOOK, SAY = 0.05, 2.0
"""Seconds between two looks at the intake, and between two lines of progress."""
STALLED = 60.0
"""Seconds without progress of the role after which the load gives up."""
ROLE = "approvals"
DONE, FAILED, UNKNOWN = 0, 1, 2
Say = Callable[[str], None]


class Stalled(Exception):
    """The role approvals takes nothing."""


@dataclass(slots=True)
class Load:
    """The progress of one load."""

    source: SourceSettings
    intake: Intake
    say: Say
    state: Path
    rows: int = 0
    facts: int = 0
    refused: int = 0
    newest: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    told_at: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        return self.rows / max(1e-6, time.monotonic() - self.began)


def run(settings: Settings, name: str, since: str, *, full: bool, say: Say) -> dict[str, Any]:
    """Load a source. `since` (a date) or as far as the source goes back; `full` forgets an interrupted load."""
    source = next((source for source in settings.sources if source.id == name and source.approvals is not None), None)
    if source is None:
        names = ", ".join(source.id for source in settings.sources if source.approvals is not None) or "—"
        return {"source": name, "error": f"没有这个审批来源 no such source; 可用 known: {names}", "exit": UNKNOWN}
    start = datetime.fromisoformat(since).replace(tzinfo=ZONE).timestamp() if since else None
    feed = registry.feed_class(source.kind)(source, settings.credentials.get(source.cred))
    assert isinstance(feed, CaseFeed)
    load = Load(
        source, Intake(intake_url(journal_url(settings)), "load"), say, settings.data / "run" / f"load-{name}.json"
    )
    if full or start is not None:
        load.state.unlink(missing_ok=True)
    answer: dict[str, Any] = {"source": name, "exit": DONE}
    try:
        asyncio.run(_load(feed, load, start))
    except CollectorError as error:
        answer |= {"error": f"{error.zh} {error.en}", "exit": FAILED}
    except JournalError as error:
        answer |= {"error": f"接收库无法写入 the intake cannot be written: {error}", "exit": FAILED}
    except Stalled:
        answer |= {
            "error": "审批角色没有在接收：请先启动值守台，再次执行即可继续"
            " the role approvals takes nothing: start the site; the load then goes on",
            "exit": FAILED,
        }
    seconds = time.monotonic() - load.began
    return answer | {
        "rows": load.rows,
        "facts": load.facts,
        "refused": load.refused,
        "seconds": round(seconds, 1),
        "rate": round(load.rate),
    }


async def _load(feed: CaseFeed, load: Load, since: float | None) -> None:
    await load.intake.open()
    resumable = isinstance(feed, SqlCaseFeed)
    load.newest = (state_file.read_json(load.state, positions) or {}) if resumable else {}
    try:
        for table in feed.source.tables:
            begin = load.newest.get(table.name) or since or wall_clock() - feed.source.back
            place: Any = None
            while True:
                last = None
                async for page in feed.pages(table, begin, place):
                    await _put(feed, table, page.rows, load)
                    last = page.following
                    _tell(load, table, begin)
                    if resumable:
                        state_file.write_json(load.state, load.newest)
                if last is None or last == place:
                    break
                place = last  # more pages than one round reads
        await _room(load, 0)
        load.state.unlink(missing_ok=True)
    finally:
        await feed.close()
        await load.intake.close()


async def _put(feed: CaseFeed, table: CaseTable, rows: Rows, load: Load) -> None:
    at, row_facts = wall_clock(), feed.facts(table)
    facts: list[CaseFact] = []
    for row in rows:
        fact, _ = row_facts.fact(row, at)
        if fact is None:
            load.refused += 1
            continue
        facts.append(fact)
        if fact.stamp <= at:
            load.newest[table.name] = max(load.newest.get(table.name, 0.0), fact.stamp)
    for start in range(0, len(facts), PARCEL):
        chunk = facts[start : start + PARCEL]
        await _room(load, WAITING)
        parcel = Parcel(target=ROLE, kind="cases", at=at, body=wire.encode(chunk), actor="load", size=len(chunk))
        await load.intake.put(parcel)
    load.rows, load.facts = load.rows + len(rows), load.facts + len(facts)


async def _room(load: Load, most: int) -> None:
    """Wait until at most so many facts wait in the intake. Raises Stalled."""
    least, moved = await load.intake.waiting(ROLE), time.monotonic()
    waiting = least
    while waiting > most:
        await asyncio.sleep(LOOK)
        waiting = await load.intake.waiting(ROLE)
        if waiting < least:
            least, moved = waiting, time.monotonic()
        elif time.monotonic() - moved > STALLED:
            raise Stalled


def _tell(load: Load, table: CaseTable, begin: float) -> None:
    """Say how far the load is, at most every SAY seconds. What is left follows from the stamps."""
    if time.monotonic() - load.told_at < SAY:
        return
    load.told_at = time.monotonic()
    now, newest = wall_clock(), load.newest.get(table.name, 0.0)
    share = (newest - begin) / (now - begin) if begin < newest <= now else 0.0
    left = (load.told_at - load.began) * (1 - share) / share if share > 0.001 else None
    rest = f"，约剩 {left:.0f} 秒 {left:.0f} s to go" if left is not None else ""
    load.say(f"  {table.name}: {load.rows:,} 行 rows, {load.rate:,.0f}/s{rest}")


def lines(answer: dict[str, Any]) -> list[str]:
    """The answer of `run` as lines of text."""
    shown = [f"{answer['source']}: {answer['error']}"] if "error" in answer else []
    if "rows" in answer:
        refused = f"，无法使用 unusable {answer['refused']:,}" if answer["refused"] else ""
        shown.append(f"{answer['rows']:,} 行 rows, {answer['seconds']} s, {answer['rate']:,}/s{refused}")
    return shown
