"""Silences and maintenance windows as answers."""

from __future__ import annotations

from typing import Any

from api.dependencies import Dependencies
from api.principal import Principal
from feeds.documents.suppression import Match, Suppression, load, public
from feeds.live.pump import Audience
from feeds.regions import covers

SCAN = 500
"""At most so many documents are read for one list."""


async def listed(deps: Dependencies, principal: Principal, kind: str) -> list[dict[str, Any]]:
    """The silences or windows that have not ended and that the asker may see."""
    docs = await deps.journal.docs_page(kind, open=True, limit=SCAN)
    suppressions = [load(doc.body) for doc in docs]
    return [
        shown(suppression, principal)
        for suppression in suppressions
        if is_visible(deps, principal.audience, suppression.match)
    ]


def is_visible(deps: Dependencies, audience: Audience, match: Match) -> bool:
    """True for an audience of the region, of one that covers it, or of any of the assets."""
    if match.region:
        return covers(audience.region, match.region) or covers(match.region, audience.region)
    visible = deps.pump.mirror.records("asset", audience)
    return not match.assets or any(asset in visible for asset in match.assets)


def shown(suppression: Suppression, principal: Principal) -> dict[str, Any]:
    """The suppression as an answer: times in RFC 3339, no names of people for walls."""
    record = public(suppression)
    return record if principal.personal else record | {"by": "", "comment": "", "ended_by": ""}
