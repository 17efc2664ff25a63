"""How long every asset was what between two moments: one pass over the journal's transitions for all of them.

What nobody watched is unknown, never up. Time in a maintenance window counts apart, whatever the asset was then. An
asset counts only while it was in the inventory (or from its first result, if that is known to be earlier).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feeds.history.store import HistoryStore
from feeds.inventory.membership import Member, about
from feeds.journal import Journal
from feeds.model import Asset, Health
from feeds.regions import covers

Spans = list[tuple[float, float]]
Match = Mapping[str, Any]
WINDOW = "maintenance"
WATCH_NOTED = 150.0
"""A watch is noted once a minute: up to this many seconds ago it still goes on."""


@dataclass(slots=True)
class Tally:
    """Seconds by what an asset was; `up` holds `degraded` too."""

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
        """The time that counts: in the inventory, and not in maintenance."""
        return self.up + self.down + self.unknown

    @property
    def availability(self) -> float | None:
        """Up of all the time that counts: unknown is not up. None when no time counts."""
        return self.up / self.service if self.service > 0 else None

    @property
    def of_known(self) -> float | None:
        """Up of what was known."""
        known = self.up + self.down
        return self.up / known if known > 0 else None

    @property
    def coverage(self) -> float | None:
        """How much of the time that counts was known."""
        return (self.up + self.down) / self.service if self.service > 0 else None


class Mask:
    """Some spans of time, and how much of them lies between two moments."""

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
        place = bisect_right(self._starts, moment)
        if not place:
            return 0.0
        return self._before[place - 1] + min(moment, self._ends[place - 1]) - self._starts[place - 1]


def joined(spans: Iterable[tuple[float, float]]) -> Spans:
    """The same time as spans in order that do not touch."""
    found: Spans = []
    for low, high in sorted(spans):
        if low >= high:
            continue
        if found and low <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return found


def common(first: Spans, second: Spans) -> Spans:
    """The time that lies in both; both in order."""
    found, place = [], 0
    for low, high in first:
        while place < len(second) and second[place][1] <= low:
            place += 1
        for other_low, other_high in second[place:]:
            if other_low >= high:
                break
            found.append((max(low, other_low), min(high, other_high)))
    return found


def without(spans: Spans, gone: Spans) -> Spans:
    """The time of the first that does not lie in the second; both in order."""
    found: Spans = []
    for low, high in spans:
        at = low
        for gone_low, gone_high in gone:
            if gone_high <= at or gone_low >= high:
                continue
            if gone_low > at:
                found.append((at, gone_low))
            at = max(at, gone_high)
        if at < high:
            found.append((at, high))
    return found


class _Count:
    """One asset's tally in the making."""

    __slots__ = ("at", "health", "known", "tally")

    def __init__(self, start: float, health: Health | None, known: Mask) -> None:
        self.at, self.health, self.known, self.tally = start, health, known, Tally()

    def move(self, at: float, health: Health | None) -> None:
        """Up to then it was what it was, from then on it is this."""
        if self.health is not None and self.health is not Health.UNKNOWN:
            seconds = self.known.between(self.at, at)
            if self.health is Health.DOWN:
                self.tally.down += seconds
            else:
                self.tally.up += seconds
                self.tally.degraded += seconds if self.health is Health.DEGRADED else 0.0
        self.at, self.health = at, health


class Uptime:
    """Asks the journal and the history's note of when anybody looked."""

    def __init__(self, journal: Journal, store: HistoryStore) -> None:
        self._journal, self._store = journal, store

    async def tallies(self, members: Mapping[str, Member], start: float, end: float, now: float) -> dict[str, Tally]:
        """By asset, of those that were there at all in start <= t < end; nothing counts after `now`."""
        end = min(end, now)
        if start >= end:
            return {}
        before = await self._journal.last_before("health", start)
        watched = [
            (low, end if now - high < WATCH_NOTED else high) for low, high in await self._store.watched(start, end)
        ]
        windows = await self._windows(start, end)
        counts = _counts(members, before, joined(watched), windows, (start, end))
        async for page in self._journal.moments("health", start, end):
            for asset, at, name in page:
                one = counts.get(asset)
                if one is not None:
                    one.move(at, Health(name))
        return {id: _done(one, end) for id, one in counts.items()}

    async def maintained(self, asset: Asset, start: float, end: float) -> Spans:
        """When an asset was in maintenance within an interval."""
        one = Member(about(asset))
        return joined(
            span for match, spans in await self._windows(start, end) if _meant(match, asset.id, one) for span in spans
        )

    async def _windows(self, start: float, end: float) -> list[tuple[Match, Spans]]:
        """What each maintenance window matches, and when it was open within the interval."""
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
        return [(docs[id].body["match"], found) for id, found in spans.items() if id in docs]


def _counts(
    members: Mapping[str, Member],
    before: Mapping[str, str],
    watched: Spans,
    windows: Sequence[tuple[Match, Spans]],
    interval: tuple[float, float],
) -> dict[str, _Count]:
    """Where each asset's tally begins. Assets with the same spans share what is known of them."""
    start, end = interval
    masks: dict[tuple[tuple[float, float], ...], Mask] = {}
    found = {}
    for id, member in members.items():
        there = _there(member, id in before, start, end)
        if not there:
            continue
        closed: Spans = []
        for match, spans in windows:
            if _meant(match, id, member):
                closed += spans
        shut = joined(closed)
        service = without(there, shut)
        known = common(service, watched)
        key = tuple(known)
        mask = masks.get(key) or masks.setdefault(key, Mask(known))
        health = Health(before[id]) if id in before else None
        one = found[id] = _Count(start, health, mask)
        one.tally.unknown = sum(high - low for low, high in service)
        one.tally.maintenance = sum(high - low for low, high in common(there, shut))
    return found


def _there(member: Member, known_before: bool, start: float, end: float) -> Spans:
    """When it was in the inventory; one that had a result before the log of inventories began was there before."""
    spans = [(low, end if high is None else high) for low, high in member.spans]
    if known_before and spans and start < spans[0][0] and len(spans) == 1:
        spans[0] = start, spans[0][1]
    return joined((max(low, start), min(high, end)) for low, high in spans)


def _meant(match: Match, id: str, member: Member) -> bool:
    """As alerts.suppression.silences.Match takes an asset."""
    return (
        (not match["assets"] or id in match["assets"])
        and (not match["region"] or covers(match["region"], member.about.region))
        and (not match["kinds"] or member.about.kind in match["kinds"])
    )


def _done(one: _Count, end: float) -> Tally:
    one.move(end, None)
    one.tally.unknown = max(0.0, one.tally.unknown - one.tally.up - one.tally.down)
    return one.tally
