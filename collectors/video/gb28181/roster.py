"""The assets of the inventory by device or channel id. Such an asset has a probe `gb28181://ID`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from feeds.model import Asset

SCHEME = "gb28181://"


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """One asset: its id, its probe, and the devices that are its parents in the inventory."""

    asset: str
    probe: str
    parents: tuple[str, ...]


class DeviceRoster:
    """Assets by device id."""

    def __init__(self, inventory: Mapping[str, Asset]) -> None:
        ids = {asset.id: gb_id for asset in inventory.values() if (gb_id := gb_id_of(asset))}
        self._entries: dict[str, RosterEntry] = {}
        self._below: dict[str, list[str]] = {}
        for asset in inventory.values():
            if asset.id not in ids:
                continue
            parents = tuple(ids[parent] for parent in asset.parents if parent in ids)
            probe = next(probe for probe in asset.probes if probe.lower().startswith(SCHEME))
            self._entries.setdefault(ids[asset.id], RosterEntry(asset.id, probe, parents))
            for parent in parents:
                self._below.setdefault(parent, []).append(ids[asset.id])

    def __contains__(self, device: str) -> bool:
        return device in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, device: str) -> RosterEntry | None:
        """The asset of a device or channel, None for one that is not in the inventory."""
        return self._entries.get(device)

    def channels_of(self, device: str) -> tuple[str, ...]:
        """The channels whose parent in the inventory is this device."""
        return tuple(self._below.get(device, ()))


def gb_id_of(asset: Asset) -> str:
    """The id of an asset's probe `gb28181://ID`, "" without one."""
    probe = next((probe for probe in asset.probes if probe.lower().startswith(SCHEME)), "")
    return probe[len(SCHEME) :].partition("?")[0].strip("/")
