"""What a rule may ask beyond its one subject: counts over a region, another asset's health, rates over time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from feeds.model import Asset, AssetState, EmergencyWarning, Health, Quality, Reading
from feeds.regions import covers, parent

Place = tuple[str, str, Health]  # region, kind, health
_UNKNOWN = Health.UNKNOWN
SPAN = 0.5  # a rate is known once its samples span this much of its window


class Around(Protocol):
    """What an expression is answered from."""

    def count(self, region: object, kind: object, health: object, *, perhaps: bool = False) -> int:
        """How many assets lie in a region (or one of several), of a kind, in a health; "" is any.

        `perhaps`: those too that are probed and of which nothing is known now.
        """

    def health_of(self, asset: object, *, known: bool = False) -> str:
        """Another asset's health; LookupError when it is not in the inventory, or with `known` when it is probed and
        nothing is known of it."""

    def rate(self, asset: str, key: str, seconds: float, now: float) -> float | None:
        """By how much a reading has changed per second over its last so many seconds, None when unknown."""

    def warnings_over(self, asset: str, level: str, event: str) -> list[EmergencyWarning]:
        """The warnings in force where an asset is, of at least that level and about that event ("" is any); KeyError
        while nobody knows."""

    def region_of(self, asset: object) -> str:
        """Where an asset lies; LookupError when it is not in the inventory."""


class Nothing:
    """Around a subject that stands alone."""

    def count(self, region: object, kind: object, health: object, *, perhaps: bool = False) -> int:
        return 0

    def health_of(self, asset: object, *, known: bool = False) -> str:
        raise LookupError(asset)

    def rate(self, asset: str, key: str, seconds: float, now: float) -> float | None:
        return None

    def warnings_over(self, asset: str, level: str, event: str) -> list[EmergencyWarning]:
        return []

    def region_of(self, asset: object) -> str:
        raise LookupError(asset)


@dataclass(frozen=True, slots=True)
class Within:
    """What a rule of one region is answered from: nothing beyond its border is counted or told."""

    around: Around
    region: str

    def count(self, region: object, kind: object, health: object, *, perhaps: bool = False) -> int:
        """Of a larger region (or of any) only what lies within the own one."""
        wanted = [region] if isinstance(region, str) else region if isinstance(region, list | tuple) else []
        own = {str(one) for one in wanted if one and covers(self.region, str(one))}
        if any(not one or covers(str(one), self.region) for one in wanted):
            own = {self.region}
        return self.around.count(sorted(own), kind, health, perhaps=perhaps) if own else 0

    def health_of(self, asset: object, *, known: bool = False) -> str:
        if not covers(self.region, self.around.region_of(asset)):
            raise LookupError(asset)
        return self.around.health_of(asset, known=known)

    def rate(self, asset: str, key: str, seconds: float, now: float) -> float | None:
        return self.around.rate(asset, key, seconds, now)

    def warnings_over(self, asset: str, level: str, event: str) -> list[EmergencyWarning]:
        return self.around.warnings_over(asset, level, event)

    def region_of(self, asset: object) -> str:
        return self.around.region_of(asset)


class Counts:
    """Assets by region, kind and health, kept up to date one asset at a time."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._counter: Counter[Place] = Counter()
        self._blind: dict[str, tuple[str, str]] = {}  # region and kind of what is probed and unknown
        self._moved = False

    def put(self, asset: Asset | None, id: str, state: AssetState | None) -> None:
        """An asset is this now, or None: not there."""
        health = state.health if state is not None else _UNKNOWN
        place = (asset.region, asset.kind, health) if asset is not None else None
        if place is not None and health is not _UNKNOWN and place == self._places.get(id):
            return  # as after nearly every poll
        self._blind.pop(id, None)
        if asset is not None and asset.probes and health is _UNKNOWN:
            self._blind[id] = asset.region, asset.kind
        before = self._places.pop(id, None)
        if place is not None:
            self._places[id] = place
        if place == before:
            return
        self._moved = True
        if before is not None:
            self._counter[before] -= 1
            if not self._counter[before]:
                del self._counter[before]
        if place is not None:
            self._counter[place] += 1

    def moved(self) -> bool:
        """Whether any count is another one than when this was last asked."""
        moved, self._moved = self._moved, False
        return moved

    def count(self, region: object, kind: object, health: object, *, perhaps: bool = False) -> int:
        """See Around.count; what is no text or list of texts counts nothing."""
        regions = [str(one) for one in region] if isinstance(region, list | tuple) else [str(region)]
        found = sum(
            number
            for (place, sort, state), number in self._counter.items()
            if kind in ("", sort) and health in ("", state.value) and any(covers(one, place) for one in regions)
        )
        if not perhaps or health in ("", Health.UNKNOWN.value):
            return found
        return found + sum(
            kind in ("", sort) and any(covers(one, place) for one in regions) for place, sort in self._blind.values()
        )

    def regions(self) -> list[str]:
        """Every region that an asset lies in, and those above it up to the smallest that covers all of them."""
        found: dict[str, None] = {}
        own = dict.fromkeys(region for region, _, _ in self._counter if region)
        for region in own:
            above = region
            while above:
                found[above] = None
                if all(covers(above, one) for one in own):
                    break
                above = parent(above)
        return sorted(found)


class History:
    """The last values of the readings that some rule wants a rate of; memory only: after a start it grows anew."""

    def __init__(self) -> None:
        self._windows: dict[str, float] = {}
        self._samples: dict[tuple[str, str], deque[tuple[float, float]]] = {}

    def want(self, windows: Iterable[tuple[str, float]]) -> None:
        """Which readings to keep, and for how many seconds."""
        self._windows = {}
        for key, seconds in windows:
            self._windows[key] = max(seconds, self._windows.get(key, 0.0))
        self._samples = {pair: kept for pair, kept in self._samples.items() if pair[1] in self._windows}

    def put(self, asset: str, readings: Mapping[str, Reading]) -> None:
        """Take the newest readings of an asset in."""
        for key, seconds in self._windows.items():
            reading = readings.get(key)
            value = reading.value if reading is not None and reading.quality is not Quality.BAD else None
            if reading is None or isinstance(value, bool | str) or value is None:
                continue
            kept = self._samples.setdefault((asset, key), deque())
            if kept and kept[-1][0] >= reading.observed_at:
                continue
            kept.append((reading.observed_at, float(value)))
            while kept[0][0] < reading.observed_at - seconds:
                kept.popleft()

    def clear(self) -> None:
        """The clock was set: samples of before and after do not compare."""
        self._samples.clear()

    def drop(self, asset: str) -> None:
        """The asset has left."""
        for pair in [pair for pair in self._samples if pair[0] == asset]:
            del self._samples[pair]

    def rate(self, asset: str, key: str, seconds: float, now: float) -> float | None:
        """See Around.rate: from the oldest to the newest sample within the window."""
        samples = [one for one in self._samples.get((asset, key), ()) if one[0] >= now - seconds]
        if len(samples) < 2 or samples[-1][0] - samples[0][0] < SPAN * seconds:
            return None
        return (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])
