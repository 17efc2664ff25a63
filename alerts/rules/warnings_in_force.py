"""Which public warnings hold where an asset stands: by its position in the warning's area, else by its region.

Only actual warnings that are active count. Their level is the colour as issued (GB/T 40243: red, orange, yellow,
blue), else CAP's severity in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from feeds.model import Area, Asset, EmergencyWarning
from feeds.regions import covers

LEVELS = {"red": 1, "orange": 2, "yellow": 3, "blue": 4, "Extreme": 1, "Severe": 2, "Moderate": 3, "Minor": 4}
WORDS = ("", *LEVELS)


def level(warning: EmergencyWarning) -> int:
    """1 for the worst, 5 when neither colour nor severity says."""
    return LEVELS.get(warning.colour) or LEVELS.get(warning.severity, 5)


def in_force(warning: EmergencyWarning) -> bool:
    return warning.status == "Actual" and warning.state == "active"


class Warned:
    """The warnings in force and the assets they touch; worked out when first asked after a change."""

    def __init__(self) -> None:
        self._warnings: dict[str, EmergencyWarning] = {}
        self._assets: Mapping[str, Asset] = {}
        self._touched: dict[str, set[str]] = {}
        self._index: Any = None
        self._moved = False

    def use(self, warnings: Iterable[EmergencyWarning], assets: Mapping[str, Asset]) -> None:
        """Begin with these; `assets` is the living inventory."""
        self._warnings = {one.id: one for one in warnings if in_force(one)}
        self._assets, self._index, self._touched = assets, None, {}

    def put(self, id: str, warning: EmergencyWarning | None) -> None:
        """A warning is this now, or gone."""
        wanted = warning if warning is not None and in_force(warning) else None
        before = self._warnings.pop(id, None)
        if wanted is not None:
            self._warnings[id] = wanted
        if wanted != before:
            self._moved = True
            self._touched.pop(id, None)

    def placed(self, before: Asset | None, after: Asset | None) -> None:
        """An asset has come, gone or moved."""
        if _place(before) != _place(after):
            self._index, self._touched = None, {}
            self._moved = self._moved or bool(self._warnings)

    def stir(self) -> None:
        """Another answer is possible from now on."""
        self._moved = True

    def moved(self) -> bool:
        """Whether another answer is possible than when this was last asked."""
        moved, self._moved = self._moved, False
        return moved

    def over(self, asset: str, worst: str, event: str) -> list[EmergencyWarning]:
        """Warnings where the asset is, of at least that level ("" any) and about that event ("" any), worst first."""
        most = LEVELS.get(worst, 5)
        found = [
            one
            for id, one in self._warnings.items()
            if level(one) <= most
            and (not event or event in one.event or event in one.headline)
            and asset in self._touch(id)
        ]
        return sorted(found, key=lambda one: (level(one), one.sent, one.id))

    def _touch(self, id: str) -> set[str]:
        known = self._touched.get(id)
        if known is None:
            known = self._touched[id] = {key for area in self._warnings[id].areas for key in self._inside(area)}
        return known

    def _inside(self, area: Area) -> set[str]:
        """The assets of an area. One without a position is where its region is."""
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

            located = {id: (one.lat, one.lon) for id, one in self._assets.items()}
            self._index = PointIndex(
                {id: (lat, lon) for id, (lat, lon) in located.items() if lat is not None and lon is not None}
            )
        return self._index


def _place(asset: Asset | None) -> tuple[str, float | None, float | None] | None:
    return None if asset is None else (asset.region, asset.lat, asset.lon)
