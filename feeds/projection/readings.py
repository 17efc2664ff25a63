"""From observations to readings, and from readings to an asset's health. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter

from feeds.model import AssetState, Health, Observation, Quality, Reading

UP = ".up"
HEARTBEAT_UP = "heartbeat.up"
_OK, _UNKNOWN = Health.OK, Health.UNKNOWN  # a look into an enum's class takes as long as making a reading
_observed_at = attrgetter("observed_at")


def health_of(readings: Mapping[str, Reading], now: float) -> Health:
    """Health from the reachability readings (keys of metric `*.up`) that are fresh now.

    All fail: down. Some fail, or cannot be told (bad quality): degraded. None fresh: unknown. One of uncertain
    quality says nothing: the collector was out of touch.
    A heartbeat that is overdue has failed: for it, absence is the news.
    """
    fine = failed = unclear = 0
    for key, reading in readings.items():
        if not _is_up(key):
            continue
        if reading.fresh_until <= now:
            failed += key.startswith(HEARTBEAT_UP)
        elif isinstance(reading.value, bool):
            fine, failed = fine + reading.value, failed + (not reading.value)
        elif reading.quality is not Quality.UNCERTAIN:
            unclear += 1
    if not fine and not failed:
        return _UNKNOWN
    if not fine:
        return Health.DEGRADED if unclear else Health.DOWN
    return Health.DEGRADED if failed or unclear else _OK


@lru_cache(maxsize=4096)
def _is_up(key: str) -> bool:
    return key.partition("[")[0].endswith(UP)


def reading_of(seen: Observation, now: float) -> Reading:
    """The reading that an observation leaves; a device's clock that runs ahead buys it no freshness."""
    received_at = seen.received_at
    known_at = received_at if received_at < now else now
    if seen.confirmed_at is None and seen.observed_at < known_at:
        known_at = seen.observed_at
    return Reading(
        value=seen.value,
        unit=seen.unit,
        quality=seen.quality,
        observed_at=seen.observed_at,
        received_at=received_at,
        source=seen.source,
        probe=seen.probe,
        text=seen.text,
        fresh_until=known_at + seen.fresh_for,
    )


def assessed(state: AssetState, readings: dict[str, Reading], now: float, moment: float) -> AssetState:
    """The state with these readings; `moment` is when a change of health, if there is one, took place."""
    health = health_of(readings, now)
    seen_at = max(map(_observed_at, readings.values()), default=state.seen_at)
    blind = health is _UNKNOWN and not any(reading.fresh_until > now for reading in readings.values())
    return AssetState(  # not `replace`: this is what every poll of every asset runs
        id=state.id,
        region=state.region,
        readings=readings,
        health=health,
        since=state.since if health is state.health else moment,
        stale_since=(state.stale_since or moment) if blind else None,
        seen_at=seen_at,
    )


def only_adds(base: AssetState | None, first: AssetState, second: AssetState) -> bool:
    """Whether `second` says everything that `first` said after `base`, so that nobody need be told of `first`.

    It does when health did not move and no reading that `first` brought has been replaced: two envelopes
    of one poll say one thing, two polls say two.
    """
    if (first.health, first.since, first.stale_since) != (second.health, second.since, second.stale_since):
        return False
    if base is None or base.health is not first.health or base.stale_since != first.stale_since:
        return False
    old, later = base.readings, second.readings
    return all(later.get(key) is one for key, one in first.readings.items() if old.get(key) is not one)


def repeats(seen: Observation, old: Reading, *, stepped: bool) -> bool:
    """Whether an observation is not newer than the reading; `stepped`: that was dated anew when the clock was set."""
    if stepped and seen.received_at > old.received_at:
        return False
    return seen.observed_at <= old.observed_at and not _confirms(seen, old)


def _confirms(seen: Observation, old: Reading) -> bool:
    """The same value, of which the far end says later that it still holds: no duplicate."""
    return seen.confirmed_at is not None and seen.observed_at == old.observed_at and seen.received_at > old.received_at
