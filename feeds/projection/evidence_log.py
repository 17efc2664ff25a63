"""Evidence that collectors keep of a fault, for the journal: the hashes of pictures, each journaled once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from feeds.model import AssetState, Reading, Value
from feeds.snapshots.records import EVIDENCE_METRIC

EVIDENCE = "evidence"
"""The kind of these journal entries."""


class EvidenceLog:
    """The evidence of each asset that was taken last. `states` are those that were projected before."""

    def __init__(self, states: Iterable[AssetState] = ()) -> None:
        self._taken: dict[str, Value] = {}
        for state in states:
            self.take(state)

    def take(self, state: AssetState) -> Reading | None:
        """The asset's evidence when it is not that of the last call, else None."""
        reading = state.readings.get(EVIDENCE_METRIC)
        if reading is None or self._taken.get(state.id) == reading.value:
            return None
        self._taken[state.id] = reading.value
        return reading


def hashes_of(reading: Reading) -> dict[str, Any]:
    """The body of the journal entry: SHA-256 of the pictures before and after the fault, "-" for a missing one."""
    before, _, after = str(reading.value).partition("/")
    return {"before": before, "after": after}
