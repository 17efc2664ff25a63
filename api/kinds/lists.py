"""One page of the records of a kind: live ones from the mirror, then archived ones from the journal."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from api.dependencies import Dependencies
from api.http.answers import from_cursor, page, to_cursor
from api.http.problems import Problem
from feeds.journal import Doc
from feeds.kinds import Audience, Record, RecordKind
from feeds.kinds.filters import Flag, Search, every, matching
from feeds.kinds.records import Row

LIVE, ARCHIVED = "open", "closed"
"""The phases of a list with an archive, as they stand in its cursors."""
SCAN, BUDGET = 500, 5000
_SEQ = re.compile(r"[0-9]{1,15}")
Page = tuple[list[Record], str | None]
Test = Callable[[Record], bool]


def selected(deps: Dependencies, kind: RecordKind[Any], audience: Audience, criteria: Mapping[str, Any]) -> list[Row]:
    """All live records that are asked for and may be seen, in no order: not yet as the audience is shown them."""
    takes, mirror = matching(kind.filters, dict(criteria)), deps.pump.mirror
    if kind.name in mirror.counts:
        return [record for record in mirror.records(kind.name, audience).values() if takes(record)]
    rows = mirror.rows(kind.name, audience)
    if takes is every:
        return rows
    if kind.altered(audience).isdisjoint(_selecting_fields(kind)):
        return [row for row in rows if takes(kind.fields_of(row))]
    # Nobody finds a record by what is blank for the asker.
    return [row for row in rows if takes(kind.shown(audience, kind.public_record(row)))]


def _selecting_fields(kind: RecordKind[Any]) -> set[str]:
    """The fields by which records of a kind are selected."""
    searched = {name for query in kind.filters if isinstance(query, Search) for name in query.fields}
    return {query.on for query in kind.filters} | searched


def live(deps: Dependencies, kind: RecordKind[Any], audience: Audience, criteria: Mapping[str, Any]) -> list[Record]:
    """All live records that are asked for, as the audience is shown them, in no order."""
    return [kind.shown(audience, kind.public_record(row)) for row in selected(deps, kind, audience, criteria)]


def sorted_page(kind: RecordKind[Any], rows: list[Row], audience: Audience, cursor: str, limit: int) -> Page:
    """One page of selected records in the order of their kind, as the audience is shown them, and the next cursor."""
    order = kind.sort
    chosen, following = page(rows, kind.sort_key, [str] * len(order.fields), cursor, limit, down=order.down)
    return [kind.shown(audience, kind.public_record(row)) for row in chosen], following


async def with_archive(
    deps: Dependencies,
    kind: RecordKind[Any],
    audience: Audience,
    criteria: Mapping[str, Any],
    *,
    open: bool | None,
    cursor: str,
    limit: int,
) -> Page:
    """One page of live records before archived ones, and the next cursor."""
    width = len(kind.sort.fields)
    phase, *place = from_cursor(cursor, [str] * (width + 1)) if cursor else (LIVE, *[""] * width)
    items: list[Record] = []
    following: str | None = None
    if phase == LIVE and open is not False:
        inner = to_cursor(place) if cursor else ""
        items, inner_next = sorted_page(kind, selected(deps, kind, audience, criteria), audience, inner, limit)
        if inner_next is not None:
            return items, to_cursor((LIVE, *kind.sort.key(items[-1])))
    if wants_archived(kind, criteria, open):
        before = int(place[0]) if phase == ARCHIVED and _SEQ.fullmatch(place[0]) else None
        takes = matching(kind.filters, dict(criteria))
        archived, following = await _archived(deps, kind, audience, takes, before, limit - len(items))
        items = items + archived
    return items, following


def wants_archived(kind: RecordKind[Any], criteria: Mapping[str, Any], open: bool | None) -> bool:
    """True when archived records are asked for. A list shows them only on request."""
    flags = [(flag, criteria[flag.name]) for flag in kind.filters if isinstance(flag, Flag)]
    if any(value is not None and value is flag.live_when for flag, value in flags):
        return False
    if open is not None:
        return not open
    return any(value is not None and value is flag.archive_when for flag, value in flags)


async def _archived(
    deps: Dependencies, kind: RecordKind[Any], audience: Audience, takes: Test, before: int | None, limit: int
) -> Page:
    """Archived records below a journal sequence. At most BUDGET documents are looked at: the cursor goes on there."""
    records: list[Record] = []
    rest = [""] * (len(kind.sort.fields) - 1)
    if limit <= 0:
        return records, to_cursor((ARCHIVED, "" if before is None else str(before), *rest))
    for _ in range(BUDGET // SCAN):
        docs = await deps.journal.docs_page(kind.archive, open=False, before=before, limit=SCAN)
        for doc in docs:
            record = from_archive(kind, doc, audience)
            if record is not None and takes(record):
                records.append(record)
                if len(records) == limit:
                    return records, to_cursor((ARCHIVED, str(doc.seq), *rest))
        if len(docs) < SCAN:
            return records, None
        before = docs[-1].seq
    return records, to_cursor((ARCHIVED, str(before), *rest))


def from_archive(kind: RecordKind[Any], doc: Doc, audience: Audience) -> Record | None:
    """The public record of a journal document, None for those who may not see it."""
    record = kind.view(msgspec.convert(doc.body, kind.record))
    return kind.shown(audience, record) if kind.sees(audience, record) else None


async def find(deps: Dependencies, kind: RecordKind[Any], key: str, audience: Audience) -> Record | None:
    """The live record from the mirror, else the archived one; None when there is none to be seen."""
    record = deps.pump.mirror.record(kind.name, key, audience)
    if record is not None or not kind.archive:
        return record
    doc = await deps.journal.doc(kind.archive, key)
    if doc is None:
        return None
    try:
        return from_archive(kind, doc, audience)
    except msgspec.ValidationError:  # the owner of some kinds keeps an open record in a form of its own
        return None


async def require(deps: Dependencies, kind: RecordKind[Any], key: str, audience: Audience) -> Record:
    """Like `find()`. Raises Problem `not-found` for a record that does not exist or that the audience may not see."""
    record = await find(deps, kind, key, audience)
    if record is None:
        raise Problem("not-found")
    return record
