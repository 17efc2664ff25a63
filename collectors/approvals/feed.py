"""Common to all sources of cases: rounds with an overlap, facts of rows, and the position in each table.

Every round starts earlier than the newest stamp by the overlap, because rows may be stored late under an earlier stamp
and rows at the edge of a page may share one. Repeated rows are recognised by their digests. A complete round ends with
a fact of table `heard`: the source has reported everything up to its stamp.
"""

from __future__ import annotations

import logging
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping
from typing import Any

from collectors.contract import Feed, FetchResult
from collectors.errors import Misconfigured
from collectors.seen_versions import SeenVersions
from collectors.settings import Credential, SourceSettings
from feeds import state_file
from feeds.cases.facts import HEARD, TABLES, CaseFact
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
Rows = list[dict[str, Any]]

log = logging.getLogger(__name__)


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
        self._newest: dict[str, float] = {}
        self._fetched: dict[str, float] | None = None
        self._loaded = False

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
    def pages(self, table: CaseTable, since: float) -> AsyncIterator[Rows]:
        """Pages of rows changed since then, oldest first where the source can sort. Raises CollectorError."""

    async def fetch(self, now: float) -> FetchResult:
        """Fetch the new and changed rows of every table. Raises CollectorError."""
        self._settle()
        items: list[CaseFact] = []
        problems: list[str] = []
        fetched = dict(self._newest)
        complete = True
        for table in self.source.tables:
            count = 0
            async for rows in self.pages(table, self._since(table, now)):
                self._take(table, rows, now, items, problems, fetched)
                count += len(rows)
                if count >= ROWS_AT_ONCE:
                    complete = False
                    break
        self._fetched = fetched
        if complete:
            system = self.source.system or self.settings.id
            items.append(CaseFact(system=system, number="", table=HEARD, stamp=now, source=self.settings.id, at=now))
        return FetchResult(items=tuple(items), problem=_problem_summary(problems))

    def facts(self, table: CaseTable) -> RowFacts:
        """The converter of a table's rows. Raises Misconfigured without a key for personal values."""
        if table.name not in self._facts:
            if self._sealer is None:
                if self.source.key is None:
                    raise Misconfigured("the site has no key for personal values", "站点没有个人信息密钥")
                try:
                    self._sealer = load_sealer(self.source.key)
                except (OSError, ValueError) as error:
                    raise Misconfigured(
                        f"the key file of personal values cannot be read: {error}", f"个人信息密钥文件无法读取：{error}"
                    ) from error
            self._facts[table.name] = RowFacts(self.source, table, self.settings.id, self._sealer)
        return self._facts[table.name]

    def _take(
        self,
        table: CaseTable,
        rows: Rows,
        now: float,
        items: list[CaseFact],
        problems: list[str],
        fetched: dict[str, float],
    ) -> None:
        row_facts = self.facts(table)
        for row in rows:
            fact, mapped = row_facts.fact(row, now)
            problems += [f"{problem.target} {problem.code}" for problem in mapped.problems]
            if fact is None:
                continue
            if fact.stamp <= now + AHEAD:
                fetched[table.name] = max(fetched.get(table.name, 0.0), fact.stamp)
            else:
                problems.append("changed FUTURE_STAMP")
            if self._is_new(fact):
                items.append(fact)

    def _is_new(self, fact: CaseFact) -> bool:
        slot = (fact.number, *fact.slot)
        return self._seen.is_new(slot, f"{fact.digest}{fact.stamp}")

    def _since(self, table: CaseTable, now: float) -> float:
        """The time of change from which on this round asks for rows."""
        newest = self._newest.get(table.name, 0.0)
        return newest - self.source.overlap if newest else now - self.source.back

    def _settle(self) -> None:
        """Keep the positions of the last round, also over a restart: the facts of that round were accepted."""
        if not self._loaded:
            self._loaded = True
            if self.source.state is not None:
                self._newest = state_file.read_json(self.source.state, _positions) or {}
        if self._fetched is not None and self._fetched != self._newest:
            self._newest = self._fetched
            if self.source.state is not None:
                try:
                    state_file.write_json(self.source.state, self._newest)
                except OSError as error:
                    log.warning("the position of a source is not kept", extra={"error": str(error)})
        self._fetched = None

    def forget(self) -> None:
        """Report the rows of the overlap again at the next round. Earlier ones are in the store of cases already."""
        self._seen.clear()
        self._fetched = None


def _positions(body: Any) -> dict[str, float]:
    if not isinstance(body, Mapping):
        raise TypeError("these are no positions")
    return {str(name): float(at) for name, at in body.items()}


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
