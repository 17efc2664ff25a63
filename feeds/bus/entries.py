"""Encoding and decoding of the entries of streams and the fields of hashes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from feeds import wire
from feeds.bus.keys import Keys
from feeds.bus.writes import Words, adding, removing, setting
from feeds.kinds import KINDS
from feeds.model import Change, Result

log = logging.getLogger(__name__)

_STORED = KINDS.stored

DEAD_KEPT = 10_000
RESULTS_KEPT = 1000


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One decoded stream entry. `kind` is an item kind, "change" or "command"."""

    stream: str
    id: str
    kind: str
    source: str
    items: list[Any]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """An unusable message: its bytes, the reason, and its origin."""

    stream: str
    entry: str
    source: str
    reason: str
    raw: bytes
    id: str = ""


@dataclass(frozen=True, slots=True)
class Beat:
    """A role's heartbeat: time (epoch seconds), metrics (feeds.engine.vitals), trouble ("" for none)."""

    at: float
    stats: dict[str, float]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """An engine's private data in Redis: the epoch it ran in, its cursors, its private fields."""

    epoch: str = ""
    cursors: dict[str, str] = field(default_factory=dict)
    private: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class State:
    """All live state at one moment; `last` is the id of the change stream's last entry then."""

    last: str
    records: dict[str, dict[str, Any]]


def entry_order(entry: str) -> tuple[int, int]:
    """A sort key for a stream entry's id: milliseconds, number within them."""
    ms, _, seq = entry.partition("-")
    return int(ms), int(seq or 0)


Packed = tuple[str, str, bytes | None, float, str]
"""A change in the stream: kind, id, the record's bytes (None: removed), time, cause."""


def packed(change: Change) -> Packed:
    after = None if change.after is None else wire.encode(change.after)
    return change.kind, change.id, after, change.at, change.cause


def unpacked(row: Packed, rev: str) -> Change:
    """The change in a row. Raises KeyError for a kind that this version does not know, and Undecodable."""
    stored = _STORED[row[0]]
    try:
        after = None if row[2] is None else stored.decode(row[2])
    except (msgspec.DecodeError, ValueError) as error:
        raise wire.Undecodable(str(error)) from error
    return Change(kind=stored.name, id=row[1], after=after, at=row[3], cause=row[4], rev=rev)


def decoded(keys: Keys, stream: str, entry: str, fields: dict[bytes, bytes], rev: str) -> StreamEntry:
    """A decoded entry of any stream; `rev` is its public revision. Raises Undecodable, KeyError, ValueError."""
    if stream == keys.changes:
        rows = wire.decode(fields[b"b"], list[Packed])
        return StreamEntry(stream, entry, "change", "", [unpacked(row, rev) for row in rows])
    if stream == keys.results:
        return StreamEntry(stream, entry, "result", "", [wire.decode(fields[b"r"], Result)])
    if keys.is_signal(stream):
        return StreamEntry(stream, entry, "signal", "", [])
    source = fields.get(b"s", b"").decode(errors="replace")
    kind, sender, items = wire.decode_envelope(fields[b"e"])
    return StreamEntry(stream, entry, kind, source or sender, items)


def readable(kind: str, rows: dict[bytes, bytes], records: dict[str, Any] | None = None) -> dict[str, Any]:
    """The records that can be read; one that cannot (written by another version) counts as not there.

    They are added to `records`, if that is given.
    """
    records = {} if records is None else records
    decode = _STORED[kind].decode
    for key, raw in rows.items():
        try:
            records[key.decode()] = decode(raw)
        except (msgspec.DecodeError, ValueError) as error:
            log.warning("state of %s %r cannot be read: %s", kind, key, error)
    return records


def folded(records: dict[str, Any], change: Change) -> None:
    """Apply a change to the live records of its kind; one that is no longer live leaves them."""
    if _is_live(change):
        records[change.id] = change.after
    else:
        records.pop(change.id, None)


def _is_live(change: Change) -> bool:
    live = _STORED[change.kind].live
    return change.after is not None and (live is None or live(change.after))


def state_writes(keys: Keys, batch: Sequence[Change], rows: list[Packed]) -> Iterator[Words]:
    """The last word on each record, as packed; one that is no longer live leaves the live state."""
    final = {(row[0], row[1]): (change, row[2]) for change, row in zip(batch, rows, strict=True)}
    latest: dict[str, dict[str, bytes]] = {}
    gone: dict[str, list[str]] = {}
    for change, raw in final.values():
        if raw is not None and _is_live(change):
            latest.setdefault(change.kind, {})[change.id] = raw
        else:
            gone.setdefault(change.kind, []).append(change.id)
    # One command for all records of a kind: the overhead of a command exceeds its content.
    for kind, records in latest.items():
        yield from setting(keys.state(kind), records)
    for kind, ids in gone.items():
        yield from removing(keys.state(kind), ids)


def beat_of(fields: dict[bytes, bytes]) -> Beat:
    trouble = fields.get(b"w", b"").decode(errors="replace")
    return Beat(float(fields[b"t"]), wire.decode(fields[b"v"], dict[str, float]), trouble)


def commit_writes(
    keys: Keys,
    engine: str,
    epoch: str,
    cursors: Mapping[str, str],
    batch: list[Change],
    results: Iterable[Result],
    dead: Iterable[DeadLetter],
    private: Mapping[str, bytes | None],
) -> Iterator[Words]:
    """All commands of an engine's commit; the changes come first."""
    yield from change_writes(keys, batch)
    for result in results:
        yield adding(keys.results, {"r": wire.encode(result)}, keep=RESULTS_KEPT)
    for letter in dead:
        yield adding(keys.dead, letter_fields(letter), keep=DEAD_KEPT)
        yield "HINCRBY", keys.dead_counts, letter.source or "?", 1
    own: dict[str, Any] = {"epoch": epoch} | {f"c:{stream}": at for stream, at in cursors.items()}
    own |= {f"p:{name}": value for name, value in private.items() if value is not None}
    yield from setting(keys.engine(engine), own)
    yield from removing(keys.engine(engine), [f"p:{name}" for name, value in private.items() if value is None])


def change_writes(keys: Keys, batch: Sequence[Change]) -> Iterator[Words]:
    """The commands that publish changes: one entry of the change stream, and the live state."""
    if batch:
        rows = [packed(change) for change in batch]
        yield adding(keys.changes, {"b": wire.encode(rows)})
        yield from state_writes(keys, batch, rows)


def letter_fields(letter: DeadLetter) -> dict[str, Any]:
    return {"m": letter.stream, "i": letter.entry, "s": letter.source, "w": letter.reason, "b": letter.raw}


def letter(entry: str, fields: dict[bytes, bytes]) -> DeadLetter:
    text = {name.decode(): value for name, value in fields.items()}
    return DeadLetter(
        text["m"].decode(), text["i"].decode(), text["s"].decode(), text["w"].decode(), text["b"], id=entry
    )
