"""Load figures from the journal. Every entry is read once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from api.dependencies import Dependencies
from api.load.facts import KEEP, Facts
from api.load.figures import DAY
from api.load.outs import outs
from api.load.report import LoadReport, Record, waiting
from api.load.shifts import DutyShift, shifts
from api.records import people
from feeds.journal import JournalEntry
from feeds.journal.forms import UNREADABLE
from feeds.live.pump import Audience
from feeds.regions import covers

FRESH = 1.0
"""Seconds for which an answer is given again, to each region its own."""
PAGE = 1000
KIND = "alert"


class LoadReader:
    """One per web process. Errors are the journal's."""

    def __init__(self, deps: Dependencies) -> None:
        self._deps = deps
        self._zone = ZoneInfo(deps.site.timezone)
        self._lock = asyncio.Lock()
        self._facts = Facts()
        self._caught_up = float("-inf")
        self._answers: dict[str, tuple[float, Record]] = {}

    async def answer(self, audience: Audience) -> Record:
        """`load`, `mtta`, `mttr` and `shifts` for what this audience may see; at most a second old."""
        at = self._deps.clock()
        async with self._lock:
            answered_at, answer = self._answers.get(audience.region, (float("-inf"), {}))
            if not 0 <= at - answered_at < FRESH:
                await self._catch_up(at)
                shifts = await self._shifts(audience.region, at)
                records = list(self._deps.pump.mirror.records(KIND, Audience(region=audience.region)).values())
                # Some ten milliseconds in a storm: the loop carries the live feed meanwhile.
                answer = await asyncio.to_thread(self._summary, audience.region, at, shifts, records)
                self._answers = {key: cached for key, cached in self._answers.items() if 0 <= at - cached[0] < FRESH}
                self._answers[audience.region] = at, answer
        return answer

    def _summary(self, region: str, at: float, shifts: list[DutyShift], records: list[Record]) -> Record:
        to_take, to_end = waiting(records)
        report = LoadReport(self._facts, at, lambda life: covers(region, life.region), shifts, self._deps.load)
        load = report.load([record for record in records if record["active"]])
        mtta, mttr = report.taken(to_take), report.repaired(to_end)
        return {"load": load, "mtta": mtta, "mttr": mttr, "outs": outs(load, mtta, mttr), "shifts": report.by_shift()}

    async def _shifts(self, region: str, at: float) -> list[DutyShift]:
        """The last day's, newest first."""
        roster = (await people.roster_version(self._deps)).doc
        return shifts(roster, region, at - DAY, at, self._zone)[::-1]

    async def _catch_up(self, now: float) -> None:
        """Fold what the journal has had since; from two days ago when that was too long ago."""
        if not 0 <= now - self._caught_up < KEEP / 2:
            await self._begin(now)
        while entries := await self._deps.journal.entries(kind=KIND, after=self._facts.seq, limit=PAGE):
            await self._fold(entries)
        self._facts.prune(now)
        self._caught_up = now

    async def _begin(self, now: float) -> None:
        """Everything of the last two days; what is written meanwhile is read by its number afterwards."""
        self._facts = Facts(since=now - KEEP)
        head = await self._deps.journal.head()
        async for entries in self._deps.journal.between(KIND, now - KEEP, float("inf"), PAGE):
            await self._fold([entry for entry in entries if entry.seq <= head])
        self._facts.seq = head

    async def _fold(self, entries: Iterable[JournalEntry]) -> None:
        page = list(entries)
        raised = {entry.subject for entry in page if entry.name == "raise"}
        missing = {entry.subject for entry in page if self._facts.unknown(entry) and entry.subject not in raised}
        docs = await self._deps.journal.docs_of(KIND, missing) if missing else {}
        bodies: dict[str, Any] = {id: doc.body for id, doc in docs.items()}
        for entry in page:
            with suppress(*UNREADABLE):  # an entry that is damaged counts for nothing
                self._facts.fold(entry, bodies.get)
