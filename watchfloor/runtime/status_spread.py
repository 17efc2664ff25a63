"""States of the roles of a site without a supervisor on this machine, by their last heartbeats on the bus.

The collector writes no beat. Its heartbeat passes the projector like a measurement and is part of the projected state.
While the projector stands still, the state of the collector is unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from feeds.bus import Bus, BusError
from feeds.bus.entries import Beat
from feeds.clock import now
from feeds.live.pump import CANARY
from feeds.model import Kind, SourceState
from feeds.projection.projector import ROLE_SILENT
from feeds.roles import NAMES
from watchfloor.settings.site_settings import Settings

ASK_WITHIN = 5.0
RUNS = ("running", "failing")  # a failing role still runs, on fallback settings or without one source


def read(settings: Settings) -> dict[str, Any]:
    """`running` and `roles` (see `spread`), or `bus`: why Redis did not answer."""
    try:
        beats = asyncio.run(_beats(settings))
    except (BusError, TimeoutError) as error:
        return {"bus": str(error) or f"no answer in {ASK_WITHIN:g} s"}
    roles = spread(beats, now())
    return {"running": all(role["state"] in RUNS for role in roles), "roles": roles}


async def _beats(settings: Settings) -> dict[str, Beat]:
    bus = Bus(settings.redis_url, settings.site.region, name="status")
    try:
        async with asyncio.timeout(ASK_WITHIN):
            await bus.open()
            beats = await bus.beats()
            sources: dict[str, SourceState] = (await bus.state((Kind.SOURCE,))).records[Kind.SOURCE]
    finally:
        await bus.close()
    if canary := sources.get(CANARY):
        beats["collect"] = Beat(canary.at, canary.stats, canary.error)
    return beats


def spread(beats: Mapping[str, Beat], at: float) -> list[dict[str, Any]]:
    """The state of each role at `at` (epoch seconds): running, failing (with its error), silent or absent.

    The collector is "unknown" when its heartbeat is old and the projector, which passes it on, does not run.
    """
    roles = {name: _by_beat(name, beats.get(name), at) for name in NAMES}
    if roles["project"]["state"] not in RUNS and roles["collect"]["state"] == "silent":
        roles["collect"]["state"] = "unknown"
    return list(roles.values())


def _by_beat(name: str, beat: Beat | None, at: float) -> dict[str, Any]:
    if beat is None:
        return {"name": name, "state": "absent", "age": None, "error": ""}
    age = round(max(0.0, at - beat.at), 1)
    state = "silent" if age > ROLE_SILENT else "failing" if beat.words else "running"
    return {"name": name, "state": state, "age": age, "error": beat.words}
