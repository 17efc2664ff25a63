"""The events of an asset for its detail: changes of health, and of what the device says of itself."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from feeds.journal import JournalEntry
from feeds.kinds import Record
from feeds.wire import iso

EACH = 50
"""Newest events of each kind."""
ENTRY_KINDS = ("health", "facts")
Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]


class AssetEvent(msgspec.Struct):
    """One event. `kind` health: `name` is the new health, `before` and `after` hold `health`. `kind` facts: `name` is
    `first` or `changed`, `before` and `after` hold the facts that changed ("": absent), `probe` is their source.
    """

    seq: int
    at: Moment
    kind: str
    name: str
    probe: str
    before: dict[str, str]
    after: dict[str, str]


class AssetAdditions(msgspec.Struct):
    """The newest events of an asset, newest first."""

    events: list[AssetEvent]


async def additions(deps: Dependencies, principal: Principal, record: Record) -> dict[str, Any]:
    """The events that the asker may read."""
    entries = [
        entry
        for kind in ENTRY_KINDS
        for entry in await deps.journal.entries(kind=kind, subject=record["id"], limit=EACH, newest_first=True)
    ]
    entries.sort(key=lambda entry: (entry.at, entry.seq), reverse=True)
    return {"events": [_event(entry, personal=principal.personal) for entry in entries]}


def _event(entry: JournalEntry, *, personal: bool) -> dict[str, Any]:
    body = entry.body
    if entry.kind == "health":
        before, after = {"health": body.get("before", "")}, {"health": body.get("health", "")}
    else:
        before, after = (_readable(body.get(side, {}), personal=personal) for side in ("before", "after"))
    return {
        "seq": entry.seq,
        "at": iso(entry.at),
        "kind": entry.kind,
        "name": entry.name,
        "probe": str(body.get("probe", "")),
        "before": before,
        "after": after,
    }


def _readable(facts: dict[str, str], *, personal: bool) -> dict[str, str]:
    """The facts; the contact is a person's and blank for others."""
    return {name: text if personal or name != "contact" else "" for name, text in facts.items()}
