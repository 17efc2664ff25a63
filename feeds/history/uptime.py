"""Uptime of many assets in an interval, in one pass over the journal's health transitions.

Unobserved time is unknown, never up. Time in a maintenance window is counted separately, whatever the asset's health
was. An asset counts only while it was in the inventory (or from its first result, if that is earlier).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feeds.history.store import HistoryStore
from feeds.inventory.membership import InventoryMember, attributes_of
from feeds.journal import Journal
from feeds.model import Asset, Health
from feeds.regions import covers

Spans = list[tuple[float, float]]
Match = Mapping[str, Any]
Transition = tuple[float, Health]
"""A moment (epoch seconds) and the health from then on."""
WINDOW = "maintenance"
WATCH_NOTED = 150.0
"""The recorder notes once a minute that it observes. A note of at most this many seconds ago counts up to now."""


@dataclass(slots=True)
class Tally:
    """Seconds by health; `up` includes `degraded`."""

    up: float = 0.0
    degraded: float = 0.0
    down: float = 0.0
    unknown: float = 0.0
    maintenance: float = 0.0

    def add(self, other: Tally) -> None:
        self.up += other.up
        self.degraded += other.degraded
        self.down += other.down
        self.unknown += other.unknown
        self.maintenance += other.maintenance

    @property
    def service(self) -> float:
        """Agreed service time: in the inventory and not in maintenance, seconds."""
        return self.up + self.down + self.unknown

    @property
    def availability(self) -> float | None:
        """Share of the service time that was up. Unknown is not up. None without service time."""
        return self.up / self.service if self.service > 0 else None

    @property
    def of_known(self) -> float | None:
        """Share of the observed time that was up."""
        observed = self.up + self.down
        return self.up / observed if observed > 0 else None

    @property
    def coverage(self) -> float | None:
        """Share of the service time that was observed."""
        return (self.up + self.down) / self.service if self.service > 0 else None


class Mask:
    """A set of time spans that answers quickly how much of it lies between two moments."""

    def __init__(self, spans: Spans) -> None:
        self._starts = [low for low, _ in spans]
        self._ends = [high for _, high in spans]
        self._before = [0.0]
        for low, high in spans:
            self._before.append(self._before[-1] + high - low)

    @property
    def length(self) -> float:
        return self._before[-1]

    def between(self, start: float, end: float) -> float:
        """Seconds of the spans in start <= t < end."""
        return max(0.0, self._until(end) - self._until(start))

    def _until(self, moment: float) -> float:
        index = bisect_right(self._starts, moment)
        if not index:
            return 0.0
        return self._before[index - 1] + min(moment, self._ends[index - 1]) - self._starts[index - 1]


def joined(spans: Iterable[tuple[float, float]]) -> Spans:
    """The union of the spans, sorted and disjoint."""
    merged: Spans = []
    for low, high in sorted(spans):
        if low >= high:
            continue
        if merged and low <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], high)
        else:
            merged.append((low, high))
    return merged


def common(first: Spans, second: Spans) -> Spans:
    """The intersection of two sorted sets of spans."""
    overlap, index = [], 0
    for low, high in first:
        while index < len(second) and second[index][1] <= low:
            index += 1
        for other_low, other_high in second[index:]:
            if other_low >= high:
                break
            overlap.append((max(low, other_low), min(high, other_high)))
    return overlap


def without(spans: Spans, gone: Spans) -> Spans:
    """The first set of spans minus the second; both sorted."""
    remaining: Spans = []
    for low, high in spans:
        at = low
        for gone_low, gone_high in gone:
            if gone_high <= at or gone_low >= high:
                continue
            if gone_low > at:
                remaining.append((at, gone_low))
            at = max(at, gone_high)
        if at < high:
            remaining.append((at, high))
    return remaining


class _TallyInProgress:
    """One asset's tally while it is computed."""

    __slots__ = ("at", "health", "observed", "tally")

    def __init__(self, start: float, health: Health | None, observed: Mask) -> None:
        self.at, self.health, self.observed, self.tally = start, health, observed, Tally()

    def move(self, at: float, health: Health | None) -> None:
        """Count the time up to `at` with the health so far, then continue with this health."""
        if self.health is not None and self.health is not Health.UNKNOWN:
            seconds = self.observed.between(self.at, at)
            if self.health is Health.DOWN:
                self.tally.down += seconds
            else:
                self.tally.up += seconds
                self.tally.degraded += seconds if self.health is Health.DEGRADED else 0.0
        self.at, self.health = at, health


@dataclass(frozen=True, slots=True)
class UptimeEvidence:
    """What is known of an interval before its transitions are read. `before` is each asset's health at its start."""

    start: float
    end: float
    before: Mapping[str, str]
    watched: Spans
    windows: Sequence[tuple[Match, Spans]]

    def health_before(self, id: str) -> Health | None:
        """The health at the interval's start; None before the first result."""
        return Health(self.before[id]) if id in self.before else None

    def service(self, id: str, member: InventoryMember) -> tuple[Spans, Spans]:
        """The spans of an asset in the inventory: out of maintenance, and in it."""
        present = membership_spans(member, id in self.before, self.start, self.end)
        windows = joined(span for match, spans in self.windows if matches(match, id, member) for span in spans)
        return without(present, windows), common(present, windows)


class UptimeCalculator:
    """Computes tallies from the journal and the spans in which the recorder observed."""

    def __init__(self, journal: Journal, store: HistoryStore) -> None:
        self._journal, self._store = journal, store

    async def tallies(
        self, members: Mapping[str, InventoryMember], start: float, end: float, now: float
    ) -> dict[str, Tally]:
        """Tallies by asset, of assets in the inventory at some time in start <= t < end. Nothing counts after `now`."""
        end = min(end, now)
        if start >= end:
            return {}
        evidence = await self.evidence(start, end, now)
        counts = _counts(members, evidence)
        async for page in self._journal.moments("health", start, end):
            for asset, at, name in page:
                count = counts.get(asset)
                if count is not None:
                    count.move(at, Health(name))
        return {id: _finished(count, end) for id, count in counts.items()}

    async def evidence(self, start: float, end: float, now: float) -> UptimeEvidence:
        """Everything but the transitions within the interval, which are many: see `transitions`."""
        before = await self._journal.last_before("health", start)
        watched = [
            (low, end if now - high < WATCH_NOTED else high) for low, high in await self._store.watched(start, end)
        ]
        return UptimeEvidence(start, end, before, joined(watched), await self._windows(start, end))

    async def transitions(self, assets: Collection[str], start: float, end: float) -> dict[str, list[Transition]]:
        """The health transitions of some assets in start <= t < end, oldest first."""
        by_asset: dict[str, list[Transition]] = {}
        async for page in self._journal.moments("health", start, end):
            for asset, at, name in page:
                if asset in assets:
                    by_asset.setdefault(asset, []).append((at, Health(name)))
        return by_asset

    async def maintained(self, asset: Asset, start: float, end: float) -> Spans:
        """The spans within an interval in which an asset was in maintenance."""
        member = InventoryMember(attributes_of(asset))
        return joined(
            span
            for match, spans in await self._windows(start, end)
            if matches(match, asset.id, member)
            for span in spans
        )

    async def _windows(self, start: float, end: float) -> list[tuple[Match, Spans]]:
        """Each maintenance window's match and the spans in which it was open within the interval."""
        began = {id: start for id, name in (await self._journal.last_before(WINDOW, start)).items() if name == "began"}
        spans: dict[str, Spans] = {}
        async for page in self._journal.between(WINDOW, start, end):
            for entry in page:
                if entry.name == "began":
                    began.setdefault(entry.subject, entry.at)
                elif entry.subject in began and entry.name in ("paused", "ended"):
                    spans.setdefault(entry.subject, []).append((began.pop(entry.subject), entry.at))
        for id, since in began.items():
            spans.setdefault(id, []).append((since, end))
        docs = await self._journal.docs_of(WINDOW, list(spans))
        return [(docs[id].body["match"], open_spans) for id, open_spans in spans.items() if id in docs]


def _counts(members: Mapping[str, InventoryMember], evidence: UptimeEvidence) -> dict[str, _TallyInProgress]:
    """The start of each asset's tally. Assets with equal observed spans share one mask."""
    masks: dict[tuple[tuple[float, float], ...], Mask] = {}
    counts = {}
    for id, member in members.items():
        service, maintained = evidence.service(id, member)
        if not service and not maintained:
            continue
        observed = common(service, evidence.watched)
        key = tuple(observed)
        mask = masks.get(key) or masks.setdefault(key, Mask(observed))
        count = counts[id] = _TallyInProgress(evidence.start, evidence.health_before(id), mask)
        count.tally.unknown = sum(high - low for low, high in service)
        count.tally.maintenance = sum(high - low for low, high in maintained)
    return counts


def membership_spans(member: InventoryMember, known_before: bool, start: float, end: float) -> Spans:
    """Spans in which the asset was in the inventory.

    An asset with a result before the first recorded inventory counts from the start.
    """
    spans = [(low, end if high is None else high) for low, high in member.spans]
    if known_before and spans and start < spans[0][0] and len(spans) == 1:
        spans[0] = start, spans[0][1]
    return joined((max(low, start), min(high, end)) for low, high in spans)


def matches(match: Match, id: str, member: InventoryMember) -> bool:
    """Match an asset in the way of alerts.suppression.silences.Match."""
    return (
        (not match["assets"] or id in match["assets"])
        and (not match["region"] or covers(match["region"], member.about.region))
        and (not match["kinds"] or member.about.kind in match["kinds"])
    )


def _finished(count: _TallyInProgress, end: float) -> Tally:
    count.move(end, None)
    count.tally.unknown = max(0.0, count.tally.unknown - count.tally.up - count.tally.down)
    return count.tally
