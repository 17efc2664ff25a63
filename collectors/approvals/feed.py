"""Common to all sources of cases: rounds with an overlap, facts of rows, sweeps, and the position in each table.

Every round starts earlier than the newest stamp by the overlap, because rows may be stored late under an earlier stamp
and rows at the edge of a page may share one. Repeated rows are recognised by their digests. A complete round ends with
a fact of table `heard`: the source has reported everything up to its stamp. A round that is too long, or whose source
fails after some pages, keeps what it has and goes on at its place in the next one.
"""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from collectors.approvals.progress import Progress, RowPage, Rows, Unfinished, positions
from collectors.approvals.stillness import StillnessWatch
from collectors.approvals.sweeps import Sweep, SweepPlan
from collectors.contract import Feed, FetchResult
from collectors.errors import CollectorError, Misconfigured
from collectors.probing.verdicts import sentence
from collectors.seen_versions import SeenVersions
from collectors.settings import Credential, SourceSettings
from feeds import state_file
from feeds.cases.facts import CASE, HEARD, TABLES, CaseFact
from feeds.cases.sealing import Sealer, load_sealer
from feeds.cases.source import CaseSource, CaseTable, RowFacts
from feeds.mapping import MappingRefused

ROWS_AT_ONCE = 20_000
"""Rows of one table in one round; the next round goes on there."""
PAGES = 2000
"""Pages of one table in one round at most."""
REMEMBERED = 200_000
"""Facts whose digest is remembered."""
AHEAD = 300.0
"""Seconds by which a stamp may lie in the future. A later stamp is reported and does not move the position."""
BUDGET = 1.0
"""Timeouts after which a round asks for no further page; the runner ends it after three."""

log = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Round:
    """What one round has read so far. `ends_at` is in seconds of the event loop; `going_on`: more waits."""

    now: float
    ends_at: float
    progress: Progress
    items: list[CaseFact] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    failure: str = ""
    going_on: bool = False

    @property
    def stopped(self) -> bool:
        """True when the round ends before its last page."""
        return self.going_on or bool(self.failure)


class CaseFeed(Feed):
    """One source of cases. Subclasses fetch pages of rows."""

    stream = "approvals"
    item = "case_fact"

    def __init__(self, settings: SourceSettings, credential: Credential | None) -> None:
        self.settings, self.credential = settings, credential
        self.source = settings.approvals or CaseSource()
        self._sealer: Sealer | None = None
        self._facts: dict[str, RowFacts] = {}
        self._seen: SeenVersions[tuple[str, str, str, str], str] = SeenVersions(REMEMBERED)
        self._progress = Progress()
        self._fetched: Progress | None = None
        self._loaded = False
        self._sweeps = SweepPlan(self.source)
        self._stillness = StillnessWatch(self.source.quiet_after)

    @classmethod
    def validate(cls, settings: SourceSettings) -> None:
        """Raises Misconfigured for a source without tables, or with a mapping that cannot work."""
        source = settings.approvals
        if source is None or not source.tables:
            raise Misconfigured(
                f"source {settings.id!r} needs [source.table.case.map]",
                f"来源 {settings.id!r} 需要 [source.table.case.map]",
            )
        for table in source.tables:
            if table.name not in TABLES and table.split is None:
                names = ", ".join(TABLES)
                raise Misconfigured(
                    f"source {settings.id!r}: table {table.name!r} needs split, or is one of {names}",
                    f"来源 {settings.id!r}：表 {table.name!r} 需要 split，或为 {names} 之一",
                )
            try:
                source.mapping(table)
            except MappingRefused as error:
                raise Misconfigured(
                    f"source {settings.id!r}: {error}", f"来源 {settings.id!r} 的映射有误：{error}"
                ) from error
            if "number" not in table.map:
                raise Misconfigured(
                    f"source {settings.id!r}: table {table.name!r} maps no number",
                    f"来源 {settings.id!r}：表 {table.name!r} 没有映射 number",
                )

    @abstractmethod
    def pages(self, table: CaseTable, since: float, place: Any = None) -> AsyncIterator[RowPage]:
        """Pages of rows changed since then, from a place that an earlier page named. Raises CollectorError."""

    def heard_until(self, now: float) -> float | None:
        """The moment up to which a complete round has reported everything, None where nobody can tell."""
        return now

    async def fetch(self, now: float) -> FetchResult:
        """Fetch the new and changed rows of every table. Raises CollectorError while there is nothing to keep."""
        self._settle()
        loop = asyncio.get_running_loop()
        round_ = Round(now=now, ends_at=loop.time() + BUDGET * self.settings.timeout, progress=self._progress.copy())
        for table in self.source.tables:
            if not round_.failure:
                await self._read(round_, table)
        still = self._stillness.problem(bool(round_.items), now)
        if not round_.stopped:
            if not still:
                round_.items += self.heard(now)
            await self._sweep(round_)
        self._fetched = round_.progress
        problem = " ".join(filter(None, (round_.failure, still, _problem_summary(round_.problems))))
        return FetchResult(items=tuple(round_.items), problem=problem, more=round_.going_on and not round_.failure)

    def heard(self, now: float) -> list[CaseFact]:
        """The fact that everything up to a moment was reported, where that is known."""
        until = self.heard_until(now)
        if until is None:
            return []
        body = {"silent_after": self.source.silent_after}
        system = self.source.system or self.settings.id
        return [
            CaseFact(system=system, number="", table=HEARD, stamp=until, body=body, source=self.settings.id, at=now)
        ]

    def facts(self, table: CaseTable) -> RowFacts:
        """The converter of a table's rows. Raises Misconfigured without a key for personal values."""
        if table.name not in self._facts:
            self._facts[table.name] = RowFacts(self.source, table, self.settings.id, self.sealer())
        return self._facts[table.name]

    def sealer(self) -> Sealer:
        """The sealer of the site. Raises Misconfigured without its key."""
        if self._sealer is None:
            if self.source.key is None:
                raise Misconfigured("the site has no key for personal values", "站点没有个人信息密钥")
            try:
                self._sealer = load_sealer(self.source.key)
            except (OSError, ValueError) as error:
                raise Misconfigured(
                    f"the key file of personal values cannot be read: {error}", f"个人信息密钥文件无法读取：{error}"
                ) from error
        return self._sealer

    # -- reading -----------------------------------------------------------------

    async def _read(self, round_: Round, table: CaseTable) -> None:
        """Read one table from its position, or from where the last round stopped."""
        newest = self._progress.newest.get(table.name, 0.0)
        since = newest - self.source.overlap if newest else round_.now - self.source.back
        reading = round_.progress.begin(table, since)
        reading = await self._read_pages(round_, table, reading, None)
        round_.progress.end(table, reading, failed=bool(round_.failure))

    async def _read_pages(
        self, round_: Round, table: CaseTable, reading: Unfinished, sweep: Sweep | None
    ) -> Unfinished:
        """Read pages until the last one, or until the round is long enough. Returns how far it came."""
        loop, count, pages, start = asyncio.get_running_loop(), 0, 0, reading.place
        try:
            async for page in self.pages(table, reading.since, reading.place):
                newest = self._take(round_, table, page.rows, sweep)
                reading = replace(reading, place=page.following, newest=max(reading.newest, newest))
                count, pages = count + len(page.rows), pages + 1
                if page.problem:
                    round_.failure = page.problem
                    return reading
                is_long = count >= ROWS_AT_ONCE or loop.time() >= round_.ends_at
                if is_long and page.following not in (None, start):  # a round may begin with a page of the last one
                    round_.going_on = True
                    return reading
        except CollectorError as error:
            if not pages or isinstance(error, Misconfigured):
                raise
            round_.failure = sentence(error)
            return reading
        return replace(reading, place=None)

    def _take(self, round_: Round, table: CaseTable, rows: Rows, sweep: Sweep | None) -> float:
        """Make facts of rows. Returns the newest of their stamps that are not in the future."""
        row_facts, newest = self.facts(table), 0.0
        for row in rows:
            fact, mapped = row_facts.fact(row, round_.now)
            round_.problems += [f"{problem.target} {problem.code}" for problem in mapped.problems]
            if fact is None:
                continue
            if fact.stamp <= round_.now + AHEAD:
                newest = max(newest, fact.stamp)
            else:
                round_.problems.append("changed FUTURE_STAMP")
            if sweep is not None and fact.table == CASE and not fact.deleted:
                sweep.numbers.add(fact.number)
            if self.is_new(fact) or sweep is not None:
                round_.items.append(fact)
        return newest

    def is_new(self, fact: CaseFact) -> bool:
        """True for a fact that was not reported yet in this form."""
        slot = (fact.number, *fact.slot)
        return self._seen.is_new(slot, f"{fact.digest}{fact.stamp}")

    # -- sweeps ------------------------------------------------------------------

    async def _sweep(self, round_: Round) -> None:
        """Go on with the full comparison that is due, if any; its last round ends with the list of all numbers."""
        sweep = self._sweeps.due(round_.now)
        if sweep is None:
            return
        try:
            while sweep.table is not None and not round_.stopped:
                reading = sweep.reading or Unfinished(since=sweep.since, place=None, newest=0.0)
                reading = await self._read_pages(round_, sweep.table, reading, sweep)
                sweep.advance(reading, stopped=round_.stopped)
            if sweep.table is None:
                sweep.numbers |= await self.listed(sweep)
                round_.items += sweep.parts(self.source.system or self.settings.id, self.settings.id, round_.now)
                self._sweeps.done()
        except CollectorError as error:
            round_.failure = sentence(error)
            self._sweeps.failed(round_.now)

    async def listed(self, sweep: Sweep) -> set[str]:
        """More numbers that exist in the source, for a sweep that asks for them apart. Raises CollectorError."""
        return set()

    # -- keeping -----------------------------------------------------------------

    def _settle(self) -> None:
        """Keep the positions of the last round, also over a restart: the facts of that round were accepted."""
        if not self._loaded:
            self._loaded = True
            if self.source.state is not None:
                self._progress.newest = state_file.read_json(self.source.state, positions) or {}
        if self._fetched is not None:
            moved = self._fetched.newest != self._progress.newest
            self._progress = self._fetched
            if moved and self.source.state is not None:
                try:
                    state_file.write_json(self.source.state, self._progress.newest)
                except OSError as error:
                    log.warning("the position of a source is not kept", extra={"error": str(error)})
        self._fetched = None

    def forget(self) -> None:
        """Report the rows of the overlap again at the next round, and sweep: earlier ones may be lost on the way."""
        self._seen.clear()
        self._fetched = None
        self._progress.unfinished.clear()
        self._sweeps.hasten()


def _problem_summary(problems: list[str]) -> str:
    """The problems of rows in one sentence, "" without any: counts by target and code, no values."""
    if not problems:
        return ""
    counts: dict[str, int] = {}
    for problem in problems:
        counts[problem] = counts.get(problem, 0) + 1
    worst = sorted(counts.items(), key=lambda item: -item[1])[:5]
    listed = ", ".join(f"{name} × {count}" for name, count in worst)
    return f"部分值无法使用：{listed} | values that cannot be used: {listed}"
