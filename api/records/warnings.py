"""Additional fields of a warning's detail: the original message, the steps of its life, and its chain of messages."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from feeds import wire
from feeds.cap.message import reference_key
from feeds.kinds import Record
from feeds.model import Kind

ENTRIES = 200
"""Journal entries of one warning that are shown."""
LONGEST_CHAIN = 100
SHOWN_BYTES = 256 * 1024
"""Bytes of an original message in a detail; the whole is at /warnings/{id}.cap."""
Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]


class WarningStepRecord(msgspec.Struct):
    """One named step in a warning's life. `cause` is the id of the message that made it, "" for time."""

    seq: int
    name: str
    at: Moment
    cause: str


class ChainLink(msgspec.Struct):
    """One message of the chain of updates to which a warning belongs."""

    id: str
    msg_type: str
    state: str
    sent: Moment
    headline: str
    colour: str


class WarningAdditions(msgspec.Struct):
    """The original message as text, the steps of the warning's life, and the messages that it updates or that end it.

    `original` is "" for a warning that came as no document. The chain is in the order of sending.
    """

    original: str
    transitions: list[WarningStepRecord]
    chain: list[ChainLink]


async def additions(deps: Dependencies, principal: Principal, record: Record) -> dict[str, Any]:
    """The fields of `WarningAdditions`."""
    entries = await deps.journal.entries(kind=Kind.WARNING, subject=record["id"], limit=ENTRIES)
    raw = _raw(entry.body for entry in entries) if principal.personal or record["scope"] == "Public" else None
    steps = [
        {"seq": entry.seq, "name": entry.name, "at": wire.iso(entry.at), "cause": str(entry.body.get("cause", ""))}
        for entry in entries
    ]
    warnings = deps.pump.mirror.records(Kind.WARNING, principal.audience)
    original = "" if raw is None else raw[:SHOWN_BYTES].decode("utf-8", "replace")
    return {"original": original, "transitions": steps, "chain": _chain(record, list(warnings.values()))}


async def original(deps: Dependencies, id: str) -> bytes | None:
    """The message as received, byte for byte; None when it came as no CAP document."""
    entries = await deps.journal.entries(kind=Kind.WARNING, subject=id, limit=ENTRIES)
    return _raw(entry.body for entry in entries if entry.body.get("form", "cap") == "cap")


def _raw(bodies: Iterable[dict[str, Any]]) -> bytes | None:
    for body in bodies:
        if "raw" in body:
            return str(body["raw"]).encode()
        if "raw_base64" in body:
            return base64.b64decode(body["raw_base64"])
    return None


def _key(reference: str) -> object:
    return reference_key(reference) or reference


def _chain(record: Record, warnings: list[Record]) -> list[dict[str, Any]]:
    """The visible messages that are joined to a warning by references or endings, oldest first."""
    records = {_key(warning["id"]): warning for warning in warnings} | {_key(record["id"]): record}
    neighbours: dict[object, set[object]] = {}
    for key, warning in records.items():
        for reference in (*warning["references"], *filter(None, (warning["ended_by"],))):
            neighbours.setdefault(key, set()).add(_key(reference))
            neighbours.setdefault(_key(reference), set()).add(key)
    joined, waiting = {_key(record["id"])}, [_key(record["id"])]
    while waiting and len(joined) < LONGEST_CHAIN:
        new = neighbours.get(waiting.pop(), set()) - joined
        joined |= new
        waiting += new
    chain = sorted(
        (records[key] for key in joined if key in records), key=lambda warning: (warning["sent"], warning["id"])
    )
    return [
        {name: warning[name] for name in ("id", "msg_type", "state", "sent", "headline", "colour")} for warning in chain
    ]
