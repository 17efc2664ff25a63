"""Boards and groups of the scripted server, counted by the product's own tally."""

from __future__ import annotations

from typing import Any

from feeds.kinds import BOARD, GROUP, Audience
from feeds.live.tally import CountTally


def boards(state: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The boards of a viewer who sees everything in `state`."""
    tally = CountTally(BOARD, Audience(), "e.0-0")
    for _ in tally.counting({name: state.get(name, {}) for name in BOARD.over}):
        pass
    return tally.records


def groups(state: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The groups of the open alerts in `state`; none without a flood."""
    tally = CountTally(GROUP, Audience(), "e.0-0")
    for _ in tally.counting({name: state.get(name, {}) for name in ("asset", *GROUP.over)}):
        pass
    return tally.records
