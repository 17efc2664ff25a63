"""The index of a web worker's assets for questions of impact, per audience and made anew when assets move."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence

from api.dependencies import Dependencies
from feeds.kinds import Audience, Record
from feeds.model import Kind
from maps.impact_index import AssetPlace, ImpactIndex
from maps.places import PlaceLayer

LOOK = 10.0
"""Seconds between two looks at whether assets have moved."""
AUDIENCES = 8
"""Indexes that are kept, those used last."""
AT_ONCE = 2
"""Questions that are worked on at once."""


class ImpactCache:
    """Indexes by region of the audience. `turn` bounds the questions that are worked on."""

    def __init__(self, layers: Callable[[], Sequence[PlaceLayer]]) -> None:
        self._layers = layers
        self._indexes: OrderedDict[str, tuple[ImpactIndex, int, Sequence[PlaceLayer], float]] = OrderedDict()
        self.turn = asyncio.Semaphore(AT_ONCE)

    async def index(self, deps: Dependencies, audience: Audience) -> ImpactIndex:
        """The index of the assets that an audience may see."""
        layers, at = self._layers(), deps.clock()
        cached = self._indexes.get(audience.region)
        if cached is not None and cached[2] is layers and 0 <= at - cached[3] < LOOK:
            self._indexes.move_to_end(audience.region)
            return cached[0]
        records = list(deps.pump.mirror.records(Kind.ASSET, audience).values())
        signature = await asyncio.to_thread(_signature, records)
        if cached is not None and cached[1] == signature and cached[2] is layers:
            index = cached[0]
        else:
            index = await asyncio.to_thread(ImpactIndex, _located(records), layers)
        self._indexes[audience.region] = index, signature, layers, at
        self._indexes.move_to_end(audience.region)
        while len(self._indexes) > AUDIENCES:
            self._indexes.popitem(last=False)
        return index


def _signature(records: Sequence[Record]) -> int:
    return hash(tuple((record["id"], record["lat"], record["lon"], record["kind"]) for record in records))


def _located(records: Sequence[Record]) -> list[AssetPlace]:
    return [
        AssetPlace(
            id=record["id"],
            name=record["name"],
            kind=record["kind"],
            owner=record["owner"],
            lat=record["lat"],
            lon=record["lon"],
        )
        for record in records
        if record["lat"] is not None and record["lon"] is not None
    ]
