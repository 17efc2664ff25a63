"""Calls of assets that report by themselves (`heartbeat:?every=5m`), found again when Redis has forgotten them."""

from __future__ import annotations

from collections.abc import Mapping

from feeds.journal import Journal
from feeds.model import Asset, AssetState, Observation

KIND, NAME = "ingest", "heartbeat"
METRIC, SOURCE, SCHEME = "heartbeat.up", "ingest", "heartbeat:"


async def forgotten(
    journal: Journal, assets: Mapping[str, Asset], states: Mapping[str, AssetState]
) -> list[Observation]:
    """The last accepted call of each asset that should call and of which the live state knows none.

    Without it an asset that fell silent before a loss of Redis would be unknown for ever, for nobody asks it.
    """
    found = []
    for asset in assets.values():
        probe = next((one for one in asset.probes if one.startswith(SCHEME)), "")
        state = states.get(asset.id)
        if not probe or (state is not None and METRIC in state.readings):
            continue
        last = await journal.entries(kind=KIND, subject=asset.id, limit=1, newest_first=True)
        if last and last[0].name == NAME:
            at = last[0].at
            found.append(
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
    return found
