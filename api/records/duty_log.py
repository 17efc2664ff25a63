"""Rows of the duty log as answers: a view of the journal, newest first, of what the asker may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.dependencies import Dependencies
from api.principal import Principal
from api.records import people
from feeds import wire
from feeds.documents.roster import Roster
from feeds.duty.names import name_of
from feeds.journal import proofs
from feeds.journal.proofs import ProvenEntry
from feeds.logbook import rows, sentences

BATCH = 200
ROUNDS = 10
"""Batches of each kind that are looked through for one page; the cursor goes on where they end."""
DOCUMENTED = (
    "incident",
    "obligation",
    "receipt",
    "log",
    "brief",
    "task",
    "proposal",
    "plan",
    "resource",
    "campaign",
    "exercise",
)
"""Kinds whose rows take region, mode and incident from the document of their subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """The filter of a request for rows: from `start` to `end` (epoch seconds); "" is any sort, incident or mode."""

    start: float
    end: float
    sort: str = ""
    incident: str = ""
    mode: str = ""


def day_of(deps: Dependencies, day: date | None) -> tuple[float, float]:
    """Begin and end of a day in the site's zone, epoch seconds; today without one."""
    zone = ZoneInfo(deps.site.timezone)
    day = day or datetime.fromtimestamp(deps.clock(), zone).date()
    begin, end = (datetime.combine(day + timedelta(days=more), time(), zone) for more in (0, 1))
    return begin.timestamp(), end.timestamp()


async def page(
    deps: Dependencies, principal: Principal, query: LogQuery, below: tuple[float, int] | None, limit: int
) -> tuple[list[dict[str, Any]], tuple[float, int] | None]:
    """Rows below a place (time, sequence), newest first, and the place to go on from, None at the end."""
    items: list[dict[str, Any]] = []
    roster = (await people.roster_version(deps)).doc
    for _ in range(ROUNDS):
        batch, complete = await _batch(deps, query, below)
        documents = await _documents(deps, batch)
        for proven in batch:
            below = (proven.entry.at, proven.entry.seq)
            row = _row(proven, documents.get((proven.entry.kind, proven.entry.subject)), roster)
            if row is not None and _matches(row, query) and principal.reaches(row.pop("region")):
                items.append(row)
                if len(items) == limit:
                    return items, below
        if complete:
            return items, None
    return items, below


async def _batch(
    deps: Dependencies, query: LogQuery, below: tuple[float, int] | None
) -> tuple[list[ProvenEntry], bool]:
    """The newest entries of all kinds that are asked for, merged, and whether there are no more."""
    batches = [
        await proofs.newest(deps.journal, kind, query.start, query.end, BATCH, below)
        for kind in rows.kinds_with(query.sort)
    ]
    merged = sorted((proven for batch in batches for proven in batch), key=_place, reverse=True)
    full = [_place(batch[-1]) for batch in batches if len(batch) == BATCH]
    if not full:
        return merged, True
    floor = max(full)  # below it a kind may have more than was read
    return [proven for proven in merged if _place(proven) >= floor], False


def _place(proven: ProvenEntry) -> tuple[float, int]:
    return proven.entry.at, proven.entry.seq


async def _documents(deps: Dependencies, batch: Sequence[ProvenEntry]) -> dict[tuple[str, str], Mapping[str, Any]]:
    documents: dict[tuple[str, str], Mapping[str, Any]] = {}
    for kind in DOCUMENTED:
        ids = {proven.entry.subject for proven in batch if proven.entry.kind == kind}
        docs = await deps.journal.docs_of(kind, ids) if ids else {}
        documents |= {(kind, id): doc.body for id, doc in docs.items()}
    return documents


def _row(proven: ProvenEntry, document: Mapping[str, Any] | None, roster: Roster) -> dict[str, Any] | None:
    """One row; None for an entry that is none. `region` is of its subject."""
    entry = proven.entry
    sort = rows.sort_of(entry)
    if not sort:
        return None
    own = document or {}
    by = entry.body.get("by")
    region = own.get("region") or entry.body.get("region") or (by.get("region") if isinstance(by, dict) else "")
    of_people = entry.kind == "log"
    return {
        "seq": entry.seq,
        "chain": entry.chain,
        "number": entry.chain_seq,
        "hash": proven.hash,
        "intact": proven.intact,
        "at": wire.iso(entry.at),
        "kind": sort,
        "decision": rows.is_decision(entry),
        "record": entry.kind,
        "name": entry.name,
        "subject": entry.subject,
        "actor": entry.actor,
        "text": sentences.sentences(
            entry, rows.name_of(entry.kind, document), lambda account: name_of(roster, account)
        ),
        "incident": rows.incident_of(entry, document),
        "mode": str(own.get("mode") or entry.body.get("mode") or "real"),
        "claimed_at": wire.iso(entry.body.get("claimed_at")) if of_people else None,
        "retroactive": bool(entry.body.get("retroactive")) if of_people else False,
        "corrects": str(entry.body.get("corrects") or "") if of_people else "",
        "corrected_by": str(own.get("corrected_by") or "") if of_people else "",
        "refs": list(entry.body.get("refs") or ()) if of_people else [],
        "region": str(region or ""),
    }


def _matches(row: Mapping[str, Any], query: LogQuery) -> bool:
    return (
        (not query.sort or row["kind"] == query.sort)
        and (not query.incident or row["incident"] == query.incident)
        and (not query.mode or row["mode"] == query.mode)
    )
