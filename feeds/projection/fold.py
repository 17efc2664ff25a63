"""The state of assets and sources as a pure fold: (projection, message, now) -> changes.

Time is an input. Duplicate and late messages change nothing; `tick` detects silence.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter

from msgspec import structs

from feeds.cameras.derived import is_derived
from feeds.clock import restamped
from feeds.model import Asset, AssetState, Change, Health, Heartbeat, Kind, Observation, SourceState
from feeds.projection.clock_steps import stepped_source, stepped_state
from feeds.projection.readings import assessed, reading_of, repeats

ROLE = "role"
"""Kind of the sources that are roles of the site."""
FUTURE_SLACK = 2.0
_observed_at, _fresh_until = attrgetter("observed_at"), attrgetter("fresh_until")


@dataclass(slots=True)
class Projection:
    """The projector's state. `remembered` is each asset's last journaled (health, since).

    `previous` is the prior state of the asset of the last change.
    """

    site: str
    assets: dict[str, Asset] = field(default_factory=dict)
    states: dict[str, AssetState] = field(default_factory=dict)
    sources: dict[str, SourceState] = field(default_factory=dict)
    remembered: dict[str, tuple[Health, float]] = field(default_factory=dict)
    strangers: int = 0
    previous: AssetState | None = None
    _due: list[tuple[float, str]] = field(default_factory=list)
    _looks: dict[str, float] = field(default_factory=dict)
    _restamped: set[tuple[str, str]] = field(default_factory=set)

    def set_assets(self, assets: Mapping[str, Asset], now: float) -> Iterator[Change]:
        """Apply an inventory: new, changed and removed assets."""
        for gone in [key for key in {**self.assets, **self.states} if key not in assets]:
            self.assets.pop(gone, None)
            self.states.pop(gone, None)
            yield Change(kind=Kind.STATE, id=gone, after=None, at=now, cause="inventory")
            yield Change(kind=Kind.ASSET, id=gone, after=None, at=now, cause="inventory")
        for key, asset in assets.items():
            if self.assets.get(key) != asset:
                self.assets[key] = asset
                yield Change(kind=Kind.ASSET, id=key, after=asset, at=now, cause="inventory")
            yield from self._fit_to_inventory(asset, now)

    def _fit_to_inventory(self, asset: Asset, now: float) -> Iterator[Change]:
        """Adjust an asset's state to its inventory row: set its region, drop readings of removed probes."""
        old = self.states.get(asset.id)
        base = old or AssetState(id=asset.id, region=asset.region, since=now, stale_since=now)
        readings = {
            key: reading
            for key, reading in base.readings.items()
            if not is_derived(key) and (not reading.probe or reading.probe in asset.probes)
        }
        new = assessed(structs.replace(base, region=asset.region), readings, now, now, asset)
        if new != old:
            yield self._moved(new, now, "inventory")
        self._schedule_check(new, now)

    def observe(self, observations: Iterable[Observation], now: float, cause: str = "") -> Iterator[Change]:
        """Fold observations in; at most one change per asset."""
        by_asset: dict[str, list[Observation]] = {}
        asset, group = None, []
        for observation in observations:
            if observation.asset != asset:  # observations of one poll are adjacent
                asset = observation.asset
                group = by_asset.setdefault(asset, [])
            group.append(observation)
        for asset, group in by_asset.items():
            state = self.states.get(asset)
            if state is None:
                self.strangers += len(group)
                continue
            yield from self._fold(state, group, now, cause)

    def _fold(self, state: AssetState, group: list[Observation], now: float, cause: str) -> Iterator[Change]:
        readings, moment, ahead = dict(state.readings), 0.0, now + FUTURE_SLACK
        record, restamped = self.assets[state.id], self._restamped
        for observation in sorted(group, key=_observed_at):
            if observation.probe and observation.probe not in record.probes:
                continue
            key = observation.key if observation.instance else observation.metric
            old = readings.get(key)
            repeated = old is not None and observation.observed_at <= old.observed_at <= ahead
            if old and repeated and repeats(observation, old, stepped=(state.id, key) in restamped):
                continue
            if restamped:  # empty but for a while after a step of the clock
                restamped.discard((state.id, key))
            readings[key] = reading_of(observation, now)
            moment = observation.observed_at
        if not moment:
            return
        new = self._since_recalled(assessed(state, readings, now, min(moment, now), record), state)
        self._schedule_check(new, now)
        yield self._moved(new, now, cause)

    def _since_recalled(self, new: AssetState, old: AssetState) -> AssetState:
        """After a loss of Redis, a first verdict equal to the journal's continues with the journal's `since`."""
        health, since = self.remembered.get(new.id, (None, 0.0))
        first = old.health is Health.UNKNOWN and old.seen_at is None
        return structs.replace(new, since=since) if first and health is new.health else new

    def _moved(self, new: AssetState, now: float, cause: str) -> Change:
        self.previous = self.states.get(new.id)
        self.states[new.id] = new
        return Change(kind=Kind.STATE, id=new.id, after=new, at=now, cause=cause)

    def _schedule_check(self, state: AssetState, now: float) -> None:
        """Schedule a check for when the first reading expires, unless an earlier check is scheduled."""
        looked = self._looks.get(state.id)
        end = min((end for end in map(_fresh_until, state.readings.values()) if end > now), default=None)
        if end is not None and (looked is None or end < looked):
            self._check_at(state.id, end)

    def _check_at(self, asset: str, at: float) -> None:
        self._looks[asset] = at
        heapq.heappush(self._due, (at, asset))

    def beat(self, beat: Heartbeat, now: float, cause: str = "") -> Iterator[Change]:
        """Fold a source's heartbeat in."""
        old = self.sources.get(beat.source)
        if old is not None and beat.at <= old.at <= now + FUTURE_SLACK:
            return
        new = SourceState(
            id=beat.source,
            kind=beat.kind,
            region=beat.region or self.site,
            at=min(beat.at, now),
            ok=beat.ok,
            error=beat.error,
            every=beat.every,
            lag=max(0.0, now - beat.at),
            targets=beat.targets,
            failing=beat.failing,
            dead_letters=old.dead_letters if old else 0,
            silent_since=None,
            stats=beat.stats,
            failing_since=None if beat.ok else ((old and old.failing_since) or beat.at),
            valid_at=beat.valid_at or (old.valid_at if old else None),
            new_at=_new_at(beat, old),
            parents=beat.parents,
        )
        self.sources[beat.source] = new
        yield Change(kind=Kind.SOURCE, id=new.id, after=new, at=now, cause=cause)

    def count_dead(self, counts: Mapping[str, int], now: float) -> Iterator[Change]:
        """Set the number of dead letters of each source."""
        for source, count in counts.items():
            old = self.sources.get(source) or SourceState(id=source, kind="unknown", region=self.site, at=now)
            if old.dead_letters != count or source not in self.sources:
                new = replace(old, dead_letters=count)
                self.sources[source] = new
                yield Change(kind=Kind.SOURCE, id=source, after=new, at=now, cause="dead letters")

    def forget_sources(self, named: Collection[str], now: float) -> Iterator[Change]:
        """Drop each silent source that is not in `named`, except roles. Call before `tick`, which reports silence."""
        for source, state in list(self.sources.items()):
            if source not in named and state.kind != ROLE and (state.silent_since or _is_silent(state, now)):
                del self.sources[source]
                yield Change(kind=Kind.SOURCE, id=source, after=None, at=now, cause="settings")

    def tick(self, now: float) -> Iterator[Change]:
        """Changes by time alone: expired readings and silent sources."""
        while self._due and self._due[0][0] <= now:
            looked, asset = heapq.heappop(self._due)
            state = self.states.get(asset)
            if state is None or self._looks.get(asset) != looked:
                continue  # removed, or an earlier check was scheduled
            del self._looks[asset]
            self._schedule_check(state, now)
            ends = [reading.fresh_until for reading in state.readings.values() if reading.fresh_until <= now]
            if not ends:
                continue  # a newer result arrived meanwhile
            moment = min((end for end in ends if end >= looked), default=looked)
            new = assessed(state, state.readings, now, moment, self.assets.get(asset))
            if new != state:
                yield self._moved(new, now, "time")
        for source, silent in list(self.sources.items()):
            if silent.silent_since is None and _is_silent(silent, now):
                self.sources[source] = replace(silent, silent_since=silent.at + silent.every)
                yield Change(kind=Kind.SOURCE, id=source, after=self.sources[source], at=now, cause="time")

    def clock_stepped(self, by: float, now: float) -> Iterator[Change]:
        """Correct the state after a step of the wall clock by `by` seconds (0.0: unknown); every age is preserved.

        The next observation of each reading is accepted whatever its time, because the device's own clock was not set.
        """
        for id, state in list(self.states.items()):
            stepped = stepped_state(state, by, now)
            self._restamped |= {
                (id, key) for key, reading in stepped.readings.items() if reading is not state.readings[key]
            }
            if stepped != state:
                yield self._moved(stepped, now, "clock")
        for id, source in list(self.sources.items()):
            if (heard := stepped_source(source, by, now)) != source:
                self.sources[id] = heard
                yield Change(kind=Kind.SOURCE, id=id, after=heard, at=now, cause="clock")
        self.remembered |= {
            id: (health, restamped(since, by, now)) for id, (health, since) in self.remembered.items() if since > now
        }
        self.resume()

    def resume(self) -> None:
        """Schedule checks for state loaded from Redis."""
        self._due.clear()
        self._looks.clear()
        for state in self.states.values():
            if state.readings:
                self._check_at(state.id, min(reading.fresh_until for reading in state.readings.values()))


def _is_silent(source: SourceState, now: float) -> bool:
    return source.every > 0 and now > source.at + source.every


def _new_at(beat: Heartbeat, old: SourceState | None) -> float | None:
    """Time of the source's last new item. Its own statement is ignored while it replays old items."""
    before = old.new_at if old is not None else None
    return (before or beat.new_at) if beat.replay else (beat.new_at or before)
