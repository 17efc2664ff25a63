"""Outages by asset as API answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from feeds.history.outages import KINDS, Outage
from feeds.inventory.membership import InventoryMember
from feeds.wire import iso

SPANS = 500
"""Spans of one asset in one answer. An asset that flaps all month has more."""


def longest_down_first(
    members: Mapping[str, InventoryMember], by_asset: Mapping[str, Sequence[Outage]]
) -> list[dict[str, Any]]:
    """JSON-able rows of the assets that had an outage: down longest first, then unknown, then degraded."""
    rows = [_row(id, members[id], listed) for id, listed in by_asset.items() if listed]
    return sorted(
        rows, key=lambda row: (*(-row["seconds"][kind] for kind in ("down", "unknown", "degraded")), row["asset"])
    )


def _row(id: str, member: InventoryMember, listed: Sequence[Outage]) -> dict[str, Any]:
    about = member.about
    seconds = dict.fromkeys(KINDS, 0.0)
    for outage in listed:
        seconds[outage.kind] += outage.end - outage.start
    return {
        "asset": id,
        "name": about.name,
        "region": about.region,
        "owner": about.owner,
        "kind": about.kind,
        "seconds": {kind: round(length, 3) for kind, length in seconds.items()},
        "spans": [{"from": iso(o.start), "to": iso(o.end), "kind": o.kind} for o in listed[:SPANS]],
        "more": len(listed) > SPANS,
    }
