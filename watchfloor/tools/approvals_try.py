"""`watchfloor approvals try`: read a source without writing, and show mapped rows, a profile and notices."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import date, datetime
from typing import Any

from collectors import registry
from collectors.approvals.feed import CaseFeed
from collectors.errors import CollectorError
from feeds.cases.facts import CASE, CaseFact, FactSet
from feeds.cases.fold import fold_facts
from feeds.clock import now as wall_clock
from feeds.mapping.profile import Profiler
from feeds.masking import masked
from feeds.workdays.local_time import ZONE
from watchfloor.settings.site_settings import Settings

FINE, NOTICES, CANNOT = 0, 1, 2
SAMPLE = 2000
"""Rows that are read for the profile."""
MIDNIGHTS = 0.9
"""A share of stamps at 00:00:00 from which on they are dates."""


def run(settings: Settings, name: str, table: str, rows: int, since: str) -> dict[str, Any]:
    """Read a source. `exit` of the answer is 0 without notices, 1 with notices, 2 when the source cannot be read."""
    source = next((source for source in settings.sources if source.id == name and source.approvals is not None), None)
    if source is None:
        names = ", ".join(source.id for source in settings.sources if source.approvals is not None) or "—"
        return {"source": name, "error": f"没有这个审批来源 no such source; 可用 known: {names}", "exit": CANNOT}
    feed = registry.feed_class(source.kind)(source, settings.credentials.get(source.cred))
    assert isinstance(feed, CaseFeed)
    answer: dict[str, Any] = {"source": name, "address": masked(source.url), "tables": {}, "exit": FINE}
    try:
        asyncio.run(_read(feed, settings, table, rows, since, answer))
    except CollectorError as error:
        answer |= {"error": f"{error.zh} {error.en}", "exit": CANNOT}
    return answer


async def _read(feed: CaseFeed, settings: Settings, only: str, rows: int, since: str, answer: dict[str, Any]) -> None:
    assessor, at = settings.approvals.assessor(), wall_clock()
    start = datetime.fromisoformat(since).replace(tzinfo=ZONE).timestamp() if since else at - feed.source.back
    try:
        for table in feed.source.tables:
            if only and table.name != only:
                continue
            began = asyncio.get_running_loop().time()
            row_facts, count = feed.facts(table), 0
            profiler, shown = Profiler(row_facts.mapping), list[dict[str, Any]]()
            async for page in feed.pages(table, start):
                for row in page.rows:
                    fact, mapped = row_facts.fact(row, at)
                    profiler.add(mapped)
                    count += 1
                    if fact is not None and len(shown) < rows:
                        shown.append(_row(fact, mapped.values, assessor, at))
                if count >= SAMPLE:
                    break
            notices = _notices(profiler)
            answer["tables"][table.name] = {
                "rows": count,
                "seconds": round(asyncio.get_running_loop().time() - began, 2),
                "sample": shown,
                "fields": [_field(profiler, name) for name in profiler.profiles],
                "notices": notices,
            }
            if notices:
                answer["exit"] = NOTICES
    finally:
        await feed.close()


def _row(fact: CaseFact, values: Any, assessor: Any, at: float) -> dict[str, Any]:
    """A mapped row, personal values as dots; of a case with its computed clock and the source's own due day."""
    shown = {name: "●" if name.startswith("person.") else str(value) for name, value in values.items()}
    if fact.table != CASE:
        return shown
    case = fold_facts(fact.system, fact.number, FactSet([fact]))
    row = assessor.row(case, at)
    due = None if row.due_day is None else date.fromordinal(row.due_day).isoformat()
    clock = {"n": row.n, "due": due, "light": row.light, "flags": row.flags}
    if case.due_source and due is not None:
        clock["due_source_differs"] = (date.fromisoformat(due) - date.fromisoformat(case.due_source[:10])).days
    return shown | {"clock": clock}


def _field(profiler: Profiler, name: str) -> dict[str, Any]:
    profile = profiler.profiles[name]
    return {
        "target": name,
        "filled": round(profile.filled / profiler.rows, 3) if profiler.rows else None,
        "distinct": len(profile.values),
        "midnights": round(profile.midnight_share, 3) if profile.instants else None,
        "problems": {
            f"{code} {'●' if name.startswith('person.') else value}": count
            for (code, value), count in profile.problems.most_common(5)
        },
    }


def _notices(profiler: Profiler) -> list[str]:
    """Probable faults of the mapping, each with the setting that corrects it."""
    notices = []
    for name, profile in profiler.profiles.items():
        if profile.instants >= 5 and profile.midnight_share >= MIDNIGHTS:
            share = round(100 * profile.midnight_share)
            notices.append(f'MIDNIGHT_STAMPS {name} {share} %: as = "date"')
        counts: Counter[str] = Counter()
        for (code, _), count in profile.problems.items():
            counts[code] += count
        unknown, bad = counts["UNKNOWN_WORD"] + counts["NOT_IN_TABLE"], counts["UNCONVERTIBLE"]
        if unknown:
            notices.append(f"UNKNOWN_WORDS {name} {unknown}: words = {{ … }}")
        if bad:
            notices.append(f"UNCONVERTIBLE {name} {bad}: format = …")
    suspended = profiler.profiles.get("suspension.kind")
    if suspended is not None and any("延长" in value for value in suspended.values):
        notices.append('EXTENSION_AS_SUSPENSION suspension.kind: split = { from = "special_type", extension = ["1"] }')
    if not profiler.rows:
        notices.append("NO_ROWS")
    return notices


def lines(answer: dict[str, Any]) -> list[str]:
    """The answer of `run` as lines of text."""
    if "error" in answer:
        return [f"{answer['source']}: {answer['error']}"]
    shown = [f"{answer['source']}  {answer['address']}"]
    for name, table in answer["tables"].items():
        shown.append(f"{name}: {table['rows']} 行 rows, {table['seconds']} s")
        shown += [f"  {row}" for row in table["sample"]]
        for field in table["fields"]:
            filled = "—" if field["filled"] is None else f"{round(100 * field['filled'])} %"
            shown.append(
                f"  {field['target']:<24} {filled:>6}  {field['distinct']} 种 distinct  {field['problems'] or ''}"
            )
        shown += [f"! {notice}" for notice in table["notices"]]
    return shown
