"""Whether a result is new enough to decide: a parent's result that is older than the child's failure decides nothing.

Waiting is bounded: nobody holds an alert back for longer than two rounds of the probe that is waited for.
"""

from __future__ import annotations

from alerts.rules.subjects import Subjects
from alerts.settings import HoldPolicy
from alerts.suppression.topology import Topology
from feeds.model import Health

_WORKS = (Health.OK, Health.DEGRADED)


class Doubt:
    """Asks the newest states; owns nothing."""

    def __init__(self, subjects: Subjects, topology: Topology, policy: HoldPolicy) -> None:
        self._subjects, self._topology, self._policy = subjects, topology, policy

    def newer(self, asset: str, than: float) -> bool:
        """Whether the asset has been seen after that moment."""
        state = self._subjects.states.get(asset)
        return state is not None and state.seen_at is not None and state.seen_at > than

    def doubtful(self, asset: str, since: float, *, foreign: bool) -> bool:
        """Whether a parent may yet explain what is wrong with the asset since then.

        `foreign`: another tool says so; then a parent that we do not probe may yet be reported too.
        """
        return any(
            not any(self._works(parent, since, foreign, {asset}) for parent in group)
            for group in self._topology.links(asset)
        )

    def _works(self, id: str, since: float, foreign: bool, asked: set[str]) -> bool:
        """A parent's own newer result decides; one without probes is as good as what it hangs on."""
        asset = self._topology.asset(id)
        if asset is None or id in asked:
            return False
        if asset.probes:
            state = self._subjects.states.get(id)
            seen = state.seen_at if state is not None else None
            return state is not None and seen is not None and seen >= since and state.health in _WORKS
        if foreign:
            return False
        groups = self._topology.links(id)
        return all(any(self._works(one, since, foreign, asked | {id}) for one in group) for group in groups)

    def bound(self, asset: str, *, foreign: bool) -> float:
        """Seconds to wait at most: about two rounds of the slowest probe that can decide."""
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
