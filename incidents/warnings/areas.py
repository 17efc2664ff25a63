"""Location of warnings: outlines for their codes, the counties they touch, the number of assets inside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from feeds.model import Area, Asset, EmergencyWarning, Remark
from maps.impact import PointIndex
from maps.regions import NOTES, RegionTable


class AreaResolver:
    """The region table and an inventory's positions; built once per inventory."""

    def __init__(self, regions: RegionTable, assets: Iterable[Asset]) -> None:
        located = {a.id: a for a in assets if a.lat is not None and a.lon is not None}
        self._regions = regions
        self._kinds = {id: asset.kind for id, asset in located.items()}
        self._index = PointIndex({id: (a.lat or 0.0, a.lon or 0.0) for id, a in located.items()})

    def placed(self, warning: EmergencyWarning) -> EmergencyWarning:
        """The warning with areas resolved, `regions` filled and assets counted."""
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
        """The warning with the assets inside counted by kind, each once."""
        inside: set[str] = set()
        for area in warning.areas:
            if area.geometry is not None:
                inside |= self._index.inside(area.geometry)
        counts = Counter(self._kinds[id] for id in inside)
        return replace(warning, affected=dict(sorted(counts.items())))

    def _area(self, area: Area) -> tuple[Area, list[Remark]]:
        if area.geometry is not None:
            return replace(area, regions=self._regions.regions_of(area.geometry)), []
        resolved = self._regions.resolve_geocodes(area.geocodes)
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
