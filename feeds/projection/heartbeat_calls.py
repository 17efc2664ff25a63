"""Recovery of the last heartbeat calls (`heartbeat:?every=5m`) from the journal after a loss of Redis."""

from __future__ import annotations

from collections.abc import Mapping

from feeds.journal import Journal
from feeds.model import Asset, AssetState, Observation

KIND, NAME = "ingest", "heartbeat"
METRIC, SOURCE, SCHEME = "heartbeat.up", "ingest", "heartbeat:"


async def forgotten(
    journal: Journal, assets: Mapping[str, Asset], states: Mapping[str, AssetState]
) -> list[Observation]:
    """The last accepted call of each heartbeat asset without live state.

    Without this, an asset that fell silent before a loss of Redis would stay unknown for ever, because it is never
    polled.
    """
    calls = []
    for asset in assets.values():
        probe = next((probe for probe in asset.probes if probe.startswith(SCHEME)), "")
        state = states.get(asset.id)
        if not probe or (state is not None and METRIC in state.readings):
            continue
        last = await journal.entries(kind=KIND, subject=asset.id, limit=1, newest_first=True)
        if last and last[0].name == NAME:
            at = last[0].at
            calls.append(
                Observation(
                    asset=asset.id,
                    metric=METRIC,
                    value=True,
                    observed_at=at,
                    received_at=at,
                    source=SOURCE,
                    probe=probe,
                    fresh_for=float(last[0].body["every"]),
                )
            )
    return calls
