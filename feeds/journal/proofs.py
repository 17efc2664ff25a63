"""Entries of the log with what proves them: their chain, their number in it, and their hash."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, or_, select

from feeds.journal import schema
from feeds.journal.connections import translated
from feeds.journal.records import JournalEntry, clean, row_hash
from feeds.journal.store import Journal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenEntry:
    """An entry, its hash as it is stored, and whether the row still has that hash."""

    entry: JournalEntry
    hash: str
    intact: bool


async def newest(
    journal: Journal, kind: str, start: float, end: float, limit: int, below: tuple[float, int] | None = None
) -> list[ProvenEntry]:
    """Entries of a kind with start <= at < end, newest first; those before the place `below` (time, sequence)."""
    log = schema.entry
    statement = select(log).where(log.c.kind == kind, log.c.at >= start, log.c.at < end)
    if below is not None:
        at, seq = below
        statement = statement.where(or_(log.c.at < at, and_(log.c.at == at, log.c.seq < seq)))
    statement = statement.order_by(log.c.at.desc(), log.c.seq.desc()).limit(limit)
    return [_proven(row) for row in await _rows(journal, statement)]


async def about(journal: Journal, kind: str, subject: str, limit: int = 1000) -> list[ProvenEntry]:
    """The entries of a kind about one subject, oldest first."""
    log = schema.entry
    statement = select(log).where(log.c.kind == kind, log.c.subject == clean(subject)).order_by(log.c.seq).limit(limit)
    return [_proven(row) for row in await _rows(journal, statement)]


async def below(journal: Journal, kind: str, prefix: str, limit: int = 1000) -> list[ProvenEntry]:
    """The entries of a kind about subjects that begin with a prefix, oldest first."""
    log, start = schema.entry, clean(prefix)
    within = and_(log.c.subject >= start, log.c.subject < start[:-1] + chr(ord(start[-1]) + 1))
    statement = select(log).where(log.c.kind == kind, within).order_by(log.c.seq).limit(limit)
    return [_proven(row) for row in await _rows(journal, statement)]


async def numbered(journal: Journal, places: Collection[tuple[str, int]]) -> dict[tuple[str, int], ProvenEntry]:
    """The entries at those places: chain and number in it. A place without an entry is left out."""
    log, entries = schema.entry, dict[tuple[str, int], ProvenEntry]()
    for chain in {chain for chain, _ in places}:
        numbers = sorted(number for of_chain, number in places if of_chain == chain)
        for start in range(0, len(numbers), 500):
            within = log.c.chain_seq.in_(numbers[start : start + 500])
            for row in await _rows(journal, select(log).where(log.c.chain == chain, within)):
                entries[chain, row.chain_seq] = _proven(row)
    return entries


async def last_of(journal: Journal, chain: str) -> ProvenEntry | None:
    """The last entry of a chain, None for an empty one."""
    log = schema.entry
    statement = select(log).where(log.c.chain == chain).order_by(log.c.chain_seq.desc()).limit(1)
    rows = await _rows(journal, statement)
    return _proven(rows[0]) if rows else None


async def _rows(journal: Journal, statement: Select[Any]) -> list[Any]:
    async with journal.store.reading() as connection:
        with translated(OSError):
            return list((await connection.execute(statement)).all())


def _proven(row: Any) -> ProvenEntry:
    """An entry whose body is no JSON any more is not intact, and has an empty body."""
    fields = row._asdict()
    intact = row_hash(fields) == fields["hash"]
    try:
        body = json.loads(fields["body"])
    except ValueError:
        body, intact = {}, False
    names = [name for name in JournalEntry.__slots__ if name != "body"]
    entry = JournalEntry(body=body, **{name: fields[name] for name in names})
    return ProvenEntry(entry=entry, hash=str(fields["hash"]), intact=intact)
