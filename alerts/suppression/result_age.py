"""Result age: a parent's result that is older than the child's failure does not decide the root cause.

Waiting is bounded by about two rounds of the probe that is waited for.
"""

from __future__ import annotations

from alerts.rules.subjects import Subjects
from alerts.settings import HoldPolicy
from alerts.suppression.topology import Topology
from feeds.model import Health

_WORKS = (Health.OK, Health.DEGRADED)


class ResultAge:
    """Compare the age of results with the time of a failure. Reads the newest states and holds none of its own."""

    def __init__(self, subjects: Subjects, topology: Topology, policy: HoldPolicy) -> None:
        self._subjects, self._topology, self._policy = subjects, topology, policy

    def newer(self, asset: str, than: float) -> bool:
        """True when the asset has been seen after that moment (epoch seconds)."""
        state = self._subjects.states.get(asset)
        return state is not None and state.seen_at is not None and state.seen_at > than

    def doubtful(self, asset: str, since: float, *, foreign: bool) -> bool:
        """True while a parent may still turn out to be the root cause of the asset's failure at `since`.

        `foreign`: another tool reported the failure. It may still report a parent that has no probes here.
        """
        return any(
            not any(self._works(parent, since, foreign, {asset}) for parent in group)
            for group in self._topology.links(asset)
        )

    def _works(self, id: str, since: float, foreign: bool, visited: set[str]) -> bool:
        """True when a parent works by its own newer result; one without probes works when its parents do."""
        asset = self._topology.asset(id)
        if asset is None or id in visited:
            return False
        if asset.probes:
            state = self._subjects.states.get(id)
            seen_at = state.seen_at if state is not None else None
            return state is not None and seen_at is not None and seen_at >= since and state.health in _WORKS
        if foreign:
            return False
        groups = self._topology.links(id)
        return all(any(self._works(parent, since, foreign, visited | {id}) for parent in group) for group in groups)

    def bound(self, asset: str, *, foreign: bool) -> float:
        """The longest wait in seconds: about two rounds of the slowest probe that can decide."""
        ids = [asset, *(parent for group in self._topology.links(asset) for parent in group)]
        rounds = [
            reading.fresh_until - reading.received_at
            for id in ids
            if (state := self._subjects.states.get(id)) is not None
            for key, reading in state.readings.items()
            if key.partition("[")[0].endswith(".up")
        ]
        usual = self._policy.unprobed if foreign or not rounds else 0.0
        return min(self._policy.longest, max([usual, *rounds]))
