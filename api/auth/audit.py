"""Writing down who did or saw what, with the region of who did it."""

from __future__ import annotations

from typing import Any

from api.dependencies import Deps
from api.principal import Principal


async def note(
    deps: Deps, principal: Principal, name: str, *, subject: str = "", body: dict[str, Any] | None = None
) -> None:
    """One audit entry of the journal, durable when this returns."""
    more = {"role": principal.role, "region": principal.region} | (body or {})
    async with deps.journal.begin() as tx:
        await tx.append(kind="audit", name=name, subject=subject, at=deps.clock(), actor=principal.name, body=more)
