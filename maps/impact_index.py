"""The impact index: assets, places and departments inside an area, and the nearest places of each kind.

One index per inventory and set of layers; building it takes some hundred milliseconds for 50,000 things, asking it
about a millisecond. Immutable: threads may share it.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from feeds.geometry import from_geojson
from maps.impact import PointIndex
from maps.places import PlaceLayer, SitePlace
from maps.projection import circle

SIGHT_M = 2_000.0
"""A camera within this distance of a place may see it."""
NEAREST = 3
"""Places of each kind that are named by distance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetPlace:
    """An asset as the index needs it."""

    id: str
    name: str
    kind: str
    owner: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """The content of an area. `cameras` are those inside or within SIGHT_M of its middle, (lat, lon) in EPSG:4326."""

    assets: tuple[str, ...]
    cameras: tuple[str, ...]
    places: Mapping[str, tuple[SitePlace, ...]]
    middle: tuple[float, float]


Hits = tuple[NDArray[np.intp], NDArray[np.intp]]
"""Positions of assets and of places in an index."""


class _Codes:
    """Words as numbers, so that thousands are counted at once."""

    def __init__(self, words: Iterable[str]) -> None:
        values = list(words)
        self._words = sorted(set(values))
        numbers = {word: number for number, word in enumerate(self._words)}
        self._codes = np.array([numbers[word] for word in values], dtype=np.intp)

    def counts(self, positions: NDArray[np.intp]) -> dict[str, int]:
        """The number of positions that have each word. Words without any are left out."""
        counts = np.bincount(self._codes[positions], minlength=len(self._words))
        return {word: int(count) for word, count in zip(self._words, counts, strict=True) if count}


class ImpactIndex:
    """Assets with a position, and the places of the site's layers."""

    def __init__(self, assets: Iterable[AssetPlace], layers: Sequence[PlaceLayer] = ()) -> None:
        self.assets = {asset.id: asset for asset in assets}
        self.places = {place.id: place for layer in layers for place in layer.places}
        self.uncounted = {layer.kind: layer.uncounted for layer in layers if layer.uncounted}
        self._assets = PointIndex({id: (asset.lat, asset.lon) for id, asset in self.assets.items()})
        self._places = PointIndex({id: (place.lat, place.lon) for id, place in self.places.items()})
        by_kind: defaultdict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
        for id, place in self.places.items():
            by_kind[place.kind][id] = place.lat, place.lon
        self._asset_kinds = _Codes(self.assets[id].kind for id in self._assets.ids)
        self._asset_owners = _Codes(self.assets[id].owner for id in self._assets.ids)
        self._place_kinds = _Codes(self.places[id].kind for id in self._places.ids)
        self._by_kind = {kind: PointIndex(points) for kind, points in by_kind.items()}

    @cached_property
    def version(self) -> str:
        """Identifies what is counted: the assets with their kinds and positions, and the places of the layers."""
        digest = hashlib.sha256()
        counted: list[AssetPlace | SitePlace] = [*self.assets.values(), *self.places.values()]
        for place in counted:
            digest.update(f"{place.id}\x1f{place.kind}\x1f{place.lat}\x1f{place.lon}\n".encode())
        return digest.hexdigest()[:16]

    def inside(self, geometry: Mapping[str, Any] | BaseGeometry) -> Inside:
        """The content of a geometry (EPSG:4326). Raises BadGeometry."""
        area = geometry if isinstance(geometry, BaseGeometry) else from_geojson(geometry)
        assets = self._assets.inside(area)
        middle = area.centroid
        in_sight = self._assets.within(middle.y, middle.x, SIGHT_M) | assets
        places: defaultdict[str, list[SitePlace]] = defaultdict(list)
        for id in sorted(self._places.inside(area)):
            place = self.places[id]
            places[place.kind].append(place)
        return Inside(
            assets=tuple(sorted(assets)),
            cameras=tuple(sorted(id for id in in_sight if self.assets[id].kind == "camera")),
            places={kind: tuple(of_kind) for kind, of_kind in sorted(places.items())},
            middle=(middle.y, middle.x),
        )

    def hits(self, geometry: Mapping[str, Any] | BaseGeometry) -> Hits:
        """The positions of assets and places inside a geometry, for `counts`. Raises BadGeometry."""
        area = geometry if isinstance(geometry, BaseGeometry) else from_geojson(geometry)
        return self._assets.positions(area), self._places.positions(area)

    def counts(self, areas: Sequence[Hits]) -> tuple[dict[str, int], dict[str, int], tuple[str, ...]]:
        """Assets by kind, places by kind, and the departments that own the assets, over areas that may overlap."""
        sizes = len(self._assets.ids), len(self._places.ids)
        assets, places = (_distinct(hits, size) for hits, size in zip(zip(*areas, strict=True), sizes, strict=True))
        owners = set(self._asset_owners.counts(assets)) - {""}
        return self._asset_kinds.counts(assets), self._place_kinds.counts(places), tuple(sorted(owners))

    def nearest(self, lat: float, lon: float) -> dict[str, list[tuple[SitePlace, float]]]:
        """The nearest places of each kind with their distance in metres, by line."""
        return {
            kind: [(self.places[id], metres) for id, metres in index.nearest(lat, lon, NEAREST)]
            for kind, index in sorted(self._by_kind.items())
        }


def _distinct(hits: Sequence[NDArray[np.intp]], size: int) -> NDArray[np.intp]:
    """Each position below `size` once. One area names none twice; a mask is faster than sorting where several do."""
    if len(hits) == 1:
        return hits[0]
    mask = np.zeros(size, dtype=bool)
    for positions in hits:
        mask[positions] = True
    return np.flatnonzero(mask)


def drawn(geometry: Mapping[str, Any] | None, lat: float, lon: float, radius_m: float) -> Mapping[str, Any]:
    """The geometry itself, else a circle. Raises ValueError for a circle that cannot be."""
    return geometry if geometry is not None else circle(lat, lon, radius_m)
