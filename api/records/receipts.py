"""Additional fields of a receipt's detail: the steps of its life, each version with its row as received."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from feeds import wire
from feeds.kinds import Record
from feeds.model import Kind

ENTRIES = 200
"""Journal entries of one receipt that are shown."""
Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]


class ReceiptStepRecord(msgspec.Struct):
    """One named step in a receipt's life; `raw` is the row that made it, "" for a step of a person or of time."""

    seq: int
    name: str
    at: Moment
    actor: str
    reason: str
    raw: str


class ReceiptAdditions(msgspec.Struct):
    """The steps of a receipt's life, oldest first, each version with its row as received (not for walls)."""

    transitions: list[ReceiptStepRecord]


async def additions(deps: Dependencies, principal: Principal, record: Record) -> dict[str, Any]:
    """The fields of `ReceiptAdditions`."""
    entries = await deps.journal.entries(kind=Kind.RECEIPT, subject=record["id"], limit=ENTRIES)
    personal = principal.personal
    return {
        "transitions": [
            {
                "seq": entry.seq,
                "name": entry.name,
                "at": wire.iso(entry.at),
                "actor": entry.actor if personal else "",
                "reason": entry.reason if personal else "",
                "raw": str(entry.body.get("raw", "")) if personal else "",
            }
            for entry in entries
        ]
    }
