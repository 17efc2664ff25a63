"""What a catalog says beside the inventory: changes that a person reviews and accepts. Pure. Nothing applies itself."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from collectors.video.gb28181 import device_id
from collectors.video.gb28181.catalog import CatalogItem
from collectors.video.gb28181.roster import DeviceRoster, RosterEntry
from feeds.datum import from_gcj02
from feeds.model import Asset
from feeds.regions import covers, is_code

MOVED_BY = 100.0
"""Metres by which a position must differ to be a change."""
_METRES = 111_320.0
"""Metres of one degree of latitude."""


class ChangeKind(StrEnum):
    """Kinds of change, in the order in which they are shown."""

    NEW = "new"
    GONE = "gone"
    RENAMED = "renamed"
    MOVED = "moved"
    REPARENTED = "reparented"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogChange:
    """One change. `id` is the channel's, `asset` its asset, "" for a new one.

    `before` and `after` are for people. `row` are the columns of the inventory that it sets; none: the row goes.
    """

    kind: ChangeKind
    id: str
    asset: str = ""
    name: str = ""
    before: str = ""
    after: str = ""
    row: Mapping[str, str]


def proposals(
    device: str,
    items: Sequence[CatalogItem],
    listed: frozenset[str] | None,
    inventory: Mapping[str, Asset],
    roster: DeviceRoster,
    *,
    gcj02: bool = False,
) -> list[CatalogChange]:
    """The changes between a device's catalog and the inventory, in the order of ChangeKind. Only cameras come in.

    `listed` are the ids of its last complete answer. None: there was none, so that nothing can be gone.
    """
    changes: list[CatalogChange] = []
    for item in items:
        if listed is not None and item.id not in listed:
            continue
        entry = roster.get(item.id)
        if entry is not None:
            changes += _differences(device, item, entry, inventory, roster, gcj02=gcj02)
        elif device_id.kind_of(item.id) == "camera":
            row = _row(device, item, roster, gcj02=gcj02)
            changes.append(CatalogChange(kind=ChangeKind.NEW, id=item.id, name=row["name"], after=item.id, row=row))
    if listed is not None:
        changes += _gone(device, listed, inventory, roster)
    order = list(ChangeKind)
    return sorted(changes, key=lambda change: (order.index(change.kind), change.id))


def _gone(
    device: str, listed: frozenset[str], inventory: Mapping[str, Asset], roster: DeviceRoster
) -> Iterator[CatalogChange]:
    for id in roster.channels_of(device):
        entry = roster.get(id)
        if entry is not None and id not in listed:
            name = inventory[entry.asset].name
            yield CatalogChange(kind=ChangeKind.GONE, id=id, asset=entry.asset, name=name, before=name, row={})


def _differences(
    device: str,
    item: CatalogItem,
    entry: RosterEntry,
    inventory: Mapping[str, Asset],
    roster: DeviceRoster,
    *,
    gcj02: bool,
) -> Iterator[CatalogChange]:
    asset = inventory[entry.asset]

    def change(kind: ChangeKind, before: str, after: str, row: Mapping[str, str]) -> CatalogChange:
        return CatalogChange(
            kind=kind, id=item.id, asset=asset.id, name=asset.name, before=before, after=after, row=row
        )

    if item.name and item.name != asset.name:
        yield change(ChangeKind.RENAMED, asset.name, item.name, {"name": item.name})
    region = _region(item)
    if region and not covers(region, asset.region) and not covers(asset.region, region):
        yield change(ChangeKind.MOVED, asset.region, region, {"region": region})
    position = _position(item, gcj02=gcj02)
    if position is not None and (_metres(asset, position) or 0.0) > MOVED_BY:
        lat, lon = (f"{degrees:.5f}" for degrees in position)
        before = f"{asset.lat:.5f}, {asset.lon:.5f}"
        yield change(ChangeKind.MOVED, before, f"{lat}, {lon}", {"lat": lat, "lon": lon})
    upper = item.parent if item.parent in roster and item.parent != item.id else device
    owner = roster.get(upper)
    if owner is not None and entry.parents and upper not in entry.parents and owner.asset != asset.id:
        recorders = {above.asset for id in entry.parents if (above := roster.get(id)) is not None}
        parents = (owner.asset, *(parent for parent in asset.parents if parent not in recorders))
        yield change(ChangeKind.REPARENTED, ";".join(asset.parents), ";".join(parents), {"parents": ";".join(parents)})


def _row(device: str, item: CatalogItem, roster: DeviceRoster, *, gcj02: bool) -> dict[str, str]:
    """The row of the inventory that would take a channel in."""
    owner = roster.get(item.parent) or roster.get(device)
    position = _position(item, gcj02=gcj02)
    facts = (("maker", item.maker), ("model", item.model), ("address", item.address))
    return {
        "id": item.id,
        "name": item.name or item.id,
        "kind": "camera",
        "region": _region(item) or device_id.region_of(item.id),
        "lat": "" if position is None else f"{position[0]:.5f}",
        "lon": "" if position is None else f"{position[1]:.5f}",
        "parents": owner.asset if owner is not None else "",
        "labels": ";".join(f"{name}={_label(value)}" for name, value in facts if value),
        "probes": f"gb28181://{item.id}",
    }


def _label(value: str) -> str:
    """A value without the signs that divide labels."""
    return " ".join(value.replace(";", " ").replace("；", " ").replace("=", " ").split())[:64]


def _region(item: CatalogItem) -> str:
    code = item.civil_code[:6]
    return code if len(item.civil_code) in (6, 8) and is_code(code) else ""


def _position(item: CatalogItem, *, gcj02: bool) -> tuple[float, float] | None:
    if item.lat is None or item.lon is None:
        return None
    return from_gcj02(item.lat, item.lon) if gcj02 else (item.lat, item.lon)


def _metres(asset: Asset, position: tuple[float, float]) -> float | None:
    """The distance of a position from an asset's, None for one without a position."""
    if asset.lat is None or asset.lon is None:
        return None
    north = (position[0] - asset.lat) * _METRES
    east = (position[1] - asset.lon) * _METRES * math.cos(math.radians(asset.lat))
    return math.hypot(north, east)
