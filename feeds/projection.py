"""What is known of assets and sources, as a pure fold: (projection, message, now) -> changes.

Time is an input. Duplicate and late messages change nothing; silence is found by `tick`.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from feeds.model import (
    Asset,
    AssetState,
    Change,
    Health,
    Heartbeat,
    Kind,
    Observation,
    Reading,
    SourceState,
)

UP = ".up"
HEARTBEAT_UP = "heartbeat.up"
FUTURE_SLACK = 2.0


def health_of(readings: Mapping[str, Reading], now: float) -> Health:
    """Health from the reachability readings (keys of metric `*.up`) that are fresh now.

    All fail: down. Some fail, or cannot be told (bad quality): degraded. None fresh: unknown.
    A heartbeat that is overdue has failed: for it, absence is the news.
    """
    verdicts = [
        reading.value if reading.fresh_until > now else False
        for key, reading in readings.items()
        if _is_up(key) and (reading.fresh_until > now or key.startswith(HEARTBEAT_UP))
    ]
    known = [verdict for verdict in verdicts if isinstance(verdict, bool)]
    if not known:
        return Health.UNKNOWN
    if not any(known):
        return Health.DOWN if len(known) == len(verdicts) else Health.DEGRADED
    return Health.OK if all(known) and len(known) == len(verdicts) else Health.DEGRADED


def _is_up(key: str) -> bool:
    return key.partition("[")[0].endswith(UP)


def reading_of(seen: Observation, now: float) -> Reading:
    """The reading that an observation leaves; a device's clock that runs ahead buys it no freshness."""
    return Reading(
        value=seen.value, unit=seen.unit, quality=seen.quality, observed_at=seen.observed_at,
        received_at=seen.received_at, source=seen.source, probe=seen.probe, text=seen.text,
        fresh_until=min(seen.observed_at, seen.received_at, now) + seen.fresh_for,
    )


def assessed(state: AssetState, readings: dict[str, Reading], now: float, moment: float) -> AssetState:
    """The state with these readings; `moment` is when a change of health, if there is one, took place."""
    health = health_of(readings, now)
    fresh = any(reading.fresh_until > now for reading in readings.values())
    return replace(
        state,
        readings=readings,
        health=health,
        since=state.since if health is state.health else moment,
        stale_since=None if fresh or health is not Health.UNKNOWN else state.stale_since or moment,
        seen_at=max((reading.observed_at for reading in readings.values()), default=state.seen_at),
    )


@dataclass(slots=True)
class Projection:
    """The projector's state. `remembered` is each asset's last journaled (health, since)."""

    site: str
    assets: dict[str, Asset] = field(default_factory=dict)
    states: dict[str, AssetState] = field(default_factory=dict)
    sources: dict[str, SourceState] = field(default_factory=dict)
    remembered: dict[str, tuple[Health, float]] = field(default_factory=dict)
    strangers: int = 0
    _due: list[tuple[float, str]] = field(default_factory=list)

    def set_assets(self, assets: Mapping[str, Asset], now: float) -> Iterator[Change]:
        """Take an inventory over: what is new, altered or gone."""
        for gone in [key for key in {**self.assets, **self.states} if key not in assets]:
            self.assets.pop(gone, None)
            self.states.pop(gone, None)
            yield Change(kind=Kind.STATE, id=gone, after=None, at=now, cause="inventory")
            yield Change(kind=Kind.ASSET, id=gone, after=None, at=now, cause="inventory")
        for key, asset in assets.items():
            if self.assets.get(key) != asset:
                self.assets[key] = asset
                yield Change(kind=Kind.ASSET, id=key, after=asset, at=now, cause="inventory")
            yield from self._fit(asset, now)

    def _fit(self, asset: Asset, now: float) -> Iterator[Change]:
        """Make an asset's state agree with its inventory row: region, and no reading of a probe that is gone."""
        old = self.states.get(asset.id)
        base = old or AssetState(id=asset.id, region=asset.region, since=now, stale_since=now)
        kept = {key: r for key, r in base.readings.items() if not r.probe or r.probe in asset.probes}
        new = assessed(replace(base, region=asset.region), kept, now, now)
        if new != old:
            yield self._moved(new, now, "inventory")
        self._watch(new)

    def observe(self, seen: Iterable[Observation], now: float, cause: str = "") -> Iterator[Change]:
        """Fold observations in; at most one change an asset."""
        by_asset: dict[str, list[Observation]] = {}
        for one in seen:
            by_asset.setdefault(one.asset, []).append(one)
        for asset, group in by_asset.items():
            state = self.states.get(asset)
            if state is None:
                self.strangers += len(group)
                continue
            yield from self._fold(state, group, now, cause)

    def _fold(self, state: AssetState, group: list[Observation], now: float, cause: str) -> Iterator[Change]:
        readings, moment = dict(state.readings), 0.0
        for one in sorted(group, key=lambda seen: seen.observed_at):
            if one.probe and one.probe not in self.assets[state.id].probes:
                continue
            old = readings.get(one.key)
            if old is not None and one.observed_at <= old.observed_at <= now + FUTURE_SLACK:
                continue
            readings[one.key] = reading_of(one, now)
            moment = max(moment, one.observed_at)
        if not moment:
            return
        new = self._recalled(assessed(state, readings, now, min(moment, now)), state)
        self._watch(new)
        yield self._moved(new, now, cause)

    def _recalled(self, new: AssetState, old: AssetState) -> AssetState:
        """After a loss of Redis the first verdict that agrees with the journal goes on from the journal's time."""
        health, since = self.remembered.get(new.id, (None, 0.0))
        first = old.health is Health.UNKNOWN and old.seen_at is None
        return replace(new, since=since) if first and health is new.health else new

    def _moved(self, new: AssetState, now: float, cause: str) -> Change:
        self.states[new.id] = new
        return Change(kind=Kind.STATE, id=new.id, after=new, at=now, cause=cause)

    def _watch(self, state: AssetState) -> None:
        """Ask for a look when the first of the readings ceases to be fresh."""
        ends = [reading.fresh_until for reading in state.readings.values()]
        if ends:
            heapq.heappush(self._due, (min(ends), state.id))

    def beat(self, beat: Heartbeat, now: float, cause: str = "") -> Iterator[Change]:
        """Fold a source's heartbeat in."""
        old = self.sources.get(beat.source)
        if old is not None and beat.at <= old.at <= now + FUTURE_SLACK:
            return
        new = SourceState(
            id=beat.source, kind=beat.kind, region=beat.region or self.site, at=min(beat.at, now), ok=beat.ok,
            error=beat.error, every=beat.every, lag=max(0.0, now - beat.at), targets=beat.targets,
            failing=beat.failing, dead_letters=old.dead_letters if old else 0, silent_since=None, stats=beat.stats,
            failing_since=None if beat.ok else ((old and old.failing_since) or beat.at),
        )
        self.sources[beat.source] = new
        yield Change(kind=Kind.SOURCE, id=new.id, after=new, at=now, cause=cause)

    def count_dead(self, counts: Mapping[str, int], now: float) -> Iterator[Change]:
        """Show on each source how many of its messages could not be used."""
        for source, count in counts.items():
            old = self.sources.get(source) or SourceState(id=source, kind="unknown", region=self.site, at=now)
            if old.dead_letters != count or source not in self.sources:
                new = replace(old, dead_letters=count)
                self.sources[source] = new
                yield Change(kind=Kind.SOURCE, id=source, after=new, at=now, cause="dead letters")

    def forget_sources(self, known: set[str], now: float) -> Iterator[Change]:
        """Drop silent sources that the settings no longer name."""
        for source in [key for key, state in self.sources.items() if state.silent_since and key not in known]:
            del self.sources[source]
            yield Change(kind=Kind.SOURCE, id=source, after=None, at=now, cause="settings")

    def tick(self, now: float) -> Iterator[Change]:
        """What time alone has changed: readings that ceased to be fresh, sources that fell silent."""
        while self._due and self._due[0][0] <= now:
            ended, asset = heapq.heappop(self._due)
            state = self.states.get(asset)
            if state is None or not any(r.fresh_until <= now for r in state.readings.values()):
                continue
            new = assessed(state, state.readings, now, ended)
            later = [r.fresh_until for r in state.readings.values() if r.fresh_until > now]
            if later:
                heapq.heappush(self._due, (min(later), asset))
            if new != state:
                yield self._moved(new, now, "time")
        for source, known in list(self.sources.items()):
            silent = known.every > 0 and now > known.at + known.every
            if silent and known.silent_since is None:
                self.sources[source] = replace(known, silent_since=known.at + known.every)
                yield Change(kind=Kind.SOURCE, id=source, after=self.sources[source], at=now, cause="time")

    def resume(self) -> None:
        """Watch again what was loaded from Redis."""
        self._due.clear()
        for state in self.states.values():
            self._watch(state)

