"""Correction of live state after a step of the wall clock: ages are preserved and no time lies in the future. Pure."""

from __future__ import annotations

from dataclasses import replace

from msgspec import structs

from feeds.clock import STEP, restamped
from feeds.model import AssetState, Reading, SourceState


def stepped_reading(reading: Reading, by: float, now: float) -> Reading:
    """The reading with its age and remaining validity preserved, limited to its original validity."""
    if not by and max(reading.received_at, reading.observed_at) <= now + STEP:
        return reading
    received_at = min(reading.received_at + by, now)
    moved = received_at - reading.received_at
    observed_at = min(reading.observed_at + moved, now)
    confirmed_at = None if reading.confirmed_at is None else min(reading.confirmed_at + moved, now)
    return structs.replace(
        reading,
        observed_at=observed_at,
        received_at=received_at,
        fresh_until=reading.fresh_until + moved,
        confirmed_at=confirmed_at,
    )


def stepped_state(state: AssetState, by: float, now: float) -> AssetState:
    """The state with the validity of its readings preserved."""
    readings = {key: stepped_reading(reading, by, now) for key, reading in state.readings.items()}
    seen_at = max((reading.observed_at for reading in readings.values()), default=None)
    if seen_at is None and state.seen_at is not None:
        seen_at = min(state.seen_at + by, now)
    stale_since = _restamped(state.stale_since, by, now)
    return structs.replace(
        state, readings=readings, seen_at=seen_at, since=restamped(state.since, by, now), stale_since=stale_since
    )


def stepped_source(source: SourceState, by: float, now: float) -> SourceState:
    """The source with its silence preserved."""
    return replace(
        source,
        at=min(source.at + by, now),
        silent_since=_restamped(source.silent_since, by, now),
        failing_since=_restamped(source.failing_since, by, now),
        valid_at=_restamped(source.valid_at, by, now),
        new_at=_restamped(source.new_at, by, now),
    )


def _restamped(at: float | None, by: float, now: float) -> float | None:
    return restamped(at, by, now) if at is not None else None
