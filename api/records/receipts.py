"""Additional fields of a receipt's detail: the steps of its life, each version with its row as received."""

from __future__ import annotations

from typing import Any

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from api.records.life import LifeStepRecord, steps
from feeds.kinds import Record
from feeds.model import Kind

ENTRIES = 200
"""Journal entries of one receipt that are shown."""


class ReceiptStepRecord(LifeStepRecord, kw_only=True):
    """One named step in a receipt's life; `raw` is the row that made it, "" for a step of a person or of time."""

    raw: str


class ReceiptAdditions(msgspec.Struct):
    """The steps of a receipt's life, oldest first, each version with its row as received (not for walls)."""

    transitions: list[ReceiptStepRecord]


async def additions(deps: Dependencies, principal: Principal, record: Record) -> dict[str, Any]:
    """The fields of `ReceiptAdditions`."""
    life = await steps(deps, principal, Kind.RECEIPT, record["id"], ENTRIES)
    return {"transitions": [step | {"raw": str(body.get("raw", ""))} for step, body in life]}
