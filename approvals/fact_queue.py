"""The facts that wait for the store. Those of a backlog give way to new ones: live cases do not wait for a load.

A case does not depend on the order of its facts, so that the two may be mixed. What a source says of itself waits for
every row that came before it: that it has reported everything, or a part of the numbers that it has.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from feeds.cases.facts import HEARD, SWEEP, CaseFact

AT_ONCE = 1000
"""Facts in one transaction of the store."""
LIVE = 300
"""Facts that came in one step and count as live; what exceeds them is a backlog."""


class FactQueue:
    """Facts in the order of their arrival, live ones first."""

    def __init__(self) -> None:
        self._live: deque[CaseFact] = deque()
        self._backlog: deque[CaseFact] = deque()

    def __bool__(self) -> bool:
        return bool(self._live or self._backlog)

    def put(self, facts: Sequence[CaseFact]) -> None:
        """Add the facts of one message or parcel."""
        ordered = self._backlog and any(fact.table in (HEARD, SWEEP) for fact in facts)
        live = len(self._live) + len(facts) <= LIVE and not ordered
        (self._live if live else self._backlog).extend(facts)

    def take(self) -> list[CaseFact]:
        """Remove and return the next facts, at most AT_ONCE. Nothing follows a part of a sweep."""
        taken: list[CaseFact] = []
        for queue in (self._live, self._backlog):
            while queue and len(taken) < AT_ONCE and not (taken and taken[-1].table == SWEEP):
                taken.append(queue.popleft())
        return taken
