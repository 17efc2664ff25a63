"""Rows of availability from tallies by asset and month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from feeds.history.uptime import Tally
from feeds.inventory.membership import InventoryMember

BY = ("asset", "unit", "region", "kind", "month")
Key = tuple[str, ...]


@dataclass(slots=True)
class AvailabilityRow:
    """One row: what it is about, how many assets are in it, and their time together."""

    key: Key
    name: str = ""
    tally: Tally = field(default_factory=Tally)
    assets: set[str] = field(default_factory=set)

    def public(self, by: Sequence[str]) -> dict[str, Any]:
        """JSON-able; shares are null when no time counts."""
        tally = self.tally
        names = ("up", "degraded", "down", "unknown", "maintenance")
        return {
            "key": dict(zip(by, self.key, strict=True)),
            "name": self.name,
            "assets": len(self.assets),
            "seconds": {name: round(getattr(tally, name), 3) for name in names},
            "availability": _share(tally.availability),
            "of_known": _share(tally.of_known),
            "coverage": _share(tally.coverage),
        }


def rows(
    by: Sequence[str],
    members: Mapping[str, InventoryMember],
    months: Iterable[tuple[str, Mapping[str, Tally]]],
    asset_ids: Iterable[str],
) -> tuple[list[AvailabilityRow], AvailabilityRow]:
    """The rows by their key, and all together. `wanted` are the assets that count."""
    by_key: dict[Key, AvailabilityRow] = {}
    total, counted = AvailabilityRow(()), set(asset_ids)
    for month, tallies in months:
        for id in counted & tallies.keys():
            about = members[id].about
            parts = {"asset": id, "unit": about.owner, "region": about.region, "kind": about.kind, "month": month}
            key = tuple(parts[name] for name in by)
            row = by_key.get(key) or by_key.setdefault(key, AvailabilityRow(key, about.name if "asset" in by else ""))
            for target in (row, total):
                target.tally.add(tallies[id])
                target.assets.add(id)
    return sorted(by_key.values(), key=lambda row: row.key), total


def worst_first(row: AvailabilityRow) -> tuple[float, Key]:
    """The order of those that worked least; those without any time last."""
    share = row.tally.availability
    return 2.0 if share is None else share, row.key


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
