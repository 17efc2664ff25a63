"""Writing down who did or saw what, with the region of who did it."""

from __future__ import annotations

from typing import Any

from api.dependencies import Deps
from api.principal import Principal


async def note(
    given: Deps, who: Principal, name: str, *, subject: str = "", body: dict[str, Any] | None = None
) -> None:
    """One audit entry of the journal, durable when this returns."""
    more = {"role": who.role, "region": who.region} | (body or {})
    async with given.journal.begin() as tx:
        await tx.append(kind="audit", name=name, subject=subject, at=given.clock(), actor=who.name, body=more)
