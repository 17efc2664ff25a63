"""The region table: names, outlines and hierarchy of GB/T 2260 codes, and the counties that an area touches.

Names exist down to the township in Yunnan and to the county elsewhere. Outlines exist down to the county in the site's
prefecture and to the prefecture in the rest of the province.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from feeds.geometry import from_geojson
from feeds.regions import covers, is_code, parent
from maps import files

Geometry = dict[str, Any]

_SLIVER = 1e-7  # square degrees, about 1,000 m²
_OUTLINES = ("province", "neighbours", "prefecture", "counties")


class Resolved(NamedTuple):
    """The areas of region codes.

    `note` is "" (no code), "exact", "parent" (a code is shown by the outline of a region above it: 按上级区划显示) or
    "none" (a code has no outline anywhere). `shown_by` maps each code to the one whose outline is used ("" for none).
    `geometry` is the union, EPSG:4326.
    """

    geometry: Geometry | None
    regions: tuple[str, ...]
    note: str
    shown_by: Mapping[str, str]


NOTES: Mapping[str, Mapping[str, str]] = {
    "": {"zh-CN": "", "en": ""},
    "exact": {"zh-CN": "按区划显示", "en": "shown by its region"},
    "parent": {"zh-CN": "按上级区划显示", "en": "shown by the region above"},
    "none": {"zh-CN": "区划无图形", "en": "region without an outline"},
}


class RegionTable:
    """Names by language and code, outlines (GeoJSON, EPSG:4326) by code."""

    def __init__(self, names: Mapping[str, Mapping[str, str]], outlines: Mapping[str, Geometry]) -> None:
        self._names = names
        self._outlines = dict(outlines)
        self._children: dict[str, list[str]] = {}
        for code in names.get("zh", {}):
            self._children.setdefault(parent(code), []).append(code)
        self._shapes = {code: shape(outline) for code, outline in outlines.items()}
        # The finest outlines: those that contain no other one.
        self._leaves = [code for code in outlines if not any(parent(inner) == code for inner in outlines)]
        self._tree = shapely.STRtree([self._shapes[code] for code in self._leaves])
        for outline in self._shapes.values():
            shapely.prepare(outline)

    def name(self, code: str, language: str = "zh-CN") -> str:
        """The region's name, in Chinese where no other exists; "" for an unknown code."""
        code = canonical(code)
        translated = self._names.get("en", {}).get(code) if language.startswith("en") else None
        return translated or self._names.get("zh", {}).get(code, "")

    def parent(self, code: str) -> str:
        """One level up, "" above a province."""
        return parent(code)

    def children(self, code: str) -> tuple[str, ...]:
        """The named regions directly inside, sorted; those of "" are the provinces."""
        return tuple(sorted(self._children.get(canonical(code) if code else "", ())))

    def geometry(self, code: str) -> Geometry | None:
        """The region's own outline, or None."""
        return self._outlines.get(canonical(code))

    def regions_of(self, geometry: Geometry | None) -> tuple[str, ...]:
        """Codes of the finest regions (counties, else prefectures) that overlap the geometry, sorted.

        Touching a border is not an overlap, except for points and lines. Raises BadGeometry for a value that is not a
        GeoJSON geometry or exceeds a limit.
        """
        if geometry is None:
            return ()
        return self._regions_of(from_geojson(geometry))

    def _regions_of(self, area: BaseGeometry) -> tuple[str, ...]:
        hits = self._tree.query(area, predicate="intersects")
        codes = [self._leaves[i] for i in hits]
        if area.area > 0:
            # Outlines of other sources differ from ours by some metres: a sliver is not an overlap.
            least = min(_SLIVER, area.area / 1000)
            codes = [code for code in codes if self._shapes[code].intersection(area).area > least]
        return tuple(sorted(codes))

    def leaves(self, code: str) -> tuple[str, ...]:
        """The finest regions with an outline at or below a code; the code itself when there is none."""
        code = canonical(code)
        return tuple(sorted(leaf for leaf in self._leaves if covers(code, leaf))) or ((code,) if code else ())

    def resolve_geocodes(self, codes: Iterable[str]) -> Resolved:
        """The areas of 6-, 9- and 12-digit codes; codes of other systems (SAME, NUTS …) are ignored.

        A code without an outline is shown by the nearest region above it that has one.
        """
        requested = list(dict.fromkeys(canonical(code) for code in codes if is_code(code)))
        shown_by = {code: self._nearest(code) for code in requested}
        outlines = sorted({by for by in shown_by.values() if by})
        regions = {leaf for code, by in shown_by.items() for leaf in self.leaves(by or code)}
        union = shapely.union_all([self._shapes[by] for by in outlines]) if outlines else None
        geometry = self._outlines[outlines[0]] if len(outlines) == 1 else union and _geojson(union)
        return Resolved(geometry, tuple(sorted(regions)), _note(shown_by), shown_by)

    def _nearest(self, code: str) -> str:
        """The code itself or the nearest one above it with an outline, "" when there is none."""
        while code and code not in self._outlines:
            code = parent(code)
        return code


def canonical(code: str) -> str:
    """The shortest form of a code ("532300000000" -> "532300"); an invalid code is returned unchanged."""
    if not is_code(code):
        return code
    for length in (6, 9):
        if len(code) > length and not code[length:].strip("0"):
            return code[:length]
    return code


def _note(shown_by: Mapping[str, str]) -> str:
    if not shown_by:
        return ""
    if not all(shown_by.values()):
        return "none"
    return "exact" if all(code == by for code, by in shown_by.items()) else "parent"


def _geojson(outline: BaseGeometry) -> Geometry:
    result: Geometry = json.loads(json.dumps(mapping(outline)))
    return result


@cache
def table() -> RegionTable:
    """The committed table, loaded once."""
    outlines = {f["properties"]["adcode"]: f["geometry"] for layer in _OUTLINES for f in files.features(layer)}
    return RegionTable(json.loads(files.raw("regions.json")), outlines)
