"""Silences and maintenance windows as answers: which are listed, to whom, and what of them is shown."""

from __future__ import annotations

from typing import Any

from api.dependencies import Deps
from api.principal import Principal
from feeds import wire
from feeds.live.pump import Audience
from feeds.regions import covers

SCAN = 500
"""At most so many documents are read for one list."""


async def listed(given: Deps, who: Principal, kind: str) -> list[dict[str, Any]]:
    """The silences or windows that have not ended, as one may see them."""
    docs = await given.journal.docs_page(kind, open=True, limit=SCAN)
    return [shown(doc.body, who) for doc in docs if is_visible(given, who.audience, doc.body)]


def is_visible(given: Deps, audience: Audience, body: dict[str, Any]) -> bool:
    """Who is concerned: those of the region, of what covers it, and of any of the assets."""
    region, assets = body["match"]["region"], body["match"]["assets"]
    if region:
        return covers(audience.region, region) or covers(region, audience.region)
    known = given.pump.mirror.records("asset", audience)
    return not assets or any(asset in known for asset in assets)


def shown(body: dict[str, Any], who: Principal) -> dict[str, Any]:
    """As people see it: times in RFC 3339; no names of people on a wall."""
    record = {name: value for name, value in body.items() if name != "seen"}
    record |= {name: wire.iso(body.get(name)) for name in ("at", "starts", "until", "ended_at")}
    return record if who.personal else record | {"by": "", "comment": "", "ended_by": ""}
