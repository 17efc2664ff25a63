"""Boards of the scripted server, counted by the product's own tally."""

from __future__ import annotations

from typing import Any

from feeds.kinds import KINDS, Audience
from feeds.live.boards import BoardTally
from feeds.live.delta import Delta

COUNTED = ("asset", "alert", "source")


def boards(state: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The boards of a viewer who sees everything in `state`."""
    tally = BoardTally(Audience(), "e.0-0")
    deltas = [Delta(KINDS[kind], key, None, record) for kind in COUNTED for key, record in state[kind].items()]
    tally.fold(deltas, state["alert"], state["asset"])
    return tally.boards
