"""Entries of the audit log."""

from __future__ import annotations

from typing import Any

from api.dependencies import Dependencies
from api.principal import Principal


async def note(
    deps: Dependencies, principal: Principal, name: str, *, subject: str = "", body: dict[str, Any] | None = None
) -> None:
    """Write one audit entry with the actor's role and region; durable on return."""
    more = {"role": principal.role, "region": principal.region} | (body or {})
    async with deps.journal.begin() as tx:
        await tx.append(kind="audit", name=name, subject=subject, at=deps.clock(), actor=principal.name, body=more)
