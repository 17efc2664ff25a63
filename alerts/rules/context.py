"""Context of a rule beyond its own subject: counts over a region, another asset's health, rates over time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from feeds.model import Asset, AssetState, EmergencyWarning, Health, Quality, Reading
from feeds.regions import covers, parent

Place = tuple[str, str, Health]  # region, kind, health
_UNKNOWN = Health.UNKNOWN
EVERY_MEMBER = "[]"  # after a metric: that reading of every member of an asset
SPAN = 0.5  # the part of its window that the samples of a rate must span


class RuleContext(Protocol):
    """The functions of an expression that need more than its subject."""

    def count(self, region: object, kind: object, health: object, *, include_unknown: bool = False) -> int:
        """The number of assets in a region (or one of several), of a kind, with a health; "" is any.

        `include_unknown` also counts probed assets whose health is unknown.
        """

    def health_of(self, asset: object, *, require_known: bool = False) -> str:
        """Another asset's health; LookupError when it is not in the inventory.

        With `require_known`, LookupError also for a probed asset whose health is unknown.
        """

    def rate(self, asset: str, key: str, seconds: float, now: float) -> float | None:
        """The change of a reading per second over the last `seconds`; None when unknown."""

    def warnings_over(self, asset: str, level: str, event: str) -> list[EmergencyWarning]:
        """The warnings in force at an asset, of at least that level and about that event ("" is any).

        KeyError while the warnings are unknown.
        """

    def region_of(self, asset: object) -> str:
        """An asset's region; LookupError when it is not in the inventory."""


class EmptyContext:
    """The context of a subject without other assets."""

    def count(self, region: object, kind: object, health: object, *, include_unknown: bool = False) -> int:
        return 0

    def health_of(self, asset: object, *, require_known: bool = False) -> str:
        raise LookupError(asset)

    def rate(self, asset: str, key: str, seconds: float, now: float) -> float | None:
        return None

    def warnings_over(self, asset: str, level: str, event: str) -> list[EmergencyWarning]:
        return []

    def region_of(self, asset: object) -> str:
        raise LookupError(asset)


@dataclass(frozen=True, slots=True)
class RegionContext:
    """The context of a rule with a region: assets outside the region are not counted and not found."""

    context: RuleContext
    region: str

    def count(self, region: object, kind: object, health: object, *, include_unknown: bool = False) -> int:
        """Count within the rule's own region only, also when a larger region or "" is named."""
        regions = [region] if isinstance(region, str) else region if isinstance(region, list | tuple) else []
        own = {str(region_code) for region_code in regions if region_code and covers(self.region, str(region_code))}
        if any(not region_code or covers(str(region_code), self.region) for region_code in regions):
            own = {self.region}
        return self.context.count(sorted(own), kind, health, include_unknown=include_unknown) if own else 0

    def health_of(self, asset: object, *, require_known: bool = False) -> str:
        if not covers(self.region, self.context.region_of(asset)):
            raise LookupError(asset)
        return self.context.health_of(asset, require_known=require_known)

    def rate(self, asset: str, key: str, seconds: float, now: float) -> float | None:
        return self.context.rate(asset, key, seconds, now)

    def warnings_over(self, asset: str, level: str, event: str) -> list[EmergencyWarning]:
        return self.context.warnings_over(asset, level, event)

    def region_of(self, asset: object) -> str:
        return self.context.region_of(asset)


class AssetCounts:
    """The number of assets by region, kind and health, updated one asset at a time."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._counter: Counter[Place] = Counter()
        self._blind: dict[str, tuple[str, str]] = {}  # region and kind of probed assets of unknown health
        self._moved = False

    def put(self, asset: Asset | None, id: str, state: AssetState | None) -> None:
        """Take in an asset's newest record and state; None removes the asset."""
        health = state.health if state is not None else _UNKNOWN
        group = (asset.region, asset.kind, health) if asset is not None else None
        if group is not None and health is not _UNKNOWN and group == self._places.get(id):
            return  # as after nearly every poll
        self._blind.pop(id, None)
        if asset is not None and asset.probes and health is _UNKNOWN:
            self._blind[id] = asset.region, asset.kind
        before = self._places.pop(id, None)
        if group is not None:
            self._places[id] = group
        if group == before:
            return
        self._moved = True
        if before is not None:
            self._counter[before] -= 1
            if not self._counter[before]:
                del self._counter[before]
        if group is not None:
            self._counter[group] += 1

    def moved(self) -> bool:
        """True when any count has changed since the last call."""
        moved, self._moved = self._moved, False
        return moved

    def count(self, region: object, kind: object, health: object, *, include_unknown: bool = False) -> int:
        """See RuleContext.count. A region that is neither a text nor a list of texts counts nothing."""
        regions = [str(code) for code in region] if isinstance(region, list | tuple) else [str(region)]
        total = sum(
            number
            for (group_region, sort, state), number in self._counter.items()
            if kind in ("", sort)
            and health in ("", state.value)
            and any(covers(code, group_region) for code in regions)
        )
        if not include_unknown or health in ("", Health.UNKNOWN.value):
            return total
        return total + sum(
            kind in ("", sort) and any(covers(code, group_region) for code in regions)
            for group_region, sort in self._blind.values()
        )

    def regions(self) -> list[str]:
        """The regions of all assets, and those above them up to the smallest that covers all."""
        covering: dict[str, None] = {}
        own = dict.fromkeys(region for region, _, _ in self._counter if region)
        for region in own:
            above = region
            while above:
                covering[above] = None
                if all(covers(above, other_region) for other_region in own):
                    break
                above = parent(above)
        return sorted(covering)


class ReadingHistory:
    """Recent values of the readings whose rate a rule uses. Held in memory only; empty after a start."""

    def __init__(self) -> None:
        self._windows: dict[str, float] = {}
        self._of_members = False
        self._samples: dict[tuple[str, str], deque[tuple[float, float]]] = {}

    def want(self, windows: Iterable[tuple[str, float]]) -> None:
        """Keep these readings, each for that many seconds. A key `metric[]` is that reading of every member."""
        self._windows = {}
        for key, seconds in windows:
            self._windows[key] = max(seconds, self._windows.get(key, 0.0))
        self._of_members = any(key.endswith(EVERY_MEMBER) for key in self._windows)
        self._samples = {pair: samples for pair, samples in self._samples.items() if self._window(pair[1])}

    def _window(self, key: str) -> float:
        """Seconds for which values of a reading are kept for rates; 0 when no rule uses its rate."""
        metric, bracket, _ = key.partition("[")
        of_member = self._windows.get(metric + EVERY_MEMBER, 0.0) if bracket else 0.0
        return max(self._windows.get(key, 0.0), of_member)

    def put(self, asset: str, readings: Mapping[str, Reading]) -> None:
        """Take in the newest readings of an asset."""
        for key in readings if self._of_members else self._windows:
            seconds, reading = self._window(key), readings.get(key)
            value = reading.value if reading is not None and reading.quality is not Quality.BAD else None
            if reading is None or not seconds or isinstance(value, bool | str) or value is None:
                continue
            samples = self._samples.setdefault((asset, key), deque())
            if samples and samples[-1][0] >= reading.observed_at:
                continue
            samples.append((reading.observed_at, float(value)))
            while samples[0][0] < reading.observed_at - seconds:
                samples.popleft()

    def clear(self) -> None:
        """The clock was set: samples from before and after are not comparable."""
        self._samples.clear()

    def drop(self, asset: str) -> None:
        """Forget an asset."""
        for pair in [pair for pair in self._samples if pair[0] == asset]:
            del self._samples[pair]

    def rate(self, asset: str, key: str, seconds: float, now: float) -> float | None:
        """See RuleContext.rate: the slope from the oldest to the newest sample within the window."""
        samples = [sample for sample in self._samples.get((asset, key), ()) if sample[0] >= now - seconds]
        if len(samples) < 2 or samples[-1][0] - samples[0][0] < SPAN * seconds:
            return None
        return (samples[-1][1] - samples[0][1]) / (samples[-1][0] - samples[0][0])
