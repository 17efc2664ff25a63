"""Public warnings in force at an asset: by its position in the warning's area, else by its region.

Only active warnings of CAP status Actual count, and none whose signature is invalid. Their level is the colour as
issued (GB/T 40243: red, orange, yellow, blue), else the CAP severity in that order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from feeds.kinds.warning import LEVELS, may_trigger
from feeds.model import Area, Asset, EmergencyWarning
from feeds.regions import covers


def level(warning: EmergencyWarning) -> int:
    """The level from 1 (worst) to 4; 5 when neither colour nor severity gives one."""
    return LEVELS.get(warning.colour) or LEVELS.get(warning.severity, 5)


def in_force(warning: EmergencyWarning) -> bool:
    """True for an active warning that may trigger rules."""
    return warning.state == "active" and may_trigger(warning)


class WarningsInForce:
    """The warnings in force and the assets in their areas, computed on the first use after a change."""

    def __init__(self) -> None:
        self._warnings: dict[str, EmergencyWarning] = {}
        self._assets: Mapping[str, Asset] = {}
        self._touched: dict[str, set[str]] = {}
        self._index: Any = None
        self._moved = False

    def use(self, warnings: Iterable[EmergencyWarning], assets: Mapping[str, Asset]) -> None:
        """Begin with these warnings. `assets` is the inventory, which the caller keeps up to date."""
        self._warnings = {warning.id: warning for warning in warnings if in_force(warning)}
        self._assets, self._index, self._touched = assets, None, {}

    def put(self, id: str, warning: EmergencyWarning | None) -> None:
        """Take in a warning's newest form; None removes it."""
        current = warning if warning is not None and in_force(warning) else None
        before = self._warnings.pop(id, None)
        if current is not None:
            self._warnings[id] = current
        if current != before:
            self._moved = True
            self._touched.pop(id, None)

    def placed(self, before: Asset | None, after: Asset | None) -> None:
        """Take in an asset that was added, removed or moved."""
        if _place(before) != _place(after):
            self._index, self._touched = None, {}
            self._moved = self._moved or bool(self._warnings)

    def mark_moved(self) -> None:
        """Report a change at the next call of `moved`."""
        self._moved = True

    def moved(self) -> bool:
        """True when the result may have changed since the last call."""
        moved, self._moved = self._moved, False
        return moved

    def over(self, asset: str, worst: str, event: str) -> list[EmergencyWarning]:
        """The warnings at an asset, of at least that level ("" any) and about that event ("" any), worst first."""
        most = LEVELS.get(worst, 5)
        matching = [
            warning
            for id, warning in self._warnings.items()
            if level(warning) <= most
            and (not event or event in warning.event or event in warning.headline)
            and asset in self._touch(id)
        ]
        return sorted(matching, key=lambda warning: (level(warning), warning.sent, warning.id))

    def _touch(self, id: str) -> set[str]:
        assets = self._touched.get(id)
        if assets is None:
            assets = self._touched[id] = {key for area in self._warnings[id].areas for key in self._inside(area)}
        return assets

    def _inside(self, area: Area) -> set[str]:
        """The assets in an area. An asset without a position is located by its region."""
        nowhere = {
            id
            for id, asset in self._assets.items()
            if (area.geometry is None or asset.lat is None or asset.lon is None)
            and any(covers(region, asset.region) for region in area.regions)
        }
        return nowhere | self._index_of().inside(area.geometry) if area.geometry is not None else nowhere

    def _index_of(self) -> Any:
        if self._index is None:
            from maps.impact import PointIndex  # geometry costs memory: only where a rule asks for it

            located = {id: (asset.lat, asset.lon) for id, asset in self._assets.items()}
            self._index = PointIndex(
                {id: (lat, lon) for id, (lat, lon) in located.items() if lat is not None and lon is not None}
            )
        return self._index


def _place(asset: Asset | None) -> tuple[str, float | None, float | None] | None:
    return None if asset is None else (asset.region, asset.lat, asset.lon)
