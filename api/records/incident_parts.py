"""Answers about one incident: its changes, and who was told of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from api.dependencies import Dependencies
from api.principal import Principal
from api.records import campaigns
from feeds import wire
from feeds.kinds import Record
from feeds.model import Kind

Place = tuple[int, int]
"""The sequence and the number of the last version of a page."""


async def versions(
    deps: Dependencies, principal: Principal, incident: str, after: Place, limit: int
) -> tuple[list[dict[str, Any]], Place | None]:
    """A page of the journal entries about an incident, oldest first; walls see neither people nor values."""
    seq, count = after
    more = await deps.journal.entries(kind=Kind.INCIDENT, subject=incident, after=seq, limit=limit + 1)
    entries, personal = more[:limit], principal.personal
    rows: list[dict[str, Any]] = [
        {
            "number": number,
            "seq": entry.seq,
            "chain": entry.chain,
            "order": entry.name,
            "at": wire.iso(entry.at),
            "actor": entry.actor if personal else "",
            "reason": entry.reason if personal else "",
            "values": entry.body if personal else {},
        }
        for number, entry in enumerate(entries, count + 1)
    ]
    return rows, (entries[-1].seq, count + limit) if len(more) > limit else None


async def audience(deps: Dependencies, principal: Principal, incident: str) -> list[dict[str, Any]]:
    """One row for each who was told, in the order in which they were."""
    mirror, audience = deps.pump.mirror, principal.audience

    def mine(kind: str) -> Iterator[Record]:
        return (record for record in mirror.records(kind, audience).values() if record["incident"] == incident)

    rows = [_of_task(task) for task in mine(Kind.TASK) if task["issued_at"]]
    rows += [_of_report(due) for due in mine(Kind.OBLIGATION) if due["proof"]]
    for campaign in mine(Kind.CAMPAIGN):
        for person in await campaigns.recipients(deps, campaign):
            if person["wave_at"]:
                rows.append(_row("campaign", campaign["id"], person["name"], person["wave_at"], person["answered_at"]))
    return sorted(rows, key=lambda row: str(row["at"]))


def _row(kind: str, id: str, who: str, at: str, answered_at: str | None) -> dict[str, Any]:
    return {"kind": kind, "id": id, "who": who, "at": at, "answered_at": answered_at}


def _of_task(task: Record) -> dict[str, Any]:
    who = task["person"] or task["unit"] or task["post"] or task["role"]
    return _row("task", task["id"], who, task["issued_at"], task["signed_at"])


def _of_report(due: Record) -> dict[str, Any]:
    proof = due["proof"]
    return _row("obligation", due["id"], proof["recipient"] or due["recipient"], proof["at"], proof["at"])
