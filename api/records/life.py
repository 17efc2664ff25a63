"""The life of a record as its detail tells it: the journal entries about it, oldest first."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from api.dependencies import Dependencies
from api.principal import Principal
from feeds import wire

Moment = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]


class LifeStepRecord(msgspec.Struct, kw_only=True):
    """One named step. `actor` and `reason` are "" for a step of a program or of time, and for walls."""

    seq: int
    name: str
    at: Moment
    actor: str
    reason: str


async def steps(
    deps: Dependencies, principal: Principal, kind: str, subject: str, limit: int
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """The fields of `LifeStepRecord` of at most `limit` entries, each with its body, which is {} for walls."""
    entries = await deps.journal.entries(kind=kind, subject=subject, limit=limit)
    personal = principal.personal
    return [
        (
            {
                "seq": entry.seq,
                "name": entry.name,
                "at": wire.iso(entry.at),
                "actor": entry.actor if personal else "",
                "reason": entry.reason if personal else "",
            },
            entry.body if personal else {},
        )
        for entry in entries
    ]
