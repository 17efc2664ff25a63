"""Location of warnings: outlines of their region codes, the counties they touch, the assets and places inside."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from feeds.model import BY_CODES, Area, Asset, EmergencyWarning, Remark
from maps.impact_index import AssetPlace, Hits, ImpactIndex
from maps.places import PlaceLayer
from maps.regions import NOTES, RegionTable, Resolved

if TYPE_CHECKING:
    from feeds.journal import Journal


T = TypeVar("T")
REMEMBERED = 500
"""Sets of region codes whose outline and content are remembered."""


class AreaResolver:
    """The region table and the positions of an inventory and of layers; built once per inventory.

    `index` says what lies inside an area.
    """

    def __init__(self, regions: RegionTable, assets: Iterable[Asset], layers: Sequence[PlaceLayer] = ()) -> None:
        self._regions = regions
        located = [
            AssetPlace(id=asset.id, name=asset.name, kind=asset.kind, owner=asset.owner, lat=asset.lat, lon=asset.lon)
            for asset in assets
            if asset.lat is not None and asset.lon is not None
        ]
        self.index = ImpactIndex(located, layers)
        self._resolved: OrderedDict[tuple[str, ...], Resolved] = OrderedDict()
        self._inside_codes: OrderedDict[tuple[str, ...], Hits] = OrderedDict()

    def placed(self, warning: EmergencyWarning) -> EmergencyWarning:
        """The warning with areas resolved, `regions` filled, assets and places counted. Raises BadGeometry."""
        areas, findings = [], []
        for area in warning.areas:
            placed_area, remarks = self._area(area)
            areas.append(placed_area)
            findings += remarks
        regions = tuple(sorted({code for area in areas for code in area.regions}))
        existing = {(finding.code, finding.value) for finding in warning.findings}
        new = tuple(finding for finding in findings if (finding.code, finding.value) not in existing)
        return self.counted(replace(warning, areas=tuple(areas), regions=regions, findings=(*warning.findings, *new)))

    def counted(self, warning: EmergencyWarning) -> EmergencyWarning:
        """The warning with what lies inside counted, each thing once."""
        hits = [self._hits(area) for area in warning.areas if area.geometry is not None]
        if not hits:
            return replace(warning, affected={}, places={}, departments=())
        affected, places, departments = self.index.counts(hits)
        return replace(warning, affected=affected, places=places, departments=departments)

    def _hits(self, area: Area) -> Hits:
        """The assets and places inside an area. Results for outlines of regions are cached: most warnings have one."""
        assert area.geometry is not None
        if area.resolved not in BY_CODES:
            return self.index.hits(area.geometry)
        inside = self._inside_codes.get(area.geocodes)
        if inside is None:
            inside = self.index.hits(area.geometry)
            _keep(self._inside_codes, area.geocodes, inside)
        return inside

    def _area(self, area: Area) -> tuple[Area, list[Remark]]:
        if area.geometry is not None:
            return replace(area, regions=self._regions.regions_of(area.geometry)), []
        resolved = self._resolved.get(area.geocodes)
        if resolved is None:
            resolved = self._regions.resolve_geocodes(area.geocodes)
            _keep(self._resolved, area.geocodes, resolved)
        findings = [self._fallback(code, by) for code, by in resolved.shown_by.items() if code != by]
        placed_area = replace(area, geometry=resolved.geometry, regions=resolved.regions, resolved=resolved.note)
        return placed_area, findings

    def _fallback(self, code: str, by: str) -> Remark:
        note_texts = NOTES["parent" if by else "none"]
        message = {
            language: f"{code}: {text}" + (f" ({self._regions.name(by, language)})" if by else "")
            for language, text in note_texts.items()
        }
        return Remark(
            code="GEOCODE_UNKNOWN", xpath="/alert/info/area/geocode/value", value=code, message=message, error=False
        )


def _keep(memory: OrderedDict[tuple[str, ...], T], key: tuple[str, ...], value: T) -> None:
    """Remember a value; the oldest ones are forgotten. Threads of one resolver may race: both have the same value."""
    memory[key] = value
    while len(memory) > REMEMBERED:
        memory.popitem(last=False)


@dataclass(frozen=True, slots=True)
class LocateWarning:
    """Locate a warning off the event loop: a request that the engine carries out (see feeds.engine.requests).

    The answer is the located warning, or the error of an area without a valid geometry.
    """

    warning: EmergencyWarning
    resolver: AreaResolver

    async def ask(self, _journal: Journal) -> EmergencyWarning | ValueError:
        try:
            return await asyncio.to_thread(self.resolver.placed, self.warning)
        except ValueError as error:
            return error
