"""Readings from observations, and an asset's health from its readings. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from operator import attrgetter

from feeds.cameras.derived import CAMERA, derived, is_derived
from feeds.model import Asset, AssetState, Health, Observation, Quality, Reading

UP = ".up"
LIMIT = "_warning"
"""The ending of the metric that is the limit of another one."""
HEARTBEAT_UP = "heartbeat.up"
# An enum attribute lookup takes as long as creating a reading.
_OK, _UNKNOWN, _BAD = Health.OK, Health.UNKNOWN, Quality.BAD
_observed_at = attrgetter("observed_at")


def health_of(readings: Mapping[str, Reading], now: float) -> Health:
    """Health from the reachability readings (keys of metric `*.up`) that are fresh now.

    All fail: down. Some fail, or have bad quality: degraded. None fresh: unknown. Readings of uncertain quality are
    ignored, because their collector was isolated. An asset that answers is also degraded while any fresh reading of it
    has bad quality, because the device then has values that it cannot measure, or while a value has reached the limit
    that came with it: `river.stage` at or above `river.stage_warning`.

    An overdue heartbeat has failed: for it, the absence of a call is the failure.
    """
    fine = failed = unclear = 0
    unreadable = past_limit = False
    for key, reading in readings.items():
        is_up, limited = _meaning_of(key)
        if not is_up:
            unreadable = unreadable or (reading.quality is _BAD and reading.fresh_until > now)
            past_limit = past_limit or (limited != "" and _has_reached(readings.get(limited), reading, now))
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
    return Health.DEGRADED if failed or unclear or unreadable or past_limit else _OK


@lru_cache(maxsize=4096)
def _meaning_of(key: str) -> tuple[bool, str]:
    """Whether the reading is a reachability verdict, and the key of the reading that it limits, "" for none."""
    metric, bracket, instance = key.partition("[")
    limited = metric.removesuffix(LIMIT)
    return metric.endswith(UP), limited + bracket + instance if limited != metric else ""


def _has_reached(reading: Reading | None, limit: Reading, now: float) -> bool:
    """True when a fresh number is at or above its fresh limit."""
    if reading is None or reading.quality is _BAD or min(reading.fresh_until, limit.fresh_until) <= now:
        return False
    numbers = (reading.value, limit.value)
    if any(isinstance(value, bool) or not isinstance(value, int | float) for value in numbers):
        return False
    return float(reading.value or 0.0) >= float(limit.value or 0.0)


def reading_of(observation: Observation, now: float) -> Reading:
    """The reading of an observation. A device clock that runs ahead does not extend its validity."""
    received_at = observation.received_at
    known_at = received_at if received_at < now else now
    if observation.confirmed_at is None and observation.observed_at < known_at:
        known_at = observation.observed_at
    return Reading(
        value=observation.value,
        unit=observation.unit,
        quality=observation.quality,
        observed_at=observation.observed_at,
        received_at=received_at,
        source=observation.source,
        probe=observation.probe,
        text=observation.text,
        fresh_until=known_at + observation.fresh_for,
        confirmed_at=None if observation.confirmed_at is None else min(observation.confirmed_at, now),
    )


def assessed(
    state: AssetState, readings: dict[str, Reading], now: float, moment: float, asset: Asset | None = None
) -> AssetState:
    """The state with these readings; `moment` is the time of a change of health, if there is one.

    A camera's health comes from its ladder, which adds readings of its own (feeds.cameras.derived).
    """
    ladder: dict[str, Reading] = {}
    if asset is not None and asset.kind == CAMERA:
        health, ladder = derived(readings, asset.probes, now)
        readings = {key: reading for key, reading in readings.items() if not is_derived(key)}
    else:
        health = health_of(readings, now)
    seen_at = max(map(_observed_at, readings.values()), default=state.seen_at)
    blind = health is _UNKNOWN and not any(reading.fresh_until > now for reading in readings.values())
    return AssetState(  # not `replace`: this runs for every poll of every asset
        id=state.id,
        region=state.region,
        readings=readings | ladder if ladder else readings,
        health=health,
        since=state.since if health is state.health else moment,
        stale_since=(state.stale_since or moment) if blind else None,
        seen_at=seen_at,
    )


def only_adds(base: AssetState | None, first: AssetState, second: AssetState) -> bool:
    """True when `second` contains every change that `first` made to `base`, so that `first` need not be published.

    Health must not have changed, and no reading of `first` may have been replaced. Two envelopes of one poll meet this,
    two polls do not.
    """
    if (first.health, first.since, first.stale_since) != (second.health, second.since, second.stale_since):
        return False
    if base is None or base.health is not first.health or base.stale_since != first.stale_since:
        return False
    old, later = base.readings, second.readings
    return all(later.get(key) is reading for key, reading in first.readings.items() if old.get(key) is not reading)


def repeats(observation: Observation, old: Reading, *, stepped: bool) -> bool:
    """True when an observation is not newer than the reading. `stepped`: the reading's times were corrected for a step
    of the clock.
    """
    if stepped and observation.received_at > old.received_at:
        return False
    return observation.observed_at <= old.observed_at and not _confirms(observation, old)


def _confirms(observation: Observation, old: Reading) -> bool:
    """True for an equal value that the device later confirmed; such an observation is not a duplicate."""
    return (
        observation.confirmed_at is not None
        and observation.observed_at == old.observed_at
        and observation.received_at > old.received_at
    )
